"""Equations of the kinds of attention, written out beside what a hand-written model or torch's own layer gives."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from tests.knowledge.written_mixers import Sides, define
from tests.outline import written
from torch import Tensor, nn

FAMILIES = Path(__file__).parents[1] / "outline" / "families"


def build(family: str, name: str, **sizes: Any) -> nn.Module:
    """A model of tests/outline/families with random parameters: no table of zeros, no gain of one."""
    model: nn.Module = getattr(written.models(FAMILIES / f"{family}.py"), name)(**sizes).eval()
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.3)
    return model


def split(x: Tensor, heads: int = 4) -> Tensor:
    """(..., T, heads x d_k) -> (..., heads, T, d_k)."""
    return x.unflatten(-1, (heads, -1)).transpose(-3, -2)


def projected(model: nn.Module, x: Tensor, source: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
    """Queries of x, keys and values of the source."""
    source = x if source is None else source
    return split(model.ask(x)), split(model.offer(source)), split(model.carry(source))


def joined(model: nn.Module, mixed: Tensor) -> Tensor:
    return model.finish(mixed.transpose(-3, -2).flatten(-2))


def scores(q: Tensor, k: Tensor) -> Tensor:
    return q @ k.mT / q.shape[-1] ** 0.5


@define("talking_heads")
def talking_heads() -> Sides:
    model, x = build("attention", "TalkingHeads"), torch.randn(2, 16, 32)
    first, second = model.before_softmax, model.after_softmax
    for layer in (first, second):
        nn.init.zeros_(layer.bias)  # the paper has none
    q, k, v = projected(model, x)
    before = torch.einsum("gh,bhqk->bgqk", first.weight, scores(q, k))
    return joined(model, torch.einsum("gh,bhqk->bgqk", second.weight, before.softmax(-1)) @ v), model(x)


@define("differential_attention")
def differential_attention() -> Sides:
    model, x = build("attention", "Difference"), torch.randn(2, 16, 32)
    q, k, v = (split(layer(x), 2) for layer in (model.ask, model.offer, model.carry))
    first, second = (scores(a, b).softmax(-1) for a, b in zip(q.chunk(2, -1), k.chunk(2, -1), strict=True))
    return joined(model, (first - model.share_taken * second) @ v), model(x)


@define("cross_attention")
def cross_attention() -> Sides:
    layer, target, source = nn.MultiheadAttention(32, 4, batch_first=True), torch.randn(2, 5, 32), torch.randn(2, 9, 32)
    w_q, w_k, w_v = layer.in_proj_weight.chunk(3)
    q, k, v = split(target @ w_q.T), split(source @ w_k.T), split(source @ w_v.T)
    return layer.out_proj((scores(q, k).softmax(-1) @ v).transpose(1, 2).flatten(2)), layer(target, source, source)[0]


@define("gated_attention")
def gated_attention() -> Sides:
    model, x = build("attention", "GatedHeads"), torch.randn(2, 16, 32)
    mixed = F.scaled_dot_product_attention(*projected(model, x), is_causal=True).transpose(1, 2).flatten(2)
    return (torch.sigmoid(x @ model.gate_layer.weight.T) * mixed) @ model.finish.weight.T, model(x)


@define("score_softcap")
def score_softcap() -> Sides:
    model, x = build("attention", "SoftCapped"), 8 * torch.randn(2, 16, 32)  # scores of the size of the cap
    q, k, v = projected(model, x)
    return joined(model, (30 * torch.tanh(scores(q, k) / 30)).softmax(-1) @ v), model(x)


@define("qk_norm")
def qk_norm() -> Sides:
    model, x = build("local_attention", "NormalisedByPower"), torch.randn(2, 16, 32)
    q, k, v = projected(model, x)
    q, k = (F.rms_norm(part, (8,), eps=1e-6) for part in (q, k))
    return joined(model, scores(q, k).softmax(-1) @ v), model(x)


@define("pooled_keys")
def pooled_keys() -> Sides:
    model, x = build("attention", "PooledKeys"), torch.randn(2, 64, 32)
    blocks = x.view(2, 4, 2, 4, 2, 32).permute(0, 1, 3, 5, 2, 4).flatten(3)  # 2 x 2 neighbours, 4 x 4 of them
    kernel, bias = model.smaller.weight.flatten(1), model.smaller.bias
    pooled = model.smaller_norm((blocks @ kernel.T + bias).flatten(1, 2))
    q, k, v = projected(model, x, pooled)
    assert scores(q, k).shape[-2:] == (64, 16)
    return joined(model, scores(q, k).softmax(-1) @ v), model(x)


@define("window_attention")
def window_attention() -> Sides:
    """Groups of m beside all n positions of which a mask leaves those of the own group."""
    q, k, v = torch.randn(3, 2, 4, 24, 8)
    groups, m = 4, 6
    within = [part.unflatten(2, (groups, m)) for part in (q, k, v)]
    table = scores(*within[:2])
    assert table[0, 0].numel() == groups * m**2 < 24**2
    own = torch.block_diag(*[torch.ones(m, m)] * groups).bool()
    return (table.softmax(-1) @ within[2]).flatten(2, 3), F.scaled_dot_product_attention(q, k, v, attn_mask=own)


@define("relative_bias")
def relative_bias() -> Sides:
    model, x = build("attention", "BucketedBias"), torch.randn(2, 16, 32)
    q, k, v = projected(model, x)
    table = model.distance_table.weight
    bias = torch.stack([torch.stack([table[j - i + 15] for j in range(16)]) for i in range(16)]).permute(2, 0, 1)
    return joined(model, (q @ k.mT + bias).softmax(-1) @ v), model(x)


@define("added_positions")
def added_positions() -> Sides:
    model, x = build("attention", "PlacesInQueries"), torch.randn(2, 16, 32)
    placed = x + model.places
    q, k, v = split(placed @ model.ask.weight.T), split(placed @ model.offer.weight.T), split(x @ model.carry.weight.T)
    return joined(model, scores(q, k).softmax(-1) @ v), model(x)


@define("position_scores")
def position_scores() -> Sides:
    model, x = build("attention", "Disentangled"), torch.randn(2, 16, 32)
    q, k, v = projected(model, x)
    r_k = split(model.place_table @ model.place_offer.weight.T)
    return joined(model, ((q @ k.mT + q @ r_k.mT) / 8**0.5).softmax(-1) @ v), model(x)


@define("latent_attention")
def latent_attention() -> Sides:
    model, x = build("attention", "LatentKeys"), torch.randn(2, 16, 64)
    w_dkv, w_kr = model.shrink.weight.split([16, 4])
    w_uk, w_uv = model.widen.weight.view(4, 16, 16).split([8, 8], 1)  # heads, rows of keys or of values, latent
    c = model.latent_norm(x @ w_dkv.T)
    turned = model.rotated(x @ w_kr.T)[:, None].expand(-1, 4, -1, -1)
    k = torch.cat([torch.einsum("hdc,btc->bhtd", w_uk, c), turned], -1)
    v = torch.einsum("hdc,btc->bhtd", w_uv, c)
    plain, own = split(model.ask_up(model.ask_norm(model.ask_down(x)))).split([8, 4], -1)
    q = torch.cat([plain, model.rotated(own)], -1)
    return joined(model, F.scaled_dot_product_attention(q, k, v, is_causal=True)), model(x)


@define("mqa")
def mqa() -> Sides:
    """One head of keys and values that all queries ask is as many copies of it."""
    q, k, v = torch.randn(2, 4, 6, 8), torch.randn(2, 1, 6, 8), torch.randn(2, 1, 6, 8)
    copies = [part.expand(-1, 4, -1, -1) for part in (k, v)]
    return scores(q, k).softmax(-1) @ v, F.scaled_dot_product_attention(q, *copies)


@define("deformable_attention")
def deformable_attention() -> Sides:
    """Place by place, each reading the four positions around it by their distance."""
    sides, spots, heads = (4, 2), 3, 4
    model = build("detection", "ReadAtPlaces", sides=sides, spots=spots)
    q, centres, maps = torch.randn(1, 5, 32), torch.rand(1, 5, 2), torch.randn(1, 20, 32)
    values = model.carry(maps)[0].view(-1, heads, 8).split([side**2 for side in sides])
    steps = model.steps(q)[0].view(5, heads, len(sides), spots, 2)
    shares = model.worth(q)[0].view(5, heads, -1).softmax(-1).view(5, heads, len(sides), spots)
    total = torch.zeros(5, heads, 8)
    for index in itertools.product(range(5), range(heads), range(len(sides)), range(spots)):
        query, head, level, _ = index
        x, y = (sides[level] * (centres[0, query] + 0.1 * steps[index]) - 0.5).tolist()
        total[query, head] += shares[index] * between(values[level][:, head].unflatten(0, (-1, sides[level])), x, y)
    return model.finish(total.flatten(1))[None], model(q, centres, maps)


def between(picture: Tensor, x: float, y: float) -> Tensor:
    """The positions around a place, each by how near it is; zeros outside."""
    column, row = math.floor(x), math.floor(y)
    near = [
        (1 - abs(x - j)) * (1 - abs(y - i)) * picture[i, j]
        for i in (row, row + 1)
        for j in (column, column + 1)
        if 0 <= i < picture.shape[0] and 0 <= j < picture.shape[1]
    ]
    return sum(near, torch.zeros(picture.shape[-1]))


@define("choice_of_keys")
def choice_of_keys() -> Sides:
    """A mask on all scores, and the chosen keys and values taken out."""
    q, k, v = torch.randn(3, 2, 3, 5, 8)
    scores = torch.randn(2, 3, 5, 5)
    best = scores.topk(2, -1).indices
    mask = torch.full_like(scores, -math.inf).scatter(-1, best, 0.0)
    written = torch.softmax(q @ k.mT / math.sqrt(8) + mask, -1) @ v
    taken_k, taken_v = (torch.take_along_dim(x[:, :, None], best[..., None], 3) for x in (k, v))
    return written, F.scaled_dot_product_attention(q[..., None, :], taken_k, taken_v).squeeze(-2)
