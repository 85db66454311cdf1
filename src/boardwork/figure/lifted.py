"""Boxes and the edges lifted off them -> the boxes with the numbers that stand for those edges."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from boardwork.figure.blocks import Op
from boardwork.sheet import CIRCLES, Edge, Node

_MOST = 6  # numbers that a circle has room for beside it


def marked(ops: Mapping[str, Op], lifted: Sequence[Edge]) -> dict[str, Op]:
    """One number for everything that leaves a box, in the order of the boxes."""
    sources = {edge.source for edge in lifted}
    numbers = {node: number for number, node in enumerate((node for node in ops if node in sources), 1)}
    arriving: dict[str, list[int]] = {}
    for edge in lifted:
        arriving.setdefault(edge.target, []).append(numbers[edge.source])
    return {
        node: dataclasses.replace(
            op,
            node=_roomy(op.node, len(arriving.get(node, ()))),
            tags_in=tuple(sorted(arriving.get(node, ()))),
            tags_out=(numbers[node],) if node in numbers else (),
        )
        for node, op in ops.items()
    }


def _roomy(node: Node, tags: int) -> Node:
    """A circle with many numbers is drawn as a box."""
    return node if node.role not in CIRCLES or tags <= _MOST else as_labelled(node)


def as_labelled(circle: Node) -> Node:
    """A circle as a box with the word for its sign."""
    return dataclasses.replace(circle, label=circle.role.capitalize(), role="other")
