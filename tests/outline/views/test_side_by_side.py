"""Branches that are alike are one box with copies; shared weights, few branches and different ends stay apart."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from boardwork.outline import outline
from boardwork.outline.blocks import Block, Outline
from boardwork.outline.views.share import Share
from boardwork.outline.views.side_by_side import side_by_side
from boardwork.outline.views.squeeze import Squeeze
from boardwork.targets import from_module
from boardwork.trace import trace


class Branches(nn.Module):
    """A chain of layers, then `branches` beside one another, joined by `join`."""

    def __init__(self, branches: list[nn.Module], join: str = "cat") -> None:
        super().__init__()
        before = [layer for _ in range(3) for layer in (nn.Conv1d(8, 8, 3, padding=1), nn.LayerNorm(16))]
        self.before, self.branches, self.join = nn.Sequential(*before), nn.ModuleList(branches), join

    def forward(self, x: Tensor) -> Tensor | list[Tensor]:
        x = self.before(x)
        made = [branch(x) for branch in self.branches]
        return torch.cat(made, 1) if self.join == "cat" else made


class Kernel(nn.Module):
    def __init__(self, kernel: int, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(8, width, kernel)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x).relu().max(-1)[0]


def drawn(model: nn.Module) -> Outline:
    return outline(trace(from_module(model.eval(), (torch.empty(2, 8, 16),))))


def copies(found: Outline) -> list[Block]:
    return [box for box in found.big_picture.boxes if box.repeat > 1]


def test_kernels_of_several_widths_are_one_box_of_their_range():
    found = drawn(Branches([Kernel(kernel, 16 * kernel) for kernel in range(1, 6)]))
    box = next(box for box in copies(found) if "parallel" in box.detail)
    assert (box.label, box.repeat) == ("Conv1d 1 to 5, ReLU", 5)
    assert box.detail == "8 → 16 to 80; then Maximum over positions; in parallel"


def test_every_operation_stays_in_one_box():
    found = drawn(Branches([Kernel(kernel, 16) for kernel in range(1, 6)]))
    held = sorted(op for box in found.big_picture.boxes for op in box.all())
    assert held == [op.id for op in found.trace.ops if not any(op.id in ops for ops in found.hidden.values())]


def test_the_shape_of_one_branch_is_not_told_for_all():
    found = drawn(Branches([Kernel(kernel, 16 * kernel) for kernel in range(1, 6)])).big_picture
    leaving = [link for link in found.links if "parallel" in found.boxes[link.source].detail]
    assert [link.varies for link in leaving] == [True]


def test_equal_heads_with_outputs_of_their_own_are_one_box():
    heads = [nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 5)) for _ in range(9)]
    found = drawn(Branches(list(heads), join="none"))
    box = next(box for box in copies(found) if "parallel" in box.detail)
    assert (box.repeat, box.detail) == (9, "16 → 32 → 5; in parallel")
    assert [box.label for box in found.big_picture.boxes if box.role == "output"] == ["output 0 … 8"]


def repeats(model: nn.Module) -> list[int]:
    """Copies of each box in parallel, however few boxes there are."""
    found = drawn(model)
    squeeze = Squeeze(found.flow, Share(found.flow, found.root), whole=True)
    return [box.repeat for box in side_by_side(found.flow, squeeze, found.root.children) if "parallel" in box.detail]


def test_three_branches_are_joined_and_two_are_not():
    assert repeats(Branches([Kernel(3, 16) for _ in range(3)])) == [3]
    assert repeats(Branches([Kernel(3, 16) for _ in range(2)])) == []


def test_the_same_weights_are_no_copies():
    assert repeats(Branches([Kernel(3, 16)] * 5)) == []


class Apart(Branches):
    """Each branch is used in its own place."""

    def forward(self, x: Tensor) -> Tensor:
        x = self.before(x)
        first, second, third = (branch(x) for branch in self.branches)
        made: Tensor = (first * second).softmax(-1) * third
        return made


def test_branches_with_different_ends_stay_apart():
    assert repeats(Apart([nn.Linear(16, 16) for _ in range(3)])) == []
