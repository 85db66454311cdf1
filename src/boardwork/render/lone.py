"""Some steps of a sheet -> marks, as wide as asked for and as high as they need: for a paper's column or a slide."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from boardwork.errors import DrawingError
from boardwork.figure import AS_IT_IS, COLUMN
from boardwork.figure.metrics import Metrics
from boardwork.figure.points import NARROW, NARROWEST, POINTS
from boardwork.options import Options
from boardwork.render.drawing.marks import Piece, moved, stacked, with_margin
from boardwork.render.drawing.style import DENSE, SCREEN, Type
from boardwork.render.page.forms import ON_RAILS, TIGHTER
from boardwork.render.panel_choice import PANELS, chosen
from boardwork.render.panels.contents import Contents, drawn
from boardwork.render.panels.edges import header
from boardwork.render.panels.plans import Panel, drawer, framed
from boardwork.sheet import Diagram, Sheet

ROOM = 460.0  # of text that is given no width
EDGE = 3.0  # round a bare figure
LOOSE_TO_TIGHT: tuple[tuple[Metrics, str], ...] = (
    (POINTS, AS_IT_IS), *((metrics, form) for metrics, form, _ in (*TIGHTER, *ON_RAILS)),
    (NARROW, COLUMN), (NARROWEST, COLUMN),
    (replace(NARROW, break_words=True, branch_label=100), COLUMN),
)  # fmt: skip


@dataclass(frozen=True)
class Room:
    """How wide the picture is, 0 for as wide as it needs; and its text."""

    width: float
    type: Type


def lone(sheet: Sheet, options: Options) -> Piece:
    """The chosen panels under each other; `bare`: the figure alone.

    Raises:
        FormatError: no such panel. DrawingError: a figure cannot be drawn so narrow with text that can be read.
    """
    room = Room(options.picture_width, DENSE if 0 < options.picture_width < ROOM else SCREEN)
    if options.bare:
        return _bare(sheet.big_picture, room)
    names = chosen(options.panels)
    return _stacked(sheet, names, room)


def _bare(diagram: Diagram, room: Room) -> Piece:
    figure = _fitting(diagram, room.width - 2 * EDGE if room.width else 0)
    wide = room.width or figure.width + 2 * EDGE
    return Piece(wide, figure.height + 2 * EDGE, moved(figure.marks, (wide - figure.width) / 2, EDGE))


def _fitting(diagram: Diagram, width: float) -> Piece:
    """The loosest form of a diagram that is no wider."""
    least = 1e9
    for metrics, form in LOOSE_TO_TIGHT:
        figure = drawn(diagram, metrics, form)
        if not width or figure.width <= width:
            return figure
        least = min(least, figure.width)
    needed = math.ceil((least + 2 * EDGE) / 7.2) / 10
    raise DrawingError(
        f"This figure needs a width of {needed}in to be read, {(width + 2 * EDGE) / 72:.1f}in are given.",
        hint="a larger --width, or --symbols short",
    )


def _stacked(sheet: Sheet, names: Sequence[str], room: Room) -> Piece:
    """Header and panels, with the margins of the page."""
    type, margin = room.type, 2 * room.type.pad
    inside = room.width - 2 * margin - 2 * type.pad if room.width else 0
    figures = [
        _fitting(diagram, inside) if name in names else Piece(0, 0)
        for name, diagram in (("big-picture", sheet.big_picture), ("zoom", sheet.zoom.diagram))
    ]
    panels, numbers = _panels(sheet, names, figures, type)
    wide = room.width - 2 * margin if room.width else max(ROOM, *(panel.least + 2 * type.pad for panel in panels))
    draw = drawer(panels, type, numbers)
    pieces = [header(sheet, wide, type)] + [
        Piece(wide, p.height, framed(p, wide, p.height)) for p in (draw(i, wide) for i in range(len(panels)))
    ]
    return with_margin(stacked(pieces, type.gap), margin)


def _panels(sheet: Sheet, names: Sequence[str], figures: Sequence[Piece], type: Type) -> tuple[list[Panel], list[int]]:
    """The panels with the numbers that they have on the whole sheet."""
    titles = {
        "big-picture": "Big picture", "zoom": "Zoom", "equations": "Key equations", "trade-offs": "Trade-offs",
        "questions": "Questions", "code": "Code",
    }  # fmt: skip
    wanted = [titles[name] for name in names]
    found = [p for p in Contents(type).panels(sheet, figures) if p.title.split(":")[0] in wanted]
    if not found:
        raise DrawingError(f"This sheet has no {' and no '.join(names)}.", hint=f"--panel {PANELS[0]}")
    return found, [list(titles.values()).index(p.title.split(":")[0]) + 1 for p in found]
