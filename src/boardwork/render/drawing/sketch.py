"""Ruled marks -> the same as if drawn by hand: outlines go round twice, lines stray a little, texts stay."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from random import Random

from boardwork.render.drawing.marks import Mark, Piece, Point, Shape, Stroke
from boardwork.render.drawing.style import NONE

ARC = 0.5523  # of a quarter circle as a cubic curve
ROUNDS = 2  # an outline is drawn so often


def sketched(piece: Piece, wobble: float) -> Piece:
    """The piece with lines that stray by up to `wobble` points, by a hand that depends on nothing but the marks."""
    marks: list[Mark] = []
    for mark in piece.marks:
        if isinstance(mark, Shape):
            marks += _shape(mark, wobble)
        elif isinstance(mark, Stroke):
            marks.append(replace(mark, points=_strayed(mark.points, wobble, _hand(mark.points), mark.arrow)))
        else:
            marks.append(mark)
    return Piece(piece.width, piece.height, tuple(marks))


def _hand(place: object) -> Random:
    return Random(zlib.crc32(repr(place).encode()))


def _shape(shape: Shape, wobble: float) -> Iterator[Mark]:
    """The fill as it is, and its outline as strokes."""
    yield replace(shape, stroke=NONE)
    if shape.stroke == NONE or shape.fill == shape.stroke:
        return
    outline = _ellipse(shape) if shape.form == "ellipse" else _rectangle(shape)
    dash = "dashed" if "dashed" in shape.style else ""
    for time in range(1 if dash else ROUNDS):
        hand = _hand((time, shape.x, shape.y, shape.width, shape.height))
        yield Stroke(_strayed(outline, wobble, hand, False), shape.stroke, 0.8 * shape.pen, dash)
    for start, end in _diagonals(shape) if "diagonals" in shape.style else ():
        straight = (start, start, end, end)
        yield Stroke(_strayed(straight, wobble, _hand(straight), False), shape.stroke, 0.8 * shape.pen)


def _diagonals(shape: Shape) -> Iterator[tuple[Point, Point]]:
    """A line across each corner."""
    cut, (x1, y1), (x2, y2) = _cut(shape), (shape.x, shape.y), (shape.x + shape.width, shape.y + shape.height)
    yield (x1, y1 + cut), (x1 + cut, y1)
    yield (x2 - cut, y1), (x2, y1 + cut)
    yield (x2, y2 - cut), (x2 - cut, y2)
    yield (x1 + cut, y2), (x1, y2 - cut)


def _cut(shape: Shape) -> float:
    """How much of a side a corner takes."""
    return min(10.0, shape.height / 3, shape.width / 3)


def _rectangle(shape: Shape) -> tuple[Point, ...]:
    """Four sides and four corners, clockwise from the top left."""
    cut = _cut(shape) if "rounded" in shape.style else 0.0
    x1, y1, x2, y2 = shape.x, shape.y, shape.x + shape.width, shape.y + shape.height
    out: list[Point] = [(x1 + cut, y1)]
    corners = (
        ((x2 - cut, y1), (x2, y1), (x2, y1 + cut)),
        ((x2, y2 - cut), (x2, y2), (x2 - cut, y2)),
        ((x1 + cut, y2), (x1, y2), (x1, y2 - cut)),
        ((x1, y1 + cut), (x1, y1), (x1 + cut, y1)),
    )
    for start, corner, end in corners:
        out += [out[-1], start, start]
        out += [_between(start, corner), _between(end, corner), end]
    return tuple(out)


def _between(end: Point, corner: Point) -> Point:
    return (end[0] + (corner[0] - end[0]) * ARC, end[1] + (corner[1] - end[1]) * ARC)


def _ellipse(shape: Shape) -> tuple[Point, ...]:
    a, b = shape.width / 2, shape.height / 2
    x, y = shape.x + a, shape.y + b
    quarters = [(0, -1), (1, 0), (0, 1), (-1, 0), (0, -1)]
    out: list[Point] = [(x, y - b)]
    for (px, py), (qx, qy) in pairwise(quarters):
        out += [
            (x + a * (px + ARC * qx), y + b * (py + ARC * qy)),
            (x + a * (qx + ARC * px), y + b * (qy + ARC * py)),
            (x + a * qx, y + b * qy),
        ]
    return tuple(out)


def _strayed(points: Sequence[Point], wobble: float, hand: Random, arrow: bool) -> tuple[Point, ...]:
    """Each curve bent a little and its end moved; the first point stays, and a last one with an arrow head."""
    out: list[Point] = [points[0]]
    for i in range(1, len(points) - 2, 3):
        start, (a, b, end) = points[i - 1], points[i : i + 3]
        last = i + 3 >= len(points)
        if last and arrow:
            return (*out, out[-1], end, end)
        straight = math.dist(a, start) < 1e-6 and math.dist(b, end) < 1e-6
        bend = min(wobble, 0.25 + 0.012 * math.dist(start, end))
        aims = (_part(start, end, 1 / 3), _part(start, end, 2 / 3)) if straight else (a, b)
        out += [
            _moved(aims[0], bend, hand),
            _moved(aims[1], bend, hand),
            end if last else _moved(end, 0.4 * bend, hand),
        ]
    return tuple(out)


def _part(start: Point, end: Point, share: float) -> Point:
    return (start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share)


def _moved(point: Point, by: float, hand: Random) -> Point:
    return (point[0] + hand.uniform(-by, by), point[1] + hand.uniform(-by, by))
