"""What a full page gives up, and what it takes back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from boardwork.render.drawing.style import DENSE
from boardwork.render.page.attempt import best
from boardwork.render.page.choice import choices
from boardwork.render.page.detail import Detail
from boardwork.render.page.reduced import _loosened
from boardwork.render.panels.contents import Contents
from boardwork.render.paper import paper_size
from boardwork.sheet import Sheet

LLAMA = Sheet.from_json(Path(__file__).parents[2] / "diagrams/transformer/llama-3-8b/sheet.json")


def test_figures_are_loosened_where_room_is_left_and_only_there() -> None:
    detail, contents, turns = Detail(LLAMA), Contents(DENSE), [paper_size("a4")]
    found = choices(detail, turns, contents)[0]
    dearest = tuple(max(forms, key=lambda form: form.price) for forms in found.others)
    tight = replace(found, forms=dearest, contents=contents)
    bare = detail.without(detail.order)
    full = best(bare, turns, contents, tight.figures)
    assert full is not None
    loosened = _loosened(full, tight, turns)
    assert sum(form.price for form in dearest) > 0
    assert [p.width * p.height for p in loosened.figures] != [p.width * p.height for p in full.figures]
    assert loosened.sheet is bare
    cheapest = tuple(min(forms, key=lambda form: form.price) for forms in found.others)
    again = replace(found, forms=cheapest, contents=contents)
    assert _loosened(full, again, turns) is full
