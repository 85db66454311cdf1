"""A frame drawn as one box: what enters and leaves it stays, what is inside goes, and nothing is counted twice."""

from boardwork.figure import CELLS, draw
from boardwork.figure.closed import as_one_box, closable, closed
from boardwork.figure.primitives import Box, Frame
from boardwork.sheet import Diagram, Edge, Group, Node

ATTENTION = Diagram(
    (
        Node("x", "x", "", "input"),
        Node("q", "W_Q", params=4, parent="g"),
        Node("k", "W_K", params=4, parent="g"),
        Node("m", "memory", "", "input", parent="g"),
        Node("s", "softmax", parent="inner"),
        Node("y", "y", "", "output"),
    ),
    tuple(Edge(*ends) for ends in (("x", "q"), ("m", "k"), ("q", "s"), ("k", "s"), ("s", "y"))),
    (Group("g", "Attention", "8 heads"), Group("inner", "Scores", parent="g")),
)


def test_a_frame_becomes_one_box_with_its_title_and_all_its_parameters() -> None:
    shut = closed(ATTENTION, ["g"])
    assert shut.groups == ()
    (box,) = [node for node in shut.nodes if node.role not in ("input", "output")]
    assert (box.label, box.detail, box.params) == ("Attention", "8 heads", 8)
    assert [(edge.source, edge.target) for edge in shut.edges] == [("x", "g"), ("m", "g"), ("g", "y")]
    assert [item.node for item in draw(shut, CELLS).primitives if isinstance(item, Box)] == ["g"]


def test_a_frame_in_a_frame_is_closed_alone() -> None:
    shut = closed(ATTENTION, ["inner"])
    assert [group.id for group in shut.groups] == ["g"]
    assert sum(isinstance(item, Frame) for item in draw(shut, CELLS).primitives) == 1


def test_a_frame_that_a_way_leaves_and_enters_again_cannot_be_closed() -> None:
    nodes = (Node("a", "A", parent="g"), Node("b", "B"), Node("c", "C", parent="g"))
    ring = Diagram(nodes, (Edge("a", "b"), Edge("b", "c")), (Group("g", "Frame"),))
    assert closable(ring) == {}
    assert closable(ATTENTION) == {"g": 3}


def test_what_no_page_holds_is_one_box_with_its_inputs_and_outputs() -> None:
    shut = as_one_box(ATTENTION)
    assert shut.groups == ()
    (box,) = [node for node in shut.nodes if node.role not in ("input", "output")]
    assert (box.params, box.detail) == (8, "3 boxes, on the text sheet")
    assert {(edge.source, edge.target) for edge in shut.edges} == {("x", box.id), ("m", box.id), (box.id, "y")}
