"""What folds and into what: layers in turn, layers that differ a little, stages that stay apart, names of the rest."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from boardwork.measure import summands
from boardwork.outline import outline
from boardwork.outline.blocks import Block, Outline
from boardwork.targets import from_module
from boardwork.trace import trace

WIDTH = 16


class Dense(nn.Module):
    def __init__(self, inner: int = 64) -> None:
        super().__init__()
        self.norm, self.wide, self.narrow = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, inner), nn.Linear(inner, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.narrow(torch.relu(self.wide(self.norm(x))))


class Attending(Dense):
    """The same with attention before it; `shifted` turns the sequence first."""

    def __init__(self, shifted: bool = False, table: bool = False) -> None:
        super().__init__()
        self.mix, self.shifted = nn.MultiheadAttention(WIDTH, 2, batch_first=True), shifted
        self.places = nn.Embedding(4, WIDTH) if table else None

    def forward(self, x: Tensor) -> Tensor:
        if self.places is not None:
            x = x + self.places(torch.arange(4, device=x.device))
        x = torch.roll(x, 1, dims=1) if self.shifted else x
        return super().forward(x + self.mix(x, x, x)[0])


class Flat(nn.Module):
    """Attention and feed-forward in two lists, the sums in the model's own forward."""

    def __init__(self, depth: int = 3) -> None:
        super().__init__()
        self.mixers = nn.ModuleList(nn.MultiheadAttention(WIDTH, 2, batch_first=True) for _ in range(depth))
        self.others = nn.ModuleList(
            nn.Sequential(nn.Linear(WIDTH, 64), nn.GELU(), nn.Linear(64, WIDTH)) for _ in range(depth)
        )

    def forward(self, x: Tensor) -> Tensor:
        for mixer, other in zip(self.mixers, self.others, strict=True):
            x = x + mixer(x, x, x)[0]
            x = x + other(x)
        return x


def outlined(*layers: nn.Module, zoom: str = "") -> Outline:
    model = nn.Sequential(*layers, nn.Linear(WIDTH, 3))
    return outline(trace(from_module(model, (torch.empty(2, 4, WIDTH),))), zoom)


def folded(found: Outline) -> list[Block]:
    return [box for box in found.big_picture.boxes if box.repeat > 1]


def test_layers_in_turn_are_one_box() -> None:
    found = outlined(*[layer for _ in range(4) for layer in (Dense(), Dense(), Attending())])
    (box,) = folded(found)
    assert (box.repeat, box.label) == (4, "3 layers in turn")
    assert box.detail.startswith("2 × Feed-forward, then Encoder layer")
    assert [part.repeat for part in box.children] == [2, 1]
    assert found.zoom.block.label == "Encoder layer"
    assert found.reason.startswith("one of 4 blocks")


def test_a_model_with_flat_lists_folds_as_one_with_layers() -> None:
    (box,) = folded(outlined(Flat()))
    assert (box.repeat, box.label) == (3, "Encoder layer")


@pytest.mark.parametrize(
    ("layers", "told"),
    [
        (lambda: [Attending(table=n == 0) for n in range(4)], "the first has an embedding"),
        (lambda: [Attending(shifted=n % 2 == 1) for n in range(6)], "every 2nd has a cyclic shift"),
        (lambda: [Attending(shifted=n % 3 == 2) for n in range(6)], "every 3rd has a cyclic shift"),
        (lambda: [Attending() for _ in range(4)], ""),
    ],
)
def test_layers_that_differ_a_little_are_one_box_that_tells(layers: Callable[[], list[nn.Module]], told: str) -> None:
    (box,) = folded(outlined(*layers()))
    assert box.repeat == len(layers())
    assert box.detail.removeprefix("2 heads, d_ff = 64").removeprefix("; ") == told


class Dilated(nn.Module):
    """A residual block whose convolution skips positions; its weight is a direction times a length."""

    def __init__(self, gap: int) -> None:
        super().__init__()
        layer = nn.Conv1d(WIDTH, WIDTH, 3, dilation=gap, padding="same", bias=False)
        self.layer = nn.utils.parametrizations.weight_norm(layer)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layer(x).relu()


def test_copies_tell_the_gaps_of_their_kernels() -> None:
    model = nn.Sequential(*[Dilated(2**n) for n in range(5)])
    found = outline(trace(from_module(model, (torch.empty(2, WIDTH, 40),))))
    (box,) = [block for block in (found.root, *found.root.children) if block.repeat > 1]
    assert (box.repeat, box.detail.rpartition("; ")[2]) == (5, "dilation 1, 2, 4 … 16")
    (sort,) = summands(found).multiply_adds
    assert (sort.kind, sort.count) == ("convolution", 5)


class Reading(nn.Module):
    """Keys and values of a memory that is narrower than the queries: one module, a weight for each."""

    def __init__(self) -> None:
        super().__init__()
        self.mix = nn.MultiheadAttention(WIDTH, 1, kdim=12, vdim=12, batch_first=True)

    def forward(self, x: Tensor, memory: Tensor) -> Tensor:
        return x + self.mix(x, memory, memory)[0]


def test_two_weights_of_a_module_are_no_loop() -> None:
    found = outline(trace(from_module(Reading(), (torch.empty(2, 4, WIDTH), torch.empty(2, 5, 12)))))
    assert not [block.path for block in found.root.walk() if block.again]
    assert {"Linear W_Q", "Linear W_K", "Linear W_V"} <= {box.label for box in found.zoom.boxes}


def test_layers_that_do_different_work_stay_apart() -> None:
    boxes = folded(outlined(Dense(), Dense(), Dense(), Attending(), Attending()))
    assert [(box.label, box.repeat) for box in boxes] == [("Feed-forward", 3), ("Encoder layer", 2)]


def test_the_weights_of_folded_bodies_add_up() -> None:
    found = outlined(*[layer for _ in range(4) for layer in (Dense(), Attending())])
    (box,) = folded(found)
    used = {t for op in box.all() for t in found.trace.ops[op].inputs if found.trace.tensors[t].kind == "parameter"}
    layers = [weight for weight in found.trace.weights if not weight.names[0].startswith("8.")]
    assert sum(found.trace.tensors[t].size for t in used) == sum(weight.size for weight in layers)


class SharedStep(nn.Module):
    """Six layers of their own, before each of which the same small layer runs."""

    def __init__(self) -> None:
        super().__init__()
        self.floors = nn.ModuleList(Attending() for _ in range(6))
        self.common = nn.Sequential(nn.Linear(WIDTH, 4), nn.ReLU(), nn.Linear(4, WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        for floor in self.floors:
            x = floor(x * self.common(x))
        return x


def test_copies_that_share_a_small_part_fold_and_say_so() -> None:
    found = outline(trace(from_module(SharedStep().eval(), (torch.empty(2, 4, WIDTH),))))
    body = next(block for block in found.root.walk() if block.kind == "in_turn")
    assert (body.repeat, body.again) == (6, ())
    assert "weights of" in body.detail


class Bridged(nn.Module):
    """Two towers and a third that takes, after each of their layers, what both have made: ten parts a round."""

    def __init__(self, rounds: int = 4) -> None:
        super().__init__()
        self.left, self.right, self.upper = (nn.ModuleList(Attending() for _ in range(rounds)) for _ in range(3))
        self.hand_over, self.level = nn.Linear(WIDTH, WIDTH), nn.LayerNorm(WIDTH)
        self.before = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(rounds))

    def forward(self, x: Tensor) -> Tensor:
        one, two, both = x, -x, x * 0.5
        for left, right, before, upper in zip(self.left, self.right, self.before, self.upper, strict=True):
            one, two = left(one), right(two)
            handed = self.hand_over(self.level(two)) + self.hand_over(one)
            both = upper(before(both + handed).tanh() * both.sigmoid())
        return both


def test_rounds_of_many_parts_are_one_box() -> None:
    (box,) = folded(outlined(Bridged()))
    assert (box.repeat, [part.repeat for part in box.children if part.kind == "transformer_layer"]) == (4, [1, 1, 1])
