"""A tall figure in columns: every box once, nothing wider than said, the wire goes on."""

from dataclasses import replace

from boardwork.figure import draw
from boardwork.figure.clearer import crossings
from boardwork.figure.columns import in_columns
from boardwork.figure.points import COMPACT
from boardwork.figure.primitives import Box, Frame, Wire
from boardwork.sheet import Diagram, Edge, Group, Node


def stack(count, parent=""):
    nodes = tuple(Node(f"n{i}", f"Step {i}", "detail", parent=parent) for i in range(count))
    edges = tuple(Edge(f"n{i}", f"n{i + 1}") for i in range(count - 1))
    return Diagram(nodes, edges, (Group("g", "Frame"),) if parent else ())


def test_every_box_is_there_once_and_the_columns_are_of_one_height():
    tall = draw(stack(12), COMPACT)
    ((_, cut, _),) = in_columns(tall, (3,), COMPACT)
    boxes = [item for item in cut.primitives if isinstance(item, Box)]
    assert [box.node for box in boxes] == [f"n{i}" for i in range(12)]
    assert cut.height < 0.5 * tall.height
    assert len({round((box.x + box.width / 2) / 10) for box in boxes}) == 3
    assert all(box.x >= 0 and box.x + box.width <= cut.width and box.y + box.height <= cut.height for box in boxes)


def test_the_wire_goes_on_at_the_head_of_the_next_column():
    ((_, cut, _),) = in_columns(draw(stack(6), COMPACT), (2,), COMPACT)
    (on,) = [item for item in cut.primitives if isinstance(item, Wire) and len(item.points) > 4]
    xs, ys = [x for x, _ in on.points], [y for _, y in on.points]
    assert xs[-1] > xs[0]
    assert ys[0] > ys[-1]
    assert on.arrow


def test_a_frame_is_cut_with_what_it_holds():
    ((_, cut, _),) = in_columns(draw(stack(8, "g"), COMPACT), (2,), COMPACT)
    assert sum(isinstance(item, Frame) for item in cut.primitives) == 2


def test_wires_that_run_beside_one_another_go_on_together_and_do_not_cross():
    skips = (Edge("n0", "n7", "residual"), Edge("n1", "n6"))
    skipping = draw(replace(stack(8), edges=(*stack(8).edges, *skips)), COMPACT)
    ((_, cut, threads),) = in_columns(skipping, (2,), COMPACT)
    on = [item for item in cut.primitives if isinstance(item, Wire) and len(item.points) > 4]
    assert (len(on), threads) == (3, 2)
    assert not crossings(on)


def test_what_cannot_be_cut_is_left():
    assert not [*in_columns(draw(stack(2), COMPACT), (3,), COMPACT)]
    assert not [*in_columns(draw(stack(1), COMPACT), (2, 3), COMPACT)]
