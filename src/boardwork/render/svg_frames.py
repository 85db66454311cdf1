"""A frame of a figure -> its outline with a title that keeps clear of the wires; cards behind it if it repeats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from boardwork.figure.points import POINTS, SIZES, width
from boardwork.figure.primitives import Frame, Wire
from boardwork.render.svg_marks import BOLD, PLAIN, Mark, Shape, label, label_to
from boardwork.render.svg_style import ACCENT, CAP, FRAME, GREY

CARD = 3.0  # how far the cards of a repeat stand out
CLEAR = 5.0  # between words and a wire


def frame_marks(frame: Frame, wires: Sequence[Wire]) -> Iterator[Mark]:
    """Cards, outline, the count in the top-right corner, title and detail in the top-left one."""
    x, y, repeats = frame.x, frame.y, frame.repeat > 1
    colour, fill = (ACCENT, "#f7fafc") if repeats else (FRAME, "#fafafa")
    right = x + frame.width - 8
    if repeats:
        for step in (2, 1):
            away = step * CARD
            yield Shape(x + away, y - away, frame.width, frame.height, "#ffffff", "#a9c3d3", style="rounded,filled")
    yield Shape(x, y, frame.width, frame.height, fill, colour, style="rounded,filled" + ",dashed" * (not repeats))
    if repeats:
        count = f"× {frame.repeat}"
        yield label_to(right, y + 13, count, 10, BOLD, ACCENT)
        right -= width(count, 10, True) + 6
    yield from _title(frame, right, wires, ACCENT if repeats else GREY)


def _title(frame: Frame, right: float, wires: Sequence[Wire], colour: str) -> Iterator[Mark]:
    """Word by word, over the wires that cross the line of the title."""
    middle = frame.y + 4 + POINTS.text_height / 2
    walls = sorted(_crossings(wires, middle - 5, middle + 5))
    x = frame.x + 8
    for text, size, face, tone in (
        (frame.title, SIZES["title"], BOLD, colour),
        (f" {frame.detail}" if frame.detail else "", SIZES["detail"], PLAIN, GREY),
    ):
        for word in text.split(" ") if text else ():
            wide = width(word, size, face == BOLD)
            for wall in walls:
                if x - CLEAR < wall < x + wide + CLEAR:
                    x = wall + CLEAR
            if x + wide > right and face == PLAIN:
                return
            if word:
                yield label(x, middle + CAP * SIZES["title"], word, size, face, tone)
            x += wide + width(" ", size)


def _crossings(wires: Sequence[Wire], top: float, bottom: float) -> Iterator[float]:
    for wire in wires:
        for (x1, y1), (x2, y2) in zip(wire.points, wire.points[1:], strict=False):
            if x1 == x2 and min(y1, y2) < bottom and max(y1, y2) > top:
                yield x1
