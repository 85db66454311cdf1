"""Sheets -> what changed from the first model to each other one, a line each with the numbers of both, and why."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from boardwork.comparison.record import Change
from boardwork.comparison.words import entries, number, said
from boardwork.facts import Facts
from boardwork.knowledge.entries import tradeoff
from boardwork.knowledge.expressions import evaluate
from boardwork.knowledge.scope import Scope, put_in
from boardwork.knowledge.score import score
from boardwork.knowledge.topics import Topic, applying
from boardwork.sheet import Sheet

OTHER = re.compile(r"\{other: ([^{}]+)\}")
MOST_ALONE = 2  # trade-offs that only one model has and no line here speaks of


def changes(sheets: Sequence[Sheet]) -> tuple[Change, ...]:
    """The lines of changes.toml that apply, then the most telling trade-offs that only one of the models has."""
    found: list[Change] = []
    for place in range(1, len(sheets)):
        pair = (sheets[0].facts, sheets[place].facts)
        lines, covered = _written(pair, place)
        found += lines
        found += _alone(pair, place, covered) if len(sheets) == len(pair) else ()
    return tuple(dict.fromkeys(found))


def _written(pair: tuple[Facts, Facts], place: int) -> tuple[list[Change], set[str]]:
    """Lines of the later model where they are true of it, else of the first."""
    found: list[Change] = []
    covered: set[str] = set()
    for entry in entries("changes.toml", "change"):
        for subject, one, other in ((place, pair[1], pair[0]), (0, pair[0], pair[1])):
            text = _text(entry, one, other)
            if text is not None:
                found.append(Change(entry["topic"], text, subject, entry["source"]))
                covered.update(entry.get("covers", ()))
                break
    return found, covered


def _text(entry: dict[str, Any], one: Facts, other: Facts) -> str | None:
    """The line with the numbers of both; None where it is not true."""
    if not evaluate(entry["one"], one) or not evaluate(entry["other"], other):
        return None
    if "value" in entry and evaluate(entry["value"], one) == evaluate(entry["value"], other):
        return None
    text = put_in(entry["text"], lambda hole: evaluate(hole, other), number, OTHER)
    return None if text is None else said(text, one)


def _alone(pair: tuple[Facts, Facts], place: int, covered: Collection[str]) -> Iterator[Change]:
    """What knowledge says of one model and not of the other."""
    fitting = [applying(facts) for facts in pair]
    for subject, facts, own, others in ((place, pair[1], fitting[1], fitting[0]), (0, pair[0], fitting[0], fitting[1])):
        told_of = {topic.name for topic in others} | set(covered)
        told = [line for topic in own if topic.name not in told_of for line in _tradeoffs(topic, facts)]
        best = sorted(told, key=lambda line: -line[0])[:MOST_ALONE]
        yield from (Change(topic, why, subject, source) for _, topic, why, source in best)


def _tradeoffs(topic: Topic, facts: Facts) -> Iterator[tuple[float, str, str, str]]:
    here = Scope(facts, topic.values)
    for entry in topic.tradeoffs:
        made = tradeoff(entry, here)
        if made is not None:
            yield score(entry, here), made.topic, made.why, made.source
