"""Comparison -> one page of SVG: towers, facts, what changed, costs, zooms; described by its text."""

from __future__ import annotations

from boardwork.comparison.record import Comparison
from boardwork.options import Options
from boardwork.render.comparison.edges import footer, header, title_of
from boardwork.render.comparison.panels import panels, towers, zooms
from boardwork.render.comparison.text import text
from boardwork.render.drawing.marks import Piece, stacked, with_margin
from boardwork.render.drawing.style import SCREEN
from boardwork.render.drawing.theme import theme
from boardwork.render.svg import pinned
from boardwork.render.svg.arrangement import arranged
from boardwork.render.svg.finish import finished
from boardwork.render.svg.sheet import GAP, MARGIN, TALL


def svg(comparison: Comparison, options: Options) -> bytes:
    """The comparison as SVG, the same bytes for the same comparison.

    Raises:
        DrawingError: there is no graphviz.
    """
    paints = theme(options.theme)
    drawn = pinned.draw(sheet_of(comparison), paints)
    return finished(drawn, title_of(comparison), text(comparison, options), paints)


def sheet_of(comparison: Comparison) -> Piece:
    """Header, panels, footer, as large as they need."""
    figures = [towers(comparison), *([zooms(comparison, most_height=TALL)] if comparison.zooms else [])]
    body = arranged(panels(comparison, figures, SCREEN))
    pieces = (header(comparison, body.width, SCREEN), body, footer(comparison, body.width, SCREEN))
    return with_margin(stacked(pieces, GAP), MARGIN)
