"""Models that take one size only -> their laws all the same, from doubles of other sizes."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from boardwork.targets import from_module
from boardwork.trace import trace
from boardwork.trace.doubles import Size, other_size

PATCHES = "(height/8)*(width/8)"


class Patches(nn.Module):
    """Patches of an image of 32 x 32; `work` is what a model of fixed size does with them."""

    def __init__(self, work) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, 12, 8, 8)
        self.table = nn.Parameter(torch.zeros(1, 16, 12))
        self.mixing, self.back = nn.Linear(16, 20), nn.Linear(20, 16)
        self.work = work

    def forward(self, x):
        assert x.shape[-2:] == (32, 32)
        return self.work(self, self.patch(x))


def tokens(x):
    return x.flatten(2).transpose(1, 2)


def twice(m, x):
    for _ in range(2):
        x = (tokens(x) + m.table).transpose(1, 2).reshape(x.shape[0], 12, 4, 4)
    return tokens(x)


def mixed(m, x):
    return m.back(m.mixing(x.flatten(2)).relu()).transpose(1, 2).mul(tokens(x)).neg()


WORK = {
    "a table": (lambda m, x: tokens(x) + m.table, ("batch", PATCHES, "12")),
    "a class token": (lambda m, x: F.pad(tokens(x), (0, 0, 1, 0)), ("batch", f"{PATCHES}+1", "12")),
    "a layer over tokens": (lambda m, x: m.mixing(x.flatten(2)), ("batch", "12", "20")),
    "a layer over tokens, multiplied with them": (mixed, ("batch", PATCHES, "12")),
    "sizes in arithmetic": (
        lambda m, x: tokens(x).reshape(x.shape[0] * x.shape[2] // 2, 2, -1),
        ("batch*(height/16)", "2", "12*(width/8)"),
    ),
    "a grid written as numbers": (
        lambda m, x: (tokens(x) + m.table).transpose(1, 2).reshape(x.shape[0], 12, 4, 4),
        ("batch", "12", "height/8", "width/8"),
    ),
    "a write": (lambda m, x: torch.zeros(x.shape).copy_(x).relu_(), ("batch", "12", "height/8", "width/8")),
    "the same twice": (twice, ("batch", PATCHES, "12")),
    "a shape changed in place": (
        lambda m, x: torch.stack([(x * 2).unsqueeze_(0).squeeze(0), x * 2]),
        ("2", "batch", "12", "height/8", "width/8"),
    ),
    "heads of any width beside a number of tokens": (
        lambda m, x: x.reshape(x.shape[0], 4, -1, 16).transpose(2, 3),
        ("batch", "4", PATCHES, "3"),
    ),
    "tokens and a batch of one, joined": (
        lambda m, x: (t := tokens(x).transpose(0, 1)).unflatten(2, (3, 4)).reshape(t.shape[0] * t.shape[1], 12),
        (f"batch*{PATCHES}", "12"),
    ),
    "tokens and a batch of one, split again": (
        lambda m, x: (t := tokens(x).transpose(0, 1)).flatten(0, 1).view(t.shape[0], t.shape[1], 12),
        (PATCHES, "batch", "12"),
    ),
    "a constant that is added to every image": (
        lambda m, x: tokens(x) + torch.zeros(m.table.shape).exp(),
        ("batch", PATCHES, "12"),
    ),
    "what nobody knows": (lambda m, x: m.table.expand(2, 16, 12) * 2, ("2", "16", "12")),
}


@pytest.mark.parametrize("case", WORK)
def test_laws_of_a_model_of_fixed_size(case: str) -> None:
    work, law = WORK[case]
    record = trace(from_module(Patches(work), (torch.randn(1, 3, 32, 32),)))
    assert record.tensors[record.outputs[0][1]].symbols == law


def test_a_constant_that_is_added_to_every_image_has_no_batch() -> None:
    work, _ = WORK["a constant that is added to every image"]
    record = trace(from_module(Patches(work), (torch.randn(1, 3, 32, 32),)))
    (op,) = [op for op in record.ops if op.name == "exp"]
    assert record.tensors[op.outputs[0]].symbols == ("1", PATCHES, "12")


def test_a_layer_over_tokens_costs_as_much_as_there_are_tokens() -> None:
    record = trace(from_module(Patches(mixed), (torch.randn(1, 3, 32, 32),)))
    patches = 16 * record.second_axes["height"] * record.second_axes["width"] // 32**2
    images = record.second_axes["batch"]
    assert record.second_macs == images * patches * (12 * 3 * 8 * 8 + 12 * 20 + 20 * 12)
    assert [record.tensors[op.outputs[0]].symbols for op in record.ops if op.name == "linear"] == [
        ("batch", "12", "20"),
        ("batch", "12", PATCHES),
    ]


def test_sizes_carry_the_other_through_arithmetic() -> None:
    size = Size(14, 42)
    results = [size + 1, 2 * size, size // 2, size % 5, -size, size * Size(14, 70), 100 - size]
    assert [(int(r), other_size(r)) for r in results] == [
        (15, 43),
        (28, 84),
        (7, 21),
        (4, 2),
        (-14, -42),
        (196, 2940),
        (86, 58),
    ]
    assert size == 14
    assert other_size(3) == 3


def test_a_note_tells_which_sizes_are_fixed() -> None:
    record = trace(from_module(Patches(lambda m, x: x), (torch.randn(1, 3, 32, 32),)))
    assert [guess for guess in record.guesses if "only height = 32, width = 32:" in guess]
    free = trace(from_module(nn.Conv2d(3, 4, 3), (torch.randn(1, 3, 32, 32),)))
    assert not free.guesses


class Captions(nn.Module):
    """A word list of any length up to 20, beside an image of one size or of any."""

    def __init__(self, *, fixed: bool) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(50, 8), nn.Parameter(torch.zeros(20, 8))
        self.picture, self.fixed = nn.Conv2d(3, 8, 4, 4), fixed

    def forward(self, input_ids, pixel_values):
        assert not self.fixed or pixel_values.shape[-2:] == (32, 32)
        words = self.words(input_ids) + self.places[: input_ids.shape[1]]
        return words + self.picture(pixel_values).mean((2, 3)).unsqueeze(1)


@pytest.mark.parametrize(
    ("fixed", "length", "told"),
    [
        (True, 20, "only seq_len up to 20, height = 32, width = 32:"),
        (True, 8, "only height = 32, width = 32:"),
        (False, 20, "only seq_len up to 20:"),
    ],
)
def test_the_note_tells_fixed_sizes_from_longest_ones(fixed: bool, length: int, told: str) -> None:
    given = {"input_ids": torch.zeros(1, length, dtype=torch.long), "pixel_values": torch.zeros(1, 3, 32, 32)}
    (note,) = trace(from_module(Captions(fixed=fixed), (), given)).guesses
    assert told in note


class LongTable(nn.Module):
    """A table as long as the image has points, made from numbers: its double is too large to compute."""

    def forward(self, x):
        assert x.shape[-2:] == (32, 32)
        points = torch.arange(x.shape[-2] * x.shape[-1])
        near = (points[None] - points[:, None]).abs().float().add(1).log()
        return x.flatten(2) @ near


def test_a_large_double_needs_no_numbers() -> None:
    record = trace(from_module(LongTable(), (torch.zeros(1, 3, 32, 32),)))
    assert record.tensors[record.outputs[0][1]].symbols == ("batch", "3", "height*width")
