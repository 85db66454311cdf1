"""Any acyclic diagram gets a true drawing: every box once, nothing overlapping, every edge a wire or a pair of tags."""

from __future__ import annotations

import cProfile
import random
from collections.abc import Callable
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boardwork.figure import CELLS, COLUMN, Figure, draw
from boardwork.figure.blocks import Block, Framed, Line, Op, Par, Seq
from boardwork.figure.laid import placed
from boardwork.figure.place import Placer
from boardwork.figure.points import POINTS
from boardwork.figure.primitives import Box, Circle, Frame, Text, Wire
from boardwork.figure.reduce import reduce
from boardwork.render.text.raster import Raster
from boardwork.render.text.sheet import diagram_lines
from boardwork.sheet import Diagram, Edge, Group, Node


@st.composite
def diagrams(make, most: int = 9) -> Diagram:
    """Nodes in order, each after the first fed by some before it; no box without a way in from the input."""
    count = make(st.integers(2, most))
    nodes, edges = [Node("n0", "x", "(batch, d)", "input")], []
    for i in range(1, count):
        sources = make(st.lists(st.integers(0, i - 1), min_size=1, max_size=3, unique=True))
        role = make(st.sampled_from(["linear", "norm", "block"])) if len(sources) == 1 else "add"
        nodes.append(Node(f"n{i}", f"Box {i}", make(st.sampled_from(["", "64 → 64"])), role))
        kinds = ["data", "residual"] if len(sources) == 2 else ["data"]
        edges += [Edge(f"n{s}", f"n{i}", make(st.sampled_from(kinds)), ("batch", str(64 + s))) for s in sources]
    for node in list(nodes):
        if not any(e.source == node.id for e in edges):
            nodes.append(Node(f"{node.id}out", "y", "", "output"))
            edges.append(Edge(node.id, f"{node.id}out", "data", ("batch", "9")))
    return Diagram(tuple(nodes), tuple(edges))


def corners(item: Box | Circle) -> tuple[float, float, float, float]:
    if isinstance(item, Box):
        return item.x, item.y, item.x + item.width, item.y + item.height
    return item.x - item.radius, item.y, item.x + item.radius, item.y


def shown(figure: Figure) -> list[Box | Circle]:
    return [item for item in figure.primitives if isinstance(item, Box | Circle)]


def drawn_edges(block: Block) -> list[Edge]:
    """Edges that are wires or side inputs; lifted ones are counted by their tags."""
    if isinstance(block, Line):
        return [block.edge] if block.edge else []
    if isinstance(block, Op):
        return [edge for _, edge in (*block.side_inputs, *block.side_outputs)]
    parts = block.parts if isinstance(block, Seq) else block.branches if isinstance(block, Par) else (block.body,)
    return [edge for part in parts for edge in drawn_edges(part)]


def tags(block: Block) -> tuple[list[int], list[int]]:
    if isinstance(block, Op):
        return list(block.tags_in), list(block.tags_out)
    parts: tuple[Block, ...] = ()
    if isinstance(block, Seq):
        parts = block.parts
    elif isinstance(block, Par):
        parts = block.branches
    elif isinstance(block, Framed):
        parts = (block.body,)
    pairs = [tags(part) for part in parts]
    return [t for a, _ in pairs for t in a], [t for _, b in pairs for t in b]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(diagrams())
def test_every_box_once_and_apart(diagram: Diagram) -> None:
    for metrics in (CELLS, POINTS):
        figure = draw(diagram, metrics)
        boxes = shown(figure)
        wanted = [n.id for n in diagram.nodes if n.role not in ("input", "output")]
        assert sorted(b.node for b in boxes) == sorted(wanted)
        for one, two in combinations(boxes, 2):
            a, b = corners(one), corners(two)
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], (one, two)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(diagrams())
def test_everything_is_inside_the_figure(diagram: Diagram) -> None:
    figure = draw(diagram, CELLS)
    for item in figure.primitives:
        if isinstance(item, Box | Frame):
            assert item.x >= 0
            assert item.x + item.width <= figure.width + 1
        if isinstance(item, Text) and item.anchor == "start":
            assert item.x >= 0
            assert item.x + len(item.string) <= figure.width + 1


@settings(max_examples=150, deadline=None, derandomize=True)
@given(diagrams())
def test_every_edge_is_a_wire_or_a_pair_of_tags(diagram: Diagram) -> None:
    block = reduce(diagram, {})
    wires, (tags_in, tags_out) = drawn_edges(block), tags(block)
    assert len(set(wires)) == len(wires)
    assert sorted(set(tags_in)) == sorted(tags_out) == list(range(1, len(tags_out) + 1))
    assert len(wires) + len(tags_in) == len(diagram.edges)


def test_a_series_parallel_diagram_needs_no_tags() -> None:
    nodes = [
        Node("x", "x", "", "input"),
        *(Node(n, n) for n in "abc"),
        Node("+", "+", "", "add"),
        Node("y", "y", "", "output"),
    ]
    edges = [
        Edge("x", "a"),
        Edge("a", "b"),
        Edge("a", "c"),
        Edge("b", "+"),
        Edge("c", "+"),
        Edge("x", "+", "residual"),
        Edge("+", "y"),
    ]
    assert tags(reduce(Diagram(tuple(nodes), tuple(edges)), {})) == ([], [])


def test_three_hundred_boxes_in_a_row_are_quick() -> None:
    nodes = [Node(str(i), f"Box {i}") for i in range(300)]
    figure = draw(Diagram(tuple(nodes), tuple(Edge(str(i), str(i + 1)) for i in range(299))), CELLS)
    assert len(shown(figure)) == 300


@pytest.mark.parametrize("metrics", [CELLS, POINTS], ids=["cells", "points"])
def test_a_frame_holds_its_boxes(metrics) -> None:
    nodes = (
        Node("x", "x", "", "input"),
        Node("a", "A", parent="g"),
        Node("b", "B", parent="g"),
        Node("y", "y", "", "output"),
    )
    edges = (Edge("x", "a"), Edge("a", "b"), Edge("b", "y"))
    figure = draw(Diagram(nodes, edges, (Group("g", "A long title of the frame", "and its detail"),)), metrics)
    (frame,) = [item for item in figure.primitives if isinstance(item, Frame)]
    for box in shown(figure):
        left, top, right, bottom = corners(box)
        assert frame.x < left < right < frame.x + frame.width
        assert frame.y < top < bottom < frame.y + frame.height


def cells(item: Text | Wire | Box) -> set[tuple[int, int]]:
    if isinstance(item, Text):
        x = round(item.x) - (len(item.string) // 2 if item.anchor == "middle" else 0)
        return {(x + i, round(item.y)) for i in range(len(item.string))}
    if isinstance(item, Box):
        x, y = round(item.x), round(item.y)
        return {(x + i, y + j) for i in range(round(item.width)) for j in range(round(item.height))}
    found = set()
    for (x1, y1), (x2, y2) in pairwise([(round(x), round(y)) for x, y in item.points]):
        found |= {(x, y) for x in range(min(x1, x2), max(x1, x2) + 1) for y in range(min(y1, y2), max(y1, y2) + 1)}
    return found


@settings(max_examples=150, deadline=None, derandomize=True)
@given(diagrams())
def test_no_text_is_written_over_a_wire_or_a_box(diagram: Diagram) -> None:
    items = draw(diagram, CELLS).primitives
    texts = [cells(item) for item in items if isinstance(item, Text)]
    others = [cells(item) for item in items if isinstance(item, Wire | Box)]
    for text in texts:
        assert not any(text & other for other in others)
    for one, two in combinations(texts, 2):
        assert not one & two


def test_a_residual_as_text() -> None:
    nodes = (
        Node("x", "x", "(batch, d)", "input"),
        Node("l", "Linear", "64 → 64", "linear"),
        Node("+", "+", "", "add"),
        Node("y", "y", "", "output"),
    )
    edges = (
        Edge("x", "l", "data", ("batch", "d")), Edge("l", "+", "data", ("batch", "1")),
        Edge("x", "+", "residual", ("batch", "d")), Edge("+", "y", "data", ("batch", "1")),
    )  # fmt: skip
    lines = Raster(draw(Diagram(nodes, edges), CELLS)).lines()
    assert "(+)◄" in "\n".join(lines)
    assert all(
        byte < 128
        for line in Raster(draw(Diagram(nodes, edges), CELLS)).lines(ascii=True)
        for byte in line.replace("→", "->").encode()
    )
    assert lines[3].strip().startswith("▼")


@pytest.mark.parametrize("ascii", [False, True], ids=["unicode", "ascii"])
@settings(max_examples=100, deadline=None, derandomize=True)
@given(diagram=diagrams(most=14))
def test_the_text_of_a_diagram_is_no_wider_than_the_page(ascii: bool, diagram: Diagram) -> None:
    lines = diagram_lines(diagram, 80, ascii=ascii)
    assert max(map(len, lines)) <= 80
    assert not ascii or "".join(lines).isascii()


def test_a_column_shows_every_box_and_every_edge() -> None:
    nodes = (*(Node(n, n * 9, parent="g" if n in "bc" else "") for n in "abcd"),)
    edges = (Edge("a", "b"), Edge("b", "c"), Edge("a", "d"), Edge("b", "d"), Edge("c", "d"))
    drawn = "\n".join(Raster(draw(Diagram(nodes, edges, (Group("g", "Frame"),)), CELLS, COLUMN)).lines())
    assert drawn.count("①") == drawn.count("②") == 2
    assert all(n * 9 in drawn for n in "abcd")
    assert drawn.count("▼") == 3


def test_one_source_of_several_lifted_edges_has_one_number() -> None:
    names = "abcdef"
    edges = tuple(Edge(s, t) for i, s in enumerate(names) for t in names[i + 1 :])
    figure = draw(Diagram(tuple(Node(n, n, "", "linear") for n in names), edges), CELLS)
    shown = [item.string for item in figure.primitives if isinstance(item, Text)]
    assert max(shown.count(sign) for sign in "①②③④") <= len(names)
    block = reduce(Diagram(tuple(Node(n, n) for n in names), edges), {})
    tags_in, tags_out = tags(block)
    assert len(tags_out) == len(set(tags_out)) < len(tags_in)


def test_a_wire_lifted_inside_a_frame_is_not_drawn_outside_it() -> None:
    nodes = (*(Node(n, n, "", "linear", parent="g") for n in "abcdef"), Node("z", "z", "", "concat"))
    pairs = ("bc", "bd", "cd", "ae", "ce", "cf", "az", "bz", "dz")
    edges = tuple(Edge(s, t) for s, t in pairs)
    laid = Placer(CELLS).place(reduce(Diagram(nodes, edges, (Group("g", "Frame"),)), {}))
    items = list(placed(laid.items, laid.left, 0))
    (frame,) = [item for item in items if isinstance(item, Frame)]
    bottom = frame.y + frame.height - 1
    for wire in (item for item in items if isinstance(item, Wire)):
        assert not min(y for _, y in wire.points) < bottom <= max(y for _, y in wire.points)


def test_the_label_of_a_skip_stands_beside_its_rail() -> None:
    nodes = (Node("a", "A"), Node("b", "B"), Node("+", "+", "", "add"))
    edges = (Edge("a", "b"), Edge("b", "+"), Edge("a", "+", "residual", label="skip"))
    for metrics in (CELLS, POINTS):
        figure = draw(Diagram(nodes, edges), metrics)
        assert "skip" in [item.string for item in figure.primitives if isinstance(item, Text)]


@pytest.mark.parametrize("kind", ["nested", "tangled"])
def test_work_grows_with_the_diagram_and_not_with_its_square(kind: str) -> None:
    small, large = (calls_of(lambda count=count: draw(of_size(kind, count), CELLS)) for count in (100, 300))
    assert large < 6 * small  # three times the boxes


def of_size(kind: str, count: int) -> Diagram:
    """Skips within skips, or a box that takes two earlier ones by chance."""
    chance = random.Random(1)
    chain = [Edge(f"a{i}", f"a{i + 1}") for i in range(count)]
    edges = {
        "nested": [*chain, *(Edge(f"a{i}", f"a{count - i}", "residual") for i in range(count // 2 - 1))],
        "tangled": [Edge(f"a{j}", f"a{i}") for i in range(1, count) for j in chance.sample(range(i), min(i, 2))],
    }
    return Diagram(tuple(Node(f"a{i}", f"Box {i}") for i in range(count + 1)), tuple(edges[kind]))


def calls_of(work: Callable[[], object]) -> int:
    """How many functions were called, which is the same on every machine."""
    profile = cProfile.Profile()
    profile.runcall(work)
    return sum(entry.callcount for entry in profile.getstats())


def test_forks_of_a_fork_hang_from_one_bus() -> None:
    nodes = tuple(Node(n, n.upper(), "", "multiply" if n in "mn" else "linear") for n in "xabcmn")
    edges = tuple(Edge(s, t) for s, t in ("xa", "xb", "xc", "am", "bm", "mn", "cn"))
    boxes = {b.node: b for b in shown(draw(Diagram(nodes, edges), CELLS))}
    assert len({boxes[n].y for n in "abc"}) == 1


def u_net() -> Diagram:
    """Three skips within one another."""
    nodes = [Node("x", "x", "", "input"), *(Node(f"d{i}", f"Down {i}") for i in range(4))]
    nodes += [
        node
        for i in (2, 1, 0)
        for node in (Node(f"u{i}", f"Up {i}"), Node(f"c{i}", "", "", "concat"), Node(f"e{i}", "E"))
    ]
    nodes.append(Node("y", "y", "", "output"))
    edges = [Edge("x", "d0"), *(Edge(f"d{i}", f"d{i + 1}") for i in range(3)), Edge("d3", "u2"), Edge("e0", "y")]
    edges += [Edge(f"e{i + 1}", f"u{i}") for i in range(2)]
    for i in range(3):
        edges += [Edge(f"u{i}", f"c{i}"), Edge(f"c{i}", f"e{i}"), Edge(f"d{i}", f"c{i}", "residual", label="skip")]
    return Diagram(tuple(nodes), tuple(edges))


def test_skips_within_skips_are_folded_to_a_u() -> None:
    tall, folded = draw(u_net(), POINTS), draw(u_net(), POINTS, most_height=300)
    assert folded.height < 0.7 * tall.height
    assert sorted(b.node for b in shown(folded)) == sorted(b.node for b in shown(tall))
    skips = [item for item in folded.primitives if isinstance(item, Wire) and item.kind == "residual"]
    assert len(skips) == 3
    assert all(len({y for _, y in skip.points}) == 1 for skip in skips)
    for one, two in combinations(shown(folded), 2):
        a, b = corners(one), corners(two)
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], (one, two)
    texts = [item.string for item in folded.primitives if isinstance(item, Text)]
    assert texts.count("skip") == 3


def test_what_is_no_u_is_not_folded() -> None:
    nodes = tuple(Node(str(i), f"Box {i}") for i in range(30))
    row = Diagram(nodes, tuple(Edge(str(i), str(i + 1)) for i in range(29)))
    assert draw(row, POINTS, most_height=300) == draw(row, POINTS)
