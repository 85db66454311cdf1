"""A figure in points -> marks: boxes with their text, circles, wires with round corners, frames, cards for repeats."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from boardwork.figure.metrics import Metrics
from boardwork.figure.points import BOLD as BOLD_KINDS
from boardwork.figure.points import width
from boardwork.figure.primitives import Box, Circle, Figure, Frame, Text, Wire
from boardwork.render.drawing.frames import frame_marks
from boardwork.render.drawing.marks import BOLD, PLAIN, Label, Mark, Piece, Shape, label, line, moved
from boardwork.render.drawing.style import ACCENT, CAP, GREY, INK, LEAST_SIZE, NONE, PAPER, Style, style
from boardwork.render.drawing.wires import joined, wire_marks

BAR = 0.38  # from the border to a bar inside it, as a share of what is free
RING = 0.7  # the same of a second ring, which leaves room for what hangs below a line of text
_RING = 2.0  # at most
_TONE = {"shape": GREY, "tag": ACCENT, "title": GREY, "port": INK}


def figure_marks(figure: Figure, m: Metrics) -> Piece:
    """Frames first, then cards, boxes and texts; graphviz draws wires last."""
    wires = joined([item for item in figure.primitives if isinstance(item, Wire)])
    marks: list[Mark] = []
    for item in figure.primitives:
        if isinstance(item, Frame):
            marks += frame_marks(item, m)
    for item in figure.primitives:
        if isinstance(item, Box):
            marks += _box(item, m)
        elif isinstance(item, Circle):
            marks += _circle(item, m)
        elif isinstance(item, Text):
            marks += _text(item, m)
    for wire in wires:
        marks += wire_marks(wire, wires)
    return Piece(figure.width, figure.height, tuple(marks))


def _box(box: Box, m: Metrics) -> Iterator[Mark]:
    look = style(box.role)
    if box.repeat > 1:
        yield from _cards(box, look.stroke, look.form, m)
        yield label(box.x + box.width + m.rise + 3, box.y + 6, f"× {box.repeat}", m.size_of("port"), BOLD, ACCENT)
    if box.mark:
        look = replace(look, form=f"{look.form},dashed", rings=1, pen=1.5)
    if look.form:
        yield from moved(outline(look, box.width, box.height, BAR * m.pad_x, RING * m.pad_y), box.x, box.y)
    if box.mark:
        yield from _sign(box, m)
    yield from _lines(box, m)


def outline(look: Style, wide: float, high: float, bar: float = 3.0, ring: float = _RING) -> Iterator[Mark]:
    """The border with its fill, its second ring and its bars."""
    ring = min(ring, _RING)
    yield Shape(0, 0, wide, high, look.fill, look.stroke, style=look.form, pen=look.pen)
    if look.rings > 1:
        form = "rounded" if "rounded" in look.form else "solid"
        yield Shape(ring, ring, wide - 2 * ring, high - 2 * ring, NONE, look.stroke, style=form, pen=0.6)
    cut = max(0.0, min(12.0, high / 3) - 9.5) + 0.8 if "rounded" in look.form else look.pen / 2
    for x in {"left": (bar,), "both": (bar, wide - bar)}.get(look.bars, ()):
        yield line(x, cut, x, high - cut, look.stroke, 0.9)


def _sign(box: Box, m: Metrics) -> Iterator[Mark]:
    """The mark on a disc in the corner, which no theme hides."""
    half = 0.62 * m.size_of("label")
    yield Shape(box.x - half, box.y - half, 2 * half, 2 * half, PAPER, ACCENT, form="ellipse", pen=1.0)
    size = m.size_of("label")
    yield Label(box.x, box.y + CAP * size, box.mark, size, BOLD, ACCENT)


def _cards(box: Box, stroke: str, form: str, m: Metrics) -> Iterator[Mark]:
    for step in (2, 1):
        yield Shape(
            box.x + step * m.card, box.y - step * m.card, box.width, box.height, PAPER, stroke, style=form, pen=0.8
        )


def _lines(box: Box, m: Metrics) -> Iterator[Mark]:
    few = box.label_lines
    heights = [m.label_height if i < few else m.detail_height for i in range(len(box.lines))]
    y = box.y + (box.height - sum(heights)) / 2
    port = box.role in ("input", "output")
    for i, (string, height) in enumerate(zip(box.lines, heights, strict=True)):
        size = m.size_of("label" if i < few else "detail")
        face = BOLD if port and i < few else PLAIN
        yield Label(box.x + box.width / 2, y + height / 2 + CAP * size, string, size, face, INK if i < few else GREY)
        y += height


def _circle(circle: Circle, m: Metrics) -> Iterator[Mark]:
    side = 2 * circle.radius
    left, top = circle.x - circle.radius, circle.y - circle.radius
    yield Shape(left, top, side, side, PAPER, INK, form="ellipse", pen=1.1)
    if circle.sign in ("+", "−", "-", "×"):
        arm = circle.radius * 0.45
        for dx, dy in {"+": ((1, 0), (0, 1)), "×": ((0.75, 0.75), (0.75, -0.75))}.get(circle.sign, ((1, 0),)):
            x, y = dx * arm, dy * arm
            yield line(circle.x - x, circle.y - y, circle.x + x, circle.y + y, INK, 1.2)
    else:
        size = m.size_of("tag")
        yield Label(circle.x, circle.y + 0.3 * size, circle.sign, size)


def _text(text: Text, m: Metrics) -> Iterator[Mark]:
    """The shape behind a port's name is grey."""
    size, bold = m.size_of(text.kind), text.kind in BOLD_KINDS
    y = text.y + m.text_height / 2 + CAP * size
    name, bracket, shape = text.string.partition("(") if text.kind == "port" else (text.string, "", "")
    start, shape = text.x, bracket + shape
    if text.anchor == "middle":
        start -= (width(name, size, bold) + width(shape, max(LEAST_SIZE, size - 0.5))) / 2
    if name:
        yield label(start, y, name.rstrip(), size, BOLD if bold else PLAIN, _TONE.get(text.kind, GREY))
    if shape:
        yield label(start + width(name, size, bold), y, shape, max(LEAST_SIZE, size - 0.5), PLAIN, GREY)
