"""Boxes in a column, edges that go past boxes -> buses at its sides that seldom cross; the edges that find none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from boardwork.figure.blocks import Bus, Op
from boardwork.sheet import CIRCLES, Edge

LEFT, RIGHT = "left", "right"
Start = tuple[str, str, bool]  # of a bus: the frame that it stays in, its box, whether it is a residual


@dataclass
class Buses:
    """`at`: frame and side -> its buses, the innermost first; `lifted`: edges for which there is no room."""

    at: dict[tuple[str, str], list[Bus]] = field(default_factory=dict)
    lifted: list[Edge] = field(default_factory=list)

    def arriving(self, side: str) -> dict[str, list[Edge]]:
        """Box -> the edges that reach it from a side, the innermost first."""
        found: dict[str, list[Edge]] = {}
        for bus in self._of(side):
            for edge in bus.edges:
                found.setdefault(edge.target, []).append(edge)
        return found

    def leaving(self) -> dict[str, list[Bus]]:
        """Box -> the buses that leave it."""
        found: dict[str, list[Bus]] = {}
        for bus in (*self._of(LEFT), *self._of(RIGHT)):
            found.setdefault(bus.source, []).append(bus)
        return found

    def _of(self, side: str) -> list[Bus]:
        return [bus for (_, here), buses in self.at.items() if here == side for bus in buses]


def buses(
    ops: Mapping[str, Op],
    order: Sequence[str],
    edges: Sequence[Edge],
    frames: Mapping[str, list[str]],
    most_crossed: int = 0,
) -> Buses:
    """`order`: the boxes from the top; `frames`: those round each, inside out. A bus stays in the frame of its ends.

    `most_crossed`: how many buses either end of an edge may cross.
    """
    return _Router(ops, order, frames, most_crossed).routed(edges)


class _Router:
    """Puts buses at a side one by one: those of inner frames first, then the shorter; each outside of those before."""

    def __init__(
        self, ops: Mapping[str, Op], order: Sequence[str], frames: Mapping[str, list[str]], most_crossed: int
    ) -> None:
        self.ops, self.frames, self.most_crossed = ops, frames, most_crossed
        self.place = {name: place for place, name in enumerate(order)}
        self.kept: dict[str, list[Bus]] = {RIGHT: [], LEFT: []}
        self.found = Buses()

    def routed(self, edges: Sequence[Edge]) -> Buses:
        waiting: dict[Start, list[Edge]] = {}
        self.found.lifted += [edge for edge in edges if not self._leads_down(edge)]
        for edge in filter(self._leads_down, edges):
            waiting.setdefault((self._common(edge), edge.source, edge.kind == "residual"), []).append(edge)
        for start in sorted(waiting, key=lambda start: self._order(start, waiting[start])):
            left, (frame, source, _) = waiting[start], start
            for side in self._sides(source, left):
                left = self._put(frame, side, source, left)
            self.found.lifted += left
        return self.found

    def _leads_down(self, edge: Edge) -> bool:
        return self.place[edge.source] < self.place[edge.target]

    def _common(self, edge: Edge) -> str:
        """The innermost frame round both ends, "" if there is none."""
        return next((frame for frame in self.frames[edge.source] if frame in self.frames[edge.target]), "")

    def _order(self, start: Start, edges: Sequence[Edge]) -> tuple[int, int, int]:
        frame, source, _ = start
        depth = self.frames[source][::-1].index(frame) + 1 if frame else 0
        top = self.place[source]
        return -depth, max(self.place[edge.target] for edge in edges) - top, top

    def _sides(self, source: str, edges: Sequence[Edge]) -> list[str]:
        """The side first that takes more of the edges."""
        return sorted((RIGHT, LEFT), key=lambda side: -sum(self._is_free(side, source, edge) for edge in edges))

    def _put(self, frame: str, side: str, source: str, edges: Sequence[Edge]) -> list[Edge]:
        """A bus for those that have a way at this side; return the others."""
        free = [edge for edge in edges if self._is_free(side, source, edge)]
        if free:
            bus = Bus(source, tuple(sorted(free, key=lambda edge: self.place[edge.target])))
            self.kept[side].append(bus)
            self.found.at.setdefault((frame, side), []).append(bus)
        return [edge for edge in edges if edge not in free]

    def _is_free(self, side: str, source: str, edge: Edge) -> bool:
        """Whether both ends cross few of the buses further inside, and a circle has room for it."""
        others = [self._span(bus) for bus in self.kept[side] if bus.source != source]
        ends = self.place[source] + 0.5, self.place[edge.target]
        crossed = max(sum(low < y < high for low, high in others) for y in ends)
        return crossed <= self.most_crossed and self._has_room(side, edge.target)

    def _span(self, bus: Bus) -> tuple[float, float]:
        return self.place[bus.source] + 0.5, self.place[bus.edges[-1].target]

    def _has_room(self, side: str, target: str) -> bool:
        """A circle takes one wire from each side."""
        op = self.ops[target]
        if op.node.role not in CIRCLES:
            return True
        full = any(edge.target == target for bus in self.kept[side] for edge in bus.edges)
        return not full and not (side == LEFT and op.side_inputs)
