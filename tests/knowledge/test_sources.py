"""What the topics cite: papers with author, year and title, told with their section in one form."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from boardwork.knowledge.topics import topics

LINES = Path(__file__).with_name("papers.txt").read_text(encoding="utf-8").splitlines()
PAPERS = {line.split(" | ")[0]: line.split(" | ")[1:] for line in LINES if line[0] != "#"}
NUMBER = r"[\dA-Z][\dA-Z.]*"
PLACE = rf"(?: (?:sections?|equations?|tables?|chapter|appendix) {NUMBER}(?: and {NUMBER})?)?"
FORM = re.compile(rf"(?P<paper>arXiv:\d{{4}}\.\d{{4,5}}|[A-Z]\w+ (?:19|20)\d\d){PLACE}")


def cited() -> list[tuple[str, str]]:
    """Topic and source, one for each paper of an equation or trade-off."""
    entries = [(topic, entry) for topic in topics() for entry in (*topic.equations, *topic.tradeoffs)]
    return [(topic.name, part) for topic, entry in entries for part in entry.get("source", "").split(", ")]


@pytest.mark.parametrize("topic", sorted({name for name, _ in cited()}))
def test_every_source_is_a_paper_in_one_form(topic: str) -> None:
    for part in (part for name, part in cited() if name == topic):
        found = FORM.fullmatch(part)
        assert found, part
        assert found["paper"] in PAPERS, part


def test_every_paper_has_author_year_and_title_and_is_cited() -> None:
    for paper, (who, title) in PAPERS.items():
        assert re.fullmatch(r"[A-Za-z][\w .-]* (?:19|20)\d\d", who), paper
        assert len(title) > 8 or title == "Deep Sets" or title in ("Mask R-CNN", "Mistral 7B"), paper
        number = re.match(r"arXiv:(\d\d)(\d\d)", paper)
        assert number is None or int(who[-4:]) in (2000 + int(number[1]), 2001 + int(number[1]), 1999 + int(number[1]))
    assert {FORM.match(part)["paper"] for _, part in cited() if FORM.match(part)} == set(PAPERS)
