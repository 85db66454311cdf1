"""What is said of ten models, as text to be read: a target, then its trade-offs and questions.

`pytest tests/knowledge --accept` writes what came out, if every check holds.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from boardwork.knowledge import Story, tell
from boardwork.measure import measure, summands
from boardwork.outline import outline
from boardwork.targets import load
from boardwork.trace import trace

CASES = sorted((Path(__file__).parents[1] / "cases" / "notes").glob("*.txt"))


def lines(story: Story) -> Iterator[str]:
    for tradeoff in story.tradeoffs:
        yield f"\n{tradeoff.topic} [{tradeoff.source}]"
        for word in ("why", "alternative", "fails_when"):
            yield from textwrap.wrap(
                getattr(tradeoff, word), 110, initial_indent=f"  {word:<12}", subsequent_indent=" " * 14
            )
        yield f"  decides     {', '.join(f'{name} = {value}' for name, value in tradeoff.decides.items())}"
    for question in story.questions:
        yield f"\n{question.ask} ({question.level})"
        yield from textwrap.wrap(question.answer, 110, initial_indent="  ", subsequent_indent="  ")


def told(target: str) -> Story:
    found = outline(trace(load(target)))
    return tell(measure(found), summands(found), questions=True)


def test_there_are_ten() -> None:
    assert len(CASES) == 10


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_notes_of_a_model(path: Path, request: pytest.FixtureRequest) -> None:
    target, _, wanted = path.read_text(encoding="utf-8").partition("\n---\n")
    story = told(target)
    assert story.notes == ()
    assert [check for equation in story.equations for check in equation.checks if not check.ok] == []
    said = "\n".join(lines(story)) + "\n"
    if request.config.getoption("--accept"):
        path.write_text(f"{target}\n---\n{said}", encoding="utf-8")
    else:
        assert said == wanted, f"pytest tests/knowledge --accept, then read the change of {path.name}"
