"""A block of every sort that a check covers: its statement passes, and with one mistake as made at a board it fails."""

import dataclasses
from functools import cache

import pytest
import torch
from tests.verify import written_blocks as written
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


SEQUENCE, IMAGE, NARROW = drawn(2, 10, 32), drawn(2, 8, 12, 12), drawn(2, 10, 16)
WORDS = torch.arange(20).view(2, 10)
BLOCKS = {  # sort of block: how it is built, and its inputs
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
    "grouped queries": (written.SharedKeys, SEQUENCE),
    "latent attention": (written.LatentKeys, SEQUENCE),
    "feed-forward": (lambda: nn.Sequential(nn.Linear(32, 48), nn.GELU(), nn.Linear(48, 32)), SEQUENCE),
    "RMSNorm": (written.Normed, SEQUENCE),
    "instance norm": (lambda: nn.Sequential(nn.Conv2d(8, 6, 3), nn.InstanceNorm2d(6, affine=True), nn.ReLU()), IMAGE),
    "bottleneck": (written.Narrow, IMAGE),
    "squeeze-excitation": (written.Recalibrated, IMAGE),
    "GRU": (lambda: nn.GRU(32, 12, batch_first=True), SEQUENCE),
    "RNN": (lambda: nn.RNN(32, 12, batch_first=True), SEQUENCE),
    "embeddings": (written.Words, WORDS),
    "state space": (written.Selective, drawn(2, 9, 8)),
    "adaLN": (written.Conditioned, NARROW, drawn(2, 16)),
    "LoRA": (written.Adapted, NARROW),
    "GCN": (written.Neighbours, drawn(7, 8), (drawn(7, 7) > 0).float()),
}  # fmt: skip
MUTATIONS = {  # mistake: the block, what is right, what is written instead
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
    "keys of the other heads": ("grouped queries", "k.repeat_interleave(2, dim=1)", "k.repeat(1, 2, 1, 1)"),
    "latent not normalised": ("latent attention", "rms_norm(x @ W_DKV.T, gamma)", "x @ W_DKV.T"),
    "keys for values": ("latent attention", "h @ W_UV.T", "h @ W_UK.T"),
    "GELU by sigmoid": ("feed-forward", "F.gelu(", "F.silu("),
    "mean taken off": ("RMSNorm", "x * torch.rsqrt(", "(x - x.mean(-1, keepdim=True)) * torch.rsqrt("),
    "gain left out": ("RMSNorm", " * gamma", ""),
    "mean over the channels too": ("instance norm", "x.mean((2, 3)", "x.mean((1, 2, 3)"),
    "skip left out": ("bottleneck", "relu(x + ", "relu("),
    "mean and variance in the other order": ("bottleneck", "mean, variance,", "variance, mean,"),
    "scale not squashed": ("squeeze-excitation", "torch.sigmoid(", "("),
    "largest for mean": ("squeeze-excitation", "x.mean((2, 3))", "x.amax((2, 3))"),
    "reset gate before the layer": ("GRU", "n_x + r * n_h", "r * (n_x + n_h)"),
    "update gate the other way round": ("GRU", "(1 - z) * torch", "z * torch"),
    "state without its matrix": ("RNN", "h @ W_hh.T", "h"),
    "row of the next word": ("embeddings", "E[words]", "E[words + 1]"),
    "places left out": ("embeddings", " + E_2[index]", ""),
    "decay without its exponential": ("state space", "h_5 = torch.exp(", "h_5 = ("),
    "skip of the input left out": ("state space", " + scale * x[:, i]", ""),
    "scale without one": ("adaLN", " + 1)", ")"),
    "shift for gate": ("adaLN", "W_1c.T + b_1c", "W_1a.T + b_1a"),
    "rank product not scaled": ("LoRA", " * 2.0", ""),
    "matrices in the other order": ("LoRA", "@ W_2.T @ W_3.T", "@ W_3 @ W_2"),
    "no loops": ("GCN", "edges + table", "edges"),
    "one degree alone": ("GCN", "h * h_2", "h"),
}


@cache
def prepared(name):
    build, *values = BLOCKS[name]
    trace, run = rehearsed(from_module(build().eval(), tuple(values)))
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
