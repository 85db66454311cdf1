"""A graph that no nesting holds -> Knot: its blocks, and the wires between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count

from boardwork.figure.blocks import IN, OUT, Block, Knot, Line, Par, Tie, first_line, in_sequence, is_bare, parts_of
from boardwork.figure.graph import END, START, Graph

Edge = tuple[str, str, Block]


def knot_of(graph: Graph) -> Knot:
    """Every edge that holds boxes is cut into those; every other is a wire."""
    ends = _Ends(list(_opened(graph)))
    return Knot(tuple(ends.parts), tuple(ends.ties()))


def _opened(graph: Graph) -> Iterator[Edge]:
    """The edges with the branches that they begin or end with as edges of their own."""
    waiting, fresh = [edge for _, edge in sorted(graph.edges.items(), reverse=True)], count()
    while waiting:
        source, target, block = waiting.pop()
        *before, last = parts_of(block)
        first, *after = parts_of(block)
        place = f"({next(fresh)})"
        if isinstance(block, Par):
            waiting += [(source, target, branch) for branch in reversed(block.branches)]
        elif isinstance(last, Par):
            waiting += [(place, target, last), (source, place, in_sequence(*before))]
        elif isinstance(first, Par) and not is_bare(block):
            waiting += [(place, target, in_sequence(*after)), (source, place, first)]
        else:
            yield source, target, block


class _Ends:
    """What each edge begins and ends with: the number of a part, and the wire before or after it."""

    def __init__(self, edges: Sequence[Edge]) -> None:
        self.edges = edges
        self.into: dict[str, list[int]] = {}
        self.parts: list[Block] = []
        self.inside: list[Tie] = []
        self.first: dict[int, tuple[int, Line | None]] = {}
        self.last: dict[int, tuple[int, Line | None]] = {}
        for index, (_, target, block) in enumerate(edges):
            self.into.setdefault(target, []).append(index)
            if not is_bare(block):
                self._cut(index, block)

    def _cut(self, index: int, block: Block) -> None:
        runs = _runs(parts_of(block))
        start = len(self.parts)
        self.parts += [in_sequence(*run) for run, _ in runs if run]
        self.first[index] = start, runs[0][1] if not runs[0][0] else None
        self.last[index] = len(self.parts) - 1, runs[-1][1]
        between = [line for run, line in runs if run]
        for number, line in zip(range(start, len(self.parts) - 1), between, strict=False):
            if line is not None and line.edge is not None:
                self.inside.append(Tie(number, number + 1, line))

    def ties(self) -> Iterator[Tie]:
        """The wires within edges, then those from edge to edge, then those that leave."""
        yield from self.inside
        for index, (part, before) in self.first.items():
            for source, line in self._arriving(self.edges[index][0]):
                wire = line or before
                if wire is not None and wire.edge is not None:
                    yield Tie(source, part, wire)
        yield from (Tie(part, OUT, line) for part, line in self._arriving(END) if line is not None and line.edge)

    def _arriving(self, vertex: str) -> Iterator[tuple[int, Line | None]]:
        """The parts whose wires come to a place, and these wires; those that run past no box are followed back."""
        if vertex == START:
            yield IN, None
        for index in self.into.get(vertex, ()):
            if index in self.last:
                yield self.last[index]
            else:
                bare = first_line(self.edges[index][2])
                yield from ((part, bare) for part, _ in self._arriving(self.edges[index][0]))


def _runs(parts: Sequence[Block]) -> list[tuple[list[Block], Line | None]]:
    """Blocks up to a wire, and that wire; the last has none if nothing follows it."""
    found: list[tuple[list[Block], Line | None]] = []
    run: list[Block] = []
    for part in parts:
        if isinstance(part, Line):
            found.append((run, part))
            run = []
        else:
            run.append(part)
    return [*found, (run, None)] if run else found
