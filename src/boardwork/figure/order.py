"""Diagram -> what order its nodes, edges and frames stand in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from boardwork.sheet import Diagram, Edge, Group


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


def by(edges: Sequence[Edge], end: str) -> dict[str, list[Edge]]:
    found: dict[str, list[Edge]] = {}
    for edge in edges:
        found.setdefault(getattr(edge, end), []).append(edge)
    return found


def ranks(diagram: Diagram) -> dict[str, int]:
    """Longest distance of every node from a source."""
    out, left = by(diagram.edges, "source"), Counter(edge.target for edge in diagram.edges)
    found = {node.id: 0 for node in diagram.nodes}
    ready = [node for node in found if not left[node]]
    while ready:
        for edge in out.get(source := ready.pop(), ()):
            found[edge.target] = max(found[edge.target], found[source] + 1)
            left[edge.target] -= 1
            if not left[edge.target]:
                ready.append(edge.target)
    return found
