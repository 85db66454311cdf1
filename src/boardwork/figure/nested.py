"""Diagram -> the path of a U with the skips across it and what stands beside it; None where there is no U."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from boardwork.diagrams import edges_by
from boardwork.sheet import CIRCLES, Diagram, Edge, Node

_LEVELS = 2  # fewer nested skips are no U
_JOINED = 3  # the same where the skips end in circles, of which every block of a network has one


@dataclass(frozen=True)
class Nested:
    """`path`: the boxes in order; `steps`: the edge behind each but the last; `skips`: from, to, the outermost first.

    `beside`: chains of boxes that feed the path, such as an embedding of the time; `within`: the edges in them;
    `feeds`: those into the path. `given`: outputs on the way up, each with the number of its box.
    """

    path: tuple[Node, ...]
    steps: tuple[Edge, ...]
    skips: tuple[tuple[int, int, Edge], ...]
    beside: tuple[tuple[Node, ...], ...]
    within: tuple[Edge, ...]
    feeds: tuple[Edge, ...]
    given: tuple[tuple[int, Node], ...] = ()

    @property
    def added(self) -> bool:
        """True where skips end in additions, as those of any residual network may."""
        return any(self.path[target].role == "add" for _, target, _ in self.skips)


def nested(diagram: Diagram) -> Nested | None:
    """The U of a diagram without frames, whose skips all nest."""
    nodes = {node.id: node for node in diagram.nodes}
    into, out = edges_by("target", diagram.edges), edges_by("source", diagram.edges)
    path = _path(diagram, into, out)
    place = {name: i for i, name in enumerate(path)}
    steps = {place[e.source]: e for e in diagram.edges if _between(e, place) == 1}
    skips = [(place[e.source], place[e.target], e) for e in diagram.edges if _between(e, place) > 1]
    skips.sort(key=lambda skip: skip[0])
    given = [(place[e.source], nodes[e.target]) for e in diagram.edges if _is_given(nodes[e.target], e, place)]
    outputs = {node.id for _, node in given}
    beside = _chains([name for name in nodes if name not in place and name not in outputs], place, into, out)
    ends = [nodes[e.target].role in CIRCLES for _, _, e in skips]
    if diagram.groups or beside is None or len(skips) < (_JOINED if any(ends) else _LEVELS):
        return None
    if any(one[0] >= two[0] or one[1] <= two[1] for one, two in pairwise(skips)):
        return None
    fed = {place[e.target] for e in diagram.edges if e.source not in place and e.target in place}
    if any(number < skips[-1][1] or number in fed for number, _ in given):
        return None
    return Nested(
        tuple(nodes[name] for name in path),
        tuple(steps[i] for i in range(len(path) - 1)),
        tuple(skips),
        tuple(tuple(nodes[name] for name in chain) for chain in beside),
        tuple(e for e in diagram.edges if e.target not in place and e.target not in outputs),
        tuple(e for e in diagram.edges if e.source not in place and e.target in place),
        tuple(given),
    )


def _is_given(node: Node, edge: Edge, place: Mapping[str, int]) -> bool:
    return node.role == "output" and edge.source in place and edge.target not in place


def _between(edge: Edge, place: Mapping[str, int]) -> int:
    """Steps along the path, 0 for an edge that has an end beside it."""
    both = edge.source in place and edge.target in place
    return place[edge.target] - place[edge.source] if both else 0


def _path(diagram: Diagram, into: Mapping[str, Sequence[Edge]], out: Mapping[str, Sequence[Edge]]) -> list[str]:
    """The longest path behind what feeds several of its boxes, and what alone leads to its start."""
    longest: dict[str, list[str]] = {}
    for node in diagram.nodes:
        before = [longest[e.source] for e in into.get(node.id, ()) if e.source in longest]
        longest[node.id] = [*max(before, key=len, default=[]), node.id]
    path = max(longest.values(), key=len, default=[])
    feeding = [i for i, name in enumerate(path) if len(out.get(name, ())) > 2]
    path = path[feeding[-1] + 1 :] if feeding else path
    while path:
        alone = [e.source for e in into.get(path[0], ()) if len(out[e.source]) == 1]
        if not alone:
            break
        path.insert(0, alone[-1])
    return path


def _chains(
    names: Sequence[str],
    place: Mapping[str, int],
    into: Mapping[str, Sequence[Edge]],
    out: Mapping[str, Sequence[Edge]],
) -> list[list[str]] | None:
    """Boxes beside the path, each in its chain; None if they are more than chains, or if the path feeds them."""
    found: list[list[str]] = []
    for name in names:
        before = [e.source for e in into.get(name, ())]
        onward = [e for e in out.get(name, ()) if e.target not in place]
        if len(before) > 1 or len(onward) > 1 or (onward and len(out[name]) > 1) or any(b in place for b in before):
            return None
        chain = next((chain for chain in found if before and chain[-1] == before[0]), None)
        if chain is None:
            found.append([name])
        else:
            chain.append(name)
    return found
