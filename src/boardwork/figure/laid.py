"""Placed primitives that hang from a spine at x = 0, and their stacking."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from boardwork.figure.primitives import Primitive, Wire


@dataclass(frozen=True)
class Laid:
    """Placed primitives with their extent to the left and right of the spine and downwards."""

    left: float
    right: float
    height: float
    items: tuple[Primitive, ...] = ()

    def at(self, x: float, y: float) -> tuple[Primitive, ...]:
        """The primitives, moved."""
        return tuple(moved(item, x, y) for item in self.items)


def moved(item: Primitive, x: float, y: float) -> Primitive:
    """A primitive at another place."""
    if isinstance(item, Wire):
        return dataclasses.replace(item, points=tuple((a + x, b + y) for a, b in item.points))
    return dataclasses.replace(item, x=item.x + x, y=item.y + y)


class Stack:
    """Blocks one under the other on one spine."""

    def __init__(self) -> None:
        self.left = self.right = self.height = 0.0
        self.items: list[Primitive] = []

    def add(self, laid: Laid) -> None:
        self.items += laid.at(0, self.height)
        self.left, self.right = max(self.left, laid.left), max(self.right, laid.right)
        self.height += laid.height

    def done(self) -> Laid:
        return Laid(self.left, self.right, self.height, tuple(self.items))
