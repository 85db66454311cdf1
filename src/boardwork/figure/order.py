"""Diagram -> what order its nodes, edges and frames stand in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from boardwork.diagrams import edges_by
from boardwork.sheet import Diagram, Edge, Group, Node

BESIDE = ("parameter", "position")  # a source of such a role stands beside what takes it


def outside_in(diagram: Diagram) -> list[Group]:
    """Frames, each after the one round it."""
    parents = {g.id: g.parent for g in diagram.groups}

    def depth(name: str) -> int:
        seen: list[str] = []
        while name in parents and name not in seen:
            seen.append(name)
            name = parents[name]
        return len(seen)

    return sorted(diagram.groups, key=lambda g: depth(g.id))


def frames_of(diagram: Diagram) -> dict[str, list[str]]:
    """The frames round every node, inside out."""
    parents = {group.id: group.parent for group in diagram.groups}
    found: dict[str, list[str]] = {}
    for node in diagram.nodes:
        chain, parent = list[str](), node.parent
        while parent in parents and parent not in chain:
            chain.append(parent)
            parent = parents[parent]
        found[node.id] = chain
    return found


def fed_by(start: str, nodes: Sequence[Node], into: Mapping[str, Sequence[Edge]]) -> set[str]:
    """A box, and those of `nodes`, in order, that get all they take from it and from one another."""
    found = {start}
    for node in nodes:
        if node.id in into and {edge.source for edge in into[node.id]} <= found:
            found.add(node.id)
    return found


def ranks(diagram: Diagram) -> dict[str, int]:
    """Longest distance of every node from a source."""
    out, left = edges_by("source", diagram.edges), Counter(edge.target for edge in diagram.edges)
    found = {node.id: 0 for node in diagram.nodes}
    ready = [node for node in found if not left[node]]
    while ready:
        for edge in out.get(source := ready.pop(), ()):
            found[edge.target] = max(found[edge.target], found[source] + 1)
            left[edge.target] -= 1
            if not left[edge.target]:
                ready.append(edge.target)
    return found
