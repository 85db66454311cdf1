"""Small models as people write them, each with its call: what recognition must read from data flow alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# -- attention ------------------------------------------------------------------------------------------------------


class CausalSelfAttention(nn.Module):
    """One fused projection, the mask a buffer."""

    def __init__(self, width: int, heads: int, length: int) -> None:
        super().__init__()
        self.qkv_proj, self.out_proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.head_count = heads
        self.register_buffer("causal_mask", torch.tril(torch.ones(length, length)).view(1, 1, length, length))

    def forward(self, hidden: Tensor) -> Tensor:
        b, t, c = hidden.shape
        q, k, v = self.qkv_proj(hidden).split(c, dim=2)
        q, k, v = (y.view(b, t, self.head_count, c // self.head_count).transpose(1, 2) for y in (q, k, v))
        scores = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
        scores = scores.masked_fill(self.causal_mask[:, :, :t, :t] == 0, float("-inf"))
        y = F.softmax(scores, dim=-1) @ v
        return self.out_proj(y.transpose(1, 2).contiguous().view(b, t, c))


class GPTBlock(nn.Module):
    def __init__(self, width: int, heads: int, length: int) -> None:
        super().__init__()
        self.norm_one, self.norm_two = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mixer = CausalSelfAttention(width, heads, length)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, hidden: Tensor) -> Tensor:
        hidden = hidden + self.mixer(self.norm_one(hidden))
        return hidden + self.mlp(self.norm_two(hidden))


class NanoGPT(nn.Module):
    def __init__(self, vocab: int = 97, width: int = 48, heads: int = 4, depth: int = 3, length: int = 32) -> None:
        super().__init__()
        self.token_table, self.place_table = nn.Embedding(vocab, width), nn.Embedding(length, width)
        self.all_blocks = nn.ModuleList(GPTBlock(width, heads, length) for _ in range(depth))
        self.last_norm, self.lm_head = nn.LayerNorm(width), nn.Linear(width, vocab, bias=False)

    def forward(self, token_ids: Tensor) -> Tensor:
        hidden = self.token_table(token_ids) + self.place_table(
            torch.arange(token_ids.shape[1], device=token_ids.device)
        )
        for layer in self.all_blocks:
            hidden = layer(hidden)
        return self.lm_head(self.last_norm(hidden))


class MultiQuery(nn.Module):
    """One key and one value head, written as product, softmax, product."""

    def __init__(self, width: int = 48, heads: int = 4) -> None:
        super().__init__()
        self.head_count, self.head_width = heads, width // heads
        self.to_q, self.to_out = nn.Linear(width, width, bias=False), nn.Linear(width, width, bias=False)
        self.to_kv = nn.Linear(width, 2 * self.head_width, bias=False)

    def forward(self, tokens: Tensor) -> Tensor:
        b, n, _ = tokens.shape
        q = self.to_q(tokens).view(b, n, self.head_count, self.head_width).transpose(1, 2)
        k, v = self.to_kv(tokens).chunk(2, dim=-1)
        scores = torch.matmul(q * self.head_width**-0.5, k.unsqueeze(1).transpose(-1, -2))
        mixed = torch.matmul(scores.softmax(-1), v.unsqueeze(1))
        return self.to_out(mixed.transpose(1, 2).reshape(b, n, -1))


def turned(x: Tensor) -> Tensor:
    one, two = x.chunk(2, dim=-1)
    return torch.cat((-two, one), dim=-1)


class GroupedQuery(nn.Module):
    """Two key and value heads for eight query heads, repeated and rotated by position."""

    def __init__(self, width: int = 64, heads: int = 8, shared: int = 2) -> None:
        super().__init__()
        self.head_count, self.shared_count, self.head_width = heads, shared, width // heads
        self.to_q, self.to_out = nn.Linear(width, width, bias=False), nn.Linear(width, width, bias=False)
        self.to_k = nn.Linear(width, shared * self.head_width, bias=False)
        self.to_v = nn.Linear(width, shared * self.head_width, bias=False)
        rates = 10000.0 ** (-torch.arange(0, self.head_width, 2) / self.head_width)
        self.register_buffer("rotation_rates", rates, persistent=False)

    def forward(self, tokens: Tensor) -> Tensor:
        b, n, _ = tokens.shape
        angles = torch.outer(torch.arange(n, device=tokens.device).float(), self.rotation_rates)
        angles = torch.cat((angles, angles), dim=-1)
        cos, sin = angles.cos(), angles.sin()
        q = self.to_q(tokens).view(b, n, self.head_count, self.head_width).transpose(1, 2)
        k = self.to_k(tokens).view(b, n, self.shared_count, self.head_width).transpose(1, 2)
        v = self.to_v(tokens).view(b, n, self.shared_count, self.head_width).transpose(1, 2)
        q, k = q * cos + turned(q) * sin, k * cos + turned(k) * sin
        copies = self.head_count // self.shared_count
        k, v = k.repeat_interleave(copies, dim=1), v.repeat_interleave(copies, dim=1)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.to_out(mixed.transpose(1, 2).reshape(b, n, -1))


class PostNorm(nn.Module):
    """A post-norm layer with its normalisation as arithmetic."""

    def __init__(self, width: int = 48, heads: int = 4) -> None:
        super().__init__()
        self.mixer = MultiQuery(width, heads)
        self.widen, self.shrinker = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.gains = nn.ParameterList(torch.ones(width) for _ in range(2))
        self.offsets = nn.ParameterList(torch.zeros(width) for _ in range(2))

    def normalise(self, x: Tensor, index: int) -> Tensor:
        centred = x - x.mean(-1, keepdim=True)
        variance = centred.pow(2).mean(-1, keepdim=True)
        return centred * torch.rsqrt(variance + 1e-5) * self.gains[index] + self.offsets[index]

    def forward(self, tokens: Tensor) -> Tensor:
        tokens = self.normalise(tokens + self.mixer(tokens), 0)
        return self.normalise(tokens + self.shrinker(torch.relu(self.widen(tokens))), 1)


class SwiGLU(nn.Module):
    """Gate and up in one product."""

    def __init__(self, width: int = 48, inner: int = 128) -> None:
        super().__init__()
        self.both, self.shrinker = nn.Linear(width, 2 * inner, bias=False), nn.Linear(inner, width, bias=False)

    def forward(self, tokens: Tensor) -> Tensor:
        gate, up = self.both(tokens).chunk(2, dim=-1)
        return self.shrinker(F.silu(gate) * up)


class DiTBlock(nn.Module):
    """adaLN-Zero: shift, scale and gate for both branches come from the condition."""

    def __init__(self, width: int = 48, heads: int = 4) -> None:
        super().__init__()
        self.norm_one = nn.LayerNorm(width, elementwise_affine=False, eps=1e-6)
        self.norm_two = nn.LayerNorm(width, elementwise_affine=False, eps=1e-6)
        self.mixer = GroupedQuery(width, heads, heads)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(approximate="tanh"), nn.Linear(4 * width, width))
        self.modulation = nn.Sequential(nn.SiLU(), nn.Linear(width, 6 * width))

    def forward(self, tokens: Tensor, condition: Tensor) -> Tensor:
        shift_one, scale_one, gate_one, shift_two, scale_two, gate_two = self.modulation(condition).chunk(6, dim=1)
        inner = self.norm_one(tokens) * (1 + scale_one.unsqueeze(1)) + shift_one.unsqueeze(1)
        tokens = tokens + gate_one.unsqueeze(1) * self.mixer(inner)
        inner = self.norm_two(tokens) * (1 + scale_two.unsqueeze(1)) + shift_two.unsqueeze(1)
        return tokens + gate_two.unsqueeze(1) * self.mlp(inner)


# -- experts and low rank -------------------------------------------------------------------------------------------


class LoopedExperts(nn.Module):
    """Softmax over the chosen two; a loop over experts that adds each result in its rows."""

    def __init__(self, width: int = 32, inner: int = 64, experts: int = 4, chosen: int = 2) -> None:
        super().__init__()
        self.expert_count, self.chosen_count = experts, chosen
        self.router = nn.Linear(width, experts, bias=False)
        self.specialists = nn.ModuleList(SwiGLU(width, inner) for _ in range(experts))

    def forward(self, tokens: Tensor) -> Tensor:
        flat = tokens.reshape(-1, tokens.shape[-1])
        scores, picked = torch.topk(self.router(flat), self.chosen_count, dim=-1)
        shares = F.softmax(scores, dim=-1)
        result = torch.zeros_like(flat)
        for index, specialist in enumerate(self.specialists):
            rows, places = torch.where(picked == index)
            result.index_add_(0, rows, specialist(flat[rows]) * shares[rows, places, None])
        return result.view_as(tokens)


class StackedExperts(nn.Module):
    """Experts as weights with three axes; all compute, the chosen count."""

    def __init__(self, width: int = 32, inner: int = 64, experts: int = 8, chosen: int = 2) -> None:
        super().__init__()
        self.chosen_count = chosen
        self.router = nn.Linear(width, experts, bias=False)
        self.all_up = nn.Parameter(torch.randn(experts, width, inner))
        self.all_down = nn.Parameter(torch.randn(experts, inner, width))

    def forward(self, tokens: Tensor) -> Tensor:
        flat = tokens.reshape(-1, tokens.shape[-1])
        chances = F.softmax(self.router(flat), dim=-1)
        best, picked = torch.topk(chances, self.chosen_count, dim=-1)
        best = best / best.sum(-1, keepdim=True)
        shares = torch.zeros_like(chances).scatter(1, picked, best)
        inner = F.gelu(torch.einsum("td,edf->etf", flat, self.all_up))
        outcome = torch.bmm(inner, self.all_down)
        return (outcome * shares.t().unsqueeze(-1)).sum(0).view_as(tokens)


class LoRALinear(nn.Module):
    """A frozen layer and the product of two thin ones."""

    def __init__(self, width: int = 64, out: int = 96, rank: int = 4, alpha: float = 8.0) -> None:
        super().__init__()
        self.frozen = nn.Linear(width, out)
        self.thin, self.thick = nn.Linear(width, rank, bias=False), nn.Linear(rank, out, bias=False)
        self.factor = alpha / rank
        self.frozen.requires_grad_(False)

    def forward(self, hidden: Tensor) -> Tensor:
        return self.frozen(hidden) + self.thick(self.thin(hidden)) * self.factor


class AdaptedAttention(nn.Module):
    """Queries and values with a low-rank branch."""

    def __init__(self, width: int = 64, heads: int = 4) -> None:
        super().__init__()
        self.head_count = heads
        self.to_q, self.to_v = LoRALinear(width, width), LoRALinear(width, width)
        self.to_k, self.to_out = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        b, n, c = tokens.shape
        parts = (self.to_q(tokens), self.to_k(tokens), self.to_v(tokens))
        q, k, v = (y.view(b, n, self.head_count, c // self.head_count).transpose(1, 2) for y in parts)
        return self.to_out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, n, c))


# -- convolution ----------------------------------------------------------------------------------------------------


class BasicBlock(nn.Module):
    def __init__(self, before: int, after: int, stride: int = 1) -> None:
        super().__init__()
        self.conv_one, self.norm_one = nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after)
        self.conv_two, self.norm_two = nn.Conv2d(after, after, 3, 1, 1, bias=False), nn.BatchNorm2d(after)
        self.projection = None
        if stride > 1 or before != after:
            self.projection = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

    def forward(self, features: Tensor) -> Tensor:
        inner = F.relu(self.norm_one(self.conv_one(features)))
        inner = self.norm_two(self.conv_two(inner))
        return F.relu(inner + (features if self.projection is None else self.projection(features)))


class ResNet(nn.Module):
    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.first_conv, self.first_norm = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
        self.stage_one = nn.Sequential(BasicBlock(16, 16), BasicBlock(16, 16))
        self.stage_two = nn.Sequential(BasicBlock(16, 32, 2), BasicBlock(32, 32))
        self.answer = nn.Linear(32, classes)

    def forward(self, image: Tensor) -> Tensor:
        features = F.relu(self.first_norm(self.first_conv(image)))
        features = self.stage_two(self.stage_one(features))
        return self.answer(F.adaptive_avg_pool2d(features, 1).flatten(1))


class SqueezeExcitation(nn.Module):
    """Convolution, then one gate a channel from the pooled map."""

    def __init__(self, channels: int = 32, ratio: int = 4) -> None:
        super().__init__()
        self.spatial = nn.Conv2d(channels, channels, 3, padding=1)
        self.reduce_conv = nn.Conv2d(channels, channels // ratio, 1)
        self.expand_conv = nn.Conv2d(channels // ratio, channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        features = self.spatial(features)
        squeezed = features.mean((2, 3), keepdim=True)
        return features * torch.sigmoid(self.expand_conv(F.relu(self.reduce_conv(squeezed))))


class LinearExcitation(nn.Module):
    """The same with linear layers, inside a residual block."""

    def __init__(self, channels: int = 32, ratio: int = 8) -> None:
        super().__init__()
        self.spatial, self.spatial_norm = nn.Conv2d(channels, channels, 3, padding=1), nn.BatchNorm2d(channels)
        self.gating = nn.Sequential(
            nn.Linear(channels, channels // ratio), nn.SiLU(), nn.Linear(channels // ratio, channels), nn.Sigmoid()
        )

    def forward(self, features: Tensor) -> Tensor:
        b, c, _, _ = features.shape
        inner = self.spatial_norm(self.spatial(features))
        gate = self.gating(F.adaptive_avg_pool2d(inner, 1).view(b, c)).view(b, c, 1, 1)
        return F.relu(features + inner * gate)


class DoubleConv(nn.Module):
    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.first_conv, self.second_conv = (
            nn.Conv2d(before, after, 3, padding=1),
            nn.Conv2d(after, after, 3, padding=1),
        )

    def forward(self, features: Tensor) -> Tensor:
        return F.relu(self.second_conv(F.relu(self.first_conv(features))))


class UNet(nn.Module):
    def __init__(self, channels: int = 8, classes: int = 2) -> None:
        super().__init__()
        self.down_one, self.down_two = DoubleConv(3, channels), DoubleConv(channels, 2 * channels)
        self.bottom = DoubleConv(2 * channels, 4 * channels)
        self.lift_two = nn.ConvTranspose2d(4 * channels, 2 * channels, 2, stride=2)
        self.lift_one = nn.ConvTranspose2d(2 * channels, channels, 2, stride=2)
        self.up_two, self.up_one = DoubleConv(4 * channels, 2 * channels), DoubleConv(2 * channels, channels)
        self.answer = nn.Conv2d(channels, classes, 1)

    def forward(self, image: Tensor) -> Tensor:
        one = self.down_one(image)
        two = self.down_two(F.max_pool2d(one, 2))
        deep = self.bottom(F.max_pool2d(two, 2))
        deep = self.up_two(torch.cat((two, self.lift_two(deep)), dim=1))
        deep = self.up_one(torch.cat((one, self.lift_one(deep)), dim=1))
        return self.answer(deep)


# -- generative -----------------------------------------------------------------------------------------------------


class TimeBlock(nn.Module):
    """GroupNorm, SiLU, convolution twice; the time scales and shifts the second norm."""

    def __init__(self, before: int, after: int, condition: int) -> None:
        super().__init__()
        self.norm_one, self.conv_one = nn.GroupNorm(4, before), nn.Conv2d(before, after, 3, padding=1)
        self.norm_two, self.conv_two = nn.GroupNorm(4, after), nn.Conv2d(after, after, 3, padding=1)
        self.from_time = nn.Linear(condition, 2 * after)
        self.bypass = nn.Conv2d(before, after, 1) if before != after else nn.Identity()

    def forward(self, features: Tensor, moment: Tensor) -> Tensor:
        inner = self.conv_one(F.silu(self.norm_one(features)))
        scale, shift = self.from_time(F.silu(moment))[:, :, None, None].chunk(2, dim=1)
        inner = self.norm_two(inner) * (scale + 1) + shift
        return self.bypass(features) + self.conv_two(F.silu(inner))


class DiffusionUNet(nn.Module):
    """One level down and up, with a sinusoidal time embedding."""

    def __init__(self, channels: int = 16, condition: int = 64) -> None:
        super().__init__()
        self.channel_count = channels
        self.time_mlp = nn.Sequential(nn.Linear(channels, condition), nn.SiLU(), nn.Linear(condition, condition))
        self.entry = nn.Conv2d(3, channels, 3, padding=1)
        self.level_down, self.middle = TimeBlock(channels, channels, condition), TimeBlock(channels, 32, condition)
        self.shrink = nn.Conv2d(channels, channels, 3, stride=2, padding=1)
        self.level_up, self.answer = TimeBlock(32 + channels, channels, condition), nn.Conv2d(channels, 3, 3, padding=1)

    def forward(self, image: Tensor, step: Tensor) -> Tensor:
        half = self.channel_count // 2
        rates = torch.exp(-math.log(10000.0) * torch.arange(half, device=image.device) / half)
        angles = step[:, None].float() * rates[None]
        moment = self.time_mlp(torch.cat((angles.sin(), angles.cos()), dim=-1))
        upper = self.level_down(self.entry(image), moment)
        deep = self.middle(self.shrink(upper), moment)
        deep = F.interpolate(deep, scale_factor=2.0, mode="nearest")
        return self.answer(self.level_up(torch.cat((deep, upper), dim=1), moment))


class Generator(nn.Module):
    def __init__(self, latent: int = 32, channels: int = 16) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.ConvTranspose2d(latent, 2 * channels, 4, 1, 0, bias=False), nn.BatchNorm2d(2 * channels), nn.ReLU(),
            nn.ConvTranspose2d(2 * channels, channels, 4, 2, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU(),
            nn.ConvTranspose2d(channels, 3, 4, 2, 1, bias=False), nn.Tanh(),
        )  # fmt: skip

    def forward(self, noise: Tensor) -> Tensor:
        return self.layers(noise)


class Discriminator(nn.Module):
    def __init__(self, channels: int = 16) -> None:
        super().__init__()
        self.conv_one = nn.Conv2d(3, channels, 4, 2, 1)
        self.conv_two, self.norm_two = nn.Conv2d(channels, 2 * channels, 4, 2, 1), nn.BatchNorm2d(2 * channels)
        self.verdict = nn.Conv2d(2 * channels, 1, 4)

    def forward(self, image: Tensor) -> Tensor:
        features = F.leaky_relu(self.conv_one(image), 0.2)
        features = F.leaky_relu(self.norm_two(self.conv_two(features)), 0.2)
        return torch.sigmoid(self.verdict(features)).flatten()


class VAE(nn.Module):
    """Both halves of the code from one linear layer each; the standard deviation as exp of half."""

    def __init__(self, width: int = 64, inner: int = 32, latent: int = 8) -> None:
        super().__init__()
        self.encode = nn.Linear(width, inner)
        self.centre, self.spread = nn.Linear(inner, latent), nn.Linear(inner, latent)
        self.decode = nn.Sequential(nn.Linear(latent, inner), nn.ReLU(), nn.Linear(inner, width), nn.Sigmoid())

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        features = torch.relu(self.encode(image))
        centre, spread = self.centre(features), self.spread(features)
        deviation = torch.exp(0.5 * spread)
        return self.decode(centre + torch.randn_like(deviation) * deviation), centre, spread


# -- graph and state space ------------------------------------------------------------------------------------------


class GraphConvolution(nn.Module):
    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.mapping = nn.Parameter(torch.randn(before, after))
        self.offset = nn.Parameter(torch.zeros(after))

    def forward(self, nodes: Tensor, adjacency: Tensor) -> Tensor:
        return adjacency @ (nodes @ self.mapping) + self.offset


class GCN(nn.Module):
    """Two layers over a dense normalised adjacency matrix that is an input."""

    def __init__(self, features: int = 24, inner: int = 16, classes: int = 5) -> None:
        super().__init__()
        self.layer_one, self.layer_two = GraphConvolution(features, inner), GraphConvolution(inner, classes)

    def forward(self, nodes: Tensor, adjacency: Tensor) -> Tensor:
        return self.layer_two(torch.relu(self.layer_one(nodes, adjacency)), adjacency)


class FixedGraph(nn.Module):
    """One layer over a graph that is part of the model."""

    def __init__(self, count: int = 20, features: int = 24, classes: int = 5) -> None:
        super().__init__()
        self.register_buffer("known_graph", torch.eye(count))
        self.mapping = nn.Linear(features, classes, bias=False)

    def forward(self, nodes: Tensor) -> Tensor:
        return torch.matmul(self.known_graph, self.mapping(nodes))


class SelectiveScan(nn.Module):
    """A small Mamba block: step, input and output matrices from the sequence, states in a loop."""

    def __init__(self, width: int = 32, states: int = 8, rank: int = 2) -> None:
        super().__init__()
        inner = 2 * width
        self.sizes = (rank, states, states)
        self.entry, self.leave = nn.Linear(width, 2 * inner, bias=False), nn.Linear(inner, width, bias=False)
        self.local_conv = nn.Conv1d(inner, inner, 4, groups=inner, padding=3)
        self.chooser, self.step_size = nn.Linear(inner, rank + 2 * states, bias=False), nn.Linear(rank, inner)
        self.log_decay = nn.Parameter(torch.log(torch.arange(1, states + 1).float()).repeat(inner, 1))
        self.direct = nn.Parameter(torch.ones(inner))

    def forward(self, tokens: Tensor) -> Tensor:
        length = tokens.shape[1]
        values, gate = self.entry(tokens).chunk(2, dim=-1)
        values = F.silu(self.local_conv(values.transpose(1, 2))[..., :length].transpose(1, 2))
        rank, into, out = self.chooser(values).split(self.sizes, dim=-1)
        step = F.softplus(self.step_size(rank))
        decay = torch.exp(step.unsqueeze(-1) * -torch.exp(self.log_decay))
        drive = step.unsqueeze(-1) * into.unsqueeze(2) * values.unsqueeze(-1)
        state = torch.zeros_like(drive[:, 0])
        seen = []
        for t in range(length):
            state = decay[:, t] * state + drive[:, t]
            seen.append((state * out[:, t].unsqueeze(1)).sum(-1))
        mixed = torch.stack(seen, dim=1) + values * self.direct
        return self.leave(mixed * F.silu(gate))


IDS = torch.zeros(2, 16, dtype=torch.long)
EXAMPLES: dict[str, tuple[Callable[[], nn.Module], tuple[Any, ...]]] = {
    "nanogpt": (lambda: NanoGPT(), (IDS,)),
    "multi_query": (lambda: MultiQuery(), (torch.zeros(2, 16, 48),)),
    "grouped_query": (lambda: GroupedQuery(), (torch.zeros(2, 16, 64),)),
    "post_norm": (lambda: PostNorm(), (torch.zeros(2, 16, 48),)),
    "swiglu": (lambda: SwiGLU(), (torch.zeros(2, 16, 48),)),
    "dit_block": (lambda: DiTBlock(), (torch.zeros(2, 16, 48), torch.zeros(2, 48))),
    "looped_experts": (lambda: LoopedExperts(), (torch.zeros(2, 16, 32),)),
    "stacked_experts": (lambda: StackedExperts(), (torch.zeros(2, 16, 32),)),
    "lora": (lambda: LoRALinear(), (torch.zeros(2, 16, 64),)),
    "adapted_attention": (lambda: AdaptedAttention(), (torch.zeros(2, 16, 64),)),
    "resnet": (lambda: ResNet(), (torch.zeros(2, 3, 32, 32),)),
    "squeeze_excitation": (lambda: SqueezeExcitation(), (torch.zeros(2, 32, 16, 16),)),
    "linear_excitation": (lambda: LinearExcitation(), (torch.zeros(2, 32, 16, 16),)),
    "unet": (lambda: UNet(), (torch.zeros(2, 3, 32, 32),)),
    "diffusion_unet": (lambda: DiffusionUNet(), (torch.zeros(2, 3, 32, 32), torch.zeros(2, dtype=torch.long))),
    "generator": (lambda: Generator(), (torch.zeros(2, 32, 1, 1),)),
    "discriminator": (lambda: Discriminator(), (torch.zeros(2, 3, 16, 16),)),
    "vae": (lambda: VAE(), (torch.zeros(2, 64),)),
    "gcn": (lambda: GCN(), (torch.zeros(20, 24), torch.zeros(20, 20))),
    "fixed_graph": (lambda: FixedGraph(), (torch.zeros(20, 24),)),
    "selective_scan": (lambda: SelectiveScan(), (torch.zeros(2, 12, 32),)),
}
