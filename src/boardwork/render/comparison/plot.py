"""Curve -> a small plot: cost over size, both logarithmic, a line a model, told apart by dashes and letters."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from boardwork.comparison.record import Curve
from boardwork.render.comparison.costs import place_name, told
from boardwork.render.drawing.marks import BOLD, PLAIN, Label, Mark, Piece, Stroke, label, label_to, line
from boardwork.render.drawing.style import ACCENT, GREY, INK, PALE, Type

# One a model: pen and colour; a letter stands at the end of each.
LOOKS = (("", ACCENT), ("dashed", INK), ("dotted", INK), ("", GREY), ("dashed", ACCENT), ("dotted", GREY))
MOST_TICKS = 5
Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Scale:
    """From a value to a place on the page, by logarithms."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        span = math.log(self.high / self.low) or 1.0
        return self.start + (self.end - self.start) * math.log(max(value, self.low) / self.low) / span


def plot(curve: Curve, letters: str, room: float, high: float, type: Type) -> Piece:
    """The curve with its axes, as wide as the room; `high`: of the field inside the axes."""
    every = [point for points in curve.points for point in points if point[1] > 0]
    if not every:
        return Piece(room, 0)
    left, bottom, top = 5.2 * type.small, high + 1.2 * type.body, 0.8 * type.body
    right = room - 1.6 * type.body
    xs, ys = [x for x, _ in every], [y for _, y in every]
    across, up = Scale(min(xs), max(xs), left, right), Scale(min(ys), max(ys), bottom, top)
    marks: list[Mark] = [line(left, bottom, right, bottom, GREY, 0.8), line(left, top, left, bottom, GREY, 0.8)]
    marks += _sizes(curve, across, bottom, type)
    marks += _costs(curve, up, (left, right), type)
    ends: list[tuple[float, float]] = []
    for points, letter, (dash, colour) in zip(curve.points, letters, LOOKS, strict=False):
        if points:
            marks.append(Stroke(_path([(across(x), up(y)) for x, y in points]), colour, 1.6, dash))
            ends.append(_free(across(points[-1][0]), up(points[-1][1]), ends, type.body))
            marks.append(label(ends[-1][0] + 3, ends[-1][1] + 0.36 * type.body, letter, type.body, BOLD, colour))
    return Piece(room, bottom + 1.5 * type.small, tuple(marks))


def _free(x: float, y: float, taken: Sequence[tuple[float, float]], step: float) -> tuple[float, float]:
    """A place for a letter where no other one stands."""
    while any(abs(y - high) < step and abs(x - wide) < step for wide, high in taken):
        y += step / 4
    return x, y


def _path(places: Points) -> tuple[tuple[float, float], ...]:
    """Straight pieces as curves, which is how strokes are drawn."""
    found = [places[0]]
    for before, after in pairwise(places):
        found += [before, after, after]
    return tuple(found) if len(found) > 1 else (places[0], places[0], places[0], places[0])


def _sizes(curve: Curve, across: Scale, bottom: float, type: Type) -> Iterator[Mark]:
    """Ticks below: some of the sizes that the points have."""
    last = -math.inf
    for x in sorted({x for points in curve.points for x, _ in points}):
        if across(x) - last > 5 * type.small:
            last = across(x)
            yield line(last, bottom, last, bottom + 2.5, GREY, 0.8)
            yield Label(last, bottom + 1.25 * type.small + 1, place_name(curve, x), type.small, PLAIN, GREY)


def _costs(curve: Curve, up: Scale, sides: tuple[float, float], type: Type) -> Iterator[Mark]:
    """Ticks at the left: powers of ten, or of a thousand if these are many."""
    low, high = math.ceil(math.log10(up.low)), math.floor(math.log10(up.high))
    step = max(1, math.ceil((high - low + 1) / MOST_TICKS))
    for power in range(low, high + 1, step):
        y = up(10.0**power)
        yield line(sides[0], y, sides[1], y, PALE, 0.6)
        yield label_to(sides[0] - 3, y + 0.36 * type.small, told(curve, 10.0**power), type.small, PLAIN, GREY)
