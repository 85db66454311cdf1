"""A tall figure -> the same in columns; wires go on from the foot of one to the head of the next, none over another."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf

from boardwork.figure.extents import Bounds, bounds
from boardwork.figure.laid import Moved, placed
from boardwork.figure.metrics import Metrics
from boardwork.figure.primitives import Box, Figure, Frame, Point, Primitive, Wire

_CLEAR = 0.5  # a cut stands this far below what is above it
_TOUCH = 1e-6  # a cut may go along the edge of a box
_MOST_CUTS = 100  # places that are tried
_MOST_WIRES = 4  # that a cut may go through
_BETWEEN = 4.0  # two of them, where they go on


@dataclass(frozen=True)
class _Cut:
    """A height where nothing but frames and some wires goes on downwards; `xs`: where those run, from the left."""

    y: float
    xs: tuple[float, ...]

    @property
    def room(self) -> float:
        """What the further wires take, at the foot, in the gutter and at the head."""
        return max(0, len(self.xs) - 1) * _BETWEEN

    def off(self, x: float) -> float:
        """Of a wire, from the innermost way, which is that of the wire furthest to the right."""
        return (len(self.xs) - 1 - bisect_left(self.xs, x - _CLEAR)) * _BETWEEN


@dataclass(frozen=True)
class _Column:
    """What stands between two cuts but wires, and how far all of it reaches."""

    top: float
    bottom: float
    left: float
    right: float
    items: tuple[Primitive, ...]


def in_columns(figure: Figure, numbers: Sequence[int], m: Metrics) -> Iterator[tuple[int, Figure, int]]:
    """The figure in so many columns of about one height, in points, for each number that it can be cut into.

    With it, how many wires more than the first go on beside one another, over all cuts.
    """
    reach = {id(item): bounds(item, m) for item in figure.primitives}
    crossings = _Crossings(figure, reach, m)
    cuts = sorted([*_cuts(figure, crossings), *_gaps(figure, crossings, m)], key=lambda cut: cut.y)[:_MOST_CUTS]
    wires = [item for item in figure.primitives if isinstance(item, Wire)]
    for number in numbers:
        chosen = _evenest(cuts, number - 1, figure.height)
        ends = [0.0, *(cut.y for cut in chosen), figure.height]
        columns = [_column(figure, top, bottom, reach, m) for top, bottom in pairwise(ends)] if chosen else []
        if columns and all(column.items for column in columns):
            yield number, _beside(columns, chosen, wires, m), sum(max(0, len(cut.xs) - 1) for cut in chosen)


def _evenest(cuts: Sequence[_Cut], number: int, height: float) -> tuple[_Cut, ...]:
    """The cuts that leave the lowest tallest column; () if there are none."""
    lowest, best = inf, tuple[_Cut, ...]()

    def choose(chosen: tuple[_Cut, ...], following: int, tallest: float) -> None:
        nonlocal lowest, best
        top, missing = chosen[-1].y if chosen else 0.0, number - len(chosen)
        if max(tallest, (height - top) / (missing + 1)) >= lowest:
            return
        if not missing:
            lowest, best = max(tallest, height - top), chosen
            return
        for place in range(following, len(cuts)):
            cut = cuts[place]
            if cut.y - top >= lowest:
                return
            choose((*chosen, cut), place + 1, max(tallest, cut.y - top))

    choose((), 0, 0.0)
    return best


def _cuts(figure: Figure, crossings: _Crossings) -> Iterator[_Cut]:
    """Heights that a few wires alone cross, all of them downwards."""
    starts = {y1 for wire in figure.primitives if isinstance(wire, Wire) for (_, y1), (_, y2) in pairwise(wire.points)}
    for y in sorted(starts):
        xs = crossings.wires_at(y + _CLEAR)
        if 0 < len(xs) <= _MOST_WIRES and not crossings.at(y + _CLEAR):
            yield _Cut(y + _CLEAR, xs)


def _gaps(figure: Figure, crossings: _Crossings, m: Metrics) -> Iterator[_Cut]:
    """Below a box from which nothing leads on."""
    for box in figure.primitives:
        if isinstance(box, Box):
            y = box.y + box.height + _CLEAR
            if y < figure.height - m.label_height and not crossings.at(y) and not crossings.wires_at(y):
                yield _Cut(y, ())


class _Crossings:
    """What a cut at a height would go through: wires, and how many other things."""

    def __init__(self, figure: Figure, reach: Mapping[int, Bounds], m: Metrics) -> None:
        spans = [span for item in figure.primitives for span in _spans(item, reach[id(item)], m)]
        self.tops, self.bottoms = sorted(top for top, _ in spans), sorted(bottom for _, bottom in spans)
        runs = [run for wire in figure.primitives if isinstance(wire, Wire) for run in pairwise(wire.points)]
        self.uprights = [(x1, y1, y2) for (x1, y1), (x2, y2) in runs if x1 == x2 and y1 != y2]

    def at(self, y: float) -> int:
        return bisect_right(self.tops, y) - bisect_left(self.bottoms, y)

    def wires_at(self, y: float) -> tuple[float, ...]:
        """The places of upright wires; what runs in one place is one."""
        found = sorted(x for x, y1, y2 in self.uprights if min(y1, y2) - _CLEAR < y < max(y1, y2) + _CLEAR)
        return tuple(x for place, x in enumerate(found) if not place or x - found[place - 1] > _CLEAR)


def _spans(item: Primitive, reach: Bounds, m: Metrics) -> Iterator[tuple[float, float]]:
    """From where to where nothing may be cut: of a frame, its title and the room of a box above its foot.

    Wires may be cut where they run downwards.
    """
    _, top, _, bottom = reach
    if isinstance(item, Frame):
        head, foot = top + 2 * m.text_height, bottom - (m.gap + m.label_height + 2 * m.pad_y + m.frame_pad)
        yield from ((top, head), (foot, bottom)) if head < foot else ((top, bottom),)
    elif isinstance(item, Wire):
        for (x1, y1), (x2, y2) in pairwise(item.points):
            if x1 != x2 or y2 < y1:
                yield min(y1, y2) - _CLEAR / 2, max(y1, y2) + _CLEAR / 2
    else:
        yield top + _TOUCH, bottom - _TOUCH


def _column(figure: Figure, top: float, bottom: float, reach: Mapping[int, Bounds], m: Metrics) -> _Column:
    """Everything but wires between two heights; frames that reach further are cut."""
    items: list[Primitive] = []
    ends: list[Bounds] = []
    for item in figure.primitives:
        _, high, _, low = reach[id(item)]
        if low <= top or high >= bottom:
            continue
        if isinstance(item, Wire):
            ends += _runs(item, top, bottom)
        else:
            items.append(_within(item, top, bottom) if isinstance(item, Frame) else item)
            ends.append(bounds(items[-1], m))
    left, right = min((b[0] for b in ends), default=0.0), max((b[2] for b in ends), default=0.0)
    return _Column(top, bottom, left, right, tuple(items))


def _runs(wire: Wire, top: float, bottom: float) -> Iterator[Bounds]:
    """The parts of a wire between two heights."""
    for (x1, y1), (x2, y2) in pairwise(wire.points):
        if max(y1, y2) > top and min(y1, y2) < bottom:
            yield min(x1, x2), y1, max(x1, x2), y2


def _within(frame: Frame, top: float, bottom: float) -> Frame:
    start, end = max(frame.y, top), min(frame.y + frame.height, bottom)
    goes_on = frame.y < top
    shorter = replace(frame, y=start, height=end - start)
    return replace(shorter, title="", detail="", repeat=1) if goes_on else shorter


def _beside(columns: Sequence[_Column], cuts: Sequence[_Cut], wires: Sequence[Wire], m: Metrics) -> Figure:
    """The columns side by side, with a gutter between that the wires go on in."""
    room, items, shifts, lows, x = 2.5 * m.gutter, list[Primitive](), list[Point](), list[float](), 0.0
    for column, before, after in zip(columns, [_Cut(0, ()), *cuts], [*cuts, _Cut(0, ())], strict=True):
        head = m.gap + before.room if shifts else 0.0
        shifts.append((x - column.left, head - column.top))
        items += placed((Moved(*shifts[-1], column.items),), 0, 0)
        lows.append(column.bottom + shifts[-1][1] + (m.gap + after.room if column is not columns[-1] else 0.0))
        x += column.right - column.left + room + after.room
    gutters = [column.right + dx + room / 2 for column, (dx, _) in zip(columns, shifts, strict=True)]
    items += [_led(wire, cuts, shifts, gutters, 0.6 * m.gap) for wire in wires]
    return Figure(x - room, max(lows), tuple(items))


def _led(wire: Wire, cuts: Sequence[_Cut], shifts: Sequence[Point], gutters: Sequence[float], foot: float) -> Wire:
    """At each cut down, across to the gutter, up, across to the next column, and on."""
    at = sum(cut.y <= wire.points[0][1] for cut in cuts)
    points = [_moved(wire.points[0], shifts[at])]
    for (x, start), end in pairwise(wire.points):
        while at < len(cuts) and start < cuts[at].y <= end[1]:
            cut, (here, down), (there, _) = cuts[at], shifts[at], shifts[at + 1]
            off = cut.off(x)
            low, gutter = cut.y + down + foot + off, gutters[at] + off
            points += [(x + here, low), (gutter, low), (gutter, off), (x + there, off)]
            at += 1
        points.append(_moved(end, shifts[at]))
    return replace(wire, points=tuple(points))


def _moved(point: Point, shift: Point) -> Point:
    return point[0] + shift[0], point[1] + shift[1]
