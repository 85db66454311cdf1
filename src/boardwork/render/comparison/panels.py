"""Comparison and sizes -> its panels: the towers, the zooms, and text that flows: facts, what changed, costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

from boardwork.comparison.record import LETTERS, Change, Comparison, Curve, Row
from boardwork.figure.metrics import Metrics
from boardwork.figure.points import POINTS
from boardwork.render.comparison.plot import plot
from boardwork.render.comparison.towers import (
    LEGEND,
    NO_DIFFERENCE,
    opened,
    side_by_side,
    with_short_names,
    zoom_places,
)
from boardwork.render.drawing.diagram import figure_marks
from boardwork.render.drawing.marks import BOLD, PLAIN, Mark, Piece, label, line, moved, stacked
from boardwork.render.drawing.style import ACCENT, GREY, INK, PALE, Type
from boardwork.render.panels.contents import figure_panel
from boardwork.render.panels.paragraphs import Run, paragraph
from boardwork.render.panels.plans import Panel
from boardwork.render.panels.texts import columns
from boardwork.render.words import cited

TITLES = ("Big pictures", "Facts", "What changed and why", "Costs over the size of the input", "Zooms")
ABSENT = "–"
NOTES = 3.6  # width of the column of ratios, in sizes of its text
PLOT = 7.0  # height of a plot, in sizes of the text


def towers(comparison: Comparison, metrics: Metrics = POINTS, *, packed: bool = False) -> Piece:
    """The big pictures on common rows; `packed`: closer, see `side_by_side`."""
    return figure_marks(side_by_side(comparison, metrics, packed=packed), metrics)


def zooms(comparison: Comparison, metrics: Metrics = POINTS, most_height: float | None = None) -> Piece:
    """The opened blocks side by side, with short names in their shapes."""
    short, _ = with_short_names(comparison)
    return figure_marks(opened(short, zoom_places(short), metrics, most_height=most_height), metrics)


def sizes_of(comparison: Comparison) -> str:
    """What the short names in the zooms stand for, "" if there are none."""
    return with_short_names(replace(comparison, pictures=()))[1] if comparison.zooms else ""


def panels(comparison: Comparison, figures: Sequence[Piece], type: Type) -> list[Panel]:
    """Those that have something to say; `figures`: the towers, and the zooms if they are to be shown."""
    note = NO_DIFFERENCE if comparison.identical else LEGEND
    found = [replace(figure_panel(TITLES[0], note, figures[0], type), number=1)]
    sizes = sizes_of(comparison)
    found += [replace(figure_panel(TITLES[4], sizes, figure, type), number=5) for figure in figures[1:]]
    found.append(_table(comparison, type))
    if comparison.changes:
        found.append(_flow(2, [_said(change, type) for change in comparison.changes], 0.5 * type.item_gap, type))
    if comparison.curves:
        letters = LETTERS[: len(comparison.subjects)]
        found.append(_flow(3, [_curve(curve, letters, type) for curve in comparison.curves], type.item_gap, type))
    return found


Item = Callable[[float], Piece]


def _flow(place: int, items: Sequence[Item], gap: float, type: Type) -> Panel:
    """Items in one column, or in two where there is room."""

    @cache
    def set_in(room: float) -> tuple[int, tuple[Piece, ...]]:
        number = min(len(items), max(1, int(room // (1.25 * type.column))))
        wide = (room - type.between * (number - 1)) / number
        return number, tuple(item(wide) for item in items)

    def content(room: float, height: float) -> Piece:
        number, pieces = set_in(room)
        return columns(pieces, number, gap, type, height)

    return Panel(TITLES[place], "", content, lambda room: content(room, 0).height, type.column, False, place + 1)


def _said(change: Change, type: Type) -> Item:
    letter, source = LETTERS[change.subject], f"  {cited(change.source)}" if change.source else ""
    runs = [Run(f"{letter}  {change.topic}:", BOLD, ACCENT), Run(change.text), Run(source, PLAIN, GREY)]
    return lambda room: paragraph(runs, room, type.body, type.leading)


def _curve(curve: Curve, letters: str, type: Type) -> Item:
    def draw(room: float) -> Piece:
        title = paragraph([Run(f"{curve.title} over {curve.axis}", BOLD)], room, type.body, type.leading)
        notes = [paragraph([Run(note, PLAIN, GREY)], room, type.small, type.leading) for note in curve.notes]
        return stacked([title, plot(curve, letters, room, PLOT * type.body, type), *notes], 0.25 * type.small)

    return draw


# -- the table --------------------------------------------------------------------------------------------------------


def _table(comparison: Comparison, type: Type) -> Panel:
    @cache
    def drawn_in(room: float) -> Piece:
        return _rows(comparison, room, type)

    def content(room: float, height: float) -> Piece:
        return drawn_in(room)

    least = type.column * (0.5 + 0.4 * len(comparison.subjects))
    return Panel(TITLES[1], "", content, lambda room: drawn_in(room).height, least, False, 2)


def _rows(comparison: Comparison, room: float, type: Type) -> Piece:
    """Topic, a column for each model, the ratio; a rule between rows, and a sign where they differ."""
    count, sign, step = len(comparison.subjects), 1.3 * type.body, 0.5 * type.body
    notes = NOTES * type.body if any(row.note for row in comparison.rows) else 0.0
    topics = 0.27 * room
    each = (room - sign - topics - notes - step * (count + 1)) / count
    xs = [sign, *(sign + topics + step + place * (each + step) for place in range(count))]
    xs.append(xs[-1] + each + step)
    wide = [topics, *[each] * count, notes]
    marks: list[Mark] = []
    y = 0.0
    for row in (None, *comparison.rows):
        cells = ["", *comparison.names, ""] if row is None else [row.topic, *_values(row), row.note]
        faces = [BOLD] * len(cells) if row is None else [PLAIN, *[BOLD if row.differs else PLAIN] * count, PLAIN]
        pieces = [_cell(*cell, type) for cell in zip(cells, faces, wide, strict=True)]
        for piece, x in zip(pieces, xs, strict=True):
            marks += moved(piece.marks, x, y)
        if row is not None and row.differs:
            marks.append(label(0, y + 0.98 * type.body, "≠", type.body, BOLD, ACCENT))
        y += max(piece.height for piece in pieces) + 0.25 * type.body
        marks.append(line(0, y, room, y, PALE, 0.6))
        y += 0.15 * type.body
    return Piece(room, y, tuple(marks))


def _values(row: Row) -> list[str]:
    return [value or ABSENT for value in row.values]


def _cell(text: str, face: str, wide: float, type: Type) -> Piece:
    return paragraph([Run(text, face, INK)], wide, type.body, type.leading) if text and wide else Piece(wide, 0)
