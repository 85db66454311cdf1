"""Diagram and the boxes of its rows -> the tower: boxes on one spine, wires between them, skips beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Protocol

from boardwork.figure.blocks import Op
from boardwork.figure.lifted import marked
from boardwork.sheet import Diagram, Edge, Group

MOST_RAILS = 4  # skips beside one another; further ones become numbered tags
CLOSES = "closes"


class Placing(Protocol):
    """What a row says of all towers."""

    @property
    def kind(self) -> str: ...

    @property
    def marks(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Cell:
    """What a tower has in a row: a box, a frame's head or foot, or nothing."""

    op: Op | None = None
    group: Group | None = None
    closes: bool = False
    mark: str = ""


@dataclass(frozen=True)
class Skip:
    """An edge past other boxes: from below the row `tap` to the box of the row `target`."""

    edge: Edge
    tap: int
    target: int


@dataclass(frozen=True)
class Spine:
    """`wires`: rows that a wire joins; `below`: the edge that leaves a row downwards; `frames`: first and last row.

    `is_straight`: nothing but skips goes past a box.
    """

    cells: tuple[Cell, ...]
    wires: tuple[tuple[int, int], ...]
    below: dict[int, Edge]
    rails: tuple[Skip, ...]
    frames: tuple[tuple[int, int], ...] = field(default=())
    is_straight: bool = True


def spine(diagram: Diagram, boxes: Sequence[str], rows: Sequence[Placing], column: int = -1) -> Spine:
    """The tower of one diagram; `boxes`: its box or frame in each row."""
    nodes = {node.id: node for node in diagram.nodes}
    groups = {group.id: group for group in diagram.groups}
    place = {box: row for row, box in enumerate(boxes) if box in nodes}
    ops = {name: Op(nodes[name]) for name in place}
    left = []
    for edge in diagram.edges:
        if edge.target in place and edge.source in place:
            left.append(edge)
        elif edge.target in place:  # what stands in no row stands beside the box that it feeds
            op = ops[edge.target]
            ops[edge.target] = replace(op, side_inputs=(*op.side_inputs, (nodes[edge.source], edge)))
    frames = _frames(boxes, groups)
    order = sorted(place.values())
    after = dict(pairwise(order))
    straight = {row: e for e in left if after.get(row := place[e.source]) == place[e.target] and e.kind != "residual"}
    past = [edge for edge in left if edge not in straight.values()]
    skips = [Skip(e, _tap(place[e.source], place[e.target], frames), place[e.target]) for e in past]
    few = _few(skips)
    ops = marked(ops, [skip.edge for skip in skips if skip not in few])
    cells = tuple(_cell(box, row, ops, groups, column) for box, row in zip(boxes, rows, strict=True))
    plain = len(few) == len(skips) and all(skip.edge.kind == "residual" for skip in skips)
    return Spine(cells, tuple(_wires(cells, straight, after)), straight, tuple(few), frames, plain)


def _cell(box: str, row: Placing, ops: dict[str, Op], groups: dict[str, Group], column: int) -> Cell:
    mark = row.marks[column] if box else ""
    if box in groups:
        return Cell(group=groups[box], closes=row.kind == CLOSES, mark=mark)
    return Cell(op=ops[box], mark=mark) if box else Cell()


def _frames(boxes: Sequence[str], groups: dict[str, Group]) -> tuple[tuple[int, int], ...]:
    rows: dict[str, list[int]] = {}
    for row, box in enumerate(boxes):
        if box in groups:
            rows.setdefault(box, []).append(row)
    return tuple((min(found), max(found)) for found in rows.values())


def _tap(source: int, target: int, frames: Sequence[tuple[int, int]]) -> int:
    """The row below which a skip leaves the spine: that of its source, or the head of a frame that it goes into."""
    return max([source, *(top for top, end in frames if source < top < target <= end)])


def _few(skips: Sequence[Skip]) -> list[Skip]:
    """The shortest skips, at most so many beside one another."""
    kept: list[Skip] = []
    for skip in sorted(skips, key=lambda s: s.target - s.tap):
        if sum(other.tap < skip.target and skip.tap < other.target for other in kept) < MOST_RAILS:
            kept.append(skip)
    return kept


def _wires(cells: Sequence[Cell], straight: dict[int, Edge], after: dict[int, int]) -> list[tuple[int, int]]:
    """Rows joined by a wire: a box with the next, or with the heads of frames between them."""
    found = []
    for row in straight:
        between = [r for r in range(row + 1, after[row]) if cells[r].group is not None and not cells[r].closes]
        stops = [row, *between, after[row]]
        found += list(pairwise(stops))
    return found
