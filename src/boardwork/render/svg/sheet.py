"""Sheet -> one page of SVG: the four panels, symbols, legend and footnotes, drawn by graphviz at our places."""

from __future__ import annotations

from boardwork.figure.points import POINTS
from boardwork.options import Options
from boardwork.render.drawing.marks import Piece, stacked, with_margin
from boardwork.render.drawing.style import SCREEN
from boardwork.render.drawing.theme import theme
from boardwork.render.lone import lone
from boardwork.render.panels.contents import Contents, drawn
from boardwork.render.panels.edges import footer, header
from boardwork.render.svg import pinned
from boardwork.render.svg.arrangement import arranged
from boardwork.render.svg.finish import finished
from boardwork.sheet import Sheet

MARGIN = 26.0
GAP = 8.0  # between header, panels and footer
TALL = 900.0  # a higher figure leaves most of the page empty beside it


def svg(sheet: Sheet, options: Options) -> bytes:
    """The sheet as SVG, the same bytes for the same sheet.

    Raises:
        DrawingError: there is no graphviz, or a figure cannot be drawn so narrow.
    """
    from boardwork.render.text.sheet import text

    paints = theme(options.theme)
    some = options.panels or options.bare
    drawn = lone(sheet, options) if some else page(sheet)
    return finished(pinned.draw(drawn, paints), sheet.subject.title, text(sheet, options), paints)


def page(sheet: Sheet) -> Piece:
    """Header, panels, footer."""
    figures = [drawn(diagram, POINTS, most_height=TALL) for diagram in (sheet.big_picture, sheet.zoom.diagram)]
    body = arranged(Contents(SCREEN).panels(sheet, figures))
    pieces = (header(sheet, body.width, SCREEN), body, footer(sheet, body.width, SCREEN))
    return with_margin(stacked(pieces, GAP), MARGIN)
