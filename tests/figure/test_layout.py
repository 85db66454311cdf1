"""Any acyclic diagram gets a true drawing: every box once, nothing overlapping, every edge a wire or a pair of tags."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boardwork.figure import CELLS, Figure, draw
from boardwork.figure.blocks import Block, Framed, Line, Op, Par, Seq
from boardwork.figure.points import POINTS
from boardwork.figure.primitives import Box, Circle, Frame, Text, Wire
from boardwork.figure.reduce import reduce
from boardwork.render.raster import Raster
from boardwork.sheet import Diagram, Edge, Group, Node


@st.composite
def diagrams(make) -> Diagram:
    """Nodes in order, each after the first fed by some before it; no box without a way in from the input."""
    count = make(st.integers(2, 9))
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
