"""Texts, lines and curves -> boxes of them round a baseline, the material of layout (y grows downwards, baseline 0)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from boardwork.formula.tree import Node


@dataclass(frozen=True)
class Text:
    """`string` from its left end `x` on the baseline `y`."""

    x: float
    y: float
    string: str
    size: float
    italic: bool


@dataclass(frozen=True)
class Line:
    x1: float
    y1: float
    x2: float
    y2: float
    width: float


@dataclass(frozen=True)
class Path:
    """A stroked curve: a start, then triples of control, control, end."""

    points: tuple[tuple[float, float], ...]
    width: float


Mark = Text | Line | Path


def shift(mark: Mark, dx: float, dy: float) -> Mark:
    match mark:
        case Text():
            return replace(mark, x=mark.x + dx, y=mark.y + dy)
        case Line():
            return Line(mark.x1 + dx, mark.y1 + dy, mark.x2 + dx, mark.y2 + dy, mark.width)
        case Path():
            return Path(tuple((x + dx, y + dy) for x, y in mark.points), mark.width)


@dataclass(frozen=True)
class Box:
    """Marks from the left end of the baseline. `lean` is how far italic ink overhangs the width at the top."""

    width: float = 0.0
    ascent: float = 0.0
    depth: float = 0.0
    marks: tuple[Mark, ...] = ()
    lean: float = 0.0

    @property
    def height(self) -> float:
        return self.ascent + self.depth

    def moved(self, dx: float, dy: float) -> Box:
        """The same ink elsewhere; width, ascent and depth grow to hold it."""
        marks = tuple(shift(m, dx, dy) for m in self.marks)
        return Box(self.width + dx, self.ascent - dy, self.depth + dy, marks, self.lean)


def overlay(*boxes: Box) -> Box:
    """Boxes on one origin."""
    solid = [b for b in boxes if b.marks or b.width]
    if not solid:
        return Box()
    marks = tuple(m for b in solid for m in b.marks)
    width, lean = max(b.width for b in solid), solid[-1].lean
    return Box(width, max(b.ascent for b in solid), max(b.depth for b in solid), marks, lean)


def beside(*boxes: Box) -> Box:
    """Boxes one after the other on one baseline."""
    x, placed = 0.0, []
    for box in boxes:
        placed.append(box.moved(x, 0))
        x += box.width
    return replace(overlay(*placed), width=x)


def centred(box: Box, width: float, snap: Callable[[float], float] = lambda x: x) -> Box:
    return replace(box.moved(snap((width - box.width) / 2), 0), width=width)


Draw = Callable[[Node, int], Box]


class Metrics(Protocol):
    """The unit of a drawing: character cells or points. `level` counts scripts within scripts."""

    def axis(self, level: int) -> float:
        """Height of fraction bars and minus signs over the baseline."""

    def clearance(self, level: int) -> float:
        """Free space over and under a bar."""

    def snap(self, value: float) -> float:
        """The nearest place where ink may stand."""

    def space(self, em: float, level: int) -> Box: ...

    def word(self, text: str, italic: bool, level: int) -> Box: ...

    def big(self, text: str, level: int) -> Box: ...

    def bar(self, width: float, level: int) -> Box:
        """A fraction bar round the axis, somewhat wider than `width`."""

    def root(self, node: Node, draw: Draw, level: int) -> Box: ...

    def accent(self, node: Node, draw: Draw, level: int) -> Box: ...

    def script(self, node: Node, draw: Draw, level: int) -> Box: ...

    def fence(self, sign: str, body: Box, stretch: bool, level: int) -> Box:
        """One opening or closing sign, as tall as the body if it stretches."""

    def joint(self, left: Node, right: Node, em: float, level: int) -> Box:
        """The space between two neighbours that TeX would set `em` apart."""

    def table_gaps(self, name: str, tall: bool) -> tuple[float, float, float]:
        """Space between columns, between rows, and at either side of a table."""

    def strut(self) -> tuple[float, float]:
        """Least ascent and depth of a row in a table."""
