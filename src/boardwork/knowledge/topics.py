"""A folder of TOML files -> topics; `read` checks one: every word known, every field spelled right."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from boardwork.errors import KnowledgeError
from boardwork.facts import Facts
from boardwork.knowledge.expressions import evaluate, parse
from boardwork.knowledge.scope import HOLE
from boardwork.knowledge.score import LEVELS

_SCORED = {"level", "unusual", "factor"}  # see score.py
FIELDS = {
    "topic": {"title", "when", "rank", "values", "symbols", "equation", "tradeoff", "question"},
    "equation": {"name", "latex", "when", "rank", "level", "values", "formula", "unit", "checks", "source"},
    "tradeoff": {"topic", "when", "why", "alternative", "fails_when", "decides", "source"} | _SCORED,
    "question": {"ask", "answer", "when"} | _SCORED,
    "check": {"claim", "when", "formula", "measured"},  # without a formula: the equation's,
}
DEFAULTS: dict[str, dict[str, Any]] = {
    "equation": {"level": "junior"},
    "tradeoff": {"level": "mid"},
    "question": {"level": "mid", "unusual": 2},
}


@dataclass(frozen=True)
class Topic:
    """One file. `rank` orders topics, the smallest first; an equation may have a rank of its own.

    `values` are the short names that the other expressions of the file may use, in the order of definition.
    """

    name: str
    title: str
    when: str
    rank: int
    values: dict[str, str] = field(default_factory=dict)
    symbols: dict[str, dict[str, str]] = field(default_factory=dict)
    equations: tuple[dict[str, Any], ...] = ()
    tradeoffs: tuple[dict[str, Any], ...] = ()
    questions: tuple[dict[str, Any], ...] = ()


@cache
def topics() -> tuple[Topic, ...]:
    """All topics of the package, the smallest rank first.

    An expression is checked where a model needs it; the tests check all of them by `read`.

    Raises:
        KnowledgeError: a file is damaged, or has an unknown field.
    """
    return tuple(_filed(name) for name in _heads())


def applying(facts: Facts) -> list[Topic]:
    """The topics whose condition holds, the smallest rank first; the others are read no further than to it.

    Raises:
        KnowledgeError: as `topics`, or a condition is no expression over facts.
    """
    return [_filed(name) for name, when in _heads().items() if evaluate(when, facts)]


@cache
def _heads() -> dict[str, str]:
    """Name of each topic and its condition, the smallest rank first; what stands before its first table is short."""
    names = sorted(p.name.removesuffix(".toml") for p in _folder().iterdir() if p.name.endswith(".toml"))
    found: list[tuple[int, str, str]] = []
    for name in names:
        with _named(name):
            head = tomllib.loads(_text(name).partition("\n[")[0])
            found.append((head["rank"], name, head["when"]))
    return {name: when for _, name, when in sorted(found)}


@cache
def _filed(name: str) -> Topic:
    return _topic(name, _text(name))


def _text(name: str) -> str:
    return (_folder() / f"{name}.toml").read_text(encoding="utf-8")


def _folder() -> Traversable:
    return files("boardwork.knowledge") / "topics"


def read(name: str, text: str) -> Topic:
    """One topic from the text of its file, with every expression parsed.

    Raises:
        KnowledgeError: no TOML, an unknown word, or a field that is missing or misspelt.
    """
    topic = _topic(name, text)
    with _named(name):
        _check(topic)
    return topic


def _topic(name: str, text: str) -> Topic:
    with _named(name):
        data = tomllib.loads(text)
        _known(data, "topic")
        return Topic(
            name,
            data["title"],
            data["when"],
            data["rank"],
            data.get("values", {}),
            data.get("symbols", {}),
            *(tuple({**default, **entry} for entry in data.get(kind, ())) for kind, default in DEFAULTS.items()),
        )


@contextmanager
def _named(name: str) -> Iterator[None]:
    """What goes wrong inside is told with the name of the file."""
    try:
        yield
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise KnowledgeError(f"The knowledge file is damaged: {error!r}", where=name) from error
    except KnowledgeError as error:
        raise KnowledgeError(error.message, where=f"{name}.toml", hint=error.hint) from error


def _known(data: dict[str, Any], kind: str) -> None:
    if wrong := set(data) - FIELDS[kind]:
        raise KnowledgeError(f"A {kind} has no field {sorted(wrong)[0]!r}", hint=f"one of {sorted(FIELDS[kind])}")


def _check(topic: Topic) -> None:
    """Parse every expression with the names that it may use."""
    parse(topic.when)
    seen: frozenset[str] = frozenset()
    for name, text in topic.values.items():
        parse(text, seen)
        seen |= {name}
    for symbol in topic.symbols.values():
        parse(symbol["value"], seen)
        assert symbol["meaning"]
    for equation in topic.equations:
        _check_equation(equation, seen)
    for tradeoff in topic.tradeoffs:
        prose = " ".join(tradeoff[key] for key in ("topic", "why", "alternative", "fails_when", "source"))
        _check_scored("tradeoff", tradeoff, prose, seen)
        _parse_all(list(tradeoff["decides"].values()), seen)
    for question in topic.questions:
        _check_scored("question", question, question["ask"] + question["answer"], seen)


def _check_equation(equation: dict[str, Any], seen: frozenset[str]) -> None:
    _known(equation, "equation")
    _known_level(equation)
    own = equation.get("values", {})
    _parse_all([*own.values(), equation.get("when", "True"), equation.get("formula", "0")], seen | set(own))
    for check in equation.get("checks", ()):
        _known(check, "check")
        formula = check.get("formula") or equation["formula"]
        _parse_all([formula, check["measured"], check.get("when", "True")], seen | set(own))
    assert equation["name"], equation["latex"]


def _check_scored(kind: str, entry: dict[str, Any], prose: str, seen: frozenset[str]) -> None:
    _known(entry, kind)
    _known_level(entry)
    if entry["unusual"] not in range(1, 6):
        raise KnowledgeError(f"`unusual` is 1 to 5, not {entry['unusual']!r}", hint="see boardwork/knowledge/score.py")
    _parse_all([*HOLE.findall(prose), entry.get("factor", "1"), entry.get("when", "True")], seen)


def _known_level(entry: dict[str, Any]) -> None:
    if entry["level"] not in LEVELS:
        raise KnowledgeError(f"There is no level {entry['level']!r}", hint=f"one of {LEVELS}")


def _parse_all(texts: list[str], local: frozenset[str]) -> None:
    for text in texts:
        parse(text, local)
