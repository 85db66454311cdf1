"""Diagram -> the text beside each edge: what flows, and its shape where it changes."""

from __future__ import annotations

from boardwork.sheet import Diagram, Edge


def texts_of(diagram: Diagram) -> dict[Edge, tuple[str, ...]]:
    """Label first, then the shape if it is not the one that came in, nor that of an output beside the edge.

    Edges with nothing to say are left out.
    """
    roles = {node.id: node.role for node in diagram.nodes}
    arriving: dict[str, set[tuple[str, ...]]] = {}
    leaving: dict[str, list[tuple[str, ...]]] = {}
    for edge in diagram.edges:
        arriving.setdefault(edge.target, set()).add(edge.shape)
        leaving.setdefault(edge.source, []).append(edge.shape)
    given = {(edge.source, edge.shape) for edge in diagram.edges if roles[edge.target] == "output"}
    found: dict[Edge, tuple[str, ...]] = {}
    for edge in diagram.edges:
        known = arriving.get(edge.source, set()) | (
            {edge.shape} if roles[edge.source] in ("input", "parameter") else set()
        )
        forked = leaving[edge.source].count(edge.shape) > 2  # three times the same shape side by side says nothing
        said_by_end = (edge.source, edge.shape) in given or edge.kind == "residual" or forked
        shape = "" if not edge.shape or edge.shape in known or said_by_end else f"({', '.join(edge.shape)})"
        words = tuple(word for word in (edge.label, shape) if word)
        if words:
            found[edge] = words
    return found
