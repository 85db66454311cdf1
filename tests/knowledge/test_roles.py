"""Every kind of block that the outline knows: some topic gives its equation, wherever it stands; states are counted."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import pytest
from tests.outline import written
from tests.outline.test_families import CASES, FOLDER

from boardwork.facts import Facts
from boardwork.knowledge.entries import equation
from boardwork.knowledge.topics import applying, topics
from boardwork.measure import measure
from boardwork.measure.examples import everything
from boardwork.outline import outline

ROLES = tomllib.loads(Path(__file__).with_name("roles.toml").read_text(encoding="utf-8"))
DEFINED: dict[str, list[str]] = ROLES["equation"]
KEEPS = {"recurrent", "scan", "linear_recurrence", "delta_rule"}  # a state from step to step


@cache
def seen(family: str, name: str) -> tuple[set[str], Facts]:
    """Kinds of the blocks of a hand-written model, and its facts."""
    found = outline(written.traced(FOLDER / f"{family}.py", name))
    return {block.kind for block in everything(found.root)}, measure(found)


def told(facts: Facts) -> set[str]:
    """The topics that have an equation for these facts."""
    return {topic.name for topic in applying(facts) if any(equation(entry, topic, facts) for entry in topic.equations)}


@pytest.mark.parametrize(("family", "name"), CASES)
def test_every_block_has_its_equation(family: str, name: str) -> None:
    kinds, facts = seen(family, name)
    assert kinds - {*DEFINED, *ROLES["part"], *ROLES["round"]["layers"]} == set()
    have = told(facts)
    assert [kind for kind in sorted(kinds & set(DEFINED)) if not have & set(DEFINED[kind])] == []


@pytest.mark.parametrize(("family", "name"), CASES)
def test_what_keeps_a_state_tells_its_bytes(family: str, name: str) -> None:
    kinds, facts = seen(family, name)
    assert not kinds & KEEPS or facts.get("state.bytes", 0)


@pytest.mark.parametrize("kind", [*DEFINED, *ROLES["part"]])
def test_every_row_is_of_some_model(kind: str) -> None:
    assert any(kind in seen(family, name)[0] for family, name in CASES)


@pytest.mark.parametrize("kind", [kind for kind in DEFINED if kind not in ROLES["still"]["kinds"]])
def test_what_grows_is_told(kind: str) -> None:
    """Some model with the block has a law for its multiply-adds."""
    assert any(kind in seen(family, name)[0] and "growth.axis" in seen(family, name)[1] for family, name in CASES)


def test_every_topic_of_the_table_is_one() -> None:
    assert {topic for rows in DEFINED.values() for topic in rows} <= {topic.name for topic in topics()}
