"""Diagram -> one nested Block, by series-parallel reduction; edges that do not fit are lifted out as numbered tags."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import takewhile

from boardwork.figure.blocks import (
    IN,
    OUT,
    Block,
    Framed,
    Knot,
    Line,
    Op,
    Par,
    Seq,
    Space,
    Tie,
    in_sequence,
    is_open,
)
from boardwork.figure.graph import END, START, Graph
from boardwork.figure.inward import inward
from boardwork.figure.knot import knot_of
from boardwork.figure.lifted import marked
from boardwork.figure.order import frames_of, outside_in, ranks
from boardwork.figure.sides import inputs_of, sides
from boardwork.figure.towers import joining
from boardwork.sheet import Diagram, Edge, Group

_TRIED = 40  # edges up to which every single lift is tried before the longest is taken
Texts = Mapping[Edge, tuple[str, ...]]


def reduce(diagram: Diagram, texts: Texts, *, stacked: bool = False, tied: bool = False) -> Block:
    """`texts`: the lines to write beside an edge; an edge without an entry stays bare.

    `stacked`: towers that meet are drawn one under the other, joined by tags. `tied`: what is not series-parallel
    becomes a Knot; only edges through the borders of frames become tags. An input that would be nothing but tags
    stands beside each box that it feeds.
    """
    repeated = set[str]()
    while True:
        reducer = _Reducer(inward(diagram, repeated) if repeated else diagram, texts, stacked, tied, repeated)
        block = reducer.block()
        torn = _torn(diagram, reducer) - repeated
        if not torn:
            return block
        repeated |= torn


def _torn(diagram: Diagram, reducer: _Reducer) -> set[str]:
    """Inputs that would be nothing but tags, and inputs of a frame that would be any."""
    lifted = {edge.source for edge in reducer.lifted}
    drawn = {edge.source for edge in reducer.edges if edge not in reducer.lifted}
    inside = {node.id for node in diagram.nodes if node.parent}
    return {name for name in inputs_of(diagram) & lifted if name not in drawn or name in inside}


class _Reducer:
    """Takes frames inside out; numbers the lifted edges."""

    def __init__(self, diagram: Diagram, texts: Texts, stacked: bool, tied: bool, repeated: Collection[str]) -> None:
        self.diagram, self.texts, self.stacked, self.tied = diagram, texts, stacked, tied
        self.rank = ranks(diagram)
        self.order = {node.id: i for i, node in enumerate(diagram.nodes)}
        self.frames = frames_of(diagram)
        self.lifted: list[Edge] = []
        self.torn = False
        beside = sides(diagram, repeated)
        self.marks, self.aside, self.edges = beside.ops, beside.aside, beside.edges

    def block(self) -> Block:
        edges = list(self.edges)
        for edge in joining([n for n in self.diagram.nodes if n.id not in self.aside], edges) if self.stacked else ():
            self._lift(edge, edges)
        for group in reversed(outside_in(self.diagram)):
            self._one_way(group, edges, self._members(group.id))
        for name in ("", *(g.id for g in self.diagram.groups)):
            self._no_way_back(name, edges)
        members = {n.id for n in self.diagram.nodes} - self.aside
        block = self._level("", edges, members)
        while self.torn:  # a frame was drawn with a wire through its border that has since been lifted
            self.torn = False
            block = self._level("", edges, members)
        self.marks = marked(self.marks, self.lifted)
        block = self._numbered(block)[1]
        return _one_under_the_other(block) if self.stacked else block

    # -- one frame ------------------------------------------------------------------------------------------------

    def _level(self, group: str, edges: list[Edge], members: set[str]) -> Block:
        """Everything inside `group`, frames below it already closed."""
        owner = {node: self._child(group, node) for node in members}
        inner: list[tuple[str, str, Block]] = []
        drawn: set[tuple[str, str]] = set()
        for edge in edges:
            source, target = owner.get(edge.source), owner.get(edge.target)
            if source is not None and target is not None and source != target:
                if (source not in self.order or target not in self.order) and (source, target) in drawn:
                    continue
                drawn.add((source, target))
                inner.append((f"{source}>", f"<{target}", self._line(edge, arrow=target in self.order)))
        names = dict.fromkeys(owner[n] for n in sorted(members, key=self.order.__getitem__))
        for name in names:
            inner.append((f"<{name}", f"{name}>", self._inside(name, edges, owner)))
        inner += self._ends(
            group, edges, owner, {e[1] for e in inner if e[1][0] == "<"}, {e[0] for e in inner if e[0][-1] == ">"}
        )
        return self._reduced(Graph(inner), edges)

    def _child(self, group: str, node: str) -> str:
        """The node itself, or the outermost frame between `group` and it."""
        between = takewhile(lambda frame: frame != group, self.frames[node])
        return [node, *between][-1]

    def _inside(self, name: str, edges: list[Edge], owner: Mapping[str, str]) -> Block:
        group = next((g for g in self.diagram.groups if g.id == name), None)
        if group is None:
            return self.marks[name]
        members = {node for node, own in owner.items() if own == name}
        return Framed(group, self._level(name, edges, members))

    def _members(self, group: str) -> set[str]:
        """The nodes inside a frame, at any depth; all for the top."""
        everything = {n.id for n in self.diagram.nodes} - self.aside
        return {node for node in everything if not group or group in self.frames[node]}

    def _no_way_back(self, group: str, edges: list[Edge]) -> None:
        """Frames need not be drawn in one piece of the order: edges that would run back into one become tags."""
        owner = {node: self._child(group, node) for node in self._members(group)}
        waiting = list(dict.fromkeys(owner[n.id] for n in self.diagram.nodes if n.id in owner))
        inner = [e for e in edges if owner.get(e.source) and owner.get(e.target) and owner[e.source] != owner[e.target]]
        while waiting:
            held = {owner[e.target] for e in inner}
            ready = [name for name in waiting if name not in held]
            if not ready:
                ready = waiting[:1]
                for edge in [e for e in inner if owner[e.target] == ready[0]]:
                    self._lift(edge, edges)
            inner = [e for e in inner if owner[e.source] not in ready and owner[e.target] not in ready]
            waiting = [name for name in waiting if name not in ready]

    def _one_way(self, group: Group, edges: list[Edge], members: set[str]) -> list[Edge]:
        """A frame has one way in and one way out; other edges through its border become tags."""
        entering = [e for e in edges if e.target in members and e.source not in members]
        leaving = [e for e in edges if e.source in members and e.target not in members]
        lifted: list[Edge] = []
        for outside, key in ((entering, "source"), (leaving, "source")):
            counts: dict[str, int] = {}
            for e in outside:
                counts[getattr(e, key)] = counts.get(getattr(e, key), 0) + 1
            main = max(counts, key=lambda n: (counts[n], -self.order[n]), default="")
            lifted += [e for e in outside if getattr(e, key) != main]
        for edge in lifted:
            self._lift(edge, edges)
        return edges

    def _ends(
        self, group: str, edges: list[Edge], owner: Mapping[str, str], entered: set[str], left: set[str]
    ) -> list[tuple[str, str, Block]]:
        """Wires from the start and to the end: real ones through a frame's border, virtual ones elsewhere."""
        found: list[tuple[str, str, Block]] = []
        names = dict.fromkeys(owner[n] for n in sorted(owner, key=self.order.__getitem__))
        arriving = {owner[e.target]: e for e in edges if e.target in owner and e.source not in owner}
        leaving = {owner[e.source]: e for e in edges if e.source in owner and e.target not in owner}
        for name in names:
            if group and name in arriving:
                found.append((START, f"<{name}", self._line(arriving[name], arrow=name in self.order, text=False)))
            elif f"<{name}" not in entered:
                found.append((START, f"<{name}", Line(None)))
            if group and name in leaving:
                found.append((f"{name}>", END, self._line(leaving[name], arrow=False, text=False)))
            elif f"{name}>" not in left:
                found.append((f"{name}>", END, Line(None)))
        return found

    def _line(self, edge: Edge, *, arrow: bool, text: bool = True) -> Line:
        return Line(edge, arrow, self.texts.get(edge, ()) if text else ())

    # -- reduction ------------------------------------------------------------------------------------------------

    def _reduced(self, graph: Graph, edges: list[Edge]) -> Block:
        graph.reduce()
        if self.tied and len(graph.edges) > 1:
            return knot_of(graph)
        while len(graph.edges) > 1:
            self._lift_one(graph, edges)
            graph.reduce()
        return next(iter(graph.edges.values()))[2]

    def _lift_one(self, graph: Graph, edges: list[Edge]) -> None:
        lines = graph.lines_to_lift()
        best = (
            next((i for i in self._by_length(graph, lines) if self._suffices(graph, i)), None)
            if len(lines) <= _TRIED
            else None
        )
        if best is None and lines:
            best = self._by_length(graph, lines)[0]
        lines_out = [graph.pop(best)[2]] if best is not None else graph.cut()
        for line in lines_out:
            assert isinstance(line, Line)
            assert line.edge is not None
            self._lift(line.edge, edges)

    def _by_length(self, graph: Graph, lines: list[int]) -> list[int]:
        """Longest first."""

        def length(index: int) -> int:
            block = graph.edges[index][2]
            edge = block.edge if isinstance(block, Line) else None
            return 0 if edge is None else self.rank[edge.target] - self.rank[edge.source]

        return sorted(lines, key=lambda i: (-length(i), i))

    @staticmethod
    def _suffices(graph: Graph, index: int) -> bool:
        twin = graph.copy()
        twin.pop(index)
        twin.reduce()
        return len(twin.edges) == 1

    def _lift(self, edge: Edge, edges: list[Edge]) -> None:
        if edge not in edges:  # lifted already, inside the frame that it goes into or comes out of
            return
        self.lifted.append(edge)
        edges.remove(edge)
        self.torn |= self.frames[edge.source] != self.frames[edge.target]

    def _numbered(self, block: Block) -> tuple[int, Block]:
        """The boxes as they are now, tags included, in the place of those that the graph was built from.

        Branches are put in the order of their first boxes, which is returned as well.
        """
        if isinstance(block, Op):
            return self.order[block.node.id], self.marks[block.node.id]
        if isinstance(block, Framed):
            first, body = self._numbered(block.body)
            return first, Framed(block.group, body)
        if isinstance(block, Seq):
            parts = [self._numbered(part) for part in block.parts]
            return min(first for first, _ in parts), Seq(tuple(part for _, part in parts))
        if isinstance(block, Par):
            branches = sorted((self._numbered(branch) for branch in block.branches), key=lambda found: found[0])
            return branches[0][0], Par(tuple(branch for _, branch in branches))
        if isinstance(block, Knot):
            return self._renumbered(block)
        return len(self.order), block

    def _renumbered(self, knot: Knot) -> tuple[int, Knot]:
        """The parts in the order of their first boxes."""
        parts = [self._numbered(part) for part in knot.parts]
        order = sorted(range(len(parts)), key=lambda i: parts[i][0])
        place = {IN: IN, OUT: OUT, **{old: new for new, old in enumerate(order)}}
        ties = (Tie(place[tie.source], place[tie.target], tie.line) for tie in knot.ties)
        return parts[order[0]][0], Knot(tuple(parts[i][1] for i in order), tuple(ties))


def _one_under_the_other(block: Block) -> Block:
    """Parallels that nothing joins, in sequence."""
    if not isinstance(block, Par) or not (is_open(block, 0) and is_open(block, -1)):
        return block
    first, *rest = block.branches
    return in_sequence(first, *(part for branch in rest for part in (Space(), branch)))
