"""Edges past the boxes of a column run at its sides where they cross nothing."""

from __future__ import annotations

from boardwork.figure import CELLS, RAILED, draw
from boardwork.figure.blocks import Op
from boardwork.figure.buses import LEFT, RIGHT, Buses, buses
from boardwork.figure.jumps import jumps
from boardwork.figure.points import NARROW
from boardwork.figure.primitives import Text
from boardwork.sheet import Diagram, Edge, Group, Node


def routed(names: str, pairs: str, role: str = "linear") -> Buses:
    ops = {name: Op(Node(name, name, role=role)) for name in names}
    return buses(ops, list(names), [Edge(*pair) for pair in pairs.split()], {name: [] for name in names})


def test_what_leaves_a_box_is_one_bus() -> None:
    ((frame, side), (bus,)), *others = routed("abcd", "ac ad").at.items()
    assert (frame, side, not others) == ("", RIGHT, True)
    assert [edge.target for edge in bus.edges] == ["c", "d"]


def test_the_inner_of_nested_edges_comes_first() -> None:
    assert [bus.source for bus in routed("abcdef", "af bd").at["", RIGHT]] == ["b", "a"]


def test_edges_that_would_cross_run_at_both_sides_and_a_third_is_lifted() -> None:
    found = routed("abcdef", "ad be cf")
    assert {side: [bus.source for bus in at] for (_, side), at in found.at.items()} == {RIGHT: ["a"], LEFT: ["b"]}
    assert [(edge.source, edge.target) for edge in found.lifted] == [("c", "f")]


def test_a_circle_takes_one_wire_from_each_side() -> None:
    assert len(routed("abcde", "ae be ce", "add").lifted) == 1


def test_nothing_runs_upwards() -> None:
    assert routed("abc", "ca").lifted == [Edge("c", "a")]


def test_an_input_stands_by_its_name_beside_every_box_that_it_feeds() -> None:
    nodes = [Node("x", "x", "", "input"), *(Node(n, n, parent="f") for n in "abc"), Node("m", "mask", "(4)", "input")]
    edges = [Edge(*pair) for pair in ("xa", "xb", "xc", "ab", "bc", "ma", "mc")]
    diagram = Diagram(tuple(nodes), tuple(edges), (Group("f", "Frame"),))
    for form in ("as it is", RAILED):
        figure = draw(diagram, NARROW, form)
        words = [item.string for item in figure.primitives if isinstance(item, Text)]
        assert words.count("mask") == 2
        assert words.count("(4)") == 1
        assert not jumps(figure)


def test_a_bus_inside_a_frame_stays_in_it() -> None:
    nodes = tuple(Node(n, n, parent="f" if n in "bcd" else "") for n in "abcde")
    edges = tuple(Edge(*pair) for pair in ("ab", "bc", "cd", "de", "bd", "ae"))
    figure = draw(Diagram(nodes, edges, (Group("f", "Frame"),)), CELLS, RAILED)
    frame = next(item for item in figure.primitives if type(item).__name__ == "Frame")
    rails = [
        max(x for x, _ in w.points) for w in figure.primitives if type(w).__name__ == "Wire" and len(w.points) == 4
    ]
    assert min(rails) < frame.x + frame.width - 1 < max(rails)
