"""A tall figure -> the same in columns; the wire goes on from the foot of one to the head of the next."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf

from boardwork.figure.laid import Moved, placed
from boardwork.figure.metrics import Metrics
from boardwork.figure.primitives import Box, Circle, Figure, Frame, Primitive, Text, Wire

_CLEAR = 0.5  # a cut stands this far below what is above it
_TOUCH = 1e-6  # a cut may go along the edge of a box
_MOST_CUTS = 100  # places that are tried


Bounds = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True)
class _Cut:
    """A height where one wire, or none, and nothing else but frames goes on downwards."""

    y: float
    wire: Wire | None
    at: int  # the segment of the wire


@dataclass(frozen=True)
class _Column:
    """What stands between two cuts, and how far it reaches."""

    top: float
    bottom: float
    left: float
    right: float
    items: tuple[Primitive, ...]


def in_columns(figure: Figure, number: int, m: Metrics) -> Figure | None:
    """The figure in so many columns of about one height, in points; None where it cannot be cut so often."""
    reach = {id(item): _bounds(item, m) for item in figure.primitives}
    crossings = _Crossings(figure, reach, m)
    cuts = sorted([*_cuts(figure, crossings), *_gaps(figure, crossings, m)], key=lambda cut: cut.y)[:_MOST_CUTS]
    chosen = _evenest(cuts, number - 1, figure.height)
    if not chosen:
        return None
    ends = [0.0, *(cut.y for cut in chosen), figure.height]
    wires = {id(cut.wire) for cut in chosen if cut.wire}
    columns = [_column(figure, top, bottom, wires, reach, m) for top, bottom in pairwise(ends)]
    return _beside(columns, chosen, m) if all(column.items for column in columns) else None


def _evenest(cuts: Sequence[_Cut], number: int, height: float) -> tuple[_Cut, ...]:
    """The cuts that leave the lowest tallest column, none that goes through one wire twice; () if there are none."""
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
            if cut.wire is None or all(cut.wire is not other.wire for other in chosen):
                choose((*chosen, cut), place + 1, max(tallest, cut.y - top))

    choose((), 0, 0.0)
    return best


def _cuts(figure: Figure, crossings: _Crossings) -> Iterator[_Cut]:
    """Heights that one wire alone crosses."""
    for wire in figure.primitives:
        if isinstance(wire, Wire):
            for at, ((x1, y1), (x2, y2)) in enumerate(pairwise(wire.points)):
                y = y1 + _CLEAR
                if x1 == x2 and y2 > y + _CLEAR and crossings.at(y) == 1:
                    yield _Cut(y, wire, at)


def _gaps(figure: Figure, crossings: _Crossings, m: Metrics) -> Iterator[_Cut]:
    """Below a box from which nothing leads on."""
    for box in figure.primitives:
        if isinstance(box, Box):
            y = box.y + box.height + _CLEAR
            if y < figure.height - m.label_height and not crossings.at(y):
                yield _Cut(y, None, 0)


class _Crossings:
    """How many things a cut at a height would go through."""

    def __init__(self, figure: Figure, reach: Mapping[int, Bounds], m: Metrics) -> None:
        spans = [span for item in figure.primitives for span in _spans(item, reach[id(item)], m)]
        self.tops, self.bottoms = sorted(top for top, _ in spans), sorted(bottom for _, bottom in spans)

    def at(self, y: float) -> int:
        return bisect_right(self.tops, y) - bisect_left(self.bottoms, y)


def _spans(item: Primitive, reach: Bounds, m: Metrics) -> Iterator[tuple[float, float]]:
    """From where to where nothing may be cut: of a frame, its title and the room of a box above its foot."""
    _, top, _, bottom = reach
    if isinstance(item, Frame):
        head, foot = top + 2 * m.text_height, bottom - (m.gap + m.label_height + 2 * m.pad_y + m.frame_pad)
        yield from ((top, head), (foot, bottom)) if head < foot else ((top, bottom),)
    elif isinstance(item, Wire):
        yield top, bottom
    else:
        yield top + _TOUCH, bottom - _TOUCH


def _bounds(item: Primitive, m: Metrics) -> Bounds:
    """Left, top, right, bottom."""
    match item:
        case Box() | Frame():
            more = m.width_of(f" × {item.repeat}", "label") + 8 if item.repeat > 1 and isinstance(item, Box) else 0
            return item.x, item.y, item.x + item.width + more, item.y + item.height
        case Circle():
            return item.x - item.radius, item.y - item.radius, item.x + item.radius, item.y + item.radius
        case Text():
            wide = m.width_of(item.string, item.kind)
            left = item.x - wide / 2 if item.anchor == "middle" else item.x
            return left, item.y, left + wide, item.y + m.text_height
        case Wire():
            xs, ys = [x for x, _ in item.points], [y for _, y in item.points]
            return min(xs), min(ys), max(xs), max(ys)


def _column(
    figure: Figure, top: float, bottom: float, cut_wires: set[int], reach: Mapping[int, Bounds], m: Metrics
) -> _Column:
    """Everything between two heights; frames that reach further are cut, the wires between columns left out."""
    items: list[Primitive] = []
    for item in figure.primitives:
        _, high, _, low = reach[id(item)]
        if id(item) in cut_wires or low <= top or high >= bottom:
            continue
        items.append(_within(item, top, bottom) if isinstance(item, Frame) else item)
    ends = [reach[id(item)] if id(item) in reach else _bounds(item, m) for item in items]
    left, right = min((b[0] for b in ends), default=0.0), max((b[2] for b in ends), default=0.0)
    return _Column(top, bottom, left, right, tuple(items))


def _within(frame: Frame, top: float, bottom: float) -> Frame:
    start, end = max(frame.y, top), min(frame.y + frame.height, bottom)
    goes_on = frame.y < top
    shorter = replace(frame, y=start, height=end - start)
    return replace(shorter, title="", detail="", repeat=1) if goes_on else shorter


def _beside(columns: Sequence[_Column], cuts: Sequence[_Cut], m: Metrics) -> Figure:
    """The columns side by side with a gutter between, and the wires that go on."""
    room, head = 2.5 * m.gutter, m.gap
    items: list[Primitive] = []
    shifts: list[tuple[float, float]] = []
    x = 0.0
    for place, column in enumerate(columns):
        shift = (x - column.left, (head if place else 0.0) - column.top)
        shifts.append(shift)
        items += placed((Moved(*shift, column.items),), 0, 0)
        x += column.right - column.left + room
    rights = [column.right + dx for column, (dx, _) in zip(columns, shifts, strict=True)]
    for place, cut in enumerate(cuts):
        if cut.wire:
            gutter = rights[place] + room / 2
            items.append(_going_on(cut.wire, cut, shifts[place], shifts[place + 1], gutter, head))
    lows = [column.bottom + dy for column, (_, dy) in zip(columns, shifts, strict=True)]
    return Figure(x - room, max([*(low + head for low in lows[:-1]), lows[-1]]), tuple(items))


def _going_on(
    wire: Wire, cut: _Cut, here: tuple[float, float], there: tuple[float, float], gutter: float, head: float
) -> Wire:
    """Down, across to the gutter, up, across to the next column, and on."""
    points = wire.points
    x = points[cut.at][0]
    foot = cut.y + here[1] + 0.6 * head
    before = [(px + here[0], py + here[1]) for px, py in points[: cut.at + 1]]
    over = [(x + here[0], foot), (gutter, foot), (gutter, 0.0), (x + there[0], 0.0)]
    after = [(px + there[0], py + there[1]) for px, py in points[cut.at + 1 :]]
    return replace(wire, points=(*before, *over, *after))
