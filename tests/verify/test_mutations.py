"""Statements with one mistake each, as they are made at a board: every one fails, and the statement itself passes."""

import dataclasses
from functools import cache

import pytest
import torch
from torch import nn

from boardwork.outline import outline
from boardwork.statement import statement
from boardwork.targets import from_module
from boardwork.trace.forward import rehearsed
from boardwork.verify import TOLERANCES, compared
from boardwork.verify.block import Forward
from boardwork.verify.numbers import Numbers


class Attention(nn.Module):
    """Causal, queries and keys turned by halves."""

    def __init__(self, width=32, heads=4):
        super().__init__()
        self.heads = heads
        self.inner, self.outer = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, tokens):
        batch, length, width = tokens.shape
        parts = self.inner(tokens).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        half = width // self.heads // 2
        angles = torch.arange(length)[:, None] * 0.1 ** torch.arange(half)
        cos, sin = torch.cat([angles, angles], -1).cos(), torch.cat([angles, angles], -1).sin()
        queries, keys = (
            part * cos + torch.cat([-part[..., half:], part[..., :half]], -1) * sin for part in (parts[0], parts[1])
        )
        mixed = nn.functional.scaled_dot_product_attention(queries, keys, parts[2], is_causal=True)
        return self.outer(mixed.transpose(1, 2).reshape(tokens.shape))


class Mixture(nn.Module):
    """Two of four experts, their weights made to add up to one."""

    def __init__(self, width=16):
        super().__init__()
        self.router = nn.Linear(width, 4, bias=False)
        self.experts = nn.ModuleList(nn.Linear(width, width) for _ in range(4))

    def forward(self, tokens):
        shares, chosen = self.router(tokens).softmax(-1).topk(2, dim=-1)
        shares = shares / shares.sum(-1, keepdim=True)
        total = torch.zeros_like(tokens)
        for place, expert in enumerate(self.experts):
            share = (shares * (chosen == place)).sum(-1, keepdim=True)
            total = total + share * torch.relu(expert(tokens))
        return total


class Gated(nn.Module):
    """SwiGLU."""

    def __init__(self, width=32, hidden=48):
        super().__init__()
        self.into, self.outof = nn.Linear(width, 2 * hidden), nn.Linear(hidden, width)

    def forward(self, tokens):
        gate, hidden = self.into(tokens).chunk(2, dim=-1)
        return self.outof(nn.functional.silu(gate) * hidden)


class Decayed(nn.Module):
    """A state that decays at a rate of its own a channel."""

    def __init__(self, width=8):
        super().__init__()
        self.rate, self.into = nn.Parameter(torch.zeros(width)), nn.Linear(width, width)

    def forward(self, series):
        decay, entering = torch.exp(-torch.exp(self.rate)), self.into(series)
        state, states = torch.zeros_like(entering[:, 0]), []
        for step in range(series.shape[1]):
            state = decay * state + entering[:, step]
            states.append(state)
        return torch.stack(states, 1)


def drawn(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(8))


SEQUENCE, IMAGE = drawn(2, 10, 32), drawn(2, 8, 12, 12)
BLOCKS = {
    "attention": (Attention, SEQUENCE),
    "layer": (lambda: nn.TransformerEncoderLayer(32, 4, 64, batch_first=True, norm_first=True), SEQUENCE),
    "mixture": (Mixture, drawn(2, 6, 16)),
    "decay": (Decayed, drawn(2, 9, 8)),
    "gated": (Gated, SEQUENCE),
    "lstm": (lambda: nn.LSTM(32, 12, batch_first=True), SEQUENCE),
    "group norm": (lambda: nn.Sequential(nn.Conv2d(8, 16, 3, padding=1), nn.GroupNorm(4, 16), nn.ReLU()), IMAGE),
    "depthwise": (
        lambda: nn.Sequential(
            nn.Conv2d(8, 8, 3, padding=1, groups=8), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 4, 1)
        ),
        IMAGE,
    ),
}  # fmt: skip
MUTATIONS = {
    "scale left out": ("attention", " / math.sqrt(8)", ""),
    "scale by the model's width": ("attention", "math.sqrt(8)", "math.sqrt(32)"),
    "mask off by one": ("attention", ".tril()", ".tril(1)"),
    "no mask": ("attention", "masked_fill(~seen, -math.inf)", "clone()"),
    "halves of RoPE swapped": ("attention", "[-x[..., 4:], x[..., :4]]", "[x[..., 4:], -x[..., :4]]"),
    "softmax over the queries": ("attention", "scores, dim=-1", "scores, dim=-2"),
    "bias dropped": ("layer", " + b_O", ""),
    "activation of the gate": ("gated", "F.silu(", "F.sigmoid("),
    "gate for the other part": ("gated", "@ W_gate.T", "@ W_up.T"),
    "epsilon of the norm": ("group norm", "1e-05", "1e-03"),
    "groups of the norm": ("group norm", "x.shape[0], 4, -1", "x.shape[0], 2, -1"),
    "no running mean": ("depthwise", "(x - mean)", "x"),
    "padding": ("depthwise", "padding=1", "padding=2"),
    "one group of the convolution for two channels": ("depthwise", "W_1, b_1, pad", "W_1.flip(0), b_1, pad"),
    "router without renormalisation": ("mixture", " / best.sum(-1, keepdim=True)", ""),
    "sign of the decay": ("decay", "-torch.exp(", "torch.exp("),
    "input gate for forget gate": ("lstm", "i, f, g, o = (", "f, i, g, o = ("),
}


@cache
def prepared(name):
    build, value = BLOCKS[name]
    trace, run = rehearsed(from_module(build().eval(), (value,)))
    found = statement(outline(trace))
    assert not found.unstated
    return trace, found, Forward(trace, run, found, {}, Numbers())


@pytest.mark.parametrize("name", BLOCKS)
def test_the_statement_itself_passes(name):
    trace, found, forward = prepared(name)
    assert compared(trace, found, forward, TOLERANCES[torch.float32]).passed


@pytest.mark.parametrize("mistake", MUTATIONS)
def test_a_mistake_fails(mistake):
    name, right, wrong = MUTATIONS[mistake]
    trace, found, forward = prepared(name)
    assert right in found.text, found.text
    mutated = dataclasses.replace(found, text=found.text.replace(right, wrong))
    assert not compared(trace, mutated, forward, TOLERANCES[torch.float32]).passed
