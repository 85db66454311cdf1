"""The written score: how unusual a feature is, how large its number; and what a level is told."""

from __future__ import annotations

from typing import Any

import pytest

from boardwork.errors import KnowledgeError
from boardwork.facts import Facts
from boardwork.knowledge import story as telling
from boardwork.knowledge import tell
from boardwork.knowledge.scope import Scope
from boardwork.knowledge.score import LEVELS, MOST_FOR_NUMBER, OF_ITS_LEVEL, score
from boardwork.knowledge.topics import Topic

FACTS: Facts = {"attention.heads": 8, "attention.kv_heads": 2}


def points(level: str = "", **entry: Any) -> float:
    return score({"unusual": 2, "level": "mid"} | entry, Scope(FACTS, {}), level)


def note(topic: str, level: str, unusual: int, **more: Any) -> dict[str, Any]:
    empty = {"why": "", "alternative": "", "fails_when": "", "decides": {}, "source": "x"}
    return empty | {"topic": topic, "level": level, "unusual": unusual} | more


NOTES = (
    note("usual", "junior", 1),
    note("large number", "mid", 1, factor="attention.heads"),
    note("rare", "senior", 3),
    note("silent", "junior", 5, when="conv.count > 1"),
)


@pytest.fixture
def _four_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "applying", lambda facts: [Topic("t", "t", "True", 1, tradeoffs=NOTES)])


def test_a_doubling_is_a_point() -> None:
    assert points() == 2
    assert points(factor="attention.heads / attention.kv_heads") == 4
    assert points(factor="2 * attention.heads / attention.kv_heads") == 5


def test_a_number_below_one_costs_nothing_and_a_huge_one_is_bounded() -> None:
    assert points(factor="attention.kv_heads / attention.heads") == 2
    assert points(factor="conv.count") == 2
    assert points(factor="attention.heads ** 9") == 2 + MOST_FOR_NUMBER


def test_a_note_of_the_asked_level_counts_more() -> None:
    assert points("mid") == 2 + OF_ITS_LEVEL
    assert points("senior") == 2


@pytest.mark.usefixtures("_four_notes")
@pytest.mark.parametrize(
    ("level", "topics"),
    [
        ("", ["large number", "rare", "usual"]),
        ("junior", ["usual"]),
        ("mid", ["large number", "usual"]),
        ("senior", ["rare", "large number", "usual"]),
    ],
)
def test_the_most_telling_first_and_no_deeper_than_the_level(level: str, topics: list[str]) -> None:
    assert [t.topic for t in tell(FACTS, level=level).tradeoffs] == topics


@pytest.mark.usefixtures("_four_notes")
def test_at_most_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    assert telling.MOST_TRADEOFFS == 8
    monkeypatch.setattr(telling, "MOST_TRADEOFFS", 2)
    assert [t.topic for t in tell(FACTS).tradeoffs] == ["large number", "rare"]


def test_a_level_that_is_none() -> None:
    with pytest.raises(KnowledgeError, match="no level 'expert'") as caught:
        tell(FACTS, level="expert")
    assert all(level in str(caught.value) for level in LEVELS)


def test_equations_of_the_asked_level_come_before_others_in_the_order_of_rank(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = tuple(
        {"name": f"{level} {rank}", "latex": "x", "level": level, "rank": rank} for rank, level in enumerate(LEVELS)
    )
    monkeypatch.setattr(telling, "applying", lambda facts: [Topic("t", "t", "True", 1, equations=rows)])
    monkeypatch.setattr(telling, "MOST_EQUATIONS", 2)
    assert [e.name for e in tell(FACTS).equations] == ["junior 0", "mid 1"]
    assert [e.name for e in tell(FACTS, level="senior").equations] == ["junior 0", "senior 2"]
    assert [e.name for e in tell(FACTS, level="junior").equations] == ["junior 0"]
