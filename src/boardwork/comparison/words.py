"""Facts and a sentence with {expressions} -> the sentence with their values, or None where a fact is absent."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from boardwork.facts import Facts
from boardwork.knowledge.expressions import Value, evaluate
from boardwork.knowledge.scope import put_in
from boardwork.numbers import count, exact
from boardwork.outline.recognise.activation import ACTIVATIONS

MOST_DIGITS = 1_000_000  # larger numbers are rounded


def said(text: str, facts: Facts) -> str | None:
    """The text with every {expression} evaluated.

    >>> said("{attention.heads} heads", {"attention.heads": 12})
    '12 heads'
    """
    return put_in(text, lambda hole: evaluate(hole, facts), number)


def number(value: Value) -> str:
    """Whole numbers below a million in full, others with three figures; activations by their name."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ACTIVATIONS.get(str(value), str(value))
    return exact(value) if abs(value) < MOST_DIGITS and value == int(value) else count(value)


def ratio(first: float, second: float) -> str:
    """How many times the larger is the smaller, "" if they are equal.

    >>> ratio(12, 32), ratio(32, 12), ratio(5, 5)
    ('2.67 ×', '1 / 2.67', '')
    """
    if not first or not second or first == second:
        return ""
    return f"{count(second / first)} ×" if second > first else f"1 / {count(first / second)}"


@cache
def entries(name: str, kind: str) -> tuple[dict[str, Any], ...]:
    """The tables of one kind in a file of this folder."""
    return tuple(tomllib.loads((files("boardwork.comparison") / name).read_text(encoding="utf-8"))[kind])
