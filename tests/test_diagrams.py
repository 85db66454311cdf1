"""A frame as one box counts what is in it; edges are found by their ends."""

from boardwork.diagrams import as_box, edges_by
from boardwork.sheet import Edge, Group, Node


def test_a_frame_as_a_box_keeps_its_words_and_counts_its_boxes():
    frame = Group("g", "Layer", "width 8", "block", "layers.0", repeat=3, parent="outer")
    box = as_box(frame, [Node("a", "A", params=10, flops=1), Node("b", "B", params=5, flops=2)])
    assert box == Node("g", "Layer", "width 8", "block", "layers.0", repeat=3, params=15, flops=3, parent="outer")


def test_edges_are_found_by_either_end_in_their_order():
    first, second, third = Edge("a", "b"), Edge("a", "c"), Edge("b", "c")
    assert edges_by("source", [first, second, third]) == {"a": [first, second], "b": [third]}
    assert edges_by("target", [first, second, third]) == {"b": [first], "c": [second, third]}
