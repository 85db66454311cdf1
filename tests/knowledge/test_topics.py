"""The topics: each is proven both ways, uses known words only, and its numbers hold on the named facts."""

from __future__ import annotations

import ast
import doctest
import tomllib
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from boardwork import numbers
from boardwork.errors import KnowledgeError
from boardwork.facts import WORDS, Facts
from boardwork.knowledge import Story, expressions, tell
from boardwork.knowledge import story as telling
from boardwork.knowledge.expressions import FUNCTIONS, evaluate, filled, parse
from boardwork.knowledge.topics import Topic, applying, read, topics

HERE = Path(__file__).parent
SETS: dict[str, dict[str, Any]] = tomllib.loads((HERE / "facts.toml").read_text(encoding="utf-8"))
LINES = [line for line in (HERE / "proofs.txt").read_text(encoding="utf-8").splitlines() if line[0] != "#"]
PROOFS = {topic.strip(): (on.split(), off.split()) for topic, on, off in (line.split("|") for line in LINES)}


def facts(name: str) -> Facts:
    """A named set, with the set it is like underneath."""
    own = dict(SETS[name])
    base = facts(own.pop("like")) if "like" in own else {}
    return base | {f"{group}.{key}": value for group, rows in own.items() for key, value in rows.items()}


def fires(topic: str, name: str, monkeypatch: pytest.MonkeyPatch) -> bool:
    """The topic alone says something about these facts."""
    monkeypatch.setattr(telling, "applying", lambda facts: [t for t in applying(facts) if t.name == topic])
    return bool((told := tell(facts(name))).equations or told.tradeoffs)


@pytest.mark.parametrize("topic", PROOFS)
def test_topic_is_proven_both_ways(topic: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fires_on, silent_on = PROOFS[topic]
    assert fires_on
    assert silent_on
    assert [name for name in fires_on if not fires(topic, name, monkeypatch)] == []
    assert [name for name in silent_on if fires(topic, name, monkeypatch)] == []


@pytest.mark.parametrize("topic", topics(), ids=lambda topic: topic.name)
def test_every_expression_of_a_topic_is_known(topic: Topic) -> None:
    text = files("boardwork.knowledge").joinpath("topics", f"{topic.name}.toml").read_text(encoding="utf-8")
    assert read(topic.name, text) == topic


def test_every_topic_has_its_proof() -> None:
    assert sorted(PROOFS) == sorted(topic.name for topic in topics())


def test_every_equation_tradeoff_and_question_is_told_of_some_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "MOST_EQUATIONS", 99)
    monkeypatch.setattr(telling, "MOST_TRADEOFFS", 99)
    monkeypatch.setattr(telling, "MOST_QUESTIONS", 99)
    stories = [tell(facts(name), questions=True) for name in SETS]
    told = {e.latex for s in stories for e in s.equations} | {t.topic for s in stories for t in s.tradeoffs}
    told |= {q.ask for s in stories for q in s.questions}
    known = {e["latex"] for t in topics() for e in t.equations} | {e["topic"] for t in topics() for e in t.tradeoffs}
    known |= {e["ask"] for t in topics() for e in t.questions}
    assert known - told == set()


@pytest.mark.parametrize(
    "name", ["bert", "wav2vec", "vit", "swin", "cross", "gqa_encoder", "mqa_encoder", "window_encoder"]
)
def test_no_cache_where_nothing_is_decoded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "MOST_EQUATIONS", 99)
    monkeypatch.setattr(telling, "MOST_TRADEOFFS", 99)
    told = tell(facts(name))
    said = [e.name + e.text for e in told.equations] + [t.topic + t.why for t in told.tradeoffs]
    assert [text for text in said if "cache" in text] == []
    assert said


@pytest.mark.parametrize("name", SETS)
def test_checks_hold_and_prose_is_finished(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(facts(name)) <= set(WORDS)
    monkeypatch.setattr(telling, "MOST_EQUATIONS", 99)
    monkeypatch.setattr(telling, "MOST_QUESTIONS", 99)
    told = tell(facts(name), questions=True)
    assert told.notes == ()
    for question in told.questions:
        assert "{" not in question.ask + question.answer
        assert question.ask.endswith("?")
    for tradeoff in told.tradeoffs:
        text = " ".join((tradeoff.topic, tradeoff.why, tradeoff.alternative, tradeoff.fails_when))
        assert "{" not in text
        assert tradeoff.decides
        assert tradeoff.source


def test_formulas_use_the_symbols_that_the_equation_shows() -> None:
    for topic in topics():
        for equation in topic.equations:
            names = {n.id for n in ast.walk(ast.parse(equation.get("formula", "0"))) if isinstance(n, ast.Name)}
            assert names - set(FUNCTIONS) <= set(equation.get("values", {})), equation["name"]


def test_nothing_is_said_of_nothing() -> None:
    assert tell({}) == Story()


def test_whiteboard_example() -> None:
    told = tell(facts("encoder"))
    texts = [e.text for e in told.equations]
    assert "dₖ = d_model / heads = 512 / 8 = 64" in texts
    assert any("= seq_len × seq_len" in t and "O(seq_len²)" in t for t in texts)
    assert [t.topic for t in told.tradeoffs][:2] == ["Multi-head vs one wide head", "MHA vs GQA and MQA: the KV cache"]
    assert (len(told.equations), len(told.tradeoffs), told.questions) == (9, 7, ())


def test_a_formula_whose_check_fails_is_a_note_and_no_equation() -> None:
    told, whole = tell(facts("encoder") | {"attention.params": 1}), tell(facts("encoder"))
    assert "Attention parameters" in {e.name for e in whole.equations} - {e.name for e in told.equations}
    assert all(check.ok for e in told.equations for check in e.checks)
    assert whole.notes == ()
    assert told.notes[0].startswith("Attention parameters: ")
    assert told.notes[0].endswith(" gives 1,050,624, the module has 1; not printed.")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("attention.heads > 1 and not attention.cross", True),
        ("conv.kernel > 1", None),
        ("conv.kernel > 1 or attention.heads == 8", True),
        ("conv.kernel > 1 and attention.heads == 8", None),
        ("not conv.kernel", True),
        ("conv.kernel * 2", None),
        ("floor(7 / 2) + 7 // 2 + sqrt(16) + log2(8) + max(1, 2)", 15),
        ("attention.heads in (8, 16)", True),
    ],
)
def test_expressions(text: str, value: object) -> None:
    assert evaluate(text, facts("encoder")) == value


@pytest.mark.parametrize(
    "text",
    ["attention.head", "heads", "__import__('os')", "(1).real", "[1][0]", "lambda: 1", "open('x')", "1 +", "2 ** 999"],
)
def test_what_is_outside_the_language(text: str) -> None:
    with pytest.raises(KnowledgeError):
        evaluate(text, {})


@pytest.mark.parametrize("module", [numbers, expressions])
def test_examples_in_the_docstrings(module: ModuleType) -> None:
    tested = doctest.testmod(module)
    assert (tested.failed, tested.attempted > 0) == (0, True)


def test_numbers_are_put_in_as_written() -> None:
    names: Facts = {"d": 512, "h": 8, "a": 3}
    assert filled("4 * d**2 + (a - 1) / h", names, frozenset(names)) == "4 · 512² + (3 − 1) / 8"
    assert filled("(d + 2 * a - h) // a + 0", names, frozenset(names)) == "⌊(512 + 2 · 3 − 8) / 3⌋"
    assert parse("1 / sqrt(d)", frozenset("d"))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("title = 'x'\nwhen = 'attention.head'\nrank = 1", "attention.head"),
        ("title = 'x'\nrank = 1", "when"),
        ("title = 'x'\nwhen = 'True'\nrank = 1\nwhy = 'x'", "why"),
        ("title = 'x'\nwhen = 'True'\nrank = 1\n[[equation]]\nname = 'x'\nlatex = 'x'\nformula = 'y'", "y"),
    ],
)
def test_a_damaged_file_is_named(wrong: str, message: str) -> None:
    with pytest.raises(KnowledgeError, match=message) as caught:
        read("topic", wrong)
    assert caught.value.where.startswith("topic")
