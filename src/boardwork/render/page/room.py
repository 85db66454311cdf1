"""Figures and a page -> the area that they leave for text, by which forms are compared before any plan is."""

from __future__ import annotations

from collections.abc import Sequence

from boardwork.render.drawing.style import Type
from boardwork.render.panels.plans import STEP, Panel, heights

READ = 1.2  # the width of text that is measured, in least columns
Size = tuple[float, float]


def left_for_text(sizes: Sequence[Size], page: Size, type: Type) -> float:
    """Beside and below figures that stand side by side, or one under the other; below 0 if they cannot."""
    room, height = page
    return max(
        _beside(sizes, room, height, type),
        *(_below(sizes, wide, room, height, type) for wide in (max(w for w, _ in sizes), room)),
    )


def _beside(sizes: Sequence[Size], room: float, height: float, type: Type) -> float:
    """Figures that head a column each; what is left of the width is a column more, or makes them wider."""
    tallest = max(high for _, high in sizes)
    spare = room - sum(wide + type.gap for wide, _ in sizes)
    if spare < -type.gap or tallest > height:
        return -1.0
    below = sum(wide * _used(height - high, type) for wide, high in sizes)
    return below + spare * (height if spare >= _column(type) else _used(height - tallest, type))


def _below(sizes: Sequence[Size], wide: float, room: float, height: float, type: Type) -> float:
    """Figures in one column of a width, text beside those that are narrower; another column if there is room."""
    tall = sum(high + type.gap for _, high in sizes) - type.gap
    if max(w for w, _ in sizes) > wide or wide > room or tall > height:
        return -1.0
    beside = sum((wide - w - type.gap) * high for w, high in sizes if wide - w - type.gap >= _column(type))
    spare = room - wide - type.gap
    return wide * _used(height - tall, type) + beside + (spare * height if spare >= _column(type) else 0.0)


def _column(type: Type) -> float:
    return type.column + 2 * type.pad


def _used(height: float, type: Type) -> float:
    """What is lower than a heading and a few lines holds no text."""
    return height if height > 2.5 * type.head else 0.0


def area_of_text(panels: Sequence[Panel], type: Type) -> float:
    """What panels of text fill, about: measured at one width that reads well, for they fill as much at others."""
    usual = -(-(READ * type.column) // STEP) * STEP
    wide = [max(panel.least + 2 * type.pad, usual) for panel in panels]
    height = heights(panels, type, STEP)
    return sum(w * (height(i, w) + type.gap) for i, w in enumerate(wide))
