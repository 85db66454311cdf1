"""Parts of a diagram -> its edges by where they start or end, a frame as one box."""

from __future__ import annotations

from collections.abc import Iterable

from boardwork.sheet import Edge, Group, Node


def edges_by(end: str, edges: Iterable[Edge]) -> dict[str, list[Edge]]:
    """The edges at each box; `end` is source or target."""
    found: dict[str, list[Edge]] = {}
    for edge in edges:
        found.setdefault(getattr(edge, end), []).append(edge)
    return found


def as_box(frame: Group, inside: Iterable[Node]) -> Node:
    """A frame as one box that counts what the boxes in it count."""
    nodes = tuple(inside)
    return Node(
        frame.id,
        frame.label,
        frame.detail,
        frame.role,
        frame.path,
        repeat=frame.repeat,
        params=sum(node.params for node in nodes),
        flops=sum(node.flops for node in nodes),
        parent=frame.parent,
    )
