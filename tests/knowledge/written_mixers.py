"""Equations of what mixes positions, features or experts, written out beside another way to the same numbers."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Sides = tuple[Tensor, Tensor]  # as the equation says, as the library computes
DEFINED: dict[str, Callable[[], Sides]] = {}


def define(topic: str) -> Callable[[Callable[[], Sides]], Callable[[], Sides]]:
    def entered(sides: Callable[[], Sides]) -> Callable[[], Sides]:
        DEFINED[topic] = sides
        return sides

    return entered


def heads(*shape: int) -> tuple[Tensor, ...]:
    """Queries, keys and values."""
    return tuple(torch.randn(shape or (2, 3, 5, 8)) for _ in range(3))


@define("additive_attention")
def additive_attention() -> Sides:
    """Of one query: the scores of a network on the sum are those of a network on the two side by side."""
    query, keys, w = torch.randn(4), torch.randn(6, 5), torch.randn(7)
    w_q, w_k = torch.randn(7, 4), torch.randn(7, 5)
    written = torch.softmax(torch.tanh(w_q @ query + keys @ w_k.T) @ w, -1) @ keys
    joined = F.linear(torch.cat([query.expand(6, -1), keys], -1), torch.cat([w_q, w_k], -1))
    return written, F.softmax(F.linear(torch.tanh(joined), w[None]).squeeze(-1), -1) @ keys


@define("alibi")
def alibi() -> Sides:
    q, k, v = heads(2, 4, 5, 8)
    distance = torch.arange(5)[:, None] - torch.arange(5)
    slopes = 2.0 ** (-8 * torch.arange(1, 5) / 4)
    bias = (-slopes[:, None, None] * distance).masked_fill(distance < 0, -math.inf)
    written = torch.softmax(q @ k.mT / 8**0.5 + bias, -1) @ v
    return written, F.scaled_dot_product_attention(q, k, v, attn_mask=bias)


@define("attention_sink")
def attention_sink() -> Sides:
    """One more column that takes weight and gives nothing is a key of that score with a value of zero."""
    q, k, v = heads()
    sink = torch.tensor(0.7)
    scores = q @ k.mT / 8**0.5
    written = scores.exp() / (sink.exp() + scores.exp().sum(-1, keepdim=True)) @ v
    more = torch.cat([scores, sink.expand(2, 3, 5, 1)], -1).softmax(-1)
    return written, more @ torch.cat([v, torch.zeros(2, 3, 1, 8)], -2)


@define("channel_attention")
def channel_attention() -> Sides:
    q, k, v = heads()
    q, k = (F.normalize(x, dim=-2) for x in (q, k))
    return (torch.softmax(q.mT @ k, -1) @ v.mT).mT, F.scaled_dot_product_attention(q.mT, k.mT, v.mT, scale=1.0).mT


@define("linear_attention")
def linear_attention() -> Sides:
    q, k, v = heads()
    q, k = F.elu(q) + 1, F.elu(k) + 1
    return q @ (k.mT @ v), (q @ k.mT) @ v


@define("retention")
def retention() -> Sides:
    """All pairs against the state that each step multiplies by its decay."""
    q, k, v = heads()
    place = torch.arange(q.shape[-2])
    decay = (0.9 ** (place[:, None] - place).float()).tril()
    state, written = torch.zeros(k.shape[-1], v.shape[-1]), []
    for t in range(len(place)):
        state = 0.9 * state + k[..., t, :, None] * v[..., t, None, :]
        written.append((q[..., t, None, :] @ state).squeeze(-2))
    return (q @ k.mT * decay) @ v, torch.stack(written, -2)


@define("slot_attention")
def slot_attention() -> Sides:
    """Every query's mean of the values, weighed by what it gets of each key."""
    q, k, v = heads()
    raised = torch.exp(q @ k.mT)
    shares = raised / raised.sum(-2, keepdim=True)
    means = [(shares[..., i, :, None] * v).sum(-2) / shares[..., i, :].sum(-1, keepdim=True) for i in range(5)]
    taken = (q @ k.mT).softmax(-2)
    return taken / taken.sum(-1, keepdim=True) @ v, torch.stack(means, -2)


@define("softmax_free")
def softmax_free() -> Sides:
    q, k, v = heads()
    return (q @ k.mT) @ v, q @ (k.mT @ v)


@define("fourier_mixing")
def fourier_mixing() -> Sides:
    def waves(n: int) -> Tensor:
        return torch.exp(-2j * math.pi * torch.arange(n)[:, None] * torch.arange(n) / n)

    x = torch.randn(6, 4)
    return (waves(6) @ x.to(torch.complex64) @ waves(4)).real, torch.fft.fft2(x).real


@define("long_convolution")
def long_convolution() -> Sides:
    x, kernel = torch.randn(9), torch.randn(9)
    by_waves = torch.fft.irfft(torch.fft.rfft(x, 18) * torch.fft.rfft(kernel, 18), 18)[:9]
    return by_waves, F.conv1d(F.pad(x, (8, 0))[None, None], kernel.flip(0)[None, None])[0, 0]


@define("state_space")
def state_space() -> Sides:
    """Step by step against the sum of what is left of every earlier input."""
    a, b, c, x = torch.rand(6), torch.randn(6), torch.randn(6), torch.randn(6)
    state, written = torch.zeros(()), []
    for t in range(6):
        state = a[t] * state + b[t] * x[t]
        written.append(c[t] * state)
    left = [[c[t] * a[j + 1 : t + 1].prod() * b[j] * x[j] for j in range(t + 1)] for t in range(6)]
    return torch.stack(written), torch.stack([torch.stack(row).sum() for row in left])


@define("linear_recurrence")
def linear_recurrence() -> Sides:
    """Step by step against pairs of steps joined first."""
    a, b = torch.rand(4), torch.randn(4)
    state = torch.zeros(())
    for t in range(4):
        state = a[t] * state + b[t]
    (_, b1), (a2, b2) = ((a[i] * a[i + 1], a[i + 1] * b[i] + b[i + 1]) for i in (0, 2))
    return a2 * b1 + b2, state


@define("token_mixing")
def token_mixing() -> Sides:
    """Layers along the positions of a sequence are 1 x 1 convolutions whose channels are the positions."""
    x, up, down = torch.randn(2, 6, 4), torch.randn(9, 6), torch.randn(6, 9)
    written = (F.gelu(x.mT @ up.T) @ down.T).mT
    return written, F.conv1d(F.gelu(F.conv1d(x, up[..., None])), down[..., None])


@define("graph_convolution")
def graph_convolution() -> Sides:
    """The adjacency matrix before the weights or after them."""
    adjacency, nodes, weight = torch.rand(6, 6), torch.randn(6, 4), torch.randn(3, 4)
    return (adjacency @ nodes) @ weight.T, adjacency @ F.linear(nodes, weight)


@define("mixture_of_experts")
def mixture_of_experts() -> Sides:
    """With all experts chosen the sum over the best k is the sum over all."""
    x, router, experts = torch.randn(6, 4), torch.randn(3, 4), torch.randn(3, 4, 4)
    weights, chosen = (x @ router.T).softmax(-1).topk(3)
    written = (weights[..., None] * torch.einsum("tkij,tj->tki", experts[chosen], x)).sum(1)
    return written, torch.einsum("te,eij,tj->ti", (x @ router.T).softmax(-1), experts, x)


@define("rnn")
def rnn() -> Sides:
    cell, x, h = nn.RNNCell(3, 5), torch.randn(2, 3), torch.randn(2, 5)
    return torch.tanh(x @ cell.weight_ih.T + h @ cell.weight_hh.T + cell.bias_ih + cell.bias_hh), cell(x, h)


@define("sinusoid")
def sinusoid() -> Sides:
    """A sine and a cosine of one frequency turn with the number: t + 1 is a rotation of t."""

    def waves(t: int) -> Tensor:
        return torch.stack([torch.sin(frequency * t), torch.cos(frequency * t)])

    frequency = 10000.0 ** (-torch.arange(4) / 4)
    cos, sin = frequency.cos(), frequency.sin()
    turned = torch.stack([waves(7)[0] * cos + waves(7)[1] * sin, waves(7)[1] * cos - waves(7)[0] * sin])
    return waves(8), turned


@define("low_rank")
def low_rank() -> Sides:
    base, up, down, x = torch.randn(5, 4), torch.randn(5, 2), torch.randn(2, 4), torch.randn(3, 4)
    return x @ base.T + 0.5 * (x @ down.T) @ up.T, F.linear(x, base + 0.5 * up @ down)


@define("modulation")
def modulation() -> Sides:
    """A scale and a shift behind a norm without weights are the norm's own gain and bias."""
    x, scale, shift = torch.randn(2, 5), torch.randn(5), torch.randn(5)
    return (1 + scale) * F.layer_norm(x, (5,)) + shift, F.layer_norm(x, (5,), 1 + scale, shift)


@define("squeeze_excitation")
def squeeze_excitation() -> Sides:
    """Layers on the means over all positions are 1 x 1 convolutions behind a global pool."""
    x, down, up = torch.randn(2, 8, 3, 3), torch.randn(2, 8), torch.randn(8, 2)
    gate = torch.sigmoid(F.relu(x.mean((2, 3)) @ down.T) @ up.T)
    pooled = F.conv2d(F.adaptive_avg_pool2d(x, 1), down[:, :, None, None]).relu()
    return x * gate[:, :, None, None], x * F.conv2d(pooled, up[:, :, None, None]).sigmoid()


@define("delta_rule")
def delta_rule() -> Sides:
    """A step back along the gradient of the state's error |S k - v|^2 / 2, after its decay, as fast weights learn."""
    state, key, value, query = torch.randn(3, 4), torch.randn(4), torch.randn(3), torch.randn(4)
    decay, rate = torch.rand(()), torch.rand(())
    written = decay * state @ (torch.eye(4) - rate * key.outer(key)) + rate * value.outer(key)
    faded = (decay * state).requires_grad_()
    (slope,) = torch.autograd.grad((faded @ key - value).square().sum() / 2, faded)
    return written @ query, (faded - rate * slope).detach() @ query
