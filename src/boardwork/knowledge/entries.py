"""One entry of a topic and the facts -> the equation, trade-off or question that it makes; None where it is silent."""

from __future__ import annotations

import math
from typing import Any

from boardwork.formula import linear
from boardwork.knowledge.expressions import Value
from boardwork.knowledge.scope import Scope
from boardwork.knowledge.topics import Topic
from boardwork.numbers import exact, size
from boardwork.sheet import Check, Equation, Question, Tradeoff

UNITS = {"": exact, "bytes": size}


def equation(entry: dict[str, Any], topic: Topic, facts: dict[str, Any]) -> Equation | None:
    """With its checks, also those that fail."""
    here = Scope(facts, topic.values)
    here.define(entry.get("values", {}))
    values = {name: here.names[name] for name in entry.get("values", {})}
    if not here.value(entry.get("when", "True")) or None in values.values():
        return None
    rows = [{"formula": entry.get("formula", ""), **row} for row in entry.get("checks", ())]
    checks = tuple(made for made in (check(row, here) for row in rows) if made)
    text = linear(entry["latex"])
    if formula := entry.get("formula"):  # it goes on from the right side of the LaTeX
        result = here.value(formula)
        if result is None:
            return None
        numbers, said = here.filled(formula), UNITS[entry.get("unit", "")](float(str(result)))
        text += f" = {numbers} = {said}" if numbers != said else f" = {said}"
    return Equation(entry["name"], entry["latex"], text, values, checks, entry.get("source", ""))


def check(row: dict[str, str], here: Scope) -> Check | None:
    """A formula against what was measured: whole numbers are equal once fractions in it have rounded, else to 1e-6."""
    if not here.value(row.get("when", "True")):
        return None
    expected, measured = here.value(row["formula"]), here.value(row["measured"])
    if expected is None or measured is None:
        return None
    first, second = float(expected), float(measured)
    whole = isinstance(measured, int)
    ok = math.isclose(first, second, rel_tol=1e-14 if whole else 1e-6) and (not whole or round(first) == measured)
    return Check(row["claim"], here.filled(row["formula"]), _whole(first), _whole(second), ok)


def tradeoff(entry: dict[str, Any], here: Scope) -> Tradeoff | None:
    """A note with its numbers put in."""
    if not here.value(entry.get("when", "True")):
        return None
    prose = [here.prose(entry[key]) for key in ("topic", "why", "alternative", "fails_when")]
    decides = {name: _short(here.value(text)) for name, text in entry["decides"].items()}
    if None in prose or None in decides.values():
        return None
    topic, why, alternative, fails_when = (str(p) for p in prose)
    return Tradeoff(topic, why, alternative, fails_when, decides, entry["source"])


def question(entry: dict[str, Any], here: Scope) -> Question | None:
    """What an interviewer would ask, with its answer."""
    if not here.value(entry.get("when", "True")):
        return None
    ask, answer = here.prose(entry["ask"]), here.prose(entry["answer"])
    return None if ask is None or answer is None else Question(ask, answer, entry["level"])


def difference(name: str, failed: Check) -> str:
    """The footnote of a formula that the module does not keep."""
    expected, measured = exact(failed.expected), exact(failed.measured)
    result = expected if failed.formula == expected else f"{failed.formula} gives {expected}"
    return f"{name}: {result}, the module has {measured}; not printed."


def _short(value: Value) -> Value:
    """Four figures are enough for a number that decides."""
    return _whole(float(f"{value:.4g}")) if isinstance(value, float) else value


def _whole(value: float) -> float:
    return int(value) if value == int(value) else value
