"""What decoding keeps: bytes of the cache objects that transformers fills, states of recurrences by closed forms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from boardwork.facts import Facts
from boardwork.measure import measure
from boardwork.outline import outline
from boardwork.targets import from_module, load
from boardwork.targets.build import library
from boardwork.trace import trace
from boardwork.trace.prepare import on_cpu, values_on_cpu

pytest.importorskip("transformers")
SMALL = {
    "num_hidden_layers": 2,
    "hidden_size": 64,
    "intermediate_size": 96,
    "vocab_size": 100,
    "num_attention_heads": 4,
}
MODELS: dict[str, dict[str, Any]] = {
    "gpt2": {"n_layer": 2, "n_embd": 64, "n_head": 4, "vocab_size": 100},
    "gpt_neox": SMALL,
    "bloom": {"n_layer": 2, "hidden_size": 64, "n_head": 4, "vocab_size": 100},
    "llama": {**SMALL, "num_key_value_heads": 2},
    "mistral": {**SMALL, "num_key_value_heads": 2, "head_dim": 16},
    "falcon": {"num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 4, "vocab_size": 100},
    "deepseek_v3": {
        **SMALL,
        "num_key_value_heads": 4,
        "q_lora_rank": 24,
        "kv_lora_rank": 16,
        "n_routed_experts": 8,
        "moe_intermediate_size": 32,
        "first_k_dense_replace": 1,
        "n_group": 2,
        "topk_group": 1,
    },
}
WIDTHS = {"d_model": 32, "encoder_layers": 2, "decoder_layers": 3, "encoder_attention_heads": 4, "vocab_size": 100}
READERS: dict[str, dict[str, Any]] = {
    "t5": {"num_layers": 2, "num_decoder_layers": 3, "d_model": 32, "d_kv": 8, "num_heads": 4, "vocab_size": 100},
    "bart": {**WIDTHS, "decoder_attention_heads": 2, "max_position_embeddings": 1024},
    "whisper": {
        **WIDTHS,
        "decoder_attention_heads": 2,
        "decoder_start_token_id": 1,
        "pad_token_id": 0,
        "bos_token_id": 0,
        "eos_token_id": 0,
    },
}


def config(kind: str, folder: Path, **changes: Any) -> str:
    library("transformers").CONFIG_MAPPING[kind](**changes).save_pretrained(folder)
    return f"hf:{folder}"


def facts_and_cache(target: str) -> tuple[Facts, Any]:
    """Facts, and the model's own cache after one forward on CPU."""
    subject = load(target)
    model = on_cpu(subject.module)
    assert model is not None
    out = model(*values_on_cpu(subject.args), **{**values_on_cpu(subject.kwargs), "use_cache": True})
    cache = out["past_key_values"] if "past_key_values" in out else out["cache_params"]
    return measure(outline(trace(subject))), cache


def size(tensor: torch.Tensor) -> int:
    return tensor.numel() * tensor.element_size()


@pytest.mark.parametrize("kind", MODELS)
def test_keys_and_values_of_a_token(kind: str, tmp_path: Path) -> None:
    facts, cache = facts_and_cache(config(kind, tmp_path, **MODELS[kind]))
    assert facts["cache.decodes"]
    held = sum(size(layer["keys"]) + size(layer["values"]) for layer in map(vars, cache.layers))
    assert held == facts["cache.token_bytes"] * facts["input.seq_len"] * facts["input.batch"]


def test_layers_with_a_window_stop_growing(tmp_path: Path) -> None:
    changes = {**SMALL, "num_hidden_layers": 6, "num_key_value_heads": 1, "head_dim": 16, "sliding_window": 32}
    facts, cache = facts_and_cache(config("gemma3_text", tmp_path, **changes))
    one = facts["cache.token_bytes"] / facts["cache.layers"]
    full = facts["cache.layers"] - facts["cache.window_layers"]
    held = sum(size(layer["keys"]) + size(layer["values"]) for layer in map(vars, cache.layers))
    assert 0 < full < facts["cache.layers"]
    # the window holds the token itself, which the cache gets with the next step
    assert held == full * one * facts["input.seq_len"] + facts["cache.window_bytes"] * 31 / 32


@pytest.mark.parametrize("kind", READERS)
def test_keys_and_values_of_a_source(kind: str, tmp_path: Path) -> None:
    facts, cache = facts_and_cache(config(kind, tmp_path, **READERS[kind]))
    for part, word in (("self_attention_cache", "token"), ("cross_attention_cache", "source")):
        kept = [vars(layer)[name] for layer in getattr(cache, part).layers for name in ("keys", "values")]
        assert facts[f"cache.{word}_bytes"] == sum(size(t) // t.shape[0] // t.shape[-2] for t in kept)
    assert facts["cache.source_len"] == kept[0].shape[-2]


def test_a_causal_tower_that_answers_once_keeps_nothing() -> None:
    found = measured(Tower(), torch.empty(2, 7, 16))
    assert found["attention.causal"]
    assert not found["cache.decodes"]


def test_a_model_that_answers_for_the_last_position_decodes() -> None:
    found = measured(LastWord(), torch.zeros(2, 7, dtype=torch.long))
    assert found["cache.decodes"]


def test_state_of_a_scan(tmp_path: Path) -> None:
    target = config("mamba", tmp_path, num_hidden_layers=2, hidden_size=64, vocab_size=100)
    facts, cache = facts_and_cache(target)
    states = [state for layer in map(vars, cache.layers) for state in layer["recurrent_states"].values()]
    assert facts["state.bytes"] == sum(map(size, states))
    assert "cache.token_bytes" not in facts


class Tower(nn.Module):
    """Text of CLIP in short: causal, and one vector of it all."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1])
        hidden = self.layer(x, src_mask=mask, is_causal=True)
        return hidden, hidden[:, -1]


class LastWord(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table, self.tower = nn.Embedding(50, 16), Tower()
        self.head = nn.Linear(16, 50)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.head(self.tower(self.table(tokens))[1])


class Loop(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.LSTMCell(4, 6)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        state = None
        for step in x.unbind(1):
            state = self.cell(step, state)
        return state[0]


@pytest.mark.parametrize(
    ("module", "elements"),
    [
        (nn.RNN(4, 6), 6),
        (nn.GRU(4, 6, num_layers=2, bidirectional=True), 2 * 2 * 6),
        (nn.LSTM(4, 6, num_layers=3), 3 * 2 * 6),
        (nn.LSTM(4, 6, proj_size=5), 6 + 5),
        (nn.LSTM(4, 6).double(), 2 * 2 * 6),
    ],
)
def test_state_of_a_recurrence(module: nn.Module, elements: int) -> None:
    x = torch.empty(7, 3, 4, dtype=next(module.parameters()).dtype)
    assert measured(module, x)["state.bytes"] == 4 * elements


def test_a_cell_that_runs_again_keeps_one_state() -> None:
    assert measured(Loop(), torch.empty(3, 7, 4))["state.bytes"] == 4 * 2 * 6


class Slots(nn.Module):
    """Rows of one sequence that a cell mends, from a learned start."""

    def __init__(self) -> None:
        super().__init__()
        self.start, self.cell = nn.Parameter(torch.zeros(5, 6)), nn.GRUCell(4, 6)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows = self.start.repeat(len(x), 1)
        for _ in range(3):
            rows = self.cell(x.repeat_interleave(5, 0), rows)
        return rows


def test_rows_of_a_sequence_are_no_steps() -> None:
    found = measured(Slots(), torch.empty(2, 4))
    assert (found["recurrent.steps"], found["state.bytes"]) == (3, 4 * 5 * 6)


def measured(module: nn.Module, *args: torch.Tensor) -> Facts:
    return measure(outline(trace(from_module(module, args))))
