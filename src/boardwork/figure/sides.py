"""Diagram -> its boxes with the ports that stand beside them, and the edges that remain."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from boardwork.diagrams import edges_by
from boardwork.figure.blocks import Op
from boardwork.figure.order import BESIDE, ranks
from boardwork.sheet import Diagram, Edge, Node


@dataclasses.dataclass(frozen=True)
class Sides:
    """`ops`: every box by its id; `aside`: those that stand beside another; `edges`: those between the rest."""

    ops: dict[str, Op]
    aside: frozenset[str]
    edges: tuple[Edge, ...]


def sides(diagram: Diagram, repeated: Collection[str] = ()) -> Sides:
    """Sources that join late and ends that leave early stand beside the box they belong to.

    `repeated`: sources that stand beside each of the boxes that they feed, with their shape beside the first, and
    beside all if another has the same name.
    """
    names = Counter(node.label for node in diagram.nodes if node.role == "input")
    into, out = edges_by("target", diagram.edges), edges_by("source", diagram.edges)
    depth, aside = ranks(diagram), set[str]()
    rank = {node.id: (depth[node.id], node.role not in BESIDE) for node in diagram.nodes}
    ops = {node.id: Op(node) for node in diagram.nodes}
    for node in diagram.nodes:
        arriving, leaving = into.get(node.id, []), out.get(node.id, [])
        if node.id in repeated or (not arriving and len(leaving) == 1 and _joins_late(leaving[0], into, rank, aside)):
            _put_beside(node, leaving, ops, everywhere=names[node.label] > 1)
        elif not leaving and len(arriving) == 1 and _leaves_early(node, arriving[0], diagram, out, aside):
            source = ops[arriving[0].source]
            ops[source.node.id] = dataclasses.replace(source, side_outputs=(*source.side_outputs, (node, arriving[0])))
            out[source.node.id] = [e for e in out[source.node.id] if e is not arriving[0]]
        else:
            continue
        aside.add(node.id)
    left = (e for e in diagram.edges if e.source not in aside and e.target not in aside)
    return Sides(ops, frozenset(aside), tuple(left))


def _put_beside(source: Node, leaving: Sequence[Edge], ops: dict[str, Op], *, everywhere: bool) -> None:
    """`everywhere`: the shape stands beside each, not only the first."""
    for edge in leaving:
        target = ops[edge.target]
        ops[edge.target] = dataclasses.replace(target, side_inputs=(*target.side_inputs, (source, edge)))
        source = source if everywhere else dataclasses.replace(source, detail="")


def inputs_of(diagram: Diagram) -> set[str]:
    """Written beside a box, their names say more than a number."""
    return {node.id for node in diagram.nodes if node.role == "input"}


def _joins_late(
    edge: Edge, into: Mapping[str, Sequence[Edge]], rank: Mapping[str, tuple[int, bool]], aside: set[str]
) -> bool:
    """Of two sources at the same place the learned one stands beside."""
    others = [e for e in into[edge.target] if e is not edge and e.source not in aside]
    return bool(others) and max(rank[e.source] for e in others) > rank[edge.source]


def _leaves_early(node: Node, edge: Edge, diagram: Diagram, out: Mapping[str, Sequence[Edge]], aside: set[str]) -> bool:
    """An output of a box that others use too, in a diagram that has another end."""
    if node.role != "output" or len(out[edge.source]) < 2:
        return False
    starts = {e.source for e in diagram.edges if e.source not in aside and e.target not in aside}
    return any(n.id != node.id and n.id not in starts and n.id not in aside for n in diagram.nodes)
