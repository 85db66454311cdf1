"""Wires from one row to the next -> the height at which each turns, so that few cross and none lie on one another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

_NEAR = 4.0  # two uprights nearer than this read as one
_ALL = 6  # buses up to which every order is tried


@dataclass(frozen=True)
class Bus:
    """What leaves one place of the upper row: `start`, and the places below where it goes down again."""

    start: float
    stops: tuple[float, ...]

    @property
    def low(self) -> float:
        return min(self.start, *self.stops)

    @property
    def high(self) -> float:
        return max(self.start, *self.stops)

    def straight(self) -> bool:
        """True for a wire that needs no turn."""
        return self.high - self.low < 0.5


def levels(buses: Sequence[Bus]) -> list[int]:
    """The track of each bus, 0 the uppermost; buses that do not meet share one."""
    order = _ordered(buses)
    found: dict[int, int] = {}
    for place, this in enumerate(order):
        above = [found[other] + 1 for other in order[:place] if _meet(buses[this], buses[other])]
        found[this] = max(above, default=0)
    return [found[number] for number in range(len(buses))]


def _ordered(buses: Sequence[Bus]) -> list[int]:
    """From above to below with the least cost; many are put in one by one where they cost least."""
    price = {(a, b): _cost(buses[a], buses[b]) for a in range(len(buses)) for b in range(len(buses)) if a != b}

    def cost(order: Iterable[int]) -> int:
        return sum(price[pair] for pair in combinations(order, 2))

    if len(buses) <= _ALL:
        return list(min(permutations(range(len(buses))), key=cost))
    order: list[int] = []
    for number in range(len(buses)):
        order = min(([*order[:i], number, *order[i:]] for i in range(len(order) + 1)), key=cost)
    return order


def _cost(above: Bus, below: Bus) -> int:
    """Crossings, and far worse, uprights on one another, if the one turns above the other."""
    crossed = sum(below.low < stop < below.high for stop in above.stops) + (above.low < below.start < above.high)
    return crossed + 100 * sum(abs(stop - below.start) < _NEAR for stop in above.stops)


def _meet(a: Bus, b: Bus) -> bool:
    return a.low - 2 * _NEAR < b.high and b.low - 2 * _NEAR < a.high
