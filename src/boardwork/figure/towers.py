"""Boxes and edges -> the edges that join towers: what an input alone makes, up to where another has a part in it."""

from __future__ import annotations

from collections.abc import Sequence

from boardwork.diagrams import edges_by
from boardwork.figure.order import BESIDE, fed_by
from boardwork.sheet import Edge, Node


def joining(nodes: Sequence[Node], edges: Sequence[Edge]) -> list[Edge]:
    """The edges that leave a tower. The last input's tower goes on to the end and is no part of the answer."""
    into = edges_by("target", edges)
    given = [node for node in nodes if node.role in ("input", *BESIDE)]
    sources = [node.id for node in given if node.id not in into and not node.parent]
    found: list[Edge] = []
    for source in sources[:-1]:
        tower = fed_by(source, nodes, into)
        found += [e for e in edges if e.source in tower and e.target not in tower]
    return found
