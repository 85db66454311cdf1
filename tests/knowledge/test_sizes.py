"""Every topic with a checked formula, on models of two sizes: each gives what the trace counts at both."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.knowledge import written_kernels as kernels
from tests.knowledge.test_definitions import COUNTS
from tests.measure.test_feature_crosses import Crossed, Factors
from tests.measure.test_mixing import Mixer
from tests.measure.test_outputs import Grids
from tests.outline import written
from torch import Tensor, nn

from boardwork.examples.grouped_attention import GroupedAttention
from boardwork.facts import Facts
from boardwork.knowledge import story as telling
from boardwork.knowledge import tell
from boardwork.knowledge.topics import Topic, applying, topics
from boardwork.measure import measure
from boardwork.outline import outline
from boardwork.targets import from_module, load
from boardwork.trace import trace

FAMILIES = Path(__file__).parents[1] / "outline" / "families"
Model = str | tuple[nn.Module, tuple[Tensor, ...]]

LAYER = "torch.nn:TransformerEncoderLayer(d_model={0}, nhead={1}, batch_first=True)"
CNN = ("torchvision:resnet18", "torchvision:resnet50")
VIT = ("torchvision:vit_b_16", "torchvision:vit_b_32")
LANGUAGE = tuple(f"example:nanogpt(width={width}, heads={heads}, layers=2)" for width, heads in ((64, 4), (96, 8)))
LAYERS = (LAYER.format(64, 4), LAYER.format(96, 8))


def of(folder: str, name: str, *shapes: tuple[int, ...], **sizes: Any) -> Model:
    """A hand-written model of tests/outline/families."""
    return family(folder, name)(**sizes).eval(), tuple(torch.zeros(shape) for shape in shapes)


def family(name: str, model: str) -> Any:
    """A class of tests/outline/families."""
    return getattr(written.models(FAMILIES / f"{name}.py"), model)


def separated(width: int) -> nn.Module:
    layers = (nn.Conv2d(width, width, 3, padding=1, groups=width), nn.ReLU(), nn.Conv2d(width, 2 * width, 1))
    return nn.Sequential(nn.Sequential(*layers), nn.ReLU())


class Thin(nn.Module):
    """A linear layer with a low-rank branch beside it."""

    def __init__(self, width: int, rank: int) -> None:
        super().__init__()
        self.base, self.down = nn.Linear(width, width), nn.Linear(width, rank, bias=False)
        self.up = nn.Linear(rank, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.base(x) + 0.5 * self.up(self.down(x))


class DenseGraph(nn.Module):
    def __init__(self, arriving: int, leaving: int) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(arriving, leaving), nn.Linear(leaving, leaving)

    def forward(self, nodes: Tensor, adjacency: Tensor) -> Tensor:
        return adjacency @ self.second((adjacency @ self.first(nodes)).relu())


class Modulated(nn.Module):
    def __init__(self, width: int, condition: int) -> None:
        super().__init__()
        self.norm, self.map = nn.LayerNorm(width, elementwise_affine=False), nn.Linear(condition, 2 * width)
        self.last = nn.Linear(width, width)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        scale, shift = self.map(condition)[:, None].chunk(2, -1)
        return self.last(self.norm(x) * (1 + scale) + shift)


class Scaled(nn.Module):
    """A residual branch that ends in a factor per feature."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.gain = nn.Parameter(1e-4 * torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.gain * self.down(self.up(x).relu())


class Turned(nn.Module):
    """A volume that a small network shifts and scales before it is read."""

    def __init__(self) -> None:
        super().__init__()
        self.look, self.pose = nn.Conv3d(1, 2, 5, 2), nn.Linear(2, 12)

    def forward(self, volume: Tensor) -> Tensor:
        pose = self.pose(self.look(volume).relu().mean((2, 3, 4))).view(-1, 3, 4)
        grid = nn.functional.affine_grid(pose, list(volume.shape), align_corners=False)
        return nn.functional.grid_sample(volume, grid, align_corners=False)


class SwiGLU(nn.Module):
    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.norm = nn.RMSNorm(width)
        self.gate, self.up = (nn.Linear(width, inner, bias=False) for _ in range(2))
        self.down = nn.Linear(inner, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(x)
        return x + self.down(nn.functional.silu(self.gate(y)) * self.up(y))


class Sound(nn.Module):
    """Convolutions shorten a sound to as many steps as a table has positions."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.stem, self.place = nn.Conv1d(8, 16, 3, 2, 1), nn.Embedding(steps, 16)
        self.layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)

    def forward(self, sound: Tensor) -> Tensor:
        return self.layer(self.stem(sound).transpose(1, 2) + self.place.weight)


class Translator(nn.Module):
    def __init__(self, width: int, words: int = 90) -> None:
        super().__init__()
        self.words, self.place = nn.Embedding(words, width), nn.Parameter(torch.zeros(64, width))
        self.stacks, self.last = nn.Transformer(width, 2, 1, 2, 2 * width, batch_first=True), nn.Linear(width, words)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        mask = nn.Transformer.generate_square_subsequent_mask(target.shape[1])
        read = self.words(source) + self.place[: source.shape[1]]
        return self.last(self.stacks(read, self.words(target) + self.place[: target.shape[1]], tgt_mask=mask))


def coded(codes: int, width: int) -> nn.Module:
    codebook = written.models(FAMILIES / "generative.py").Codebook(codes, width)
    return nn.Sequential(nn.Conv2d(3, width, 4, 2, 1), codebook, nn.Conv2d(width, 3, 3, padding=1))


def rows(*sizes: int) -> tuple[Tensor, ...]:
    return (torch.zeros(sizes),)


def numbers(*sizes: int) -> tuple[Tensor, ...]:
    return (torch.zeros(sizes, dtype=torch.long),)


SIZES: dict[str, tuple[Model, Model]] = {
    "alibi": (
        of("attention", "LinearBias", (2, 16, 32)),
        of("attention", "LinearBias", (2, 16, 64), width=64, heads=8),
    ),
    "attention": LAYERS,
    "batch_norm": ("torchvision:resnet18", "torchvision:mobilenet_v3_small"),
    "bottleneck": ("torchvision:resnet50", "torchvision:resnext50_32x4d"),
    "capsule_routing": (
        of("image_and_sound", "Capsules", (2, 1, 13, 13)),
        of("image_and_sound", "Capsules", (2, 1, 13, 13), wholes=7, after=6),
    ),
    "channel_shuffle": ("torchvision:shufflenet_v2_x0_5", kernels.row(kernels.Shuffled, (5,))),
    "codebook": tuple((coded(codes, width), rows(2, 3, 32, 32)) for codes, width in ((64, 16), (32, 24))),
    "convnext": ("timm:convnext_atto", kernels.row(kernels.Wide, (1, 7))),
    "convolution": CNN,
    "cost_growth": LAYERS,
    "coupling": (of("generative", "Coupling", (4, 8)), of("generative", "Coupling", (4, 12), width=12)),
    "decoding": LANGUAGE,
    "delta_rule": (
        of("mixing", "Corrected", (2, 6, 32), fades=True),
        of("mixing", "Corrected", (2, 6, 48), fades=True, width=48, count=3),
    ),
    "detection_grids": ((Grids(levels=3), rows(2, 3, 64, 64)), (Grids(levels=3), rows(2, 3, 128, 96))),
    "embeddings": LANGUAGE,
    "factorisation_machine": ((Factors(True), numbers(4, 5)), (Factors(True), numbers(2, 7))),
    "feature_crosses": ((Crossed(True), rows(4, 8)), (Crossed(True, layers=4), rows(4, 8))),
    "aggregation": tuple(
        (nn.Sequential(family("image_and_sound", "AllMapsOnce")(width), nn.ReLU()), rows(2, width, 16, 16))
        for width in (24, 32)
    ),
    "classifier": tuple(of("variants", "LastState", (2, 9, 12), answers=n) for n in (3, 5)),
    "fused_inverted": tuple(
        (nn.Sequential(*(family("variants", "FullWide")(width) for _ in range(2))), rows(2, width, 8, 8))
        for width in (16, 24)
    ),
    "separable": tuple((separated(width), rows(2, width, 8, 8)) for width in (16, 24)),
    "feed_forward": LAYERS,
    "fire": ("torchvision:squeezenet1_0", kernels.row(kernels.Squeezed, (3, 3, 3))),
    "fixed_sound_window": ((Sound(20), rows(2, 8, 40)), (Sound(32), rows(2, 8, 64))),
    "gated_residual": (
        of("mixing", "DilatedStack", (2, 1, 40)),
        of("mixing", "DilatedStack", (2, 1, 40), width=24),
    ),
    "gqa": tuple((GroupedAttention(width, 8, 2), rows(2, 9, width)) for width in (64, 96)),
    "graph_convolution": (
        (DenseGraph(8, 16), (*rows(10, 8), *rows(10, 10))),
        (DenseGraph(12, 20), (*rows(14, 12), *rows(14, 14))),
    ),
    "group_norm": tuple(
        (nn.Sequential(nn.Conv2d(3, width, 3), nn.GroupNorm(4, width), nn.ReLU()), rows(2, 3, 16, 16))
        for width in (16, 24)
    ),
    "gru": ("torch.nn:GRU(8, 16, bidirectional=True)", "torch.nn:GRU(12, 10, bidirectional=True)"),
    "heads": LAYERS,
    "deformable_attention": tuple(
        of("detection", "BoxesOnMaps", (2, 10, width), (2, 10, width), (2, 10, 2), (2, 20, width), width=width)
        for width in (32, 64)
    ),
    "mixture_density": (of("arithmetic", "Bells", (4, 16)), of("arithmetic", "RoundBells", (4, 16))),
    "highway": tuple(of("mixing", "Weighed", (2, width), width=width) for width in (16, 24)),
    "inverted_residual": ("torchvision:mobilenet_v3_small", "torchvision:mobilenet_v3_large"),
    "invertible_convolution": (
        of("generative", "FlowStep", (2, 8, 6, 6)),
        of("generative", "FlowStep", (2, 12, 6, 6), width=12),
    ),
    "kv_cache": LANGUAGE,
    "latent_attention": (
        of("attention", "LatentKeys", (2, 16, 64)),
        of("attention", "LatentKeys", (2, 16, 64), heads=8, latent=24),
    ),
    "layer_norm": LAYERS,
    "layer_scale": tuple((nn.Sequential(Scaled(width), Scaled(width)), rows(2, 5, width)) for width in (16, 24)),
    "linear_recurrence": (
        of("mixing", "WeightedPast", (2, 6, 32)),
        of("mixing", "WeightedPast", (2, 6, 48), width=48),
    ),
    "embedding_bag": (
        (nn.Sequential(nn.EmbeddingBag(30, 12), nn.Linear(12, 3)), (torch.zeros(2, 5, dtype=torch.long),)),
        (nn.Sequential(nn.EmbeddingBag(50, 8), nn.Linear(8, 3)), (torch.zeros(2, 5, dtype=torch.long),)),
    ),
    "low_rank": ((Thin(32, 4), rows(2, 5, 32)), (Thin(48, 8), rows(2, 5, 48))),
    "lstm": ("torch.nn:LSTM(8, 16, num_layers=2)", "torch.nn:LSTM(12, 10, num_layers=2)"),
    "mixture_of_experts": (
        of("experts", "ClampedExperts", (2, 16, 32)),
        of("experts", "ClampedExperts", (2, 16, 48), width=48, experts=8),
    ),
    "modulation": tuple((Modulated(width, 8), (*rows(2, 5, width), *rows(2, 8))) for width in (16, 24)),
    "mqa": tuple((GroupedAttention(width, 8, 1), rows(2, 9, width)) for width in (64, 96)),
    "other_convolution": tuple((nn.Sequential(nn.Conv1d(4, width, 5), nn.ReLU()), rows(2, 4, 40)) for width in (8, 12)),
    "patch_embedding": VIT,
    "patch_merging": ("torchvision:swin_t", "torchvision:swin_b"),
    "pooled_head": CNN,
    "receptive_field": CNN,
    "rms_norm": ((SwiGLU(32, 48), rows(2, 5, 32)), (SwiGLU(48, 80), rows(2, 5, 48))),
    "rnn": ("torch.nn:RNN(8, 16)", "torch.nn:RNN(12, 10)"),
    "soft_mixture": (
        of("experts", "SoftExperts", (2, 16, 32)),
        of("experts", "SoftExperts", (2, 16, 48), width=48, slots=3),
    ),
    "source_cache": tuple((Translator(width), (*numbers(2, 9), *numbers(2, 7))) for width in (32, 48)),
    "spatial_transformer": (of("image_and_sound", "Straightened", (2, 1, 20, 20)), (Turned(), rows(2, 1, 9, 9, 9))),
    "squeeze_excitation": ("torchvision:mobilenet_v3_small", "torchvision:mobilenet_v3_large"),
    "state_space": (
        of("habits", "ScanByHand", (2, 6, 16)),
        of("habits", "ScanByHand", (2, 6, 24), width=24, states=8),
    ),
    "swiglu": ((SwiGLU(32, 48), rows(2, 5, 32)), (SwiGLU(48, 80), rows(2, 5, 48))),
    "token_mixing": tuple((nn.Sequential(Mixer(True, n), Mixer(False, n)), rows(2, n, 16)) for n in (10, 14)),
    "transposed_convolution": ("example:unet(width=8, levels=2)", "example:vae(width=12, latent=6)"),
    "vae": ("example:vae(width=8, latent=4)", "example:vae(width=12, latent=6)"),
}


@cache
def _facts(topic: str, which: int) -> Facts:
    model = SIZES[topic][which]
    subject = load(model) if isinstance(model, str) else from_module(*model)
    return measure(outline(trace(subject)))


def _checked(topic: Topic) -> bool:
    return any("checks" in equation for equation in topic.equations)


def test_every_checked_formula_has_two_sizes() -> None:
    assert sorted(SIZES) == sorted(topic.name for topic in topics() if _checked(topic))


@pytest.mark.parametrize("name", SIZES)
def test_formulas_give_what_is_counted_at_both_sizes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "applying", lambda facts: [topic for topic in applying(facts) if topic.name == name])
    first, second = (tell(_facts(name, which)) for which in (0, 1))
    assert (first.notes, second.notes) == ((), ())
    told = [[e for e in story.equations if e.checks] for story in (first, second)]
    checked = [{e.name: [check.formula for check in e.checks] for e in equations} for equations in told]
    both = checked[0].keys() & checked[1].keys()
    assert both
    assert any(checked[0][equation] != checked[1][equation] for equation in both)


def test_topics_that_are_counts_have_two_sizes() -> None:
    assert COUNTS - SIZES.keys() == set()
