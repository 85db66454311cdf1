"""Comparison -> DOT or Mermaid text: a cluster a model, with a sign before what differs."""

from __future__ import annotations

from dataclasses import replace

from boardwork.comparison.record import Comparison
from boardwork.options import Options
from boardwork.render.comparison.edges import title_of
from boardwork.render.comparison.towers import mark_of
from boardwork.render.dot import graph
from boardwork.render.mermaid import flowchart
from boardwork.sheet import Diagram


def dot(comparison: Comparison, options: Options) -> str:
    """The pictures as one graph, for any Graphviz."""
    return graph(title_of(comparison), _named(comparison))


def mermaid(comparison: Comparison, options: Options) -> str:
    """The pictures as one flowchart."""
    return flowchart(_named(comparison))


def _named(comparison: Comparison) -> list[tuple[str, str, Diagram]]:
    pictures = [_signed(comparison, place) for place in range(len(comparison.pictures))]
    return [(name[0].lower(), name, picture) for name, picture in zip(comparison.names, pictures, strict=True)]


def _signed(comparison: Comparison, place: int) -> Diagram:
    """The picture with a sign before the name of each box that differs."""
    signs = {m.boxes[place]: mark_of(m) for m in comparison.alignment if m.boxes[place] and m.differs}
    picture = comparison.pictures[place]

    def named(box: str, label: str) -> str:
        return f"{signs[box]} {label}" if box in signs else label

    nodes = tuple(replace(node, label=named(node.id, node.label)) for node in picture.nodes)
    return replace(picture, nodes=nodes, groups=tuple(replace(g, label=named(g.id, g.label)) for g in picture.groups))
