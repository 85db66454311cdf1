"""Sheet -> one page of SVG: the four panels, symbols, legend and footnotes, drawn by graphviz at our places."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from boardwork.figure import draw as lay_out
from boardwork.figure.points import POINTS
from boardwork.options import Options
from boardwork.render import dot
from boardwork.render.svg_edges import footer, header
from boardwork.render.svg_figure import figure_marks
from boardwork.render.svg_finish import finished
from boardwork.render.svg_marks import Mark, Piece, moved
from boardwork.render.svg_page import LEAST_TEXT, Panel, arranged
from boardwork.render.svg_panels import columns, equation, symbol, tradeoff
from boardwork.render.svg_style import MARGIN
from boardwork.sheet import Diagram, Sheet

BETWEEN = 20.0  # columns of text
TALL = 900.0  # a higher figure leaves most of the page empty beside it
Make = Callable[[float], list[Piece]]


def svg(sheet: Sheet, options: Options) -> bytes:
    """The sheet as SVG, the same bytes for the same sheet.

    Raises:
        DrawingError: there is no graphviz.
    """
    from boardwork.render.text import text

    said = text(sheet, options)
    described = said.decode() if isinstance(said, bytes) else said
    return finished(dot.draw(page(sheet)), sheet.subject.title, described)


def page(sheet: Sheet) -> Piece:
    """Header, panels, footer."""
    body = arranged(_panels(sheet))
    top, bottom = header(sheet, body.width), footer(sheet, body.width)
    y = MARGIN
    marks: list[Mark] = []
    for piece, gap in ((top, 8.0), (body, 8.0), (bottom, 0.0)):
        marks += moved(piece.marks, MARGIN, y)
        y += piece.height + gap
    return Piece(body.width + 2 * MARGIN, y + MARGIN, tuple(marks))


def _panels(sheet: Sheet) -> list[Panel]:
    zoom = sheet.zoom
    panels = [
        _figure("Big picture", "", sheet.big_picture),
        _figure(f"Zoom: {zoom.path}", zoom.reason, zoom.diagram),
    ]
    if zoom.diagram == sheet.big_picture:
        panels[1] = Panel("Zoom", f"{zoom.reason} (panel 1).", lambda room, height: Piece(room, 0), LEAST_TEXT, False)
    if sheet.equations:
        panels.append(_flow("Key equations", lambda room: [equation(e, room) for e in sheet.equations], 11))
    if sheet.tradeoffs:
        panels.append(_flow("Trade-offs", lambda room: [tradeoff(t, room) for t in sheet.tradeoffs], 10))
    if sheet.symbols:
        panels.append(_flow("Symbols", lambda room: [symbol(n, s, room) for n, s in sheet.symbols.items()], 2))
    return panels


def _figure(title: str, note: str, diagram: Diagram) -> Panel:
    drawn = figure_marks(lay_out(diagram, POINTS, most_height=TALL))
    return Panel(title, note, lambda room, height: drawn, max(drawn.width, LEAST_TEXT - 40), True)


def _flow(title: str, make: Make, gap: float) -> Panel:
    """Text in as many columns as the room has, each of a width that reads well."""

    def content(room: float, height: float) -> Piece:
        number = max(1, int((room + BETWEEN) // (LEAST_TEXT + BETWEEN + 20)))
        return _filled(make, number, room, gap, height)

    return Panel(title, "", content, LEAST_TEXT, False)


def _filled(make: Make, number: int, room: float, gap: float, height: float) -> Piece:
    wide = (room - BETWEEN * (number - 1)) / number
    pieces: Sequence[Piece] = make(wide)
    if len(pieces) < number:
        return _filled(make, len(pieces), room, gap, height)
    return columns(pieces, number, gap, BETWEEN, height)
