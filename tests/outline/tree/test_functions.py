"""Helpers of a forward -> boxes with their names, unless they hold weights or something recognised."""

from __future__ import annotations

from types import FunctionType

import torch
from torch import nn

from boardwork.outline import outline
from boardwork.outline.blocks import Block
from boardwork.targets import from_module
from boardwork.trace import trace


class Helped(nn.Module):
    """Linear layers round what `work` does with the values between them."""

    def __init__(self, work, width: int = 8) -> None:
        super().__init__()
        self.one, self.two, self.work = nn.Linear(width, width), nn.Linear(width, width), work
        self.scale = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return self.two(self.work(self, self.one(x)))


def boxes(model: nn.Module, *shape: int) -> list[Block]:
    return list(outline(trace(from_module(model, (torch.randn(*shape),)))).root.children)


def labels(work, *shape: int) -> list[str]:
    return [box.label for box in boxes(Helped(work), *(shape or (2, 3, 8)))]


def folded_wave(_model, x):
    return (x * 3).sin() - x.cos()


def test_a_function_is_one_box_named_after_it() -> None:
    found = boxes(Helped(folded_wave), 2, 3, 8)
    assert [box.label for box in found] == ["Linear", "Folded wave", "Linear"]
    assert (found[1].detail, found[1].role, len(found[1].ops)) == ("4 kinds of operations", "block", 4)


def test_an_outer_function_wins_over_one_that_it_calls() -> None:
    def outer_wave(model, x):
        return folded_wave(model, x) * 2

    assert labels(outer_wave) == ["Linear", "Outer wave", "Linear"]


def softened(_model, x):
    return (x @ x.transpose(-2, -1) / 8**0.5).softmax(-1) @ x


def test_a_function_does_not_hide_what_is_recognised() -> None:
    def attention_inside(model, x):
        return folded_wave(model, softened(model, x))

    assert not {"Softened", "Attention inside"} & set(labels(attention_inside))
    assert "Folded wave" in labels(attention_inside)


def test_a_function_with_weights_stays_open() -> None:
    def scaled_wave(model, x):
        return (x * model.scale).sin()

    assert "Scaled wave" not in labels(scaled_wave)


def test_a_function_that_only_moves_elements_vanishes_but_for_windows() -> None:
    def swapped(_model, x):
        return x.transpose(1, 2).contiguous().transpose(1, 2)

    def into_windows(_model, x):
        return x.view(2, 2, 2, 2, 2, 8).transpose(2, 3).reshape(8, 2, 2, 8)

    assert labels(swapped) == ["Linear", "Linear"]
    assert labels(into_windows, 2, 4, 4, 8) == ["Linear", "Into windows", "Linear"]


def test_inlining_a_function_leaves_what_is_recognised() -> None:
    def inlined(_model, x):
        return (x @ x.transpose(-2, -1) / 8**0.5).softmax(-1) @ x

    kinds = [[b.kind for b in boxes(Helped(work), 2, 3, 8)] for work in (softened, inlined)]
    assert kinds[0] == kinds[1]


def test_another_name_changes_the_label_alone() -> None:
    renamed = FunctionType(folded_wave.__code__.replace(co_name="zebra_heron"), globals())
    before, after = (boxes(Helped(work), 2, 3, 8) for work in (folded_wave, renamed))
    assert after[1].label == "Zebra heron"
    assert [(b.detail, b.role, b.kind, b.ops) for b in before] == [(b.detail, b.role, b.kind, b.ops) for b in after]
