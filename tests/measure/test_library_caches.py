"""What decoding keeps, as measured on the trace, against the cache that the library's model fills with numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import nn

from boardwork.facts import Facts
from boardwork.measure import measure
from boardwork.outline import outline
from boardwork.targets import from_module
from boardwork.targets.build import library
from boardwork.trace import trace

library("torchvision")  # before transformers, which imports it
transformers = library("transformers")

TOKENS = 24
WINDOW = 8
SMALL = {"vocab_size": 60, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 4}
HEADS = {"num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8}
MIXED = {"sliding_window": WINDOW, "layer_types": ["sliding_attention"] * 3 + ["full_attention"]}
DELTA = {
    "linear_num_key_heads": 2, "linear_num_value_heads": 4, "linear_key_head_dim": 8, "linear_value_head_dim": 8,
    "moe_intermediate_size": 16, "shared_expert_intermediate_size": 16, "num_experts": 4, "num_experts_per_tok": 2,
}  # fmt: skip
WIDER = {"global_head_dim": 16, "num_kv_shared_layers": 0, "hidden_size_per_layer_input": 8}
ATTENDING = {
    "gpt2": {"vocab_size": 60, "n_embd": 32, "n_head": 4, "n_layer": 2},
    "llama": {**SMALL, **HEADS},
    "gemma3_text": {**SMALL, **HEADS, **MIXED},
    "gemma4_text": {**SMALL, **HEADS, **MIXED, **WIDER, "vocab_size_per_layer_input": 60},
    "qwen3_next": {**SMALL, **HEADS, **DELTA},
}
MAMBA = {
    "vocab_size": 60, "hidden_size": 32, "num_hidden_layers": 2, "state_size": 16, "expand": 2, "num_heads": 8,
    "head_dim": 8, "n_groups": 2, "chunk_size": 8, "conv_kernel": 4,
}  # fmt: skip


def both(kind: str, **entries: Any) -> tuple[Facts, list[Any]]:
    """The facts of a small model, and the layers of its cache after a forward."""
    torch.manual_seed(0)
    config = transformers.CONFIG_MAPPING[kind](**entries)
    model: nn.Module = transformers.AutoModelForCausalLM.from_config(config).eval()
    with torch.no_grad():
        made = model(torch.ones(1, TOKENS, dtype=torch.long), use_cache=True)
    held = made.get("past_key_values") or made.get("cache_params")
    facts = measure(outline(trace(from_module(model, (torch.zeros(1, TOKENS, dtype=torch.long),)))))
    return facts, list(held.layers)


def tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    for inside in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from tensors(inside)


def held(layers: list[Any], *names: str) -> int:
    """Bytes of what the layers keep under these names."""
    return sum(t.nbytes for layer in layers for name in names for t in tensors(vars(layer).get(name)))


@pytest.mark.parametrize("kind", ATTENDING)
def test_keys_and_values_take_what_the_cache_holds(kind: str) -> None:
    """A layer with a window keeps one token less than it sees: the next one brings its own."""
    facts, layers = both(kind, **ATTENDING[kind])
    windowed = facts.get("cache.window_token_bytes", 0)
    whole = facts.get("cache.open_bytes", facts["cache.token_bytes"])
    assert held(layers, "keys", "values") == TOKENS * whole + (WINDOW - 1) * windowed
    assert facts.get("cache.window_bytes", 0) == WINDOW * windowed


def test_layers_that_differ_are_not_alike() -> None:
    assert both("gemma4_text", **ATTENDING["gemma4_text"])[0]["cache.alike"] is False


@pytest.mark.parametrize(("kind", "entries"), [("mamba2", MAMBA), ("qwen3_next", ATTENDING["qwen3_next"])])
def test_states_take_what_the_cache_holds(kind: str, entries: dict[str, Any]) -> None:
    facts, layers = both(kind, **entries)
    assert facts["state.bytes"] == held(layers, "recurrent_states") > 0
