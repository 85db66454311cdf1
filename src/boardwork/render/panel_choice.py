"""Sheet and names of steps -> the steps to draw, in order, each with its title."""

from __future__ import annotations

from collections.abc import Sequence

from boardwork.errors import FormatError
from boardwork.render.words import zoomed
from boardwork.sheet import Diagram, Sheet

PANELS = ("big-picture", "zoom", "equations", "trade-offs", "questions", "code")


def chosen(panels: Sequence[str]) -> tuple[str, ...]:
    """The named panels in the order of the sheet, all if none is named.

    Raises:
        FormatError: no such panel.
    """
    for panel in panels:
        if panel not in PANELS:
            raise FormatError(f"There is no panel {panel!r}.", hint=f"one of: {', '.join(PANELS)}")
    return tuple(panel for panel in PANELS if panel in panels or not panels)


def diagrams(sheet: Sheet, panels: Sequence[str]) -> list[tuple[str, str, Diagram]]:
    """Name for ids, title, diagram.

    Raises:
        FormatError: none of the named panels is a diagram.
    """
    both = {
        "big-picture": ("big_picture", "Big picture", sheet.big_picture),
        "zoom": ("zoom", f"Zoom: {zoomed(sheet)}", sheet.zoom.diagram),
    }
    found = [both[panel] for panel in chosen(panels) if panel in both]
    if not found:
        raise FormatError("A graph shows diagrams only.", hint="--panel big-picture or --panel zoom")
    return found
