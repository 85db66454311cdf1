"""Edges that hold blocks -> fewer edges: what stands in a row or side by side becomes one block."""

from __future__ import annotations

from collections.abc import Sequence

from boardwork.figure.blocks import Block, Line, Par, in_parallel, in_sequence, parts_of

START, END = "(start)", "(end)"


class Graph:
    """A graph whose edges hold blocks: (from, to, block). Edges with the same ends are merged as they come."""

    def __init__(self, edges: Sequence[tuple[str, str, Block]]) -> None:
        self.edges: dict[int, tuple[str, str, Block]] = {}
        self.into: dict[str, dict[int, None]] = {}
        self.out: dict[str, dict[int, None]] = {}
        self.between: dict[tuple[str, str], int] = {}
        self.waiting: list[str] = []
        self.fresh = 0
        for edge in edges:
            self.add(edge)

    def copy(self) -> Graph:
        twin = Graph([])
        twin.edges, twin.between, twin.fresh = dict(self.edges), dict(self.between), self.fresh
        twin.into = {vertex: dict(held) for vertex, held in self.into.items() if held}
        twin.out = {vertex: dict(held) for vertex, held in self.out.items() if held}
        return twin

    def reduce(self) -> None:
        """Contract every vertex with one way in and one way out, until there is none."""
        while self.waiting:
            vertex = self.waiting.pop()
            into, out = self.into.get(vertex, {}), self.out.get(vertex, {})
            if vertex not in (START, END) and len(into) == 1 == len(out):
                first, second = self.pop(next(iter(into))), self.pop(next(iter(out)))
                self.add((first[0], second[1], in_sequence(first[2], second[2])))

    def add(self, edge: tuple[str, str, Block]) -> None:
        source, target, block = edge
        if (source, target) in self.between:
            block = in_parallel(self.pop(self.between[source, target])[2], block)
        self.edges[self.fresh] = (source, target, block)
        self.into.setdefault(target, {})[self.fresh] = None
        self.out.setdefault(source, {})[self.fresh] = None
        self.between[source, target] = self.fresh
        self.waiting += [source, target]
        self.fresh += 1

    def pop(self, index: int) -> tuple[str, str, Block]:
        edge = self.edges.pop(index)
        del self.into[edge[1]][index], self.out[edge[0]][index], self.between[edge[:2]]
        for held, vertex in ((self.into, edge[1]), (self.out, edge[0])):
            if not held[vertex]:
                del held[vertex]
        self.waiting += edge[:2]
        return edge

    def lines_to_lift(self) -> list[int]:
        """Edges that are one bare wire and whose both ends stay connected without them."""
        return [
            index
            for index, (source, target, block) in self.edges.items()
            if isinstance(block, Line)
            and block.edge is not None
            and len(self.out[source]) > 1
            and len(self.into[target]) > 1
        ]

    def cut(self) -> list[Line]:
        """No bare wire can go: end a branch that holds boxes before its last wires; return those wires."""
        for index, (source, target, block) in sorted(self.edges.items()):
            if len(self.out[source]) > 1 and len(self.into[target]) > 1 and target != END:
                ended, lines = _ended(block)
                self.pop(index)
                self.add((source, END, ended))
                return lines
        raise AssertionError("a graph that cannot be reduced has a join")


def _ended(block: Block) -> tuple[Block, list[Line]]:
    """The block up to its last wires, and those wires."""
    if isinstance(block, Line):
        return Line(None), [block] if block.edge is not None else []
    if isinstance(block, Par):
        ends = [_ended(branch) for branch in block.branches]
        kept = [ended for ended, _ in ends if ended != Line(None)]
        return in_parallel(*kept) if len(kept) > 1 else kept[0], [line for _, lines in ends for line in lines]
    *before, last = parts_of(block)
    ended, lines = _ended(last)
    return in_sequence(*before, ended), lines
