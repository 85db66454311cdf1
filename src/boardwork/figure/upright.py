"""Rows of nodes -> the x of each: what can stand under one another does, and long edges are straight."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

from boardwork.figure.ranked import Arc, Rows

_SWEEPS = 16
Wall = tuple[int, float]  # a neighbour, and how far off it stands at least


def across(rows: Rows, count: int, apart: Mapping[Arc, float]) -> dict[int, float]:
    """`apart`: how far neighbours are from one another at least. After Brandes and Koepf, "Fast and simple" (2001)."""
    column = _columns(rows, count)
    walls = {(column[a], column[b]): 0.0 for a, b in apart}
    for (a, b), room in apart.items():
        walls[column[a], column[b]] = max(walls[column[a], column[b]], room)
    x = _relaxed(_packed(set(column.values()), walls), walls, _pulls(rows, column))
    return {node: x[name] for node, name in column.items()}


def _columns(rows: Rows, count: int) -> dict[int, int]:
    """Each node -> the first of those that it stands under. Of steps that cross, the more important is upright."""
    column = {node: node for row in rows.rows for node in row}
    place = {node: i for row in rows.rows for i, node in enumerate(row)}
    depth = _depths(rows)
    for upper in range(len(rows.rows) - 1):
        steps = {step for path in rows.paths for step in pairwise(path) if step[0] in rows.rows[upper]}
        chosen: list[Arc] = []
        for step in sorted(steps, key=lambda s: (_softness(s, count), -depth[s[1]], place[s[0]], place[s[1]])):
            if all((place[step[0]] - place[a]) * (place[step[1]] - place[b]) > 0 for a, b in chosen):
                chosen.append(step)
        column.update((b, column[a]) for a, b in chosen)
    return column


def _softness(step: Arc, count: int) -> int:
    """Long edges come first, then boxes under boxes, then the ends of long edges."""
    passing = (step[0] >= count) + (step[1] >= count)
    return {2: 0, 0: 1, 1: 2}[passing]


def _depths(rows: Rows) -> dict[int, int]:
    """How many rows follow below each node."""
    depth = {node: 0 for row in rows.rows for node in row}
    for row in reversed(rows.rows):
        for path in rows.paths:
            for a, b in pairwise(path):
                if a in row:
                    depth[a] = max(depth[a], depth[b] + 1)
    return depth


def _packed(names: set[int], walls: Mapping[Arc, float]) -> dict[int, float]:
    """The middle between all as far to the left as they go and all as far to the right."""
    left, right = dict.fromkeys(sorted(names), 0.0), dict.fromkeys(sorted(names), 0.0)
    for _ in names:
        for (a, b), room in walls.items():
            left[b] = max(left[b], left[a] + room)
            right[a] = min(right[a], right[b] - room)
    shift = max(left.values())
    return {name: (left[name] + right[name] + shift) / 2 for name in left}


def _pulls(rows: Rows, column: Mapping[int, int]) -> dict[int, list[int]]:
    """Column -> the columns that its edges lead to."""
    found: dict[int, list[int]] = {name: [] for name in column.values()}
    for a, b in ((column[a], column[b]) for path in rows.paths for a, b in pairwise(path)):
        if a != b:
            found[a].append(b)
            found[b].append(a)
    return found


def _relaxed(x: dict[int, float], walls: Mapping[Arc, float], pulls: Mapping[int, Sequence[int]]) -> dict[int, float]:
    """Each column in turn as near to the middle of those that it is joined to as its neighbours let it."""
    before: dict[int, list[Wall]] = {name: [] for name in x}
    after: dict[int, list[Wall]] = {name: [] for name in x}
    for (a, b), room in walls.items():
        before[b].append((a, room))
        after[a].append((b, room))
    for sweep in range(_SWEEPS):
        for name in sorted(filter(pulls.get, x), key=x.__getitem__, reverse=sweep % 2 == 0):
            low = max((x[other] + room for other, room in before[name]), default=-math.inf)
            high = min((x[other] - room for other, room in after[name]), default=math.inf)
            wanted = sum(x[other] for other in pulls[name]) / len(pulls[name])
            x[name] = max(low, min(high, wanted))
    return x
