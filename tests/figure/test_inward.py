"""What only one frame reads stands inside it, with what is learned beside it."""

from __future__ import annotations

from boardwork.figure.inward import inward
from boardwork.sheet import Diagram, Edge, Group, Node

NODES = [
    ("x", "input", ""),
    ("before", "linear", ""),
    ("memory", "input", ""),
    ("places", "position", ""),
    ("sum", "add", ""),
    ("queries", "linear", "frame"),
    ("keys", "linear", "frame"),
    ("values", "linear", "frame"),
    ("core", "attention", "frame"),
]
EDGES = "x>before before>queries memory>sum places>sum sum>keys memory>values queries>core keys>core values>core"


def test_a_second_input_stands_in_the_frame_with_the_positions_that_it_meets() -> None:
    nodes = tuple(Node(name, name, role=role, parent=parent) for name, role, parent in NODES)
    edges = tuple(Edge(*pair.split(">")) for pair in EDGES.split())
    drawn = inward(Diagram(nodes, edges, (Group("frame", "Cross-attention"),)))
    inside = {node.id for node in drawn.nodes if node.parent}
    assert inside == {"memory", "places", "sum", "queries", "keys", "values", "core"}


def test_what_takes_no_input_stands_in_the_frame_that_it_feeds() -> None:
    nodes = [("x", "input", ""), ("before", "linear", ""), ("clamp", "other", ""), ("exp", "other", "")]
    inner = [("queries", "linear", "frame"), ("core", "attention", "frame")]
    edges = "x>before before>queries clamp>exp exp>core queries>core"
    drawn = inward(
        Diagram(
            tuple(Node(name, name, role=role, parent=parent) for name, role, parent in [*nodes, *inner]),
            tuple(Edge(*pair.split(">")) for pair in edges.split()),
            (Group("frame", "Attention"),),
        )
    )
    assert {node.id for node in drawn.nodes if node.parent} == {"clamp", "exp", "queries", "core"}


def test_what_takes_only_inputs_that_stand_everywhere_stands_in_the_frame_that_it_feeds() -> None:
    nodes = tuple(Node(name, name, role=role, parent=parent) for name, role, parent in [*NODES, ("end", "add", "")])
    edges = tuple(Edge(*pair.split(">")) for pair in f"{EDGES} core>end memory>end".split())
    diagram = Diagram(nodes, edges, (Group("frame", "Cross-attention"),))
    inner = {"queries", "keys", "values", "core"}
    for repeated, moved in (((), set[str]()), (("memory",), {"places", "sum"})):
        assert {node.id for node in inward(diagram, repeated).nodes if node.parent} == inner | moved
