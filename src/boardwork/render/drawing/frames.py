"""A frame of a figure -> its outline; cards behind it and its count if it repeats. Its title is another text."""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.figure.metrics import Metrics
from boardwork.figure.primitives import Frame
from boardwork.render.drawing.marks import BOLD, Mark, Shape, label_to
from boardwork.render.drawing.style import ACCENT, FRAME, FRAME_FILL, PAPER, REPEAT, REPEAT_FILL


def frame_marks(frame: Frame, m: Metrics) -> Iterator[Mark]:
    """Cards, outline, the count in the top-right corner."""
    x, y, repeats = frame.x, frame.y, frame.repeat > 1
    colour, fill = (ACCENT, REPEAT_FILL) if repeats else (FRAME, FRAME_FILL)
    for step in (2, 1) if repeats else ():
        away = step * m.card
        yield Shape(x + away, y - away, frame.width, frame.height, PAPER, REPEAT, style="rounded,filled")
    yield Shape(x, y, frame.width, frame.height, fill, colour, style="rounded,filled" + ",dashed" * (not repeats))
    if repeats:
        count = f"× {frame.repeat}"
        yield label_to(x + frame.width - 8, y + m.label_height, count, m.size_of("label"), BOLD, ACCENT)
