"""Facts and the short names of one topic -> values, formulas with numbers, finished sentences."""

from __future__ import annotations

import re
from collections.abc import Callable

from boardwork.facts import Facts
from boardwork.knowledge.expressions import Value, evaluate, filled
from boardwork.numbers import count

HOLE = re.compile(r"\{([^{}]+)\}")


class Scope:
    """Facts, and names that are defined one after the other; each may use those before it."""

    def __init__(self, facts: Facts, values: dict[str, str]) -> None:
        self.names: dict[str, Value] = dict(facts)
        self.local: frozenset[str] = frozenset()
        self.define(values)

    def define(self, values: dict[str, str]) -> None:
        for name, text in values.items():
            self.names[name] = self.value(text)
            self.local |= {name}

    def value(self, text: str) -> Value:
        """The value of an expression, None if it needs a number that is absent."""
        return evaluate(text, self.names, self.local)

    def filled(self, text: str) -> str:
        """The expression with numbers for its names."""
        return filled(text, self.names, self.local)

    def prose(self, text: str) -> str | None:
        """The sentence with its `{expressions}` put in; None if one is absent."""
        return put_in(text, self.value, lambda v: v if isinstance(v, str) else count(float(v or 0)))


def put_in(
    text: str, value: Callable[[str], Value], say: Callable[[Value], str], hole: re.Pattern[str] = HOLE
) -> str | None:
    """The text with the value of what stands in each hole; None if one is absent.

    >>> put_in("{6 * 7} heads", eval, str)
    '42 heads'
    """
    found = [value(inside) for inside in hole.findall(text)]
    if None in found:
        return None
    said = iter([say(each) for each in found])
    return hole.sub(lambda _: next(said), text)
