"""Wires of a figure -> strokes with round corners; pieces of one line become one stroke."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from boardwork.figure.primitives import Wire
from boardwork.render.drawing.marks import Mark, Point, Shape, Stroke
from boardwork.render.drawing.style import DASHES, LINE_PAINTS, WIRE

RADIUS = 6.0  # of a corner


def joined(wires: Sequence[Wire]) -> list[Wire]:
    """Wires that go on where one of the same kind ends, and nothing else starts or ends there, as one."""
    starts, ends = _by_place(wires, 0), _by_place(wires, -1)
    following: dict[int, Wire] = {}
    for place, (first, *others) in ends.items():
        second, *more = starts.get(place, (first,))
        if first is not second and not (others or more or first.arrow) and first.kind == second.kind:
            following[id(first)] = second
    led_to = {id(wire) for wire in following.values()}
    return [_with_all(wire, following) for wire in wires if id(wire) not in led_to]


def _by_place(wires: Sequence[Wire], end: int) -> dict[Point, list[Wire]]:
    found: dict[Point, list[Wire]] = {}
    for wire in wires:
        x, y = wire.points[end]
        found.setdefault((round(x, 6), round(y, 6)), []).append(wire)
    return found


def _with_all(wire: Wire, following: Mapping[int, Wire]) -> Wire:
    """The wire with those that go on from it."""
    points, last = list(wire.points), wire
    while (after := following.get(id(last))) is not None:
        points += after.points[1:]
        last = after
    return replace(wire, points=tuple(points), arrow=last.arrow)


def wire_marks(wire: Wire, wires: Sequence[Wire]) -> Iterator[Mark]:
    """The stroke, with a dot where it leaves another line."""
    points = _plain(wire.points)
    if len(points) < 2:
        return
    colour = LINE_PAINTS.get(wire.kind, WIRE)
    yield Stroke(rounded(points), colour, 1.1, DASHES.get(wire.kind, ""), wire.arrow)
    if wire.kind != "data" and any(_inside(points[0], other) for other in wires):
        yield Shape(points[0][0] - 2, points[0][1] - 2, 4, 4, colour, colour, form="ellipse", pen=0.5)


def _plain(points: Sequence[Point]) -> list[Point]:
    """Without doubles and without points in the middle of a straight run."""
    out: list[Point] = []
    for point in points:
        if out and math.dist(out[-1], point) < 1e-6:
            continue
        if len(out) > 1 and _in_line(out[-2], out[-1], point):
            out.pop()
        out.append(point)
    return out


def _in_line(a: Point, b: Point, c: Point) -> bool:
    return abs((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])) < 1e-6


def rounded(points: Sequence[Point], radius: float = RADIUS) -> tuple[Point, ...]:
    """The run of straight lines as cubic curves: a start, then triples; each corner is cut by `radius` at most."""
    out: list[Point] = [points[0]]

    def straight(to: Point) -> None:
        out.extend((out[-1], to, to))

    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        cut = min(radius, math.dist(before, corner) / 2, math.dist(corner, after) / 2)
        start, end = _towards(corner, before, cut), _towards(corner, after, cut)
        straight(start)
        out.extend((_towards(corner, before, cut * 0.45), _towards(corner, after, cut * 0.45), end))
    straight(points[-1])
    return tuple(out)


def _towards(start: Point, goal: Point, step: float) -> Point:
    share = step / max(math.dist(start, goal), 1e-9)
    return (start[0] + (goal[0] - start[0]) * share, start[1] + (goal[1] - start[1]) * share)


def _inside(place: Point, wire: Wire) -> bool:
    """On the line, and not at its ends."""
    ends = wire.points[0], wire.points[-1]
    if any(math.dist(place, end) < 1e-6 for end in ends):
        return False
    runs = zip(wire.points, wire.points[1:], strict=False)
    return any(math.dist(a, place) + math.dist(place, b) - math.dist(a, b) < 1e-6 for a, b in runs)
