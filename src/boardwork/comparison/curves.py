"""Sheets -> costs over the size of the input as points to draw, and the sizes at which one overtakes another."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

from boardwork.comparison.costs import MEANINGS, Cost, activations, kept, most, multiply_adds
from boardwork.comparison.record import Curve
from boardwork.facts import Facts
from boardwork.numbers import count, size
from boardwork.sheet import Sheet

SIZES = {"seq_len": [2**k for k in range(7, 18)], "pixels": [(112 * k) ** 2 for k in range(1, 11)]}
RANGE = {"seq_len": (16.0, 1_000_000.0), "pixels": (56.0**2, 10_000.0**2)}  # crossings elsewhere are of no use
CURVES: tuple[tuple[str, Callable[[Facts], Cost | None]], ...] = (
    ("Multiply-adds", multiply_adds),
    ("Kept of the past", kept),
    ("Activation memory at its peak", activations),
)
Told = tuple[str, Cost, float]  # name, cost, largest size that the model takes


def curves(sheets: Sequence[Sheet], names: Sequence[str]) -> tuple[Curve, ...]:
    """The costs that all models have over the same size of input; what is kept while decoding, if two of them do."""
    found = []
    for title, cost_of in CURVES:
        costs = [cost_of(sheet.facts) for sheet in sheets]
        axes = {cost.axis for cost in costs if cost is not None}
        some = sum(cost is not None for cost in costs)
        if len(axes) == 1 and some > 1 and next(iter(axes)) in SIZES:
            found.append(_curve(title, axes.pop(), costs, sheets, names))
    return tuple(found[:2]) if len(found) > 2 and found[1].title == CURVES[1][0] else tuple(found)


def _curve(title: str, axis: str, costs: Sequence[Cost | None], sheets: Sequence[Sheet], names: Sequence[str]) -> Curve:
    limits = [most(sheet.facts) for sheet in sheets]
    points = tuple(
        tuple((float(x), cost.at(x)) for x in SIZES[axis] if x <= limit) if cost is not None else ()
        for cost, limit in zip(costs, limits, strict=True)
    )
    told = [(n, cost, limit) for n, cost, limit in zip(names, costs, limits, strict=True) if cost is not None]
    unit = told[0][1].unit
    formulas = tuple("" if cost is None else cost.formula() for cost in costs)
    notes = [note for pair in combinations(told, 2) for note in _crossings(*pair)]
    if title == CURVES[0][0]:
        notes += [note for name, sheet in zip(names, sheets, strict=True) for note in _within(name, sheet.facts)]
    notes += [f"{name} takes no more than {count(limit)} positions." for name, _, limit in told if math.isfinite(limit)]
    return Curve(title, MEANINGS[axis], unit, points, formulas, tuple(notes))


def _within(name: str, facts: Facts) -> Iterator[str]:
    """Where attention scores cost a model more than all else."""
    place, axis = facts.get("growth.scores_over_others"), str(facts.get("growth.axis", ""))
    if isinstance(place, int) and place <= min(most(facts), RANGE[axis][1]):
        yield f"In {name} the attention scores cost more than all the rest from {_place(place, axis)} on."


def _crossings(one: Told, two: Told) -> Iterator[str]:
    """Where the dearer of two becomes the cheaper."""
    (first, a, limit), (second, b, other) = one, two
    start, end = RANGE[a.axis]
    for place in crossings(a, b, start, min(limit, other, end)):
        above = first if a.at(place) > b.at(place) else second
        below = second if above == first else first
        cost = size(a.at(place)) if a.unit == "bytes" else count(a.at(place))
        yield f"{above} costs more than {below} from {_place(place, a.axis)} on ({cost})."


def _place(place: float, axis: str) -> str:
    side = math.ceil(math.sqrt(place))
    return f"{side} × {side} pixels" if axis == "pixels" else f"{count(place)} tokens"


def crossings(one: Cost, two: Cost, start: float, end: float) -> list[int]:
    """Whole sizes up to `end` from which on the other of two costs more; by halving between doublings of `start`."""
    places = [start]
    while places[-1] * 2 <= end:
        places.append(places[-1] * 2)
    found = []
    for low, high in zip(places, [*places[1:], end], strict=True):
        before, after = _sign(one, two, low), _sign(one, two, high)
        if before and after and before != after:
            found.append(_halved(one, two, int(low), math.ceil(high)))
    return found


def _halved(one: Cost, two: Cost, low: int, high: int) -> int:
    before = _sign(one, two, low)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _sign(one, two, middle) in (before, 0) else (low, middle)
    return high


def _sign(one: Cost, two: Cost, place: float) -> int:
    difference = one.at(place) - two.at(place)
    return (difference > 0) - (difference < 0)
