"""Neighbours that join have a name that says what is in them."""

from __future__ import annotations

from itertools import pairwise

import torch
from tests.outline import written
from tests.outline.test_families import FOLDER
from torch import Tensor, nn

from boardwork.outline import outline
from boardwork.outline.blocks import Block
from boardwork.outline.flow import Flow
from boardwork.outline.views.squeeze import Squeeze, counted
from boardwork.targets import from_module
from boardwork.trace import trace

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


class Field(nn.Module):
    """Linear layers that lists hold, more than a picture has boxes, with the input once more between the lists."""

    def __init__(self) -> None:
        super().__init__()
        widths = ([3, 8, 8, 8, 16], [19, 8, 9, 10, 11, 12], [15, 8, 7, 6, 5, 4, 3])
        self.lists = nn.ModuleList(
            nn.ModuleList(nn.Linear(*pair) for pair in pairwise(sequence)) for sequence in widths
        )

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for number, layers in enumerate(self.lists):
            y = torch.cat([y, x], -1) if number else y
            for layer in layers:
                y = layer(y).relu()
        return y


def test_linear_layers_in_series_are_one_perceptron() -> None:
    boxes = outline(trace(from_module(Field(), (torch.empty(5, 3),)))).big_picture.boxes
    told = [(box.label, box.detail) for box in boxes if box.children]
    widths = ("3 → 8 → 8 → 8 → 16", "19 → 8 → 9 → 10 → 11 → 12", "15 → 8 → 7 → 6 → 5 → 4 → 3")
    assert told == [("MLP", words) for words in widths]


def test_what_is_counted_and_begins_with_a_sign_stands_in_parentheses() -> None:
    assert [counted(2, "× 0.5"), counted(3, "Conv 3×3"), counted(1, "× 0.5")] == [
        "2 × (× 0.5)",
        "3 × Conv 3×3",
        "× 0.5",
    ]
