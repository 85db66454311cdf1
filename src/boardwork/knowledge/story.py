"""Facts -> the equations, trade-offs, questions and symbols that the topics have for this model, the best first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from boardwork.facts import Facts, Summands
from boardwork.knowledge.entries import difference, equation, question, tradeoff
from boardwork.knowledge.scope import Scope
from boardwork.knowledge.score import asked, checked, score
from boardwork.knowledge.sums import sums
from boardwork.knowledge.topics import Topic, applying
from boardwork.sheet import Equation, Question, Symbol, Tradeoff

MOST_EQUATIONS, MOST_TRADEOFFS, MOST_QUESTIONS = 12, 8, 8
Said = TypeVar("Said")
Ranked = tuple[int, str, Equation]  # the smallest rank is the most important; the level


@dataclass(frozen=True)
class Story:
    """What knowledge says about one model; empty where it has nothing to say."""

    equations: tuple[Equation, ...] = ()
    tradeoffs: tuple[Tradeoff, ...] = ()
    symbols: dict[str, Symbol] = field(default_factory=dict)
    letters: dict[str, str] = field(default_factory=dict)  # word of facts.py -> the symbol that formulas have for it
    notes: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()


def tell(facts: Facts, summands: Summands | None = None, *, level: str = "", questions: bool = False) -> Story:
    """What the topics say about the model with these facts. Silent where nothing applies.

    `summands`: what adds up to its totals, for the equations that say so. `level`: junior, mid or senior, "" for all.
    `questions`: also what an interviewer would ask of it.
    A formula whose check fails is no fact: it is left out, and a note says by how much it is off.

    Raises:
        KnowledgeError: a topic is damaged, or there is no such level.
    """
    checked(level)
    fitting = applying(facts)
    totals = list(_sums(summands, facts)) if summands and level != "junior" else []
    found = [*_ranked(fitting, facts, level), *totals]
    asking = _told(fitting, facts, level, "questions", question) if questions else []
    return Story(
        _shown(found, totals, level),
        tuple(_told(fitting, facts, level, "tradeoffs", tradeoff)[:MOST_TRADEOFFS]),
        _symbols(fitting, facts),
        {symbol["value"]: name for topic in reversed(fitting) for name, symbol in topic.symbols.items()},
        _differences(found),
        tuple(asking[:MOST_QUESTIONS]),
    )


def _ranked(fitting: list[Topic], facts: Facts, level: str) -> Iterator[Ranked]:
    for topic, entry in _entries(fitting, "equations", level):
        if made := equation(entry, topic, facts):
            yield entry.get("rank", topic.rank), entry["level"], made


def _sums(summands: Summands, facts: Facts) -> Iterator[Ranked]:
    yield from ((rank, "mid", made) for rank, made in sums(summands, facts))


def _shown(found: list[Ranked], totals: list[Ranked], level: str) -> tuple[Equation, ...]:
    """The totals and the first by rank, those of the asked level before others; in the order of their ranks."""
    right = [ranked for ranked in found if all(check.ok for check in ranked[2].checks)]
    chosen = sorted(right, key=lambda ranked: (ranked not in totals, ranked[1] != level, ranked[0]))[:MOST_EQUATIONS]
    return tuple(made for _, _, made in _by_rank(chosen))


def _differences(found: list[Ranked]) -> tuple[str, ...]:
    """What is to be said of the equations that are wrong here: the first check of each that fails."""
    failed = [(made.name, [check for check in made.checks if not check.ok]) for _, _, made in _by_rank(found)]
    return tuple(dict.fromkeys(difference(name, checks[0]) for name, checks in failed if checks))


def _by_rank(found: list[Ranked]) -> list[Ranked]:
    return sorted(found, key=lambda ranked: ranked[0])


def _told(
    fitting: list[Topic], facts: Facts, level: str, kind: str, make: Callable[[dict[str, Any], Scope], Said | None]
) -> list[Said]:
    """The most telling first; of two that tell as much, the one of the topic that ranks first."""
    found: list[tuple[float, Said]] = []
    for topic, entry in _entries(fitting, kind, level):
        here = Scope(facts, topic.values)
        made = make(entry, here)
        if made is not None:
            found.append((-score(entry, here, level), made))
    return [made for _, made in sorted(found, key=lambda scored: scored[0])]


def _entries(fitting: list[Topic], kind: str, level: str) -> Iterator[tuple[Topic, dict[str, Any]]]:
    for topic in fitting:
        yield from ((topic, entry) for entry in getattr(topic, kind) if asked(entry, level))


def _symbols(fitting: list[Topic], facts: Facts) -> dict[str, Symbol]:
    found: dict[str, Symbol] = {}
    for topic in fitting:
        here = Scope(facts, topic.values)
        for name, symbol in topic.symbols.items():
            value = here.value(symbol["value"])
            if value is not None and not isinstance(value, float):
                found.setdefault(name, Symbol(value, symbol["meaning"]))
    return found
