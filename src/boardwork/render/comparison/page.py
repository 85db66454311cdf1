"""Comparison -> one page of paper as PDF or PNG: all of it in the largest text that fits, else less of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from boardwork.comparison.align import aligned
from boardwork.comparison.record import Comparison
from boardwork.comparison.towers import closed
from boardwork.errors import DrawingError
from boardwork.figure.metrics import Metrics
from boardwork.figure.points import COMPACT, NARROW, NARROWEST, POINTS
from boardwork.numbers import counted
from boardwork.options import Options
from boardwork.render.comparison.edges import footer, header, title_of
from boardwork.render.comparison.panels import panels, towers, zooms
from boardwork.render.drawing.marks import Piece, moved, stacked
from boardwork.render.drawing.style import DENSE, SCREEN, Type, enlarged
from boardwork.render.drawing.theme import theme
from boardwork.render.page.attempt import MARGIN, Turn
from boardwork.render.page.plan import Fit, Planner
from boardwork.render.page.sheet import STRETCH
from boardwork.render.paper import paper_size
from boardwork.render.typeset import typeset

# Sizes of text and of the towers, and whether these are packed.
SIZES: tuple[tuple[Type, Metrics, bool], ...] = (
    (SCREEN, POINTS, False), (enlarged(DENSE, 1.08), COMPACT, False), (DENSE, COMPACT, False), (DENSE, NARROW, False),
    (DENSE, COMPACT, True), (DENSE, NARROW, True), (DENSE, replace(NARROW, shapes=False), True),
    (DENSE, replace(NARROWEST, shapes=False), True),
)  # fmt: skip
TALL = 700.0  # a higher block of skips within skips is drawn as a U


@dataclass(frozen=True)
class Less:
    """What is shown: the zooms, so many of the changes, the costs, facts that are the same."""

    zooms: bool = True
    changes: int = 99
    costs: bool = True
    same: bool = True


# Tried in order until all fits.
LESS = (
    Less(), Less(zooms=False), *(Less(zooms=False, changes=some) for some in (6, 4, 2)),
    Less(zooms=False, changes=4, costs=False), Less(zooms=False, changes=0, costs=False),
    Less(zooms=False, changes=0, costs=False, same=False),
)  # fmt: skip


@dataclass(frozen=True)
class Attempt:
    """A set of panels on one turn of the paper."""

    comparison: Comparison
    planner: Planner
    fit: Fit
    type: Type
    turn: Turn
    height: float
    less: Less


def pdf(comparison: Comparison, options: Options) -> bytes:
    """The page as PDF with its fonts inside, the same bytes for the same comparison.

    Raises:
        FormatError: no such paper. DrawingError: typst is missing, or the pictures need a larger page.
    """
    return typeset(page(comparison, options.paper), theme(options.theme), title_of(comparison), "pdf")


def png(comparison: Comparison, options: Options) -> bytes:
    """The page as PNG."""
    return typeset(page(comparison, options.paper), theme(options.theme), title_of(comparison), "png")


def page(comparison: Comparison, paper: str) -> Piece:
    """Portrait or landscape as it fits best; on two such papers side by side if one is too small.

    Raises:
        FormatError: no such paper. DrawingError: the pictures are larger than the page.
    """
    across, along = paper_size(paper)
    twice = 2 * across
    papers = (((across, along), (along, across)), ((twice, along), (along, twice)))
    found = next((attempt for turns in papers for attempt in _attempts(comparison, turns)), None)
    if found is None:
        raise DrawingError(
            "The pictures of this comparison are larger than the page, at the smallest text that can be read.",
            hint="draw it as SVG or HTML: -o comparison.svg",
        )
    return _composed(found)


def _attempts(comparison: Comparison, turns: Sequence[Turn]) -> Iterator[Attempt]:
    """What fits, the best first: less detail comes after smaller text."""
    for shown in (comparison, _closed(comparison)):
        for less in LESS:
            for type, metrics, packed in SIZES:
                yield from _fitting(shown, turns, type, metrics, less, packed)


def _closed(comparison: Comparison) -> Comparison:
    """The pictures with every block as one box, which are lower."""
    pictures = tuple(closed(picture) for picture in comparison.pictures)
    note = "The pictures are drawn without the inside of the repeated block, for room."
    return replace(comparison, pictures=pictures, alignment=aligned(pictures), footnotes=(*comparison.footnotes, note))


def _fitting(
    comparison: Comparison, turns: Sequence[Turn], type: Type, metrics: Metrics, less: Less, packed: bool
) -> list[Attempt]:
    """Both turns of the paper, the fuller one first."""
    figures = [towers(comparison, metrics, packed=packed)]
    if less.zooms and comparison.zooms:
        figures.append(zooms(comparison, metrics, TALL))
    planner = Planner(panels(_shortened(comparison, less), figures, type), type)
    found = []
    for turn in turns:
        room = turn[0] - 2 * MARGIN
        around = (
            header(comparison, room, type).height + footer(comparison, room, type, [_said(comparison, less)]).height
        )
        height = turn[1] - 2 * MARGIN - around - 2 * type.gap
        fit = planner.best(room, height)
        if fit is not None:
            found.append(Attempt(comparison, planner, fit, type, turn, height, less))
    return sorted(found, key=lambda attempt: attempt.fit.empty)


def _shortened(comparison: Comparison, less: Less) -> Comparison:
    curves = comparison.curves if less.costs else ()
    rows = tuple(row for row in comparison.rows if row.differs or less.same)
    return replace(comparison, changes=comparison.changes[: less.changes], curves=curves, rows=rows)


def _said(comparison: Comparison, less: Less) -> str:
    """What is not on the page, "" if all of it is."""
    missing = len(comparison.changes) - less.changes
    gone = ["the zooms"] if comparison.zooms and not less.zooms else []
    gone += [counted(missing, "change")] if missing > 0 else []
    gone += ["the costs"] if comparison.curves and not less.costs else []
    gone += [] if less.same else ["facts that are the same"]
    return f"Left out for room: {', '.join(gone)}. The text says all." if gone else ""


def _composed(chosen: Attempt) -> Piece:
    """Header, panels, footer."""
    comparison, type, (wide, high) = chosen.comparison, chosen.type, chosen.turn
    room = wide - 2 * MARGIN
    said = list(filter(None, [_said(comparison, chosen.less)]))
    body = chosen.planner.built(chosen.fit.plan, chosen.height, STRETCH)
    pieces = (header(comparison, room, type), body, footer(comparison, room, type, said))
    return Piece(wide, high, moved(stacked(pieces, type.gap).marks, MARGIN, MARGIN))
