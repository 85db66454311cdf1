"""What a page is made of: texts, shapes, strokes; in points from the top left, y downwards; colours are paints."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from boardwork.figure.lettering import CODE_ADVANCE
from boardwork.figure.points import in_font, width
from boardwork.render.drawing.style import INK

Point = tuple[float, float]
MATHS, MATHS_ITALIC, PLAIN, BOLD, CODE = "maths", "maths italic", "plain", "bold", "code"


@dataclass(frozen=True)
class Label:
    """One line of text; `x` is the middle of it, `y` its baseline."""

    x: float
    y: float
    string: str
    size: float
    face: str = PLAIN
    colour: str = INK


@dataclass(frozen=True)
class Shape:
    """A filled outline. `form`: box, ellipse; `style`: graphviz's (rounded, dashed, diagonals); `rings`: outlines."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    stroke: str = "none"
    form: str = "box"
    style: str = ""
    pen: float = 1.0
    rings: int = 1


@dataclass(frozen=True)
class Stroke:
    """A curve: a start, then triples of control, control, end; with an arrow head at the end if `arrow`.

    `dash` is "", dashed or dotted.
    """

    points: tuple[Point, ...]
    colour: str
    pen: float = 1.0
    dash: str = ""
    arrow: bool = False


Mark = Label | Shape | Stroke


@dataclass(frozen=True)
class Piece:
    """Marks inside (0, 0) to (width, height), or what makes them: most pieces are measured and never drawn."""

    width: float
    height: float
    content: tuple[Mark, ...] | Callable[[], tuple[Mark, ...]] = ()

    @cached_property
    def marks(self) -> tuple[Mark, ...]:
        """Made when they are first asked for."""
        return self.content() if callable(self.content) else self.content


def wide(string: str, size: float, face: str) -> float:
    """Width of one line in a face that is no maths."""
    return len(in_font(string)) * CODE_ADVANCE * size / 1000 if face == CODE else width(string, size, face == BOLD)


def label(x: float, y: float, string: str, size: float, face: str = PLAIN, colour: str = INK) -> Label:
    """Text that starts at `x`."""
    return Label(x + wide(string, size, face) / 2, y, string, size, face, colour)


def label_to(x: float, y: float, string: str, size: float, face: str = PLAIN, colour: str = INK) -> Label:
    """Text that ends at `x`."""
    return Label(x - width(string, size, face == BOLD) / 2, y, string, size, face, colour)


def line(x1: float, y1: float, x2: float, y2: float, colour: str, pen: float = 1.0) -> Stroke:
    return Stroke(((x1, y1), (x1, y1), (x2, y2), (x2, y2)), colour, pen)


def moved(marks: Iterable[Mark], dx: float, dy: float) -> tuple[Mark, ...]:
    """The same marks elsewhere."""
    out: list[Mark] = []
    for mark in marks:
        if isinstance(mark, Stroke):
            points = tuple((x + dx, y + dy) for x, y in mark.points)
            out.append(Stroke(points, mark.colour, mark.pen, mark.dash, mark.arrow))
        elif isinstance(mark, Label):
            out.append(Label(mark.x + dx, mark.y + dy, mark.string, mark.size, mark.face, mark.colour))
        else:
            out.append(replace(mark, x=mark.x + dx, y=mark.y + dy))
    return tuple(out)


def scaled(piece: Piece, factor: float) -> Piece:
    """Everything larger, text too; the pens stay."""
    out: list[Mark] = []
    for mark in piece.marks:
        if isinstance(mark, Stroke):
            out.append(replace(mark, points=tuple((x * factor, y * factor) for x, y in mark.points)))
        elif isinstance(mark, Label):
            out.append(replace(mark, x=mark.x * factor, y=mark.y * factor, size=mark.size * factor))
        else:
            wide, high = mark.width * factor, mark.height * factor
            out.append(replace(mark, x=mark.x * factor, y=mark.y * factor, width=wide, height=high))
    return Piece(piece.width * factor, piece.height * factor, tuple(out))


def with_margin(piece: Piece, margin: float) -> Piece:
    """The piece with empty room on all sides."""
    return Piece(piece.width + 2 * margin, piece.height + 2 * margin, moved(piece.marks, margin, margin))


def stacked(pieces: Iterable[Piece], gap: float) -> Piece:
    """Pieces one below the other."""
    y, widest = 0.0, 0.0
    placed: list[tuple[Piece, float]] = []
    for piece in pieces:
        y += gap if y else 0.0
        placed.append((piece, y))
        y, widest = y + piece.height, max(widest, piece.width)
    return Piece(widest, y, lambda: tuple(mark for piece, top in placed for mark in moved(piece.marks, 0, top)))
