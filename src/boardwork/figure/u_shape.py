"""Nested -> Laid as a U: down on the left, up on the right, every skip straight across; in cells or in points."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from boardwork.figure.blocks import Block, Line, Op, in_sequence
from boardwork.figure.box import box_of, named
from boardwork.figure.laid import Item, Laid
from boardwork.figure.nested import Nested
from boardwork.figure.primitives import Point, Text, Wire
from boardwork.sheet import Edge, Node

if TYPE_CHECKING:
    from boardwork.figure.place import Placer

Texts = Mapping[Edge, tuple[str, ...]]


def u_shape(found: Nested, texts: Texts, placer: Placer) -> Laid:
    """What feeds several boxes stands above them, with a number that stands beside each of them as well."""
    return _Drawing(found, texts, placer).laid()


class _Arm:
    """One side of the U: groups of boxes from above to below; all groups but the last end with an end of a skip."""

    def __init__(self, groups: Sequence[Sequence[int]], x: float) -> None:
        self.groups, self.x = groups, x
        self.boxes = [number for group in groups for number in group]


class _Drawing:
    def __init__(self, found: Nested, texts: Texts, placer: Placer) -> None:
        self.found, self.texts, self.placer, self.m = found, texts, placer, placer.m
        self.shapes = [box_of(Op(_upright(node)), self.m) for node in found.path]
        self.off = 0.0 if self.m.unit else 1.5  # words stand this far from a wire that runs across
        self.middle: dict[int, float] = {}
        sources, targets = [s for s, _, _ in found.skips], [t for _, t, _ in found.skips]
        between = list(range(sources[-1] + 1, targets[-1]))
        self.turn, self.centred = between[0 if len(between) == 1 else -2], len(between) == 1
        down, up = ([], []) if self.centred else (between[:-1], between[-1:])
        ends = [-1, *sources], [len(found.path), *targets]
        self.down = _Arm([*(list(range(a + 1, b + 1)) for a, b in pairwise(ends[0])), down], 0.0)
        self.up = _Arm([*(list(range(a - 1, b - 1, -1)) for a, b in pairwise(ends[1])), up], 0.0)
        self.up.x = self._across()

    def laid(self) -> Laid:
        head = self._beside()
        first = self.found.skips[0]
        above = self.m.text_height + self.off - self.shapes[first[0]].middle if first[2].label else 0.0
        low = self._stand(head.height + self.m.gap if head.height else max(0.0, above))
        items: list[Item] = []
        for arm in (self.down, self.up):
            for number in arm.boxes:
                items += self._box(number, arm)
            for one, two in pairwise(arm.boxes):
                items += self._upright_wire(one, two, arm)
        for source, target, edge in self.found.skips:
            items += self._skip(source, target, edge)
        turned, low = self._turned(low)
        left = max(self.shapes[n].half + self._room(n) for n in self.down.boxes)
        wide = [(self._half(n) + self._room(n), self._words(n), self._words(n - 1)) for n in self.up.boxes]
        right = self.up.x + max(map(max, wide))
        centre, half = self._whole((right - left) / 2), self._whole((head.left + head.right) / 2)
        items += [*head.at(centre - half, 0), *turned]
        return Laid(max(left, half - centre), max(right, half + centre), low, tuple(items))

    # -- measures -------------------------------------------------------------------------------------------------

    def _whole(self, length: float) -> float:
        return float(int(length)) if self.m.unit else length

    def _half(self, number: int) -> float:
        return self.shapes[number].half + self.shapes[number].extra

    def _across(self) -> float:
        """From one arm to the other: room for the words on the skips, beside wires, and for the box between."""
        m, shapes = self.m, self.shapes
        skips = [
            self._half(s) + 2 * m.gutter + m.width_of(edge.label, "shape") + shapes[t].half
            for s, t, edge in self.found.skips
        ]
        reach = max(max(self._half(n), self._words(n)) for n in self.down.boxes)  # heights of both arms overlap
        said = reach + m.gutter + max(shapes[n].half for n in self.up.boxes)
        turn = 2 * (shapes[self.turn].half + m.stub) if self.centred else 0.0
        return max(*skips, said, turn)

    def _tags(self, number: int) -> tuple[int, ...]:
        chains = {chain[-1].id: place for place, chain in enumerate(self.found.beside, 1)}
        return tuple(sorted(chains[e.source] for e in self.found.feeds if e.target == self.found.path[number].id))

    def _room(self, number: int) -> float:
        """For the words beside a box."""
        m, lines = self.m, self._beside_box(number)
        return m.stub + 2 * m.text_gap + max(m.width_of(line, "port") for line in lines) if lines else 0.0

    def _beside_box(self, number: int) -> list[str]:
        """The numbers of what feeds a box, else the lines that say what the model gives there."""
        if tags := self._tags(number):
            return [self._written(tags)]
        nodes = (node for place, node in self.found.given if place == number)
        return [line for node in nodes for line in named((node.label, node.detail), self.m)]

    def _written(self, tags: Sequence[int]) -> str:
        return " ".join(map(self.m.tag, tags))

    def _said(self, number: int) -> list[str]:
        """The lines beside the wire behind a box."""
        edge = self.found.steps[number] if number < len(self.found.steps) else None
        return self.placer.broken(edge, self.texts.get(edge, ())) if edge is not None else []

    def _words(self, number: int) -> float:
        return max((self.m.text_gap + self.m.width_of(text, "shape") for text in self._said(number)), default=0.0)

    def _gap(self, one: int, two: int) -> float:
        """Height of the wire between neighbours."""
        lines = len(self._said(min(one, two)))
        return max(self.m.gap, lines * self.m.text_height + self.m.arrow if lines else 0.0)

    # -- heights --------------------------------------------------------------------------------------------------

    def _stand(self, top: float) -> float:
        """Give every box its height, the ends of a skip the same; return where the lower arm ends."""
        arms, lows, last = (self.down, self.up), [top, top], [-1, -1]
        for number in range(len(self.found.skips)):
            needs = [self._need(arm.groups[number], low, end) for arm, low, end in zip(arms, lows, last, strict=True)]
            for side, arm in enumerate(arms):
                self._hang(arm.groups[number], max(needs))
                last[side] = arm.groups[number][-1]
                lows[side] = self._foot(last[side])
        for side in (1, 0):  # the left arm ends below the right one
            group = self.down.groups[-1] if side == 0 else self.up.groups[-1]
            if group:
                need = self._need(group, lows[side], last[side])
                self._hang(group, need if side else max(need, lows[1] + self.m.gap))
                lows[side] = self._foot(group[-1])
        return max(lows)

    def _need(self, group: Sequence[int], low: float, before: int) -> float:
        """The least height of the middle of the last box of a group."""
        neighbours = [before, *group] if before >= 0 else group
        gaps = sum(self._gap(one, two) for one, two in pairwise(neighbours))
        return low + gaps + sum(self.shapes[n].height for n in group[:-1]) + self.shapes[group[-1]].middle

    def _hang(self, group: Sequence[int], middle: float) -> None:
        """The last box with its middle there, the others as close above it as they can be."""
        self.middle[group[-1]] = middle
        for above, below in pairwise(reversed(group)):
            foot = self._top(above) - self._gap(above, below)
            self.middle[below] = foot - self.shapes[below].height + self.shapes[below].middle

    def _top(self, number: int) -> float:
        return self.middle[number] - self.shapes[number].middle

    def _foot(self, number: int) -> float:
        return self._top(number) + self.shapes[number].height

    # -- primitives -----------------------------------------------------------------------------------------------

    def _beside(self) -> Laid:
        """What feeds the path, in columns side by side above it."""
        left, height, items = 0.0, 0.0, list[Item]()
        for number, chain in enumerate(self.found.beside, 1):
            steps = {e.target: Line(e, text=self.texts.get(e, ())) for e in self.found.within}
            parts: list[Block] = []
            for node in chain:
                parts += [steps[node.id]] if node.id in steps else []
                parts.append(Op(node, tags_out=(number,) if node is chain[-1] else ()))
            laid = self.placer.place(in_sequence(*parts))
            items += laid.at(left + laid.left, 0)
            left, height = left + laid.left + laid.right + self.m.branch_gap, max(height, laid.height)
        return Laid(0.0, max(0.0, left - self.m.branch_gap), height, tuple(items))

    def _box(self, number: int, arm: _Arm) -> tuple[Item, ...]:
        """The box with the numbers of what feeds it on the outer side."""
        tags, node = self._tags(number), _upright(self.found.path[number])
        if arm is self.down:
            return self.placer.op(Op(node, tags_in=tags)).at(arm.x, self._top(number))
        box = self.placer.op(Op(node)).at(arm.x, self._top(number))
        return (*box, *self._at_right(number, arm.x))

    def _at_right(self, number: int, x: float) -> list[Item]:
        """The numbers of what feeds a box, else what the model gives there, with the wire from or to them."""
        m, tags, y, near = self.m, self._tags(number), self.middle[number], x + self._half(number)
        lines = self._beside_box(number)
        if not lines:
            return []
        ends = (near + m.unit, y), (near + m.stub, y)
        x, top = (ends[1][0] + 2, y) if m.unit else (ends[1][0] + m.text_gap / 2, y - m.text_height / 2)
        texts = [Text(x, top + i * m.text_height, line, "port") for i, line in enumerate(lines)]
        return [Wire(ends[::-1] if tags else ends, "data", True), *texts]

    def _upright_wire(self, above: int, below: int, arm: _Arm) -> list[Item]:
        ends = (arm.x, self._foot(above)), (arm.x, self._top(below) - self.m.unit)
        points, head = (ends, 0.0) if arm is self.down else (ends[::-1], self.m.unit)
        return [self._wire(points, min(above, below)), *self._lines(min(above, below), arm.x, self._foot(above) + head)]

    def _lines(self, number: int, x: float, y: float) -> list[Text]:
        m = self.m
        return [Text(x + m.text_gap, y + i * m.text_height, text, "shape") for i, text in enumerate(self._said(number))]

    def _wire(self, points: Sequence[Point], number: int) -> Wire:
        return self.placer.wire(points, Line(self.found.steps[number]), arrow=True)

    def _skip(self, source: int, target: int, edge: Edge) -> list[Item]:
        m, y = self.m, self.middle[source]
        start, end = self.shapes[source].half + m.unit, self.up.x - self.shapes[target].half - m.unit
        items: list[Item] = [self.placer.wire([(start, y), (end, y)], Line(edge), arrow=True)]
        if edge.label:
            x = self._whole((self._half(source) + m.unit + end - m.width_of(edge.label, "shape")) / 2)
            items.append(Text(x, y - m.text_height - self.off, edge.label, "shape"))
        return items

    def _turned(self, low: float) -> tuple[list[Item], float]:
        """Across the bottom: through the one box between the arms, else straight from one arm to the other."""
        m, shape, number = self.m, self.shapes[self.turn], self.turn
        near = shape.half + m.unit
        if not self.centred:
            y, x = self.middle[number], self.up.x
            wire = self._wire([(near, y), (x, y), (x, self._foot(number + 1))], number)
            words = self._lines(number, near + m.unit, y + max(m.unit, self.off))
            return [wire, *words], max([low, *(word.y + m.text_height for word in words)])
        before, after, x = number - 1, number + 1, self._whole(self.up.x / 2)
        top = low + max(m.gap, len(self._said(before)) * m.text_height + self.off)
        y, foot = top + shape.middle, top + shape.height
        items: list[Item] = [
            *self.placer.op(Op(self.found.path[number])).at(x, top),
            self._wire([(0, self._foot(before)), (0, y), (x - near, y)], before),
            self._wire([(x + near, y), (self.up.x, y), (self.up.x, self._foot(after))], number),
            *self._lines(before, 0, self._foot(before)),
            *self._lines(number, self.up.x, self._foot(after) + m.unit),
        ]
        if tags := self._tags(number):
            items.append(Wire(((x, foot + m.stub - m.unit), (x, foot)), "data", True))
            items.append(Text(x, foot + m.stub, self._written(tags), "port", "middle"))
            foot += m.stub + m.text_height
        return items, foot


def _upright(node: Node) -> Node:
    """What leaves the model leaves it upwards, as its inputs come in."""
    return dataclasses.replace(node, role="input") if node.role == "output" else node
