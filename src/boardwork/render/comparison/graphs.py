"""Comparison -> DOT or Mermaid text: a cluster a model, with a sign before what differs."""

from __future__ import annotations

from boardwork.comparison.record import Comparison
from boardwork.options import Options
from boardwork.render.comparison.edges import title_of
from boardwork.render.comparison.towers import signed
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
    pictures = [signed(comparison, place) for place in range(len(comparison.pictures))]
    return [(name[0].lower(), name, picture) for name, picture in zip(comparison.names, pictures, strict=True)]
