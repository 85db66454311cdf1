"""Random diagrams of the kinds that models have, as strategies of hypothesis."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from hypothesis import strategies as st

from boardwork.sheet import Diagram, Edge, Group, Node


def told(nodes: list[Node], edges: list[Edge], groups: tuple[Group, ...] = ()) -> Diagram:
    """With an output below every box from which nothing leads on."""
    starts = {edge.source for edge in edges}
    ends = [Node(f"{n.id}y", f"{n.id}y", "", "output") for n in nodes if n.id not in starts and n.role != "input"]
    return Diagram((*nodes, *ends), (*edges, *(Edge(end.id[:-1], end.id) for end in ends)), groups)


@st.composite
def tangles(make: st.DrawFn, inputs: int = 1, most: int = 8) -> Diagram:
    """Inputs first, then boxes, each fed by some before it."""
    nodes = [Node(f"n{i}", f"n{i}", "", "input") for i in range(inputs)]
    edges: list[Edge] = []
    for i in range(inputs, make(st.integers(inputs + 1, most))):
        sources = make(st.lists(st.integers(0, i - 1), min_size=1, max_size=3, unique=True))
        role = make(st.sampled_from(["linear", "block"])) if len(sources) == 1 else "add"
        nodes.append(Node(f"n{i}", f"Box {i}", "", role))
        edges += [Edge(f"n{s}", f"n{i}") for s in sources]
    return told([n for n in nodes if any(n.id in (e.source, e.target) for e in edges)], edges)


@st.composite
def framed(make: st.DrawFn) -> Diagram:
    """A tangle with a frame round some neighbours, and perhaps one in it."""
    diagram = make(tangles(most=9))
    boxes = [node.id for node in diagram.nodes if node.role not in ("input", "output")]
    start = make(st.integers(0, len(boxes) - 1))
    inside = boxes[start : start + make(st.integers(1, 4))]
    deeper = inside[: make(st.integers(0, len(inside)))]
    parents = dict.fromkeys(inside, "f") | dict.fromkeys(deeper if len(deeper) < len(inside) else (), "g")
    nodes = tuple(replace(node, parent=parents.get(node.id, "")) for node in diagram.nodes)
    return replace(diagram, nodes=nodes, groups=(Group("f", "Frame"), Group("g", "Inner", parent="f")))


@st.composite
def nested_skips(make: st.DrawFn) -> Diagram:
    """Down and up again with a skip a level, as a U-Net."""
    depth = make(st.integers(1, 4))
    names = ["x", *(f"d{i}" for i in range(depth)), "m"]
    nodes = [Node("x", "x", "", "input"), *(Node(name, f"Box {name}") for name in names[1:])]
    edges = [Edge(a, b) for a, b in pairwise(names)]
    last = "m"
    for i in reversed(range(depth)):
        nodes += [Node(f"c{i}", "", "", "concat"), Node(f"u{i}", f"Box u{i}")]
        edges += [Edge(last, f"c{i}"), Edge(f"d{i}", f"c{i}", make(st.sampled_from(["data", "residual"])))]
        edges.append(Edge(f"c{i}", f"u{i}"))
        last = f"u{i}"
    return told(nodes, edges)


def pairs(diagram: Diagram) -> set[tuple[str, str]]:
    return {(edge.source, edge.target) for edge in diagram.edges}


@st.composite
def u_nets(make: st.DrawFn) -> Diagram:
    """A box a level and side, skips into boxes, perhaps a chain that feeds some of them."""
    depth, below = make(st.integers(2, 4)), make(st.integers(1, 3))
    down, up = [f"d{i}" for i in range(depth)], [f"u{i}" for i in reversed(range(depth))]
    names = [*down, *(f"m{i}" for i in range(below)), *up, *(["o"] if make(st.booleans()) else [])]
    nodes = [Node("x", "x", "", "input"), *(Node(name, f"Box {name}") for name in names)]
    edges = [Edge("x", "d0"), *(Edge(a, b) for a, b in pairwise(names))]
    edges += [Edge(f"d{i}", f"u{i}", make(st.sampled_from(["data", "residual"]))) for i in range(depth)]
    for chain in range(make(st.integers(0, 2))):
        fed = make(st.lists(st.sampled_from(names), min_size=3, max_size=len(names), unique=True))
        nodes = [Node(f"t{chain}", f"t{chain}", "", "input"), Node(f"e{chain}", f"Box e{chain}"), *nodes]
        edges += [Edge(f"t{chain}", f"e{chain}"), *(Edge(f"e{chain}", name) for name in fed)]
    return told(nodes, edges)


@st.composite
def with_side_inputs(make: st.DrawFn) -> Diagram:
    """A tangle of which some boxes take something more, as a mask, or give something more, as a state."""
    diagram = make(tangles(most=7))
    boxes = [node.id for node in diagram.nodes if node.role not in ("input", "output")]
    takes, gives = (make(st.lists(st.sampled_from(boxes), max_size=2, unique=True)) for _ in range(2))
    ports = [Node(f"i{name}", f"i{name}", "", "input") for name in takes]
    ports += [Node(f"o{name}", f"o{name}", "", "output") for name in gives]
    edges = [Edge(f"i{name}", name, "gate") for name in takes] + [Edge(name, f"o{name}", "state") for name in gives]
    return replace(diagram, nodes=(*diagram.nodes, *ports), edges=(*diagram.edges, *edges))


@st.composite
def worded(make: st.DrawFn, drawn: st.SearchStrategy[Diagram]) -> Diagram:
    """The same with long names, facts, counts of copies, names on edges and shapes."""
    diagram = make(drawn)
    words = st.sampled_from(["", "", "64 → 64", "8 heads, d_k = 64, causal", "3 × Residual block, Conv 3×3 /2"])
    shapes = st.sampled_from([(), ("batch", "64"), ("batch", "512", "height/16", "width/16")])
    nodes = [replace(node, detail=make(words), repeat=make(st.sampled_from([1, 1, 12]))) for node in diagram.nodes]
    ports = [replace(n, repeat=1) if n.role in ("input", "output", "add", "concat") else n for n in nodes]
    labels = st.sampled_from(["", "", "Q", "concatenate × 3"])
    edges = [replace(edge, shape=make(shapes), label=make(labels)) for edge in diagram.edges]
    return replace(diagram, nodes=tuple(ports), edges=tuple(edges))


KINDS = {
    "tangles": tangles(), "towers": tangles(inputs=2), "frames": framed(), "nested skips": nested_skips(),
    "U": u_nets(), "side inputs": with_side_inputs(),
}  # fmt: skip
