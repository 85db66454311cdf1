"""A figure in points -> marks: boxes with their text, circles, wires with round corners, frames, cards for repeats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from boardwork.figure.points import BOLD as BOLD_KINDS
from boardwork.figure.points import POINTS, SIZES, width
from boardwork.figure.primitives import Box, Circle, Figure, Frame, Text, Wire
from boardwork.render.svg_frames import CARD, frame_marks
from boardwork.render.svg_marks import BOLD, PLAIN, Label, Mark, Piece, Shape, label, line
from boardwork.render.svg_style import ACCENT, CAP, GREY, INK, style
from boardwork.render.svg_wires import joined, wire_marks

OFF = 2.5  # between a port and its wire, besides the line's own leading
_TONE = {"shape": GREY, "tag": ACCENT, "title": GREY, "port": INK}


def figure_marks(figure: Figure) -> Piece:
    """Frames first, then cards, boxes and texts; graphviz draws wires last."""
    wires = joined([item for item in figure.primitives if isinstance(item, Wire)])
    marks: list[Mark] = []
    for kind in (Frame, Box, Circle, Text):
        for item in figure.primitives:
            if isinstance(item, kind):
                marks += _drawn(item, figure, wires)
    for wire in wires:
        marks += wire_marks(wire)
    return Piece(figure.width, figure.height, tuple(marks))


def _drawn(item: Box | Circle | Wire | Text | Frame, figure: Figure, wires: Sequence[Wire]) -> Iterator[Mark]:
    match item:
        case Box():
            return _box(item)
        case Circle():
            return _circle(item)
        case Wire():
            return wire_marks(item)
        case Text():
            return _text(item, figure)
        case Frame():
            return frame_marks(item, wires)


def _box(box: Box) -> Iterator[Mark]:
    look = style(box.role)
    if box.repeat > 1:
        yield from _cards(box, look.stroke, look.form)
        yield label(box.x + box.width + 2 * CARD + 3, box.y + 6, f"× {box.repeat}", 9, BOLD, ACCENT)
    if look.form:
        inset = 3.0 * (look.rings - 1)
        yield Shape(
            box.x, box.y, box.width, box.height, look.fill, look.stroke, style=look.form, pen=look.pen
        )
        if inset:
            yield Shape(
                box.x + inset / 1.5, box.y + inset / 1.5, box.width - inset / 0.75, box.height - inset / 0.75,
                "none", look.stroke, style="rounded", pen=0.6,
            )  # fmt: skip
    yield from _bars(box)
    yield from _lines(box)


def _cards(box: Box, stroke: str, form: str) -> Iterator[Mark]:
    for step in (2, 1):
        yield Shape(
            box.x + step * CARD, box.y - step * CARD, box.width, box.height, "#ffffff", stroke, style=form, pen=0.8
        )


def _bars(box: Box) -> Iterator[Mark]:
    look = style(box.role)
    sides = {"left": (box.x + 4,), "both": (box.x + 4, box.x + box.width - 4)}.get(look.bars, ())
    for x in sides:
        yield line(x, box.y + look.pen / 2, x, box.y + box.height - look.pen / 2, look.stroke, 0.9)


def _lines(box: Box) -> Iterator[Mark]:
    few = box.label_lines
    heights = [POINTS.label_height if i < few else POINTS.detail_height for i in range(len(box.lines))]
    y = box.y + (box.height - sum(heights)) / 2
    port = box.role in ("input", "output")
    for i, (string, height) in enumerate(zip(box.lines, heights, strict=True)):
        size = SIZES["label"] if i < few else SIZES["detail"]
        face = BOLD if port and i < few else PLAIN
        yield Label(
            box.x + box.width / 2, y + height / 2 + CAP * size, string, size, face, INK if i < few else GREY
        )
        y += height


def _circle(circle: Circle) -> Iterator[Mark]:
    side = 2 * circle.radius
    left, top = circle.x - circle.radius, circle.y - circle.radius
    yield Shape(left, top, side, side, "#ffffff", INK, form="ellipse", pen=1.1)
    if circle.sign in ("+", "−", "-", "×"):
        arm = circle.radius * 0.45
        for dx, dy in {"+": ((1, 0), (0, 1)), "×": ((0.75, 0.75), (0.75, -0.75))}.get(circle.sign, ((1, 0),)):
            x, y = dx * arm, dy * arm
            yield line(circle.x - x, circle.y - y, circle.x + x, circle.y + y, INK, 1.2)
    else:
        size = 7.0
        yield Label(circle.x, circle.y + 0.3 * size, circle.sign, size)


def _text(text: Text, figure: Figure) -> Iterator[Mark]:
    """A port in the middle of its wire stands off it a little."""
    size, face = SIZES[text.kind], BOLD if text.kind in BOLD_KINDS else PLAIN
    y = text.y + POINTS.text_height / 2 + CAP * size
    start = text.x
    if text.anchor == "middle":
        start -= width(text.string, size, face == BOLD) / 2
        y += OFF if text.y > figure.height / 2 else -OFF
    yield label(start, y, text.string, size, face, _TONE.get(text.kind, GREY))
