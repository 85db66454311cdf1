"""Knot and Metrics -> Laid: its parts in rows, wires from row to row with right angles, long ones between the parts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from boardwork.figure.blocks import IN, OUT, Block, Knot, Op, Tie, parts_of
from boardwork.figure.box import Shape, box_of
from boardwork.figure.laid import Item, Laid, Moved
from boardwork.figure.primitives import Point, Text
from boardwork.figure.ranked import Rows, rows_of
from boardwork.figure.tracks import Bus, levels
from boardwork.figure.upright import across

if TYPE_CHECKING:
    from boardwork.figure.place import Placer

_BETWEEN = 8.0  # tracks
_APART = 10.0  # wires into one box


def spread_out(knot: Knot, placer: Placer) -> Laid:
    """In points; cells have no room for tracks."""
    return _Knotted(knot, placer).laid()


class _Knotted:
    """The rows of a knot. Parts have their numbers; then come the ways in and out, if any, then passing wires."""

    def __init__(self, knot: Knot, placer: Placer) -> None:
        self.knot, self.placer, self.m = knot, placer, placer.m
        count = len(knot.parts)
        used = [way for way in (IN, OUT) if any(way in (tie.source, tie.target) for tie in knot.ties)]
        self.number = {**{i: i for i in range(count)}, **{way: count + i for i, way in enumerate(used)}}
        self.count = count + len(used)
        arcs = tuple((self.number[tie.source], self.number[tie.target]) for tie in knot.ties)
        self.rows: Rows = rows_of(self.count, arcs, self.number.get(OUT, -1))
        self.beside = {n for row in self.rows.rows if sum(n < count for n in row) > 1 for n in row}
        self.narrow = placer.narrow(forked=False)
        self.taken = Counter(target for _, target in arcs)
        self.drawn = [*(self._drawn(node) for node in range(count)), *(Laid(0, 0, 0) for _ in used)]
        self.words = self._words()
        pairs = [pair for row in self.rows.rows for pair in pairwise(row)]
        self.x = across(self.rows, self.count, {pair: self._apart(*pair) for pair in pairs})
        self.ports = self._ports()
        self.gaps = [self._gap(row) for row in range(len(self.rows.rows))]

    def _placer(self, node: int) -> Placer:
        """Parts side by side have less room for their words."""
        return self.narrow if node in self.beside else self.placer

    def _drawn(self, node: int) -> Laid:
        part, placer = self.knot.parts[node], self._placer(node)
        return placer.op(part, self._spread(node)) if isinstance(part, Op) else placer.place(part)

    def _spread(self, node: int) -> float:
        """Half the width of a box that its wires need to arrive side by side, one of them in the middle."""
        wires = self.taken[node]
        return (wires - 1) * _APART + self.m.pad_x if wires > 2 and isinstance(self.knot.parts[node], Op) else 0.0

    def _shape(self, node: int) -> Shape | None:
        """The form of the box or circle that a part begins with."""
        first = self._first(node)
        return box_of(first, self._placer(node).m, self._spread(node)) if first is not None else None

    def _words(self) -> dict[int, list[str]]:
        """What is written below each part: the value that leaves it, with its name if all its wires have one name."""
        found: dict[int, list[str]] = {}
        for tie in self.knot.ties:
            if tie.source != IN and tie.line.edge is not None and not found.get(tie.source):
                said = [words for words in tie.line.text if words not in self._names(tie.source)]
                found[tie.source] = self._placer(tie.source).broken(tie.line.edge, said)
        return found

    def _names(self, source: int) -> set[str]:
        """The names of what leaves a part, if it has several: they stand at the ends of the wires."""
        edges = (tie.line.edge for tie in self.knot.ties if tie.source == source)
        names = {edge.label for edge in edges if edge is not None}
        return names - {""} if len(names) > 1 else set()

    def _name(self, tie: Tie, end: Point) -> Iterator[Text]:
        """The name of a value at the end of its wire."""
        edge = tie.line.edge
        if edge is not None and self._is_named(tie):
            yield Text(end[0] + 2.5, end[1] - self.m.text_height - self.m.arrow, edge.label, "shape")

    def _is_named(self, tie: Tie) -> bool:
        edge = tie.line.edge
        return edge is not None and edge.label in self._names(tie.source)

    # -- from left to right -------------------------------------------------------------------------------------------

    def _apart(self, a: int, b: int) -> float:
        room = self._reach(a)[1] + self._reach(b)[0]
        return room + (_BETWEEN if min(a, b) >= self.count else self.m.branch_gap)

    def _reach(self, node: int) -> tuple[float, float]:
        """How far a part goes to the left and right, with the words below it."""
        if node >= self.count:
            return 0.0, 0.0
        words = [self.m.text_gap + self.m.width_of(line, "shape") for line in self.words.get(node, ())]
        shape = self._shape(node)
        beside = self.m.stub + _BETWEEN if self.taken[node] > 1 and shape is not None and shape.round else 0.0
        drawn = self.drawn[node]
        return max(drawn.left, self.m.circle + beside), max([drawn.right, self.m.circle + beside, *words])

    def _ports(self) -> dict[tuple[int, int], float]:
        """Where on its target, from the spine, each wire ends: the number of its path -> x."""
        arriving: dict[int, list[int]] = {}
        for number, path in enumerate(self.rows.paths):
            arriving.setdefault(path[-1], []).append(number)
        found: dict[tuple[int, int], float] = {}
        for node, numbers in arriving.items():
            numbers.sort(key=lambda number: self.x[self.rows.paths[number][-2]])
            wanted = [self.x[self.rows.paths[number][-2]] - self.x[node] for number in numbers]
            found |= {(number, node): x for number, x in zip(numbers, self._entries(node, wanted), strict=True)}
        return found

    def _entries(self, node: int, wanted: list[float]) -> list[float]:
        """Straight down where the box is wide enough; on a circle from above and from both sides; else on the spine."""
        shape, few = self._shape(node), len(wanted) - 1
        if shape is None:
            return [0.0] * len(wanted)
        if shape.round:
            return self._round(node, shape.half, wanted)
        half = shape.half - self.m.pad_x
        if not few:
            return [max(-half, min(half, wanted[0])) if abs(wanted[0]) < half else 0.0]
        named = [
            self.m.width_of(tie.line.edge.label, "shape")
            for tie in self.knot.ties
            if self.number[tie.target] == node and tie.line.edge is not None
        ]
        step = min(_APART + max(named, default=0.0), 2 * half / few)
        return evenly(wanted, half, step)

    def _round(self, node: int, half: float, wanted: list[float]) -> list[float]:
        """The nearest from above, the others from their sides; from both sides if two come from afar."""
        near, (low, high) = half + self.m.stub, self._free(node)
        above = min(range(len(wanted)), key=lambda i: abs(wanted[i]))
        if len(wanted) == 2 and wanted[0] < -half and wanted[1] > half:
            above = -1
        left = above if above >= 0 else 1
        return [
            0.0 if i == above else min(-near, max(x, low)) if i < left else max(near, min(x, high))
            for i, x in enumerate(wanted)
        ]

    def _free(self, node: int) -> tuple[float, float]:
        """How far to the left and right of a node its row is free: half of the way to another circle."""
        row = next(row for row in self.rows.rows if node in row)
        place = row.index(node)
        low = [self._border(a, node) for a in row[max(0, place - 1) : place]]
        high = [self._border(b, node) for b in row[place + 1 : place + 2]]
        return max(low, default=-math.inf), min(high, default=math.inf)

    def _border(self, other: int, node: int) -> float:
        """From the spine of a node, how far wires beside it may go towards its neighbour."""
        way = self.x[other] - self.x[node]
        shape = self._shape(other)
        if shape is not None and shape.round and self.taken[other] > 1:
            return way / 2 - math.copysign(_BETWEEN / 2, way)
        left, right = self._reach(other)
        return way + right + _BETWEEN if way < 0 else way - left - _BETWEEN

    def _first(self, node: int) -> Op | None:
        """The box that a part begins with."""
        block: Block | None = parts_of(self.knot.parts[node])[0] if node < len(self.knot.parts) else None
        return block if isinstance(block, Op) else None

    # -- from row to row ----------------------------------------------------------------------------------------------

    def _steps(self, row: int) -> dict[int, dict[int, float]]:
        """Node of a row -> the paths that leave it, each with the x at which it comes to the next row."""
        found: dict[int, dict[int, float]] = {}
        for number, path in enumerate(self.rows.paths):
            for a, b in pairwise(path):
                if a in self.rows.rows[row]:
                    found.setdefault(a, {})[number] = self.x[b] + self.ports.get((number, b), 0.0)
        return found

    def _gap(self, row: int) -> tuple[float, dict[int, float]]:
        """The room below a row, and how far below it each node's wires turn."""
        m, steps = self.m, self._steps(row)
        buses = {node: Bus(self.x[node], tuple(stops.values())) for node, stops in steps.items()}
        turning = [node for node, bus in buses.items() if not bus.straight()]
        tracks = dict(zip(turning, levels([buses[node] for node in turning]), strict=True))
        words = max((len(self.words.get(node, ())) for node in self.rows.rows[row]), default=0) * m.text_height
        turns = {node: words + _BETWEEN * (level + 1) for node, level in tracks.items()}
        deepest = max([words, *turns.values()])
        ties = zip(self.knot.ties, self.rows.paths, strict=True)
        below = any(self._is_named(tie) for tie, path in ties if path[-2] in self.rows.rows[row]) * m.text_height
        return (max(m.gap, deepest + below + 1.3 * m.arrow) if steps else 0.0), turns

    def _tops(self) -> list[float]:
        tops = [0.0]
        for row, (gap, _) in zip(self.rows.rows, self.gaps, strict=True):
            tops.append(tops[-1] + self._high(row) + gap)
        return tops

    def _high(self, row: tuple[int, ...]) -> float:
        return max((self.drawn[node].height for node in row if node < self.count), default=0.0)

    # -- placing ------------------------------------------------------------------------------------------------------

    def laid(self) -> Laid:
        """Parts in the middle of their rows; the way in, or out, is the spine."""
        tops, items = self._tops(), list[Item]()
        y = {
            node: top + (self._high(row) - self.drawn[node].height) / 2 * (self.drawn[node].height > 0)
            for top, row in zip(tops, self.rows.rows, strict=False)
            for node in row
            if node < self.count
        }
        for node in range(self.count):
            items += self.drawn[node].at(self.x[node], y[node])
            bottom = y[node] + self.drawn[node].height
            for i, line in enumerate(self.words.get(node, ())):
                items.append(Text(self.x[node] + self.m.text_gap, bottom + i * self.m.text_height, line, "shape"))
        for number, tie in enumerate(self.knot.ties):
            points = list(self._points(number, tops, y))
            items.append(self.placer.wire(points, tie.line, arrow=tie.line.arrow and tie.target != OUT))
            items += self._name(tie, points[-1])
        return self._hung(items, tops[-1])

    def _points(self, number: int, tops: list[float], y: dict[int, float]) -> Iterator[Point]:
        """The corners of a wire."""
        path = self.rows.paths[number]
        start = next(i for i, row in enumerate(self.rows.rows) if path[0] in row)
        yield self.x[path[0]], y[path[0]] + self.drawn[path[0]].height
        for row, (a, b) in enumerate(pairwise(path), start):
            turn = self.gaps[row][1].get(a)
            if turn is not None:
                level = tops[row] + self._high(self.rows.rows[row]) + turn
                yield self.x[a], level
                yield self.x[b] + self.ports.get((number, b), 0.0), level
        below = tops[-1] if path[-1] == self.number.get(OUT) else y[path[-1]]
        yield from self._arrival(path[-1], self.ports.get((number, path[-1]), 0.0), below)

    def _arrival(self, node: int, x: float, y: float) -> Iterator[Point]:
        """Where a wire meets a part: a circle from the side, or on its upper half."""
        shape = self._shape(node)
        if shape is None or not shape.round:
            yield self.x[node] + x, y
        elif abs(x) > shape.half:
            yield self.x[node] + x, y + shape.middle
            yield self.x[node] + math.copysign(shape.half, x), y + shape.middle
        else:
            yield self.x[node] + x, y + shape.middle - math.sqrt(shape.half**2 - x**2)

    def _hung(self, items: list[Item], height: float) -> Laid:
        """Moved so that the spine is at 0; a way out beside it is led there."""
        ends = [(self.x[node] - self._reach(node)[0], self.x[node] + self._reach(node)[1]) for node in self.x]
        low, high = min(a for a, _ in ends), max(b for _, b in ends)
        ways = [self.x[self.number[way]] for way in (IN, OUT) if way in self.number]
        spine = ways[0] if ways else (low + high) / 2
        moved: list[Item] = [Moved(-spine, 0, tuple(items))]
        if ways and abs(aside := ways[-1] - spine) > 0.5:
            turn = height + self.m.gap / 2
            corners = [(aside, height), (aside, turn), (0.0, turn), (0.0, height + self.m.gap)]
            moved.append(self.placer.wire(corners, None, arrow=False))
            height += self.m.gap
        return Laid(max(0.0, spine - low), max(0.0, high - spine), height, tuple(moved))


def evenly(wanted: list[float], half: float, step: float) -> list[float]:
    """Places within `half` of the middle, a step apart: the nearest to the middle first, those beside it outwards."""
    first = min(range(len(wanted)), key=lambda i: abs(wanted[i]))
    low, high = first * step - half, half - (len(wanted) - 1 - first) * step
    places = {first: max(low, min(high, wanted[first]))}
    for i in range(first + 1, len(wanted)):
        places[i] = max(places[i - 1] + step, min(half - (len(wanted) - 1 - i) * step, wanted[i]))
    for i in reversed(range(first)):
        places[i] = min(places[i + 1] - step, max(i * step - half, wanted[i]))
    return [places[i] for i in range(len(wanted))]
