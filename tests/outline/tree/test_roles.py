"""Containers are named by what they hold: tables, patches, a stack of layers; never by their class."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from boardwork.outline import outline
from boardwork.outline.blocks import Block
from boardwork.targets import from_module
from boardwork.trace import trace


class Tables(nn.Module):
    """Words and places, normalised."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.word_rows, self.place_rows = nn.Embedding(50, width), nn.Embedding(20, width)
        self.level = nn.LayerNorm(width)

    def forward(self, words: Tensor) -> Tensor:
        return self.level(self.word_rows(words) + self.place_rows(torch.arange(words.shape[1], device=words.device)))


class Cutter(nn.Module):
    """Overlapping pieces of a map as a sequence."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.slide, self.level = nn.Conv2d(before, after, 3, stride=2, padding=1), nn.LayerNorm(after)

    def forward(self, grid: Tensor) -> Tensor:
        return self.level(self.slide(grid).flatten(2).mT)


class Tower(nn.Module):
    """A linear layer, then three layers of attention."""

    def __init__(self) -> None:
        super().__init__()
        self.stairs = nn.Linear(8, 32)
        self.floors = nn.ModuleList(nn.TransformerEncoderLayer(32, 4, 64, batch_first=True) for _ in range(3))

    def forward(self, tokens: Tensor) -> Tensor:
        tokens = self.stairs(tokens)
        for floor in self.floors:
            tokens = floor(tokens)
        return tokens


class Pair(nn.Module):
    """One encoder for two images."""

    def __init__(self) -> None:
        super().__init__()
        self.shared = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Conv2d(8, 16, 3), nn.ReLU(), nn.Flatten())
        self.verdict = nn.Linear(16 * 24 * 24, 1)

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        return self.verdict((self.shared(left) - self.shared(right)).abs())


def blocks(model: nn.Module, *given: Tensor) -> list[Block]:
    return list(outline(trace(from_module(model.eval(), given))).root.walk())


def test_tables_are_embeddings() -> None:
    found = blocks(nn.Sequential(Tables(16), nn.Linear(16, 50)), torch.zeros(2, 9, dtype=torch.long))
    assert [(b.label, b.detail) for b in found if b.cls == "Tables" and b.children] == [
        ("Embeddings", "50 × 16; with Position embedding, LayerNorm")
    ]


def test_a_convolution_that_becomes_a_sequence_is_a_patch_embedding() -> None:
    found = blocks(nn.Sequential(nn.Conv2d(3, 8, 3), Cutter(8, 16), nn.Linear(16, 5)), torch.zeros(2, 3, 16, 16))
    assert [(b.label, b.detail) for b in found if b.cls == "Cutter"] == [("Patch embedding", "Conv 3×3 /2, 8 → 16")]


def test_a_stack_is_named_by_its_layers() -> None:
    found = blocks(nn.Sequential(nn.Linear(8, 8), Tower(), nn.Linear(32, 5)), torch.zeros(2, 9, 8))
    assert [(b.label, b.detail) for b in found if b.cls == "Tower"] == [
        ("3 × Encoder layer", "4 heads, d_ff = 64; with Linear")
    ]


def test_an_encoder_that_runs_twice_is_one_box_a_run() -> None:
    model = Pair().eval()
    boxes = outline(trace(from_module(model, (torch.zeros(2, 1, 28, 28),) * 2))).big_picture.boxes
    assert [b.path for b in boxes if b.path.startswith("shared")] == ["shared", "shared"]


class Bend(nn.Module):
    """A residual block, which halves the map if it widens it."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        step = after // before
        self.one, self.two = nn.Conv2d(before, after, 3, step, 1), nn.Conv2d(after, after, 3, 1, 1)
        self.past = nn.Conv2d(before, after, 1, step) if step > 1 else nn.Identity()

    def forward(self, grid: Tensor) -> Tensor:
        return torch.relu(self.past(grid) + self.two(torch.relu(self.one(grid))))


class Features(nn.Module):
    """A stem and two stages of two."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 7, 2, 3)
        self.stages = nn.Sequential(nn.Sequential(Bend(8, 8), Bend(8, 8)), nn.Sequential(Bend(8, 16), Bend(16, 16)))

    def forward(self, image: Tensor) -> Tensor:
        return self.stages(self.stem(image).relu())


def test_blocks_of_convolutions_are_a_stack() -> None:
    found = blocks(nn.Sequential(Features(), nn.Conv2d(16, 4, 1)), torch.zeros(2, 3, 32, 32))
    assert [(b.label, b.detail) for b in found if b.cls == "Features"] == [
        ("4 × Residual block", "with Conv 7×7 /2, ReLU")
    ]


class Conditioned(nn.Module):
    """A norm without weights, whose gain and shift are made from a second input."""

    def __init__(self) -> None:
        super().__init__()
        self.level = nn.BatchNorm2d(8, affine=False)
        self.gain, self.shift = nn.Linear(5, 8), nn.Linear(5, 8)

    def forward(self, grid: Tensor, kind: Tensor) -> Tensor:
        return self.level(grid) * (1 + self.gain(kind)[..., None, None]) + self.shift(kind)[..., None, None]


class Making(nn.Module):
    """A map that a class shapes."""

    def __init__(self) -> None:
        super().__init__()
        self.made, self.layer, self.last = Conditioned(), nn.Conv2d(8, 8, 3), nn.Conv2d(8, 3, 3)

    def forward(self, grid: Tensor, kind: Tensor) -> Tensor:
        return self.last(self.layer(self.made(grid, kind).relu()).relu())


def test_a_norm_that_something_else_scales_is_adaptive() -> None:
    found = blocks(Making(), torch.zeros(2, 8, 16, 16), torch.zeros(2, 5))
    assert [b.label for b in found if b.cls == "Conditioned" and b.children] == ["Adaptive BatchNorm"]
