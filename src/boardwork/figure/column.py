"""Diagram -> one nested Block without branches: boxes in execution order, frames round those that belong together."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

from boardwork.diagrams import edges_by
from boardwork.figure.blocks import Block, Framed, Line, Op, Railed, Space, in_sequence
from boardwork.figure.buses import LEFT, RIGHT, Buses, buses
from boardwork.figure.inward import inward
from boardwork.figure.lifted import as_labelled, marked
from boardwork.figure.order import frames_of
from boardwork.figure.sides import Sides, inputs_of, sides
from boardwork.sheet import CIRCLES, Diagram, Edge, Node

Texts = Mapping[Edge, tuple[str, ...]]


def column(diagram: Diagram, texts: Texts, most_crossed: int | None = None) -> Block:
    """Wires between neighbours only; all other edges become numbered tags.

    `most_crossed`: they run on rails at the sides instead where their ends cross no more than so many others.
    """
    drawn = _Column(diagram, texts, (), most_crossed)
    late = inputs_of(diagram) & {edge.source for edge in drawn.past} - {drawn.order[0]}
    return (_Column(inward(diagram, late), texts, late, most_crossed) if late else drawn).block("", None, None)


class _Column:
    def __init__(self, diagram: Diagram, texts: Texts, repeated: Collection[str], most_crossed: int | None) -> None:
        self.texts = texts
        self.groups = {group.id: group for group in diagram.groups}
        beside = sides(diagram, repeated)
        self.inside = _inside(dataclasses.replace(diagram, nodes=_in_chains(diagram, beside)))
        self.order = order = self._nodes("")
        ends = {(edge.source, edge.target): edge for edge in reversed(beside.edges)}
        self.wires = {pair: ends[pair] for pair in pairwise(order) if pair in ends}
        drawn = set(map(id, self.wires.values()))
        self.past = [e for e in beside.edges if id(e) not in drawn]
        self.buses = Buses(lifted=self.past)
        if most_crossed is not None:
            self.buses = buses(beside.ops, order, self.past, frames_of(diagram), most_crossed)
        self.lifted, self.tapped = self.buses.lifted, self.buses.leaving()
        self.ops = marked(_reached(beside.ops, self.buses), self.lifted)

    def _nodes(self, group: str) -> list[str]:
        """The boxes inside a frame as they are drawn, from the top."""
        return [n for name in self.inside[group] for n in (self._nodes(name) if name in self.groups else [name])]

    def block(self, group: str, before: str | None, after: str | None) -> Block:
        """What is in a frame; `before` and `after` are the boxes that stand next to it."""
        parts: list[Block] = []
        if group:
            parts.append(self._line(before, self._nodes(group)[0], arrow=self._leads(group), text=False))
        for place, name in enumerate(self.inside[group]):
            first, last = self._ends(name)
            if parts and place:
                parts.append(self._line(before, first, arrow=name not in self.groups))
            following = self.inside[group][place + 1 : place + 2]
            below = self._ends(following[0])[0] if following else after
            parts.append(self._drawn(name, before, below))
            before = last
        if group:
            parts.append(self._line(before, after, arrow=False, text=False))
        left, right = (tuple(self.buses.at.get((group, side), ())) for side in (LEFT, RIGHT))
        inside = in_sequence(*parts)
        return Railed(inside, left, right) if left or right else inside

    def _leads(self, group: str) -> bool:
        """True where a box, and no frame, comes first."""
        return self.inside[group][0] not in self.groups

    def _ends(self, name: str) -> tuple[str, str]:
        nodes = self._nodes(name) if name in self.groups else [name]
        return nodes[0], nodes[-1]

    def _drawn(self, name: str, before: str | None, after: str | None) -> Block:
        if name in self.groups:
            return Framed(self.groups[name], self.block(name, before, after))
        return self.ops[name]

    def _line(self, source: str | None, target: str | None, *, arrow: bool = True, text: bool = True) -> Block:
        edge = self.wires.get((source or "", target or ""))
        if edge is None:
            return Space(0.5 if source in self.tapped else 1.0) if text else Line(None)
        return Line(edge, arrow, self.texts.get(edge, ()) if text else ())


def _reached(ops: Mapping[str, Op], found: Buses) -> dict[str, Op]:
    """The boxes with what buses bring them and take from them; a circle that needs numbers as well is a box."""
    left, right, taps = found.arriving(LEFT), found.arriving(RIGHT), found.leaving()
    numbered = {edge.target for edge in found.lifted} & set(left)
    return {
        name: dataclasses.replace(
            op,
            node=as_labelled(op.node) if name in numbered and op.node.role in CIRCLES else op.node,
            from_left=tuple(left.get(name, ())),
            from_right=tuple(right.get(name, ())),
            taps=tuple(taps.get(name, ())),
        )
        for name, op in ops.items()
    }


def _inside(diagram: Diagram) -> dict[str, Sequence[str]]:
    """Frame -> the boxes and frames right inside it, by their first box; "" is the top. Frames without boxes go."""
    parents = {group.id: group.parent for group in diagram.groups}
    inside: dict[str, dict[str, None]] = {"": {}}
    for node in diagram.nodes:
        name, parent, seen = node.id, node.parent, set[str]()
        while parent in parents and parent not in seen:
            inside.setdefault(parent, {})[name] = None
            seen.add(parent)
            name, parent = parent, parents[parent]
        inside[""][name] = None
    return {group: tuple(names) for group, names in inside.items()}


def _in_chains(diagram: Diagram, beside: Sides) -> tuple[Node, ...]:
    """Boxes with what they feed right below them where that needs nothing else, so that few edges become tags."""
    nodes = {node.id: node for node in diagram.nodes if node.id not in beside.aside}
    waiting = {name: len(edges) for name, edges in edges_by("target", beside.edges).items()}
    out = edges_by("source", beside.edges)
    found: list[Node] = []
    todo = [name for name in reversed(nodes) if name not in waiting]
    while todo:
        found.append(nodes[name := todo.pop()])
        for edge in reversed(out.get(name, ())):
            waiting[edge.target] -= 1
            if not waiting[edge.target]:
                todo.append(edge.target)
    placed = {node.id for node in found}
    return (*found, *(node for name, node in nodes.items() if name not in placed))  # what stands in a circle comes last
