"""Comparison -> its pictures as towers on common rows, with a mark where they differ; one figure, or one for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, zip_longest

from boardwork.comparison.record import BOX, Comparison, Match
from boardwork.figure import Figure, Metrics
from boardwork.figure.abreast import abreast
from boardwork.figure.aligned import Row, aligned, is_straight
from boardwork.render.symbols import shortened
from boardwork.sheet import Diagram

DIFFERS, ALONE = "≠", "+"
LEGEND = f"Dashed with {DIFFERS}: differs from what stands beside it; dashed with {ALONE}: only there."
NO_DIFFERENCE = "The models do not differ in anything that is compared here."


def side_by_side(comparison: Comparison, metrics: Metrics, differs: str = DIFFERS, *, packed: bool = False) -> Figure:
    """All towers; pictures that branch are laid out by themselves.

    `packed`: boxes that stand alone share a row with those that stand alone in other towers.
    """
    rows = [Row(match.boxes, match.kind, _marks(match, differs)) for match in comparison.alignment]
    if not is_straight(comparison.pictures, rows):
        return abreast(comparison.pictures, _signs(rows), comparison.names, metrics)
    return aligned(comparison.pictures, _packed(rows) if packed else rows, comparison.names, metrics)


def opened(
    comparison: Comparison,
    places: Sequence[int],
    metrics: Metrics,
    differs: str = DIFFERS,
    *,
    most_height: float | None = None,
) -> Figure:
    """The zooms of the subjects at these places, each below its letters and path."""
    rows = [Row(match.boxes, match.kind, _marks(match, differs)) for match in comparison.zoom_alignment]
    diagrams = [comparison.zooms[place].diagram for place in places]
    titles = [zoom_title(comparison, place) for place in places]
    return abreast(diagrams, [_signs(rows)[place] for place in places], titles, metrics, most_height)


def zoom_places(comparison: Comparison) -> tuple[int, ...]:
    """Whose zooms are to be shown: the first alone where both are the same."""
    places = tuple(range(len(comparison.zooms)))
    return places if any(match.differs for match in comparison.zoom_alignment) else places[:1]


def zoom_title(comparison: Comparison, place: int) -> str:
    """Letter and path of one zoom, both letters where there is but one."""
    if len(zoom_places(comparison)) > 1:
        return f"{'AB'[place]}  {comparison.zooms[place].path}"
    return f"A, B  {', '.join(dict.fromkeys(zoom.path for zoom in comparison.zooms))}"


def with_short_names(comparison: Comparison) -> tuple[Comparison, str]:
    """Short names in the shapes of all pictures and zooms, and what they stand for: "B batch, T seq_len"."""
    count = len(comparison.pictures)
    diagrams, names = shortened([*comparison.pictures, *(zoom.diagram for zoom in comparison.zooms)])
    pairs = zip(comparison.zooms, diagrams[count:], strict=True)
    zooms = tuple(replace(zoom, diagram=diagram) for zoom, diagram in pairs)
    told = ", ".join(f"{letter} {name}" for letter, name in names.items())
    return replace(comparison, pictures=diagrams[:count], zooms=zooms), f"Sizes: {told}." if told else ""


def _packed(rows: Sequence[Row]) -> list[Row]:
    """Runs of rows with one box each, side by side."""
    found: list[Row] = []
    for single, run in groupby(rows, key=lambda row: row.kind == BOX and sum(map(bool, row.boxes)) == 1):
        if not single:
            found += run
            continue
        held = list(run)
        columns = [[row for row in held if row.boxes[place]] for place in range(len(held[0].boxes))]
        found += (_joined(group) for group in zip_longest(*columns))
    return found


def _joined(rows: Sequence[Row | None]) -> Row:
    """One row of those that have a box in one place each."""
    boxes = tuple("" if row is None else row.boxes[place] for place, row in enumerate(rows))
    return Row(boxes, BOX, tuple("" if row is None else row.marks[place] for place, row in enumerate(rows)))


def alone(comparison: Comparison, place: int, metrics: Metrics, differs: str = DIFFERS) -> Figure:
    """The tower of one subject, without gaps for the others."""
    own = [match for match in comparison.alignment if match.boxes[place]]
    rows = [Row((match.boxes[place],), match.kind, (_marks(match, differs)[place],)) for match in own]
    pictures, names = comparison.pictures[place : place + 1], comparison.names[place : place + 1]
    if not is_straight(pictures, rows):
        return abreast(pictures, _signs(rows), names, metrics)
    return aligned(pictures, rows, names, metrics)


def _signs(rows: Sequence[Row]) -> list[dict[str, str]]:
    """For each tower the signs by box."""
    places = range(len(rows[0].boxes)) if rows else ()
    return [{row.boxes[i]: row.marks[i] for row in rows if row.marks[i]} for i in places]


def mark_of(match: Match, differs: str = DIFFERS) -> str:
    """The sign of a row in which not all is the same, "" for another."""
    return (differs if sum(map(bool, match.boxes)) > 1 else ALONE) if match.differs else ""


def signed(comparison: Comparison, place: int, differs: str = DIFFERS) -> Diagram:
    """The picture with a sign before the name of each box that differs."""
    signs = {m.boxes[place]: mark_of(m, differs) for m in comparison.alignment if m.boxes[place] and m.differs}
    picture = comparison.pictures[place]

    def named(box: str, label: str) -> str:
        return f"{signs[box]} {label}" if box in signs else label

    nodes = tuple(replace(node, label=named(node.id, node.label)) for node in picture.nodes)
    return replace(picture, nodes=nodes, groups=tuple(replace(g, label=named(g.id, g.label)) for g in picture.groups))


def _marks(match: Match, differs: str) -> tuple[str, ...]:
    """A sign for each box of a row."""
    return tuple(mark_of(match, differs) if box else "" for box in match.boxes)
