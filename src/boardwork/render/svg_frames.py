"""A frame of a figure -> its outline with a title that keeps clear of the wires; cards behind it if it repeats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from boardwork.figure.points import POINTS, SIZES, width
from boardwork.figure.primitives import Frame, Text, Wire
from boardwork.render.svg_marks import BOLD, PLAIN, Label, Mark, Shape, label, label_to
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


def heads(frame: Frame, text: Text) -> bool:
    """Whether the text is the frame's title, set apart from it."""
    inside = frame.x <= text.x <= frame.x + frame.width and frame.y <= text.y <= frame.y + POINTS.text_height
    return text.kind == "title" and not frame.title and inside


def _title(frame: Frame, right: float, wires: Sequence[Wire], colour: str) -> Iterator[Mark]:
    """Title and detail, the detail only where all of it fits."""
    middle = frame.y + 4 + POINTS.text_height / 2
    walls = sorted(_crossings(wires, middle - 5, middle + 5))
    base = middle + CAP * SIZES["title"]
    title, x = _flow([frame.title], frame.x + 8, base, walls, Label(0, 0, "", SIZES["title"], BOLD, colour))
    yield from title
    if frame.detail:
        small = Label(0, 0, "", SIZES["detail"], PLAIN, GREY)
        detail, end = _flow(frame.detail.split(" "), x + 4, base, walls, small)
        if end <= right:
            yield from detail


def _flow(words: Sequence[str], x: float, y: float, walls: Sequence[float], like: Label) -> tuple[list[Label], float]:
    """Words from `x` on, each clear of every wall; where the last one ends."""
    out: list[Label] = []
    for word in words:
        wide = width(word, like.size, like.face == BOLD)
        for wall in walls:
            if x - CLEAR < wall < x + wide + CLEAR:
                x = wall + CLEAR
        out.append(label(x, y, word, like.size, like.face, like.colour))
        x += wide + width(" ", like.size)
    return out, x


def _crossings(wires: Sequence[Wire], top: float, bottom: float) -> Iterator[float]:
    for wire in wires:
        for (x1, y1), (x2, y2) in zip(wire.points, wire.points[1:], strict=False):
            if x1 == x2 and min(y1, y2) < bottom and max(y1, y2) > top:
                yield x1
