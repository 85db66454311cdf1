"""Nodes and edges by number -> rows of nodes, and of the places where long edges pass, from left to right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, pairwise

_SWEEPS = 12
Arc = tuple[int, int]


@dataclass(frozen=True)
class Rows:
    """`rows`: nodes from left to right; from `count` on they are places where an edge passes. `paths`: each edge's."""

    rows: tuple[tuple[int, ...], ...]
    paths: tuple[tuple[int, ...], ...]


@lru_cache(maxsize=16)
def rows_of(count: int, arcs: tuple[Arc, ...], lowest: int = -1) -> Rows:
    """Each node below all that feed it, and edges that cross as seldom as some sweeps can see to.

    `lowest`: a node that stands in the last row. Kept, for the same graph is placed with several sizes of text.
    """
    rank = _ranks(count, arcs)
    rank[lowest] = max(rank) if lowest >= 0 else rank[lowest]
    rows: list[list[int]] = [[] for _ in range(max(rank) + 1)]
    for node in range(count):
        rows[rank[node]].append(node)
    paths, fresh = [], count
    for source, target in arcs:
        path = [source]
        for row in range(rank[source] + 1, rank[target]):
            rows[row].append(fresh)
            path.append(fresh)
            fresh += 1
        paths.append((*path, target))
    steps = [step for path in paths for step in pairwise(path)]
    found = _uncrossed(rows, steps)
    return Rows(tuple(map(tuple, found if _in_order(found, count) else [row[::-1] for row in found])), tuple(paths))


def _in_order(rows: Sequence[Sequence[int]], count: int) -> bool:
    """Whether more neighbours stand in the order of their numbers than in the other; a mirrored picture is as good."""
    pairs = [(a, b) for row in rows for a, b in combinations(row, 2) if max(a, b) < count]
    return 2 * sum(a < b for a, b in pairs) >= len(pairs)


def _ranks(count: int, arcs: Sequence[Arc]) -> list[int]:
    """The longest way from a source; a source stands right above the first that it feeds."""
    rank = [0] * count
    for _ in range(count):
        for source, target in arcs:
            rank[target] = max(rank[target], rank[source] + 1)
    fed = {target for _, target in arcs}
    for node in range(count):
        after = [rank[target] for source, target in arcs if source == node]
        if node not in fed and after:
            rank[node] = min(after) - 1
    return rank


def _uncrossed(rows: list[list[int]], steps: Sequence[Arc]) -> list[list[int]]:
    """The rows ordered by the middle of what is above, then below, in turn; the best order that was seen."""
    best, least = [list(row) for row in rows], crossings(rows, steps)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        for row in rows if down else reversed(rows):
            _sort(row, rows, steps, down)
        if (found := crossings(rows, steps)) < least:
            best, least = [list(row) for row in rows], found
    return best


def _sort(row: list[int], rows: Sequence[Sequence[int]], steps: Sequence[Arc], down: bool) -> None:
    place = {node: i / max(len(other) - 1, 1) for other in rows for i, node in enumerate(other)}
    beside: dict[int, list[float]] = {}
    for source, target in steps:
        this, other = (target, source) if down else (source, target)
        beside.setdefault(this, []).append(place[other])
    now = {node: place[node] for node in row}
    row.sort(key=lambda node: sum(beside[node]) / len(beside[node]) if node in beside else now[node])


def crossings(rows: Sequence[Sequence[int]], steps: Sequence[Arc]) -> int:
    """Pairs of steps between the same two rows that cross."""
    place = {node: (number, i) for number, row in enumerate(rows) for i, node in enumerate(row)}
    between: dict[int, list[tuple[int, int]]] = {}
    for source, target in steps:
        between.setdefault(place[source][0], []).append((place[source][1], place[target][1]))
    return sum((a[0] - b[0]) * (a[1] - b[1]) < 0 for found in between.values() for a in found for b in found) // 2
