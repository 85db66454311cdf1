"""No number of a note is typed by hand but those that the list gives a reason for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from boardwork.knowledge.scope import HOLE
from boardwork.knowledge.topics import topics

LINES = Path(__file__).with_name("typed_numbers.txt").read_text(encoding="utf-8").splitlines()
GIVEN = {tuple(part.strip() for part in line.split("|")[:2]) for line in LINES if line[0] != "#"}
PROSE = ("topic", "why", "alternative", "fails_when", "ask", "answer")
NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)*(?:\s?%)?")
OF_FORMULAS = {"0", "1", "2", "3", "4"}  # as in 1 − p, 3 × 3, a slope of at most 1/4


def typed(entry: dict[str, Any]) -> set[str]:
    """The numbers outside of expressions."""
    text = " ".join(HOLE.sub("{}", entry.get(key, "")) for key in PROSE)
    return {found for found in NUMBER.findall(text) if found not in OF_FORMULAS}


def test_every_number_of_a_note_is_an_expression_or_has_a_reason() -> None:
    found = {(topic.name, n) for topic in topics() for e in (*topic.tradeoffs, *topic.questions) for n in typed(e)}
    assert found == GIVEN


def test_the_list_gives_reasons() -> None:
    assert all(len(line.split("|")) == 3 and line.split("|")[2].strip() for line in LINES if line[0] != "#")
