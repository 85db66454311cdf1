"""Numbers at equal steps -> the polynomial through them, exactly; two polynomials -> where one overtakes the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

Polynomial = tuple[Fraction, ...]  # the coefficient of x^i at place i
DEGREES = ("fixed", "linear", "square")  # what facts call it


def fitted(places: Sequence[int], values: Sequence[int], degree: int) -> Polynomial | None:
    """The polynomial through the first `degree + 1` points, by Lagrange; None if the further points are not on it.

    >>> [int(c) for c in fitted([1, 2, 3, 4], [6, 11, 18, 27], 2)]
    [3, 2, 1]
    """
    found = [Fraction(0)] * (degree + 1)
    for i in range(degree + 1):
        basis = [Fraction(values[i])]
        for j in range(degree + 1):
            if j != i:
                basis = _times(basis, places[j], places[i] - places[j])
        found = [total + part for total, part in zip(found, basis, strict=True)]
    polynomial = tuple(found)
    rest = zip(places[degree + 1 :], values[degree + 1 :], strict=True)
    return polynomial if all(valued(polynomial, place) == value for place, value in rest) else None


def _times(basis: list[Fraction], root: int, divisor: int) -> list[Fraction]:
    """basis * (x - root) / divisor."""
    lower, higher = [*basis, Fraction(0)], [Fraction(0), *basis]
    return [(b - root * a) / divisor for a, b in zip(lower, higher, strict=True)]


def valued(polynomial: Sequence[Fraction | float], place: float) -> Fraction | float:
    """Its value at a place."""
    return sum(c * Fraction(place) ** power for power, c in enumerate(polynomial))


def crossing(first: Sequence[Fraction | float], second: Sequence[Fraction | float]) -> int | None:
    """The whole place >= 1 from which on `first`, of degree two at most, is more than `second`; None if never.

    >>> crossing([0, 0, 4], [0, 24 * 512, 0])
    3073
    """
    a, b, c = (float(x) - float(y) for x, y in zip(reversed(_square(first)), reversed(_square(second)), strict=True))
    if a < 0 or (a == 0 and (b < 0 or (b == 0 and c <= 0))):
        return None
    if a == 0:
        root = -c / b if b else 0.0
    else:
        inside = b * b - 4 * a * c
        root = (-b + math.sqrt(inside)) / (2 * a) if inside >= 0 else 0.0
    return max(1, math.floor(root) + 1)


def _square(polynomial: Sequence[Fraction | float]) -> list[Fraction | float]:
    return [*polynomial, *[0] * 3][:3]
