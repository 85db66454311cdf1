"""The hand-over of the layout: placed boxes, circles, wires and texts. Knows no model and no format.

Coordinates grow to the right and downwards from the top-left corner, in character cells (text) or points (SVG). In
cells every coordinate is a whole number and a box of width 3 and height 3 has one cell inside its border.
"""

from __future__ import annotations

from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """A box with its lines of text, centred. `label_lines` of the `lines` are the label, the others are detail.

    `mark`: a sign in its top border, which is then dashed: the box is not what stands beside it.
    """

    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]
    label_lines: int
    role: str
    node: str
    repeat: int = 1
    mark: str = ""


@dataclass(frozen=True)
class Circle:
    """A small circle round (x, y) with a sign: + × − or "cat". In cells it is drawn as the text "(+)"."""

    x: float
    y: float
    radius: float
    sign: str
    role: str
    node: str


@dataclass(frozen=True)
class Wire:
    """A line with right angles through `points`, with an arrow head at its end if `arrow`. Corners may be rounded.

    `kind` is the edge's: data, branch, residual, gate, state. Residual wires are dashed and carry the accent colour.
    """

    points: tuple[Point, ...]
    kind: str
    arrow: bool


@dataclass(frozen=True)
class Text:
    """One line. `kind`: shape (beside a wire), port (name of an input or output), tag (a numbered jump).

    `anchor`: start or middle, of `x`; `y` is the top of the line.
    """

    x: float
    y: float
    string: str
    kind: str
    anchor: str = "start"


@dataclass(frozen=True)
class Frame:
    """A dashed frame round boxes, with a title in its top-left corner; `repeat` > 1 is written in the top-right one."""

    x: float
    y: float
    width: float
    height: float
    title: str
    detail: str = ""
    repeat: int = 1


Primitive = Box | Circle | Wire | Text | Frame


@dataclass(frozen=True)
class Figure:
    """Everything placed, inside (0, 0) to (width, height). Frames come before what they hold."""

    width: float
    height: float
    primitives: tuple[Primitive, ...]
