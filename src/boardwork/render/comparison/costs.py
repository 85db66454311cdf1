"""Curve -> lines of text: its formulas, a sparkline and a table of the cost at some sizes."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

from boardwork.comparison.record import Curve
from boardwork.formula.signs import ascii_text
from boardwork.numbers import count, size

BARS = "▁▂▃▄▅▆▇█"
_CELL = 9  # columns of one number


def told(curve: Curve, value: float) -> str:
    """A cost in its unit."""
    return size(value) if curve.unit == "bytes" else count(value)


def places(curve: Curve, number: int) -> list[float]:
    """Sizes at which all that have the cost are told, at most so many, from the least to the largest."""
    every = sorted({x for points in curve.points for x, _ in points})
    step = max(1, math.ceil(len(every) / number))
    return every[::step]


def place_name(curve: Curve, place: float) -> str:
    """A size as it is said: pixels by the side of a square."""
    return f"{math.isqrt(round(place))}²" if curve.axis.startswith("pixels") else count(place)


def sparkline(points: Sequence[tuple[float, float]], least: float, largest: float) -> str:
    """A bar a point, as high as the logarithm of its cost between the least and the largest of all."""
    span = math.log(largest / least) or 1.0
    return "".join(BARS[round((len(BARS) - 1) * math.log(max(y, least) / least) / span)] for _, y in points)


def table_of_costs(curve: Curve, letters: str, width: int, ascii: bool) -> list[str]:
    """The title, a line a model, a table, and what is to be said of them."""
    shown = places(curve, max(2, (width - 5) // _CELL))
    values = [y for points in curve.points for _, y in points if y > 0]
    lines = [f"{curve.title} over {curve.axis}"]
    for letter, points, formula in zip(letters, curve.points, curve.formulas, strict=False):
        bars = "" if ascii or not points or not values else f"  {sparkline(points, min(values), max(values))}"
        lines.append(f"  {letter}  {formula or '–'}{bars}")
    names = (ascii_text(place_name(curve, x)) if ascii else place_name(curve, x) for x in shown)
    lines.append("     " + "".join(f"{name:>{_CELL}}" for name in names))
    for letter, points in zip(letters, curve.points, strict=False):
        at = dict(points)
        cells = (told(curve, at[x]) if x in at else "–" for x in shown)
        lines.append(f"  {letter}  " + "".join(f"{cell:>{_CELL}}" for cell in cells))
    for note in curve.notes:
        lines += textwrap.wrap(note, width - 2, initial_indent="  ", subsequent_indent="    ")
    return [ascii_text(line) if ascii else line for line in lines]
