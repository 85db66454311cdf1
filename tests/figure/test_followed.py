"""Random diagrams as text: whoever reads nothing but the characters finds every edge, and no other.

The reader knows where boxes, circles, ports and frames stand. Between them it goes from sign to sign as an eye does: a
sign is joined to its neighbour where both have an arm to the other, and nothing flows upwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boardwork.figure import AS_IT_IS, CELLS, COLUMN, STACKED, Figure, draw
from boardwork.figure.points import NARROW, POINTS
from boardwork.figure.primitives import Box, Circle, Frame, Text
from boardwork.render.diagram import figure_marks
from boardwork.render.inspection import inspect
from boardwork.render.raster import Raster
from boardwork.render.text import diagram_lines
from boardwork.sheet import Diagram, Edge, Group, Node

NORTH, EAST, SOUTH, WEST = (0, -1), (1, 0), (0, 1), (-1, 0)
ARMS = {
    "│": (NORTH, SOUTH), "╎": (NORTH, SOUTH), "─": (EAST, WEST), "╌": (EAST, WEST), "└": (NORTH, EAST),
    "┘": (NORTH, WEST), "┌": (SOUTH, EAST), "┐": (SOUTH, WEST), "├": (NORTH, SOUTH, EAST), "┤": (NORTH, SOUTH, WEST),
    "┬": (EAST, WEST, SOUTH), "┴": (EAST, WEST, NORTH), "┼": (NORTH, EAST, SOUTH, WEST),
    "▼": (NORTH,), "►": (WEST,), "◄": (EAST,), "▲": (SOUTH,),
}  # fmt: skip
HEADS = {"▼": SOUTH, "►": EAST, "◄": WEST, "▲": NORTH}
TAG = re.compile("[①-⑳]|\\((\\d+)\\)")
Cell = tuple[int, int]


class Reader:
    """Reads the lines of a drawn figure."""

    def __init__(self, diagram: Diagram, figure: Figure) -> None:
        self.lines = Raster(figure).lines()
        self.owner: dict[Cell, str] = {}
        self.crossable: set[Cell] = set()
        self.boxes = {item.node for item in figure.primitives if isinstance(item, Box | Circle)}
        ports = {node.label: node.id for node in diagram.nodes if node.role in ("input", "output")}
        for item in figure.primitives:
            for cell, name in self._cells(item, ports):
                self.owner.setdefault(cell, name)

    def _cells(self, item: object, ports: dict[str, str]) -> Iterator[tuple[Cell, str]]:
        if isinstance(item, Box):
            x, y = round(item.x), round(item.y)
            yield from (
                ((x + i, y + j), item.node) for i in range(round(item.width)) for j in range(round(item.height))
            )
        elif isinstance(item, Circle):
            half = len(f"({item.sign})") // 2
            yield from (((round(item.x) + i, round(item.y)), item.node) for i in range(-half, half + 1))
        elif isinstance(item, Text):
            x = round(item.x) - (len(item.string) // 2 if item.anchor == "middle" else 0)
            name = ports.get(item.string, item.string)
            yield from (((x + i, round(item.y)), name) for i in range(len(item.string)))
        elif isinstance(item, Frame):
            self._frame(item)

    def _frame(self, frame: Frame) -> None:
        """A frame's own signs are no wire; a wire shows as a line across its border."""
        x1, y1 = round(frame.x), round(frame.y)
        x2, y2 = x1 + round(frame.width) - 1, y1 + round(frame.height) - 1
        edge = [(x, y) for x in range(x1, x2 + 1) for y in (y1, y2)] + [(x, y) for y in range(y1, y2) for x in (x1, x2)]
        self.crossable |= {cell for cell in edge if self.at(cell) in "╌╎╭╮╰╯"}

    def at(self, cell: Cell) -> str:
        x, y = cell
        return self.lines[y][x] if 0 <= y < len(self.lines) and 0 <= x < len(self.lines[y]) else " "

    def _is_wire(self, cell: Cell) -> bool:
        return self.at(cell) in ARMS and cell not in self.owner and cell not in self.crossable

    def edges(self) -> Iterator[tuple[str, str]]:
        """Every way from something that stands there to something that a head points at; nothing flows upwards."""
        for (x, y), name in self.owner.items():
            below, beside = (x, y + 1), next(((x + far, y) for far in (1, 2) if (x + far, y) not in self.owner), None)
            if self._is_wire(below) and NORTH in ARMS[self.at(below)] and self.at(below) not in HEADS:
                yield from ((name, target) for target in self._led_to(below))
            elif name not in self.boxes and beside and self.at(beside) == " ":
                start = next((c for c in ((x + far, y) for far in (2, 3)) if self.at(c) in "─╌►"), None)
                if start and (x + 1, y) not in self.owner:
                    yield from ((name, target) for target in self._led_to(start))

    def _led_to(self, start: Cell) -> set[str]:
        found, seen, todo = set[str](), {start}, [start]
        while todo:
            cell = todo.pop()
            if (head := HEADS.get(self.at(cell))) is not None:
                found.add(self._pointed_at(cell, head))
                continue
            for step in (EAST, SOUTH, WEST):
                there, back = (cell[0] + step[0], cell[1] + step[1]), (-step[0], -step[1])
                joined = step in ARMS[self.at(cell)] and self._is_wire(there) and back in ARMS[self.at(there)]
                if joined and there not in seen:
                    seen.add(there)
                    todo.append(there)
        return found

    def _pointed_at(self, cell: Cell, step: Cell) -> str:
        """What stands next; words keep off their wire by a blank."""
        near = ((cell[0] + far * step[0], cell[1] + far * step[1]) for far in (1, 2, 3))
        return next((self.owner[there] for there in near if there in self.owner), "nothing")


def read(diagram: Diagram, form: str = AS_IT_IS) -> set[tuple[str, str]]:
    """The edges that the characters tell: wires, and pairs of one number."""
    found, left, came = set[tuple[str, str]](), dict[str, set[str]](), dict[str, set[str]]()
    for source, target in Reader(diagram, draw(diagram, CELLS, form)).edges():
        if number := TAG.fullmatch(target):
            left.setdefault(number[0], set()).add(source)
            continue
        for number in TAG.finditer(source):
            came.setdefault(number[0], set()).add(target)
        found |= {(name, target) for name in source.split(", ") if not TAG.search(name)}
    return found | {(a, b) for number, starts in left.items() for a in starts for b in came.get(number, ())}


# -- diagrams ---------------------------------------------------------------------------------------------------------


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


KINDS = {"tangles": tangles(), "towers": tangles(inputs=2), "frames": framed(), "nested skips": nested_skips()}


@pytest.mark.parametrize("form", [AS_IT_IS, STACKED, COLUMN])
@pytest.mark.parametrize("kind", KINDS)
def test_every_edge_can_be_followed_and_no_other(kind: str, form: str) -> None:
    @settings(max_examples=60, deadline=None, derandomize=True)
    @given(KINDS[kind])
    def holds(diagram: Diagram) -> None:
        drawn = "\n".join(Raster(draw(diagram, CELLS, form)).lines())
        assert read(diagram, form) == pairs(diagram), f"\n{drawn}"

    holds()


@pytest.mark.parametrize("kind", KINDS)
def test_no_two_labels_overlap_in_points_folded_or_not(kind: str) -> None:
    @settings(max_examples=60, deadline=None, derandomize=True)
    @given(KINDS[kind])
    def holds(diagram: Diagram) -> None:
        for metrics, most in ((POINTS, None), (NARROW, 100.0)):
            figure = draw(diagram, metrics, most_height=most)
            found = inspect(figure_marks(figure, metrics))
            assert not found.overlaps
            assert not found.outside

    holds()


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_passes_the_width(kind: str) -> None:
    @settings(max_examples=60, deadline=None, derandomize=True)
    @given(KINDS[kind], st.sampled_from([40, 60, 80]))
    def holds(diagram: Diagram, width: int) -> None:
        assert max(map(len, diagram_lines(diagram, width))) <= width

    holds()


def test_the_reader_sees_what_is_wrong() -> None:
    nodes = [Node(name, name.upper()) for name in "abc"]
    row = told(nodes, [Edge("a", "b"), Edge("b", "c")])
    skipping = told(nodes, [Edge("a", "b"), Edge("b", "c"), Edge("a", "c")])
    assert read(row) == pairs(row) != pairs(skipping) == read(skipping)
