"""Expressions over facts: what cannot be divided is a number that is not there."""

from boardwork.knowledge.expressions import evaluate


def test_a_number_over_nothing_is_no_number():
    assert evaluate("1 / (1 - p)", {"p": 1.0}, frozenset({"p"})) is None
    assert evaluate("1 / (1 - p)", {"p": 0.5}, frozenset({"p"})) == 2
