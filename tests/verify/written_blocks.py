"""One small block of each sort that a check covers, as people write them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class SharedKeys(nn.Module):
    """Grouped-query attention: four heads of queries share two of keys and values; causal."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.queries, self.out = (nn.Linear(width, width, bias=False) for _ in range(2))
        self.keys, self.values = (nn.Linear(width, width // 2, bias=False) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        q = self.queries(x).unflatten(-1, (4, -1)).transpose(1, 2)
        k, v = (layer(x).unflatten(-1, (2, -1)).transpose(1, 2) for layer in (self.keys, self.values))
        k, v = (part.repeat_interleave(2, dim=1) for part in (k, v))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out(y.transpose(1, 2).flatten(2))


class LatentKeys(nn.Module):
    """Latent attention: keys and values of all heads are made from one narrow vector a token."""

    def __init__(self, width: int = 32, latent: int = 12) -> None:
        super().__init__()
        self.queries, self.out = (nn.Linear(width, width, bias=False) for _ in range(2))
        self.down, self.norm = nn.Linear(width, latent, bias=False), nn.RMSNorm(latent, eps=1e-6)
        self.up = nn.Linear(latent, 2 * width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        q = self.queries(x).unflatten(-1, (4, -1)).transpose(1, 2)
        k, v = self.up(self.norm(self.down(x))).unflatten(-1, (4, -1)).transpose(1, 2).chunk(2, -1)
        return self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class Recalibrated(nn.Module):
    """Squeeze-excitation behind a convolution."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.mix, self.down, self.up = nn.Conv2d(width, width, 3, padding=1), nn.Linear(width, 4), nn.Linear(4, width)

    def forward(self, x: Tensor) -> Tensor:
        x = self.mix(x)
        scale = torch.sigmoid(self.up(torch.relu(self.down(x.mean((2, 3))))))
        return x * scale[:, :, None, None]


class Narrow(nn.Module):
    """A bottleneck block with its skip."""

    def __init__(self, width: int = 8, inner: int = 4) -> None:
        super().__init__()
        self.down, self.mix = nn.Conv2d(width, inner, 1), nn.Conv2d(inner, inner, 3, padding=1)
        self.up, self.norm = nn.Conv2d(inner, width, 1), nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.norm(self.up(torch.relu(self.mix(torch.relu(self.down(x)))))))


class Selective(nn.Module):
    """A state-space layer whose step, input and output matrices come from the token."""

    def __init__(self, width: int = 8, states: int = 4) -> None:
        super().__init__()
        self.rates, self.skip = nn.Parameter(torch.ones(width, states)), nn.Parameter(torch.ones(width))
        self.step, self.into, self.outof = nn.Linear(width, width), nn.Linear(width, states), nn.Linear(width, states)

    def forward(self, x: Tensor) -> Tensor:
        step, into, outof = F.softplus(self.step(x)), self.into(x), self.outof(x)
        state, results = torch.zeros(*x.shape[::2], self.rates.shape[1], device=x.device), []
        for t in range(x.shape[1]):
            decay = torch.exp(step[:, t, :, None] * -torch.exp(self.rates))
            state = decay * state + (step[:, t] * x[:, t])[:, :, None] * into[:, t, None]
            results.append((state * outof[:, t, None]).sum(-1) + self.skip * x[:, t])
        return torch.stack(results, 1)


class Conditioned(nn.Module):
    """adaLN: a condition shifts and scales what is normalised, and opens the branch."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.norm, self.told = nn.LayerNorm(width, elementwise_affine=False), nn.Linear(width, 3 * width)
        self.mix = nn.Linear(width, width)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        shift, scale, gate = self.told(F.silu(condition))[:, None].chunk(3, -1)
        return x + gate * self.mix(self.norm(x) * (1 + scale) + shift)


class Adapted(nn.Module):
    """LoRA: a low-rank branch beside a layer."""

    def __init__(self, width: int = 16, rank: int = 2) -> None:
        super().__init__()
        self.base, self.down = nn.Linear(width, width), nn.Linear(width, rank, bias=False)
        self.up = nn.Linear(rank, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.base(x) + 2.0 * self.up(self.down(x))


class Neighbours(nn.Module):
    """A graph convolution over a matrix of edges with loops, weighted by both degrees."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.map = nn.Linear(width, 6)

    def forward(self, nodes: Tensor, edges: Tensor) -> Tensor:
        looped = edges + torch.eye(len(edges), device=edges.device)
        root = looped.sum(1).rsqrt()
        return torch.relu(root[:, None] * looped * root @ self.map(nodes))


class Words(nn.Module):
    """A table of words and one of places, added and normalised."""

    def __init__(self, words: int = 50, width: int = 16) -> None:
        super().__init__()
        self.words, self.places, self.norm = nn.Embedding(words, width), nn.Embedding(20, width), nn.LayerNorm(width)

    def forward(self, words: Tensor) -> Tensor:
        return self.norm(self.words(words) + self.places(torch.arange(words.shape[1], device=words.device)))


class Normed(nn.Module):
    """RMSNorm by hand."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.gain, self.map = nn.Parameter(torch.ones(width)), nn.Linear(width, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.map(x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * self.gain)
