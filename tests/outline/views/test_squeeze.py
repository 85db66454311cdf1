"""Neighbours that join have a name that says what is in them."""

from __future__ import annotations

from tests.outline import written
from tests.outline.test_families import FOLDER

from boardwork.outline.blocks import Block
from boardwork.outline.flow import Flow
from boardwork.outline.views.squeeze import Squeeze

SHARES = {"Stem": 0.3, "Residual block": 0.3, "LayerNorm": 0.01}


def joined(*labels: str) -> Block:
    squeeze = Squeeze(
        Flow(written.traced(FOLDER / "arithmetic.py", "pairs")), lambda box: SHARES[box.label], whole=True
    )
    return squeeze.joined([Block(label) for label in labels])


def test_two_sorts_that_hold_alike_are_told_in_order_of_execution() -> None:
    assert (joined("Stem", "Residual block").label, joined("Stem", "Residual block").detail) == (
        "Stem + Residual block",
        "",
    )


def test_what_holds_little_is_told_in_the_second_line() -> None:
    box = joined("Stem", "LayerNorm", "Residual block", "LayerNorm")
    assert (box.label, box.detail) == ("Stem + Residual block", "with 2 × LayerNorm")
