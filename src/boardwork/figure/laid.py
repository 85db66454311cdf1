"""Placed primitives that hang from a spine at x = 0, and their stacking."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from boardwork.figure.blocks import Bus
from boardwork.figure.primitives import Point, Primitive, Text, Wire
from boardwork.sheet import Edge


@dataclass(frozen=True)
class Moved:
    """Items at an offset: nothing is copied until everything has its place."""

    x: float
    y: float
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Anchor:
    """Where a bus leaves its box, or where an edge of a bus ends; nothing is drawn."""

    of: Bus | Edge
    x: float
    y: float


Item = Primitive | Moved | Anchor


@dataclass(frozen=True)
class Loose:
    """A wire that waits for the box it goes into: its corners so far, from the last of which it runs down."""

    points: tuple[Point, ...]
    kind: str

    def moved(self, x: float, y: float) -> Loose:
        return Loose(tuple((across + x, down + y) for across, down in self.points), self.kind)

    def led_to(self, *corners: Point, arrow: bool = True) -> Wire:
        """The whole wire, past these corners."""
        return Wire((*self.points, *corners), self.kind, arrow)


@dataclass(frozen=True)
class Laid:
    """Placed primitives with their extent to the left and right of the spine and downwards.

    `feet`: where wires leave at the lowest edge, if there is more than the one on the spine. `loose`: skips, inner ones
    first, that end in the box which follows.
    """

    left: float
    right: float
    height: float
    items: tuple[Item, ...] = ()
    feet: tuple[float, ...] = ()
    loose: tuple[Loose, ...] = ()

    def at(self, x: float, y: float) -> tuple[Item, ...]:
        """The primitives, moved."""
        return (Moved(x, y, self.items),) if self.items else ()


def placed(items: Sequence[Item], x: float, y: float) -> Iterator[Primitive]:
    """Every primitive at its place, in order."""
    return (_at(item, dx, dy) for item, dx, dy in _unpacked(items, x, y) if not isinstance(item, Anchor))


def anchors(items: Sequence[Item]) -> Iterator[Anchor]:
    """Every anchor at its place."""
    for item, dx, dy in _unpacked(items, 0, 0):
        if isinstance(item, Anchor):
            yield dataclasses.replace(item, x=item.x + dx, y=item.y + dy)


def _unpacked(items: Sequence[Item], x: float, y: float) -> Iterator[tuple[Primitive | Anchor, float, float]]:
    """What is placed, in order, and how far it is moved."""
    waiting: list[tuple[Item, Point]] = [(item, (x, y)) for item in reversed(items)]
    while waiting:
        item, (dx, dy) = waiting.pop()
        if isinstance(item, Moved):
            waiting += [(inner, (dx + item.x, dy + item.y)) for inner in reversed(item.items)]
        else:
            yield item, dx, dy


def _at(item: Primitive, x: float, y: float) -> Primitive:
    """Written out for what most figures are made of: a page is chosen among hundreds of figures."""
    if isinstance(item, Wire):
        return Wire(tuple([(a + x, b + y) for a, b in item.points]), item.kind, item.arrow)
    if isinstance(item, Text):
        return Text(item.x + x, item.y + y, item.string, item.kind, item.anchor)
    return dataclasses.replace(item, x=item.x + x, y=item.y + y)


class Stack:
    """Blocks one under the other on one spine."""

    def __init__(self) -> None:
        self.left = self.right = self.height = 0.0
        self.items: list[Item] = []
        self.loose: tuple[Loose, ...] = ()

    def add(self, laid: Laid) -> None:
        self.items += laid.at(0, self.height)
        self.loose += tuple(wire.moved(0, self.height) for wire in laid.loose)
        self.left, self.right = max(self.left, laid.left), max(self.right, laid.right)
        self.height += laid.height

    def done(self) -> Laid:
        return Laid(self.left, self.right, self.height, tuple(self.items), loose=self.loose)


def stacked(above: Laid, below: Laid) -> Laid:
    """One under the other, with the feet of the lower one."""
    stack = Stack()
    stack.add(above)
    stack.add(below)
    return dataclasses.replace(stack.done(), feet=below.feet)
