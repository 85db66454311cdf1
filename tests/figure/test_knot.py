"""What is not series-parallel is drawn with wires between rows where these read better than numbered tags, else not."""

from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given, settings
from tests.figure.test_layout import corners, diagrams, shown

from boardwork.figure import CELLS, draw
from boardwork.figure.blocks import Knot
from boardwork.figure.clearer import crossings, tags
from boardwork.figure.laid import placed
from boardwork.figure.place import Placer
from boardwork.figure.points import POINTS
from boardwork.figure.primitives import Box, Figure, Text, Wire
from boardwork.figure.ranked import rows_of
from boardwork.figure.reduce import reduce
from boardwork.figure.tracks import Bus, levels
from boardwork.sheet import Diagram, Edge, Node


def wired(diagram: Diagram) -> Figure:
    """The picture with wires, whatever it looks like."""
    laid = Placer(POINTS).place(reduce(diagram, {}, tied=True))
    return Figure(laid.left + laid.right, laid.height, tuple(placed(laid.items, laid.left, 0)))


def graph(*ends: str, circles: str = "") -> Diagram:
    names = dict.fromkeys("".join(ends))
    nodes = tuple(Node(name, name.upper(), role="add" if name in circles else "linear") for name in names)
    return Diagram(nodes, tuple(Edge(*pair) for pair in ends))


def numbers(figure: Figure) -> list[str]:
    return [item.string for item in figure.primitives if isinstance(item, Text) and item.string.startswith("(")]


@settings(max_examples=120, deadline=None, derandomize=True)
@given(diagrams(12))
def test_every_box_once_and_apart_and_no_wire_through_a_box(diagram: Diagram) -> None:
    figure = wired(diagram)
    boxes = shown(figure)
    assert sorted(b.node for b in boxes) == sorted(n.id for n in diagram.nodes if n.role not in ("input", "output"))
    for one, two in combinations(boxes, 2):
        a, b = corners(one), corners(two)
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], (one, two)
    for wire in (item for item in figure.primitives if isinstance(item, Wire)):
        for (x1, y1), (x2, y2) in pairwise(wire.points):
            for box in (box for box in boxes if isinstance(box, Box)):
                left, top, right, end = corners(box)
                past = max(x1, x2) < left + 0.1 or min(x1, x2) > right - 0.1
                assert past or max(y1, y2) < top + 0.1 or min(y1, y2) > end - 0.1, (wire, box)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(diagrams(12))
def test_no_edge_is_a_tag(diagram: Diagram) -> None:
    assert tags(reduce(diagram, {}, tied=True)) == 0


LADDER = ("ab", "ac", "bd", "bf", "ce", "cf", "de", "fg", "eg")
BIPARTITE = tuple(a + b for a in "abcd" for b in "wxyz")


def test_a_ladder_is_drawn_with_wires_and_in_cells_with_tags() -> None:
    diagram = graph(*LADDER)
    assert numbers(draw(diagram, POINTS)) == []
    assert isinstance(reduce(diagram, {}, tied=True), Knot)
    assert tags(reduce(diagram, {})) > 0
    assert any("①" in item.string for item in draw(diagram, CELLS).primitives if isinstance(item, Text))


def test_everything_with_everything_has_too_many_crossings_for_wires() -> None:
    diagram = graph(*BIPARTITE)
    wires = [item for item in wired(diagram).primitives if isinstance(item, Wire)]
    assert crossings(wires) > tags(reduce(diagram, {}))


def test_rows_go_down_and_long_edges_pass_through_each() -> None:
    rows = rows_of(4, ((0, 1), (1, 2), (0, 3), (2, 3)))
    assert [len(row) for row in rows.rows] == [1, 2, 2, 1]
    assert rows.paths[2] == (0, 4, 5, 3)


def test_tracks_keep_uprights_off_one_another() -> None:
    """What starts at 10 turns above what goes down at 10."""
    assert levels([Bus(10, (40,)), Bus(60, (10,))]) == [0, 1]
    assert levels([Bus(0, (10,)), Bus(50, (60,))]) == [0, 0]


def test_a_circle_takes_wires_from_above_and_the_sides() -> None:
    figure = wired(graph("ab", "bc", "ac", "ad", "cd", "be", "de", circles="cde"))
    into = [wire.points[-2:] for wire in figure.primitives if isinstance(wire, Wire) and wire.arrow]
    levels_at_end = [abs(a[1] - b[1]) < 0.1 for a, b in into]
    assert any(levels_at_end)
    assert not all(levels_at_end)


def test_the_names_of_what_leaves_a_box_stand_under_no_wire() -> None:
    """Q goes to the core twice and on past it, as where the scores have a term of their own."""
    ends = [("a", "b", ""), ("a", "c", ""), ("b", "d", "Q"), ("b", "d", "position"), ("c", "d", "K")]
    ends += [("b", "e", ""), ("d", "e", ""), ("c", "f", ""), ("e", "f", "")]
    nodes = tuple(Node(name, name.upper(), role="linear") for name in "abcdef")
    figure = wired(Diagram(nodes, tuple(Edge(a, b, label=label) for a, b, label in ends)))
    names = [item for item in figure.primitives if isinstance(item, Text) and item.string in ("Q", "position")]
    assert len(names) == 2
    runs = [run for wire in figure.primitives if isinstance(wire, Wire) for run in pairwise(wire.points)]
    level = [(a, b) for a, b in runs if a[1] == b[1]]
    for name in names:
        right, end = name.x + POINTS.width_of(name.string, "shape"), name.y + POINTS.text_height
        over = [a for a, b in level if name.y < a[1] < end and min(a[0], b[0]) < right and max(a[0], b[0]) > name.x]
        assert not over
