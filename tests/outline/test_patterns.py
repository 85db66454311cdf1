"""What each model of models.py must show, whatever its parts are called: boxes, frames, facts; every check holds."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.outline import written
from torch import nn

from boardwork.measure import measure
from boardwork.measure.examples import everything
from boardwork.options import Options
from boardwork.outline import outline
from boardwork.outline.blocks import Outline
from boardwork.pipeline import draw_trace
from boardwork.targets import from_module
from boardwork.trace import trace
from boardwork.trace.records import Trace

MODELS = Path(__file__).parent / "models.py"

SHOWN: dict[str, list[str]] = {
    "nanogpt": ["Decoder layer", "Multi-head attention", "Feed-forward", "Linear W_Q, W_K, W_V", "LM head"],
    "multi_query": ["Multi-query attention", "Linear W_K, W_V", "Scaled dot-product attention"],
    "grouped_query": ["Grouped-query attention", "RoPE", "Linear W_V", "Scaled dot-product attention"],
    "post_norm": ["Multi-query attention", "LayerNorm", "Feed-forward"],
    "swiglu": ["SwiGLU feed-forward", "Linear gate, up", "Linear down"],
    "dit_block": ["Modulate", "SiLU, Linear: modulation", "Multi-head attention", "LayerNorm"],
    "looped_experts": ["Mixture of experts", "Router, top-2 of 4", "Top-2 of 4 experts"],
    "stacked_experts": ["Mixture of experts", "Router, top-2 of 8", "Top-2 of 8 experts"],
    "lora": ["Linear with low-rank branch", "Linear W₀", "Linear A", "Linear B"],
    "adapted_attention": [
        "Multi-head attention",
        "Linear with low-rank branch",
        "Linear W_Q",
        "Linear W_K",
        "Linear A",
    ],
    "resnet": ["Residual block", "Conv 3×3, BN, ReLU", "Global average pool", "Classifier"],
    "squeeze_excitation": ["Squeeze-excitation", "Conv 1×1, Sigmoid"],
    "linear_excitation": ["Squeeze-excitation", "Linear, Sigmoid"],
    "unet": ["Convolution block", "Max pool 2×2 /2", "Transposed conv 2×2 /2", "concatenate"],
    "diffusion_unet": ["Sinusoidal embedding", "MLP", "Modulate", "GroupNorm, SiLU", "Upsample ×2", "concatenate"],
    "generator": ["Transposed conv 4×4 /2, BN, ReLU", "Transposed conv 4×4 /2, Tanh"],
    "discriminator": ["Conv 4×4 /2, BN, LeakyReLU", "Conv 4×4, Sigmoid"],
    "vae": ["Sample z", "Linear μ", "Linear log σ²", "MLP"],
    "gcn": ["Graph convolution, ReLU", "Graph convolution"],
    "fixed_graph": ["Graph convolution"],
    "selective_scan": ["State-space scan", "Depthwise conv1d 4"],
}
FACTS: dict[str, dict[str, Any]] = {
    "nanogpt": {"attention.causal": True, "attention.heads": 4, "attention.count": 3, "norm.placement": "pre"},
    "multi_query": {"attention.kv_heads": 1, "attention.heads": 4, "attention.params": 5760},
    "grouped_query": {"attention.kv_heads": 2, "attention.heads": 8, "attention.rope": True, "attention.causal": True},
    "post_norm": {"norm.kind": "layer", "norm.placement": "post", "norm.params": 96, "norm.width": 48},
    "swiglu": {"feed_forward.gated": True, "feed_forward.d_ff": 128, "feed_forward.activation": "silu"},
    "dit_block": {"modulation.parts": 6, "modulation.width": 48, "modulation.count": 2, "attention.cross": False},
    "looped_experts": {"moe.experts": 4, "moe.top_k": 2, "moe.matrices": 3, "moe.expert_params": 6144},
    "stacked_experts": {"moe.experts": 8, "moe.top_k": 2, "moe.matrices": 2, "moe.expert_params": 4096},
    "lora": {"low_rank.rank": 4, "low_rank.scale": 2.0, "low_rank.params": 640, "params.trainable": 640},
    "adapted_attention": {
        "attention.heads": 4,
        "attention.scale": 0.25,
        "low_rank.count": 2,
        "attention.params": 16640,
    },
    "resnet": {"residual.count": 4, "norm.kind": "batch", "classifier.pooled": True},
    "squeeze_excitation": {"excitation.channels": 32, "excitation.inner": 8, "excitation.params": 552},
    "linear_excitation": {"excitation.inner": 4, "excitation.count": 1, "residual.count": 1},
    "diffusion_unet": {"modulation.count": 3, "residual.count": 3},
    "vae": {"latent.width": 8, "latent.outputs": 16, "latent.input": 64},
    "gcn": {"graph_convolution.count": 2, "graph_convolution.nodes": 20, "graph_convolution.d_out": 16},
    "fixed_graph": {"graph_convolution.count": 1, "graph_convolution.params": 120},
    "selective_scan": {"scan.states": 8, "scan.inner": 64, "scan.steps": 12, "scan.params": 512},
}
ABSENT: dict[str, tuple[str, ...]] = {
    "resnet": ("excitation", "modulation", "moe", "low_rank", "latent", "scan", "attention"),
    "nanogpt": ("moe", "low_rank", "modulation", "graph_convolution", "scan", "latent"),
    "post_norm": ("modulation", "low_rank", "graph_convolution"),
    "swiglu": ("modulation", "moe", "low_rank", "excitation"),
    "linear_excitation": ("feed_forward", "modulation"),
    "diffusion_unet": ("feed_forward", "attention", "excitation"),
    "looped_experts": ("feed_forward",),
}
COUNTED = ("looped_experts", "stacked_experts", "lora", "vae", "gcn", "selective_scan", "dit_block", "diffusion_unet")


def traced(name: str) -> Trace:
    return written.traced(MODELS, name)


@cache
def outlined(name: str) -> Outline:
    return outline(traced(name))


def test_every_model_is_listed() -> None:
    assert list(SHOWN) == list(written.models(MODELS).EXAMPLES)


@pytest.mark.parametrize("name", SHOWN)
def test_the_parts_are_recognised(name: str) -> None:
    labels = {block.label for block in everything(outlined(name).root)}
    assert [label for label in SHOWN[name] if label not in labels] == []


@pytest.mark.parametrize("name", FACTS)
def test_the_numbers_are_measured(name: str) -> None:
    facts = measure(outlined(name))
    assert {word: facts.get(word) for word in FACTS[name]} == FACTS[name]


@pytest.mark.parametrize("name", ABSENT)
def test_nothing_is_seen_that_is_not_there(name: str) -> None:
    facts = measure(outlined(name))
    assert [word for word in facts if word.partition(".")[0] in ABSENT[name]] == []


@pytest.mark.parametrize("name", SHOWN)
def test_every_check_holds(name: str) -> None:
    sheet = draw_trace(traced(name), Options())
    assert [note for note in sheet.footnotes if "not printed" in note] == []
    assert sum(node.params for node in sheet.big_picture.nodes) == sheet.summary["params_total"]
    assert sum(node.flops for node in sheet.big_picture.nodes) == sheet.summary["flops"]


@pytest.mark.parametrize("name", COUNTED)
def test_every_operation_is_in_one_box(name: str) -> None:
    found = outlined(name)
    hidden = [op for ops in found.hidden.values() for op in ops]
    assert sorted(found.root.all()) == sorted({op.id for op in found.trace.ops} - set(hidden))


class SpreadVector(nn.Module):
    """A square of numbers times a vector, which has no features to spread."""

    def forward(self, square: torch.Tensor, vector: torch.Tensor) -> torch.Tensor:
        return torch.matmul(square, vector)


def test_a_matrix_times_a_vector_is_no_graph() -> None:
    found = outline(trace(from_module(SpreadVector(), (torch.zeros(4, 4), torch.zeros(4)))))
    assert "graph_convolution.count" not in measure(found)
