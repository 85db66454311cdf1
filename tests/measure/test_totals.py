"""Facts of the whole model: parameters, those that are active, the peak of the activations."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from boardwork.facts import Facts
from boardwork.measure import measure
from boardwork.outline import outline
from boardwork.targets import from_module, load
from boardwork.trace import trace


def measured(module: nn.Module, *args: torch.Tensor) -> Facts:
    return measure(outline(trace(from_module(module, args))))


class Written(nn.Module):
    def __init__(self, work) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(4, 8), nn.Linear(8, 2)
        self.work = work

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.work(self, x)


X, HIDDEN, OUT = 4 * 4, 4 * 8, 4 * 2  # bytes of one row
PEAKS = {
    "the input is held, the hidden layer is read": (lambda m, x: m.second(m.first(x)), X + HIDDEN + OUT),
    "an activation makes a second hidden layer": (lambda m, x: m.second(m.first(x).relu()), X + 2 * HIDDEN),
    "work in place makes none": (lambda m, x: m.second(m.first(x).relu_()), X + HIDDEN + OUT),
    "views share memory": (lambda m, x: m.second(m.first(x).view(1, -1).view(-1, 8)), X + HIDDEN + OUT),
    "a part keeps the whole": (lambda m, x: m.first(x)[:, :4] * 2, X + HIDDEN + X),
    "a residual waits": (lambda m, x: (h := m.first(x)) + h.relu().relu(), X + 3 * HIDDEN),
    "an expanded row takes no memory": (lambda m, x: m.second(x.new_ones(8).expand(3, 8)), 3 * X + HIDDEN + 3 * OUT),
}


@pytest.mark.parametrize("case", PEAKS)
def test_peak_of_the_activations(case: str) -> None:
    work, peak = PEAKS[case]
    rows = 3 if "expanded" in case else 1
    assert measured(Written(work), torch.empty(rows, 4))["activations.peak"] == peak


class Keeping(nn.Module):
    """Keeps what `made` gives of its bias and the input."""

    def __init__(self, made) -> None:
        super().__init__()
        self.bias, self.made, self.tables = nn.Parameter(torch.zeros(1, 8)), made, {}

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.tables["first"] = self.made(self.bias, x)
        return x + self.tables["first"]


def test_a_table_that_the_model_keeps_is_made_once() -> None:
    row = 8 * 4
    x = torch.empty(1, 8)
    assert measured(Keeping(lambda bias, x: bias * 2), x)["activations.peak"] == 2 * row
    assert measured(Keeping(lambda bias, x: x * 2), x)["activations.peak"] == 3 * row


def test_peak_follows_the_precision() -> None:
    module = Written(lambda m, x: m.second(m.first(x)))
    whole = measured(module, torch.empty(1, 4))["activations.peak"]
    half = measured(module.bfloat16(), torch.empty(1, 4, dtype=torch.bfloat16))["activations.peak"]
    assert whole == 2 * half


def test_tied_weights_count_once() -> None:
    first, second = nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False)
    second.weight = first.weight
    first.weight.requires_grad_(False)
    facts = measured(nn.Sequential(first, second, nn.Linear(4, 2)), torch.empty(1, 4))
    assert (facts["params.total"], facts["params.trainable"], facts["params.active"]) == (26, 10, 26)


def test_experts_that_are_not_chosen_rest(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    transformers.MixtralConfig(
        num_hidden_layers=3,
        hidden_size=64,
        intermediate_size=96,
        vocab_size=100,
        num_attention_heads=4,
        num_key_value_heads=2,
        num_local_experts=8,
        num_experts_per_tok=2,
    ).save_pretrained(tmp_path)
    facts = measure(outline(trace(load(f"hf:{tmp_path}"))))
    assert facts["params.total"] - facts["params.active"] == 3 * (8 - 2) * 3 * 64 * 96
