"""Diagram and Metrics -> Figure: boxes, wires and texts with coordinates, the same geometry for every format."""

from __future__ import annotations

from boardwork.figure.blocks import Block
from boardwork.figure.column import column
from boardwork.figure.laid import placed
from boardwork.figure.metrics import CELLS, Metrics
from boardwork.figure.place import Placer
from boardwork.figure.primitives import Figure
from boardwork.figure.reduce import reduce
from boardwork.figure.shapes import texts_of
from boardwork.sheet import Diagram

__all__ = ["CELLS", "Figure", "Metrics", "draw"]


def draw(diagram: Diagram, metrics: Metrics, *, in_column: bool = False) -> Figure:
    """Lay a diagram out. Any acyclic diagram works; edges that do not fit become numbered tags.

    `in_column`: one box under the other, for little room; every edge that is not between neighbours becomes a tag.
    """
    if not diagram.nodes:
        return Figure(0, 0, ())
    block: Block = (column if in_column else reduce)(diagram, texts_of(diagram))
    laid = Placer(metrics).place(block)
    return Figure(laid.left + laid.right + metrics.unit, laid.height, tuple(placed(laid.items, laid.left, 0)))
