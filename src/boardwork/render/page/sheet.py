"""Sheet -> one page of paper as marks: the largest text at which all fits, then less detail, never smaller text."""

from __future__ import annotations

from collections.abc import Sequence

from boardwork.errors import DrawingError
from boardwork.figure.metrics import Metrics
from boardwork.figure.points import COMPACT, POINTS
from boardwork.render.drawing.marks import Piece, moved, scaled, stacked
from boardwork.render.drawing.style import DENSE, SCREEN, Type, enlarged
from boardwork.render.page.attempt import MARGIN, Attempt, Turn, best
from boardwork.render.page.detail import left_out
from boardwork.render.page.forms import TALL
from boardwork.render.page.reduced import reduced
from boardwork.render.panels.contents import Contents, drawn, pictures
from boardwork.render.panels.edges import footer, header
from boardwork.render.paper import paper_size
from boardwork.sheet import Sheet

STRETCH = 0.35  # the page is left open below rather than loosened by a larger share
# Tried in order: sizes of text, of figures, and how much larger the figures are drawn.
SIZES: tuple[tuple[Type, Metrics, float], ...] = (
    (enlarged(SCREEN, 1.15), POINTS, 1.2),
    (SCREEN, POINTS, 1.0),
    (enlarged(DENSE, 1.08), COMPACT, 1.1),
    (DENSE, COMPACT, 1.0),
)


def page(sheet: Sheet, paper: str) -> Piece:
    """The sheet on one page, portrait or landscape as it fits best.

    Raises:
        FormatError: no such paper. DrawingError: a figure alone is larger than the page.
    """
    across, along = paper_size(paper)
    turns, least = ((across, along), (along, across)), Contents(DENSE)
    found = _whole(sheet, turns, least) or reduced(sheet, turns, least)
    if found is None:
        raise DrawingError(
            "A figure of this sheet is larger than the page, at the smallest text that can be read.",
            hint="draw another block with --zoom, one step with --panel, or the whole as SVG",
        )
    return _composed(sheet, found)


def _whole(sheet: Sheet, turns: Sequence[Turn], least: Contents) -> Attempt | None:
    """All of the sheet, in the largest size that holds it; the least is tried first, for what it does not hold."""
    *larger, (_, metrics, factor) = SIZES
    found = _at_size(sheet, turns, least, metrics, factor)
    tried = (
        (_at_size(sheet, turns, Contents(type), metrics, factor) for type, metrics, factor in larger) if found else ()
    )
    return next((attempt for attempt in tried if attempt is not None), found)


def _at_size(
    sheet: Sheet, turns: Sequence[Turn], contents: Contents, metrics: Metrics, factor: float
) -> Attempt | None:
    figures = [scaled(drawn(diagram, metrics, most_height=TALL), factor) for diagram in pictures(sheet)]
    return best(sheet, turns, contents, figures)


def _composed(whole: Sheet, chosen: Attempt) -> Piece:
    """Header, panels, footer."""
    type, sheet, (wide, high) = chosen.type, chosen.sheet, chosen.turn
    room, said = wide - 2 * MARGIN, left_out(whole, sheet, chosen.omitted)
    body = chosen.planner.built(chosen.fit.plan, chosen.height, STRETCH)
    pieces = (header(sheet, room, type), body, footer(sheet, room, type, [said] if said else []))
    return Piece(wide, high, moved(stacked(pieces, type.gap).marks, MARGIN, MARGIN))
