"""The forms of a figure and what a page pays for them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from boardwork.figure.jumps import jumps
from boardwork.figure.primitives import Box, Figure
from boardwork.render.drawing.marks import Label
from boardwork.render.page.forms import usual_forms
from boardwork.render.page.inspection import inspect
from boardwork.render.page.sheet import page
from boardwork.sheet import Diagram, Edge, Node, Sheet

LLAMA = Sheet.from_json(Path(__file__).parents[2] / "diagrams/transformer/llama-3-8b/sheet.json")
STEPS = 4
PAIR = Diagram(
    (
        Node("x", "source", "(batch, src_len)", "input"),
        *(Node(f"e{i}", f"Encoder step {i}") for i in range(STEPS)),
        Node("z", "target", "(batch, tgt_len)", "input"),
        *(Node(f"d{i}", f"Decoder step {i}") for i in range(STEPS)),
        Node("y", "logits", "(batch, tgt_len, vocab)", "output"),
    ),
    (
        Edge("x", "e0"),
        *(Edge(f"e{i}", f"e{i + 1}") for i in range(STEPS - 1)),
        Edge("z", "d0"),
        *(Edge(f"d{i}", f"d{i + 1}") for i in range(STEPS - 1)),
        Edge(f"e{STEPS - 1}", "d2"),
        Edge(f"d{STEPS - 1}", "y"),
    ),
)


def test_towers_one_under_the_other_cost_more_than_tighter_boxes() -> None:
    forms = [form for form in usual_forms(PAIR, [(555.0, 690.0)]) if form.metrics.shapes]
    side_by_side = [is_level(form.figure) for form in forms]
    assert not any(jumps(form.figure) for form in forms)
    assert min(f.price for f, level in zip(forms, side_by_side, strict=True) if not level) > max(
        f.price for f, level in zip(forms, side_by_side, strict=True) if level
    )


def is_level(figure: Figure) -> bool:
    at = {item.node: item.y for item in figure.primitives if isinstance(item, Box)}
    return at["e0"] == at["d0"]


def test_towers_stand_side_by_side_on_a_full_page() -> None:
    drawn = page(dataclasses.replace(LLAMA, big_picture=PAIR), "a4")
    at = {mark.string: mark.y for mark in drawn.marks if isinstance(mark, Label)}
    assert at["Encoder step 0"] == at["Decoder step 0"]
    assert not inspect(drawn).overlaps
