"""Facts -> the equations, trade-offs and symbols that the topics have for this model, the most important first."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from boardwork.facts import Facts
from boardwork.formula import linear
from boardwork.knowledge.expressions import Value, evaluate, filled
from boardwork.knowledge.topics import HOLE, Topic, topics
from boardwork.numbers import count, exact, size
from boardwork.sheet import Check, Equation, Symbol, Tradeoff

MOST_EQUATIONS, MOST_TRADEOFFS = 8, 6
UNITS = {"": exact, "bytes": size}


@dataclass(frozen=True)
class Story:
    """What knowledge says about one model; empty where it has nothing to say."""

    equations: tuple[Equation, ...] = ()
    tradeoffs: tuple[Tradeoff, ...] = ()
    symbols: dict[str, Symbol] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class Scope:
    """Facts and the short names of one file."""

    def __init__(self, facts: Facts, values: dict[str, str]) -> None:
        self.names: dict[str, Value] = dict(facts)
        self.local: frozenset[str] = frozenset()
        self.define(values)

    def define(self, values: dict[str, str]) -> None:
        for name, text in values.items():
            self.names[name] = self.value(text)
            self.local |= {name}

    def value(self, text: str) -> Value:
        return evaluate(text, self.names, self.local)

    def filled(self, text: str) -> str:
        return filled(text, self.names, self.local)

    def prose(self, text: str) -> str | None:
        """The sentence with its `{expressions}` put in; None if one is absent."""
        found = [self.value(hole) for hole in HOLE.findall(text)]
        if None in found:
            return None
        said = iter([v if isinstance(v, str) else count(float(v or 0)) for v in found])
        return HOLE.sub(lambda _: next(said), text)


def tell(facts: Facts) -> Story:
    """What the topics say about the model with these facts. Silent where nothing applies.

    A formula whose check fails is no fact: it is left out, and a note says by how much it is off.

    Raises:
        KnowledgeError: a topic is damaged.
    """
    equations: list[tuple[int, int, Equation]] = []
    tradeoffs: list[tuple[int, int, Tradeoff]] = []
    symbols: dict[str, Symbol] = {}
    notes: list[str] = []
    for place, topic in enumerate(t for t in topics() if evaluate(t.when, facts)):
        here = Scope(facts, topic.values)
        for entry in topic.equations:
            equation = _equation(entry, facts, topic)
            if equation and (failed := [check for check in equation.checks if not check.ok]):
                notes.append(_difference(equation.name, failed[0]))
            elif equation:
                equations.append((entry.get("rank", topic.rank), place, equation))
        for entry in topic.tradeoffs:
            if tradeoff := _tradeoff(entry, here):
                tradeoffs.append((entry.get("rank", topic.rank), place, tradeoff))
        for name, symbol in topic.symbols.items():
            value = here.value(symbol["value"])
            if value is not None and not isinstance(value, float):
                symbols.setdefault(name, Symbol(value, symbol["meaning"]))
    return Story(
        tuple(e for _, _, e in sorted(equations, key=lambda t: t[:2])[:MOST_EQUATIONS]),
        tuple(t for _, _, t in sorted(tradeoffs, key=lambda t: t[:2])[:MOST_TRADEOFFS]),
        symbols,
        tuple(dict.fromkeys(notes)),
    )


def _equation(entry: dict[str, Any], facts: Facts, topic: Topic) -> Equation | None:
    here = Scope(facts, topic.values)
    here.define(entry.get("values", {}))
    values = {name: here.names[name] for name in entry.get("values", {})}
    if not here.value(entry.get("when", "True")) or None in values.values():
        return None
    rows = [{"formula": entry.get("formula", ""), **row} for row in entry.get("checks", ())]
    checks = tuple(check for check in (_check(row, here) for row in rows) if check)
    text = linear(entry["latex"])
    if formula := entry.get("formula"):  # it goes on from the right side of the LaTeX
        result = here.value(formula)
        if result is None:
            return None
        numbers, said = here.filled(formula), UNITS[entry.get("unit", "")](float(str(result)))
        text += f" = {numbers} = {said}" if numbers != said else f" = {said}"
    return Equation(entry["name"], entry["latex"], text, values, checks, entry.get("source", ""))


def _check(row: dict[str, str], here: Scope) -> Check | None:
    """A formula against what was measured: exact for whole numbers, to 1e-6 otherwise."""
    if not here.value(row.get("when", "True")):
        return None
    expected, measured = here.value(row["formula"]), here.value(row["measured"])
    if expected is None or measured is None:
        return None
    first, second = float(expected), float(measured)
    ok = first == second if isinstance(measured, int) else math.isclose(first, second, rel_tol=1e-6)
    return Check(row["claim"], here.filled(row["formula"]), _whole(first), _whole(second), ok)


def _difference(name: str, check: Check) -> str:
    expected, measured = exact(check.expected), exact(check.measured)
    result = expected if check.formula == expected else f"{check.formula} gives {expected}"
    return f"{name}: {result}, the module has {measured}; not printed."


def _short(value: Value) -> Value:
    """Four figures are enough for a number that decides."""
    return _whole(float(f"{value:.4g}")) if isinstance(value, float) else value


def _whole(value: float) -> float:
    return int(value) if value == int(value) else value


def _tradeoff(entry: dict[str, Any], here: Scope) -> Tradeoff | None:
    if not here.value(entry.get("when", "True")):
        return None
    prose = [here.prose(entry[key]) for key in ("topic", "why", "alternative", "fails_when")]
    decides = {name: _short(here.value(text)) for name, text in entry["decides"].items()}
    if None in prose or None in decides.values():
        return None
    topic, why, alternative, fails_when = (str(p) for p in prose)
    return Tradeoff(topic, why, alternative, fails_when, decides, entry["source"])
