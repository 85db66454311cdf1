"""What a diagram becomes before it is placed: boxes and wires nested in sequences, parallels and frames."""

from __future__ import annotations

from dataclasses import dataclass, field

from boardwork.sheet import Edge, Group, Node


@dataclass(frozen=True)
class Line:
    """An edge as part of a sequence. `edge` is None from the virtual start or to the virtual end: nothing is drawn."""

    edge: Edge | None
    arrow: bool = True
    text: tuple[str, ...] = ()


@dataclass(frozen=True)
class Space:
    """Room between neighbours that no edge joins; `gaps`: how much of the usual."""

    gaps: float = 1.0


@dataclass(frozen=True)
class Bus:
    """The wires that leave a box along one rail, in the order of the boxes that they reach."""

    source: str
    edges: tuple[Edge, ...]


@dataclass(frozen=True)
class Op:
    """A box or circle, with what reaches it from the side: whole nodes, or the numbers that stand for lifted edges.

    `tags_in`: the numbers of the sources; `tags_out`: its own number, if anything that leaves it was lifted.
    `from_left`, `from_right`: edges that buses bring to it; `taps`: the buses that leave it.
    """

    node: Node
    side_inputs: tuple[tuple[Node, Edge], ...] = ()
    side_outputs: tuple[tuple[Node, Edge], ...] = ()
    tags_in: tuple[int, ...] = ()
    tags_out: tuple[int, ...] = ()
    from_left: tuple[Edge, ...] = ()
    from_right: tuple[Edge, ...] = ()
    taps: tuple[Bus, ...] = ()


@dataclass(frozen=True)
class Framed:
    """A frame round a block."""

    group: Group
    body: Block


@dataclass(frozen=True)
class Seq:
    """Blocks one under the other."""

    parts: tuple[Block, ...]


@dataclass(frozen=True)
class Par:
    """Branches from one place to another, side by side."""

    branches: tuple[Block, ...] = field(default=())


IN, OUT = -1, -2  # of a knot: the wire from above and the wire below


@dataclass(frozen=True)
class Tie:
    """A wire of a knot, from part to part by number; IN and OUT are the ways in and out."""

    source: int
    target: int
    line: Line


@dataclass(frozen=True)
class Knot:
    """Blocks that are neither in sequence nor in parallel, and the wires between them."""

    parts: tuple[Block, ...]
    ties: tuple[Tie, ...]


@dataclass(frozen=True)
class Railed:
    """A column of boxes, and the buses at its sides, the innermost first."""

    body: Block
    left: tuple[Bus, ...]
    right: tuple[Bus, ...]


Block = Line | Space | Op | Framed | Seq | Par | Knot | Railed


def parts_of(block: Block) -> tuple[Block, ...]:
    """The parts of a sequence; any other block is its own only part."""
    return block.parts if isinstance(block, Seq) else (block,)


def in_sequence(*blocks: Block) -> Block:
    """A sequence without sequences inside."""
    parts = tuple(part for block in blocks for part in parts_of(block))
    return parts[0] if len(parts) == 1 else Seq(parts)


def in_parallel(*blocks: Block) -> Block:
    """Branches without parallels directly inside."""
    return Par(tuple(b for block in blocks for b in (block.branches if isinstance(block, Par) else (block,))))


def is_open(block: Block, end: int) -> bool:
    """True when all of it comes from the virtual start (`end` 0), or goes to the virtual end (-1)."""
    part = parts_of(block)[end]
    if isinstance(part, Railed):
        return is_open(part.body, end)
    if isinstance(part, Knot):
        return all((IN, OUT)[end] not in (tie.source, tie.target) for tie in part.ties)
    if isinstance(part, Par):
        return all(is_open(branch, end) for branch in part.branches)
    return isinstance(part, Line) and part.edge is None


def is_bare(block: Block) -> bool:
    """True for a branch that holds only wires."""
    return all(isinstance(part, Line) for part in parts_of(block))


def is_residual(block: Block) -> bool:
    """True for a branch that is marked as the skip of an addition."""
    return any(
        isinstance(part, Line) and part.edge is not None and part.edge.kind == "residual" for part in parts_of(block)
    )


def first_line(branch: Block) -> Line:
    """The first wire of a branch that is an edge."""
    return next((p for p in parts_of(branch) if isinstance(p, Line) and p.edge is not None), Line(None))


def last_line(branch: Block) -> Line | None:
    """The last wire of a branch, if there is one."""
    return next((p for p in reversed(parts_of(branch)) if isinstance(p, Line)), None)
