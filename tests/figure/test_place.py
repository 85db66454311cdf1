"""Lines beside wires and in boxes are broken at the least width, or where what stands above and below is wider."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from tests.figure.test_layout import diagrams

from boardwork.figure import draw
from boardwork.figure.laid import Laid
from boardwork.figure.place import Placer
from boardwork.figure.points import NARROWEST
from boardwork.figure.primitives import Box, Text
from boardwork.figure.reduce import reduce
from boardwork.sheet import Diagram, Edge, Group, Node

SHAPE = ("batch", "heads", "seq_len", "d_model")


def broken(diagram: Diagram) -> tuple[list[str], list[tuple[str, ...]]]:
    """The lines beside wires, and those of each box."""
    items = draw(diagram, NARROWEST).primitives
    shapes = [item.string for item in items if isinstance(item, Text) and item.kind == "shape"]
    return shapes, [item.lines for item in items if isinstance(item, Box)]


def stack(beside: int) -> Diagram:
    """A box below a frame that holds so many boxes side by side, and one below those."""
    inner = [f"w{i}" for i in range(beside)]
    nodes = [Node("x", "x", "", "input"), *(Node(name, "Projection", parent="g") for name in inner)]
    nodes += [Node("join", "Join", parent="g"), Node("after", "A name of several words"), Node("y", "y", "", "output")]
    edges = [*(Edge("x", name) for name in inner), *(Edge(name, "join") for name in inner)]
    edges += [] if inner else [Edge("x", "join")]
    edges += [Edge("join", "after", shape=SHAPE), Edge("after", "y")]
    return Diagram(tuple(nodes), tuple(edges), (Group("g", ""),))


def test_what_stands_below_a_wide_frame_is_as_wide() -> None:
    shapes, boxes = broken(stack(4))
    assert "(batch, heads, seq_len, d_model)" in shapes
    assert ("A name of several words",) in boxes


def test_what_stands_below_a_narrow_frame_is_broken() -> None:
    shapes, boxes = broken(stack(0))
    assert "(batch, heads, seq_len, d_model)" not in shapes
    assert ("A name of several words",) not in boxes


@settings(max_examples=60, deadline=None, derandomize=True)
@given(diagrams(10))
def test_longer_lines_make_no_figure_wider(diagram: Diagram) -> None:
    block = reduce(diagram, {})
    wide = width(Placer(NARROWEST).place(block))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Placer, "beside", lambda self, half: self)
        assert wide <= width(Placer(NARROWEST).place(block)) + 0.01


def width(laid: Laid) -> float:
    return laid.left + laid.right
