"""Kinds of attention as people write them, each with its call."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def in_heads(tokens: Tensor, count: int) -> Tensor:
    batch, length, width = tokens.shape
    return tokens.view(batch, length, count, width // count).transpose(1, 2)


def joined(mixed: Tensor) -> Tensor:
    return mixed.transpose(1, 2).flatten(2)


class Projected(nn.Module):
    """Projections of queries, keys, values and output; what is between is up to the heir."""

    def __init__(self, width: int = 32, heads: int = 4) -> None:
        super().__init__()
        self.head_count, self.head_width = heads, width // heads
        self.ask, self.offer = nn.Linear(width, width, bias=False), nn.Linear(width, width, bias=False)
        self.carry, self.finish = nn.Linear(width, width, bias=False), nn.Linear(width, width, bias=False)

    def forward(self, tokens: Tensor) -> Tensor:
        q, k, v = (in_heads(layer(tokens), self.head_count) for layer in (self.ask, self.offer, self.carry))
        return self.finish(joined(self.mix(q, k, v)))

    def mix(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return F.softmax(q @ k.mT / math.sqrt(self.head_width), dim=-1) @ v


class SlidingWindow(Projected):
    """A band of eight keys, made by comparing positions."""

    def mix(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        place = torch.arange(q.shape[-2], device=q.device)
        distance = place[:, None] - place[None]
        scores = (q @ k.mT) * self.head_width**-0.5
        scores = scores.masked_fill((distance < 0) | (distance >= 8), float("-inf"))
        return scores.softmax(-1) @ v


class LinearBias(Projected):
    """ALiBi: one slope a head, with a causal mask in the same table."""

    def mix(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        place = torch.arange(q.shape[-2], device=q.device)
        slopes = 2.0 ** (-8.0 * torch.arange(1, self.head_count + 1, device=q.device) / self.head_count)
        bias = slopes[:, None, None] * (place[None, :] - place[:, None])
        bias = bias.masked_fill(place[None, :] > place[:, None], float("-inf"))
        return F.scaled_dot_product_attention(q, k, v, attn_mask=bias)


class BucketedBias(Projected):
    """T5: a table of distances, no scaling."""

    def __init__(self) -> None:
        super().__init__()
        self.distance_table = nn.Embedding(31, self.head_count)

    def mix(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        place = torch.arange(q.shape[-2], device=q.device)
        bias = self.distance_table((place[None, :] - place[:, None]).clamp(-15, 15) + 15)
        return F.softmax(q @ k.mT + bias.permute(2, 0, 1), dim=-1) @ v


class ShiftedWindows(Projected):
    """Swin: windows of 4 x 4, shifted by two, a table of relative positions and a mask for what was cut apart."""

    def __init__(self, side: int = 8) -> None:
        super().__init__()
        self.side_length = side
        self.offset_table = nn.Parameter(torch.zeros(49, self.head_count))
        rows = torch.arange(16) // 4
        columns = torch.arange(16) % 4
        pairs = (rows[:, None] - rows[None] + 3) * 7 + columns[:, None] - columns[None] + 3
        self.register_buffer("pair_index", pairs.flatten())
        region = torch.zeros(side, side)
        for i, one in enumerate((slice(0, -4), slice(-4, -2), slice(-2, None))):
            for j, two in enumerate((slice(0, -4), slice(-4, -2), slice(-2, None))):
                region[one, two] = 3 * i + j
        flat = self.cut(region[None, :, :, None]).squeeze(-1)
        self.register_buffer("cut_apart", torch.where(flat[:, None] == flat[:, :, None], 0.0, -100.0))

    @staticmethod
    def cut(image: Tensor) -> Tensor:
        batch, side, _, width = image.shape
        parts = image.view(batch, side // 4, 4, side // 4, 4, width).transpose(2, 3)
        return parts.reshape(-1, 16, width)

    def forward(self, tokens: Tensor) -> Tensor:
        batch, _, width = tokens.shape
        side = self.side_length
        image = torch.roll(tokens.view(batch, side, side, width), (-2, -2), (1, 2))
        q, k, v = (in_heads(layer(self.cut(image)), self.head_count) for layer in (self.ask, self.offer, self.carry))
        bias = self.offset_table[self.pair_index].view(16, 16, -1).permute(2, 0, 1)
        scores = q @ k.mT * self.head_width**-0.5 + bias
        scores = scores.view(batch, -1, self.head_count, 16, 16) + self.cut_apart[None, :, None]
        mixed = self.finish(joined(scores.view(-1, self.head_count, 16, 16).softmax(-1) @ v))
        image = mixed.view(batch, side // 4, side // 4, 4, 4, width).transpose(2, 3).reshape(batch, side, side, width)
        return torch.roll(image, (2, 2), (1, 2)).view(batch, side * side, width)


class SoftCapped(Projected):
    def mix(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        scores = torch.tanh(q @ k.mT / math.sqrt(self.head_width) / 30.0) * 30.0
        return scores.softmax(-1) @ v


class WithSink(Projected):
    """One learned column more in the softmax."""

    def __init__(self) -> None:
        super().__init__()
        self.spare = nn.Parameter(torch.zeros(self.head_count))

    def mix(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        scores = q @ k.mT / math.sqrt(self.head_width)
        extra = self.spare.view(1, -1, 1, 1).expand(scores.shape[0], -1, scores.shape[2], 1)
        return torch.cat((scores, extra), dim=-1).softmax(-1)[..., :-1] @ v


class TalkingHeads(Projected):
    def __init__(self) -> None:
        super().__init__()
        self.before_softmax, self.after_softmax = nn.Linear(4, 4), nn.Linear(4, 4)

    def mix(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        scores = q @ k.mT / math.sqrt(self.head_width)
        scores = self.before_softmax(scores.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        shares = self.after_softmax(scores.softmax(-1).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return shares @ v


class OverChannels(Projected):
    """XCiT: channels attend to channels, with a learned temperature."""

    def __init__(self) -> None:
        super().__init__()
        self.warmth = nn.Parameter(torch.ones(self.head_count, 1, 1))

    def mix(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        q, k, v = (F.normalize(q.mT, dim=-1), F.normalize(k.mT, dim=-1), v.mT)
        return ((q @ k.mT * self.warmth).softmax(-1) @ v).mT


class GatedHeads(Projected):
    def __init__(self) -> None:
        super().__init__()
        self.gate_layer = nn.Linear(32, 32, bias=False)

    def forward(self, tokens: Tensor) -> Tensor:
        q, k, v = (in_heads(layer(tokens), self.head_count) for layer in (self.ask, self.offer, self.carry))
        mixed = joined(F.scaled_dot_product_attention(q, k, v, is_causal=True))
        return self.finish(mixed * torch.sigmoid(self.gate_layer(tokens)))


class NormalisedAndTurned(Projected):
    """Queries and keys through a written-out RMSNorm, then turned as complex numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.ask_gain, self.offer_gain = nn.Parameter(torch.ones(8)), nn.Parameter(torch.ones(8))
        angles = torch.outer(torch.arange(64).float(), 5000.0 ** (-torch.arange(0, 8, 2) / 8))
        self.turning = torch.polar(torch.ones_like(angles), angles)

    def turned(self, x: Tensor, gain: Tensor) -> Tensor:
        x = x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * gain
        pairs = torch.view_as_complex(x.float().reshape(*x.shape[:-1], -1, 2))
        return torch.view_as_real(pairs * self.turning[: x.shape[-2]]).flatten(-2).type_as(x)

    def mix(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        q, k = self.turned(q, self.ask_gain), self.turned(k, self.offer_gain)
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)


class EinsumGroups(nn.Module):
    """Grouped queries with heads on the third axis, all products by einsum."""

    def __init__(self, width: int = 32, heads: int = 4, shared: int = 2) -> None:
        super().__init__()
        size = width // heads
        self.into_q = nn.Parameter(torch.randn(width, shared, heads // shared, size))
        self.into_k, self.into_v = (
            nn.Parameter(torch.randn(width, shared, size)),
            nn.Parameter(torch.randn(width, shared, size)),
        )
        self.out_of = nn.Parameter(torch.randn(shared, heads // shared, size, width))

    def forward(self, tokens: Tensor) -> Tensor:
        q = torch.einsum("btd,dgrk->btgrk", tokens, self.into_q)
        k = torch.einsum("btd,dgk->btgk", tokens, self.into_k)
        v = torch.einsum("btd,dgk->btgk", tokens, self.into_v)
        scores = torch.einsum("bsgk,btgrk->bgrts", k, q) / q.shape[-1] ** 0.5
        shares = scores.softmax(-1)
        mixed = torch.einsum("bgrts,bsgk->btgrk", shares, v)
        return torch.einsum("btgrk,grkd->btd", mixed, self.out_of)


class LatentKeys(nn.Module):
    """DeepSeek-V2: keys and values from one latent, a rotated part beside it."""

    def __init__(self, width: int = 64, heads: int = 4, plain: int = 8, turned: int = 4, latent: int = 16) -> None:
        super().__init__()
        self.head_count, self.plain_width, self.turned_width, self.latent_width = heads, plain, turned, latent
        self.ask_down, self.ask_up = (
            nn.Linear(width, 24, bias=False),
            nn.Linear(24, heads * (plain + turned), bias=False),
        )
        self.shrink = nn.Linear(width, latent + turned, bias=False)
        self.widen = nn.Linear(latent, heads * 2 * plain, bias=False)
        self.ask_norm, self.latent_norm = nn.RMSNorm(24), nn.RMSNorm(latent)
        self.finish = nn.Linear(heads * plain, width, bias=False)

    def asked(self, narrow: Tensor) -> Tensor:
        return self.ask_up(self.ask_norm(narrow))

    def rotated(self, x: Tensor) -> Tensor:
        rates = 10000.0 ** (-torch.arange(0, self.turned_width, 2, device=x.device) / self.turned_width)
        angles = torch.outer(torch.arange(x.shape[-2], device=x.device).float(), rates)
        cos, sin = torch.cat((angles, angles), -1).cos(), torch.cat((angles, angles), -1).sin()
        one, two = x.chunk(2, dim=-1)
        return x * cos + torch.cat((-two, one), dim=-1) * sin

    def forward(self, tokens: Tensor) -> Tensor:
        sizes = [self.plain_width, self.turned_width]
        q = in_heads(self.asked(self.ask_down(tokens)), self.head_count)
        q_plain, q_turned = q.split(sizes, dim=-1)
        latent, k_turned = self.shrink(tokens).split([self.latent_width, self.turned_width], dim=-1)
        k_plain, v = in_heads(self.widen(self.latent_norm(latent)), self.head_count).chunk(2, dim=-1)
        k_turned = self.rotated(k_turned.unsqueeze(1)).expand(-1, self.head_count, -1, -1)
        q, k = torch.cat((q_plain, self.rotated(q_turned)), -1), torch.cat((k_plain, k_turned), -1)
        return self.finish(joined(F.scaled_dot_product_attention(q, k, v, is_causal=True)))


class LatentTwice(LatentKeys):
    """The queries' latent beside its normed self."""

    def __init__(self) -> None:
        super().__init__()
        self.ask_up = nn.Linear(2 * 24, 4 * 12, bias=False)

    def asked(self, narrow: Tensor) -> Tensor:
        return self.ask_up(torch.cat((self.ask_norm(narrow), narrow), dim=-1))


class LatentsUsedElsewhere(Projected):
    """Queries and keys from latents of one sequence that something else uses too."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.guess = nn.Linear(32, 12), nn.Linear(32, 20), nn.Linear(32, 5)

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        one, two = self.first(tokens), self.second(tokens)
        both = torch.cat((one.relu(), two), dim=-1)
        q, k, v = in_heads(self.ask(both), 4), in_heads(self.offer(tokens), 4), in_heads(self.carry(tokens), 4)
        return self.finish(joined(F.scaled_dot_product_attention(q, k, v))), self.guess(both)


class PooledKeys(Projected):
    """PVT: keys and values from an image shrunk by a strided convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.smaller, self.smaller_norm = nn.Conv2d(32, 32, 2, 2), nn.LayerNorm(32)

    def forward(self, tokens: Tensor) -> Tensor:
        image = tokens.mT.unflatten(2, (8, 8))
        few = self.smaller_norm(self.smaller(image).flatten(2).mT)
        q = in_heads(self.ask(tokens), self.head_count)
        k, v = in_heads(self.offer(few), self.head_count), in_heads(self.carry(few), self.head_count)
        return self.finish(joined(self.mix(q, k, v)))


class NarrowedPicture(Projected):
    """Llama 3.2 vision: keys and values from a picture that one layer before narrows to the width of the text."""

    def __init__(self) -> None:
        super().__init__()
        self.bridge = nn.Linear(96, 32)

    def forward(self, tokens: Tensor, picture: Tensor) -> Tensor:
        seen = self.bridge(picture).flatten(1, 2)
        q = in_heads(self.ask(tokens), self.head_count)
        k, v = in_heads(self.offer(seen), self.head_count), in_heads(self.carry(seen), self.head_count)
        return self.finish(joined(self.mix(q, k, v)))


class PlacesInQueries(Projected):
    """DETR: places are added to what queries and keys are made from."""

    def __init__(self) -> None:
        super().__init__()
        self.places = nn.Parameter(torch.zeros(1, 16, 32))

    def forward(self, tokens: Tensor) -> Tensor:
        placed = tokens + self.places
        q, k = in_heads(self.ask(placed), self.head_count), in_heads(self.offer(placed), self.head_count)
        return self.finish(joined(self.mix(q, k, in_heads(self.carry(tokens), self.head_count))))


class Disentangled(Projected):
    """DeBERTa, Transformer-XL: queries also meet keys made from positions alone."""

    def __init__(self) -> None:
        super().__init__()
        self.place_table, self.place_offer = nn.Parameter(torch.randn(16, 32)), nn.Linear(32, 32, bias=False)

    def mix(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        places = in_heads(self.place_offer(self.place_table)[None], self.head_count)
        return F.softmax((q @ k.mT + q @ places.mT) * self.head_width**-0.5, dim=-1) @ v


class Difference(nn.Module):
    """Two softmaxes, the second subtracted with a learned factor."""

    def __init__(self, width: int = 32, heads: int = 2) -> None:
        super().__init__()
        self.head_count = heads
        self.ask, self.offer = nn.Linear(width, width, bias=False), nn.Linear(width, width, bias=False)
        self.carry, self.finish = nn.Linear(width, width, bias=False), nn.Linear(width, width, bias=False)
        self.share_taken = nn.Parameter(torch.tensor(0.5))

    def forward(self, tokens: Tensor) -> Tensor:
        q, k, v = (in_heads(layer(tokens), self.head_count) for layer in (self.ask, self.offer, self.carry))
        (q_one, q_two), (k_one, k_two) = q.chunk(2, dim=-1), k.chunk(2, dim=-1)
        one = (q_one @ k_one.mT / math.sqrt(q_one.shape[-1])).softmax(-1)
        two = (q_two @ k_two.mT / math.sqrt(q_one.shape[-1])).softmax(-1)
        return self.finish(joined((one - self.share_taken * two) @ v))


class LinearAttention(Projected):
    """No softmax: positive features, keys and values multiplied first."""

    def mix(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        q, k = F.elu(q) + 1, F.elu(k) + 1
        share = 1 / (q @ k.sum(-2, keepdim=True).mT + 1e-6)
        return q @ (k.mT @ v) * share


class Additive(nn.Module):
    """Bahdanau: the score is a small network of query and key."""

    def __init__(self, width: int = 24, inner: int = 16) -> None:
        super().__init__()
        self.from_state, self.from_source = nn.Linear(width, inner), nn.Linear(width, inner)
        self.to_score = nn.Linear(inner, 1, bias=False)

    def forward(self, state: Tensor, source: Tensor) -> Tensor:
        inner = torch.tanh(self.from_state(state).unsqueeze(1) + self.from_source(source))
        shares = F.softmax(self.to_score(inner).squeeze(-1), dim=-1)
        return torch.bmm(shares.unsqueeze(1), source).squeeze(1)


class UnitNorm(nn.Module):
    """RMSNorm whose gain starts from zero."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.extra_gain = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * (1 + self.extra_gain)


class Sandwich(nn.Module):
    """A norm before and after each branch."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.norms_used = nn.ModuleList(UnitNorm(width) for _ in range(4))
        self.mixer = Projected(width)
        self.mlp = nn.Sequential(nn.Linear(width, 64), nn.GELU(), nn.Linear(64, width))

    def forward(self, tokens: Tensor) -> Tensor:
        one, two, three, four = self.norms_used
        tokens = tokens + two(self.mixer(one(tokens)))
        return tokens + four(self.mlp(three(tokens)))


class SideBySide(nn.Module):
    """Attention and feed-forward of the same normalised input, one addition."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.one_norm, self.mixer = nn.LayerNorm(width), Projected(width)
        self.mlp = nn.Sequential(nn.Linear(width, 64), nn.GELU(), nn.Linear(64, width))

    def forward(self, tokens: Tensor) -> Tensor:
        inner = self.one_norm(tokens)
        return tokens + self.mixer(inner) + self.mlp(inner)


class BothAsk(Projected):
    """Queries from two sequences side by side, keys from one of them: they cross."""

    def __init__(self) -> None:
        super().__init__()
        self.ask = nn.Linear(64, 32, bias=False)
        self.read, self.told = nn.GRU(32, 32, batch_first=True), nn.GRU(32, 32, batch_first=True)

    def forward(self, tokens: Tensor, others: Tensor) -> Tensor:
        here, there = self.read(tokens)[0], self.told(others)[0]
        asking = (self.ask(torch.cat([here, there], -1)), self.offer(there), self.carry(there))
        return self.finish(joined(self.mix(*(in_heads(part, self.head_count) for part in asking))))


class NarrowedApart(Projected):
    """Two narrow streams of one wide input are no latents of one sequence."""

    def __init__(self) -> None:
        super().__init__()
        self.one_side, self.other_side = nn.Linear(128, 32), nn.Linear(128, 32)

    def forward(self, wide: Tensor) -> Tensor:
        one, other = self.one_side(wide).relu(), self.other_side(wide).relu()
        asking = (self.ask(one), self.offer(other), self.carry(other))
        return self.finish(joined(self.mix(*(in_heads(part, self.head_count) for part in asking))))


TOKENS = torch.zeros(2, 16, 32)
EXAMPLES: dict[str, tuple[Callable[[], nn.Module], tuple[Any, ...]]] = {
    "sliding_window": (SlidingWindow, (TOKENS,)),
    "linear_bias": (LinearBias, (TOKENS,)),
    "bucketed_bias": (BucketedBias, (TOKENS,)),
    "shifted_windows": (ShiftedWindows, (torch.zeros(2, 64, 32),)),
    "soft_capped": (SoftCapped, (TOKENS,)),
    "with_sink": (WithSink, (TOKENS,)),
    "talking_heads": (TalkingHeads, (TOKENS,)),
    "over_channels": (OverChannels, (torch.zeros(2, 25, 32),)),
    "gated_heads": (GatedHeads, (TOKENS,)),
    "normalised_and_turned": (NormalisedAndTurned, (TOKENS,)),
    "einsum_groups": (EinsumGroups, (TOKENS,)),
    "latent_keys": (LatentKeys, (torch.zeros(2, 16, 64),)),
    "latent_twice": (LatentTwice, (torch.zeros(2, 16, 64),)),
    "latents_used_elsewhere": (LatentsUsedElsewhere, (TOKENS,)),
    "pooled_keys": (PooledKeys, (torch.zeros(2, 64, 32),)),
    "narrowed_picture": (NarrowedPicture, (TOKENS, torch.zeros(2, 3, 8, 96))),
    "places_in_queries": (PlacesInQueries, (TOKENS,)),
    "disentangled": (Disentangled, (TOKENS,)),
    "difference": (Difference, (TOKENS,)),
    "linear_attention": (LinearAttention, (TOKENS,)),
    "additive": (Additive, (torch.zeros(2, 24), torch.zeros(2, 9, 24))),
    "both_ask": (BothAsk, (TOKENS, TOKENS)),
    "narrowed_apart": (NarrowedApart, (torch.zeros(2, 16, 128),)),
    "sandwich": (Sandwich, (TOKENS,)),
    "side_by_side": (SideBySide, (TOKENS,)),
}
