"""Texts, lines and curves -> boxes of them round a baseline, the material of layout (y grows downwards, baseline 0)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
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


@dataclass(frozen=True)
class Moved:
    """Ink at an offset: nothing is copied until everything has its place."""

    dx: float
    dy: float
    ink: tuple[Ink, ...]


Ink = Mark | Moved


def placed(ink: Iterable[Ink], dx: float = 0, dy: float = 0) -> Iterator[Mark]:
    """Every mark at its place, in order."""
    for item in ink:
        if isinstance(item, Moved):
            yield from placed(item.ink, dx + item.dx, dy + item.dy)
        else:
            yield _shifted(item, dx, dy)


def _shifted(mark: Mark, dx: float, dy: float) -> Mark:
    match mark:
        case Text():
            return Text(mark.x + dx, mark.y + dy, mark.string, mark.size, mark.italic)
        case Line():
            return Line(mark.x1 + dx, mark.y1 + dy, mark.x2 + dx, mark.y2 + dy, mark.width)
        case Path():
            return Path(tuple((x + dx, y + dy) for x, y in mark.points), mark.width)


@dataclass(frozen=True)
class Box:
    """Ink from the left end of the baseline. `lean` is how far italic ink overhangs the width at the top."""

    width: float = 0.0
    ascent: float = 0.0
    depth: float = 0.0
    ink: tuple[Ink, ...] = ()
    lean: float = 0.0

    @property
    def height(self) -> float:
        return self.ascent + self.depth

    def moved(self, dx: float, dy: float) -> Box:
        """The same ink elsewhere; width, ascent and depth grow to hold it."""
        ink = (Moved(dx, dy, self.ink),) if self.ink else ()
        return Box(self.width + dx, self.ascent - dy, self.depth + dy, ink, self.lean)

    @property
    def marks(self) -> tuple[Mark, ...]:
        return tuple(placed(self.ink))


def overlay(*boxes: Box) -> Box:
    """Boxes on one origin."""
    solid = [b for b in boxes if b.ink or b.width]
    if not solid:
        return Box()
    ink = tuple(m for b in solid for m in b.ink)
    width, lean = max(b.width for b in solid), solid[-1].lean
    return Box(width, max(b.ascent for b in solid), max(b.depth for b in solid), ink, lean)


def beside(*boxes: Box) -> Box:
    """Boxes one after the other on one baseline."""
    x, parts = 0.0, []
    for box in boxes:
        parts.append(box.moved(x, 0))
        x += box.width
    return replace(overlay(*parts), width=x)


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
