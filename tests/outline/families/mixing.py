"""Linear recurrences and mixing over a sequence as people write them, each with its call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class GatedLinear(nn.Module):
    """A diagonal linear recurrence: decay and drive from the input, one step after another."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.decay_linear, self.drive_linear = (
            nn.Linear(width, width),
            nn.Linear(width, width),
        )
        self.out_linear = nn.Linear(width, width)

    def forward(self, series: Tensor) -> Tensor:
        a, b = torch.sigmoid(self.decay_linear(series)), self.drive_linear(series)
        h, states = torch.zeros_like(b[:, 0]), []
        for t in range(series.shape[1]):
            h = a[:, t] * h + b[:, t]
            states.append(h)
        return self.out_linear(torch.stack(states, 1))


class Retention(nn.Module):
    """RetNet, recurrent: a state matrix decays by a number a head and takes the outer product of key and value."""

    def __init__(self, width: int = 32, heads: int = 4) -> None:
        super().__init__()
        self.head_count = heads
        self.query_linear, self.key_linear = (
            nn.Linear(width, width),
            nn.Linear(width, width),
        )
        self.value_linear, self.out_linear = (
            nn.Linear(width, width),
            nn.Linear(width, width),
        )
        self.register_buffer("head_decay", 1 - 2.0 ** (-5 - torch.arange(heads).float()))

    def forward(self, series: Tensor) -> Tensor:
        b, t, c = series.shape
        q, k, v = (
            f(series).view(b, t, self.head_count, -1) for f in (self.query_linear, self.key_linear, self.value_linear)
        )
        state = torch.zeros(b, self.head_count, c // self.head_count, c // self.head_count)
        rows = []
        for i in range(t):
            state = self.head_decay[:, None, None] * state + k[:, i, :, :, None] * v[:, i, :, None, :]
            rows.append((q[:, i, :, None, :] @ state).squeeze(-2))
        return self.out_linear(torch.stack(rows, 1).flatten(2))


class TokenMixing(nn.Module):
    """MLP-Mixer: one network across positions, one across channels."""

    def __init__(self, length: int = 16, width: int = 32) -> None:
        super().__init__()
        self.norm_one, self.norm_two = nn.LayerNorm(width), nn.LayerNorm(width)
        self.across = nn.Sequential(nn.Linear(length, 2 * length), nn.GELU(), nn.Linear(2 * length, length))
        self.within = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, tokens: Tensor) -> Tensor:
        tokens = tokens + self.across(self.norm_one(tokens).transpose(1, 2)).transpose(1, 2)
        return tokens + self.within(self.norm_two(tokens))


class FourierMixing(nn.Module):
    """FNet: the real part of a transform over both axes."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.norm_one, self.norm_two = nn.LayerNorm(width), nn.LayerNorm(width)
        self.within = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, tokens: Tensor) -> Tensor:
        tokens = self.norm_one(tokens + torch.fft.fft(torch.fft.fft(tokens, dim=-1), dim=1).real)
        return self.norm_two(tokens + self.within(tokens))


class LongConvolution(nn.Module):
    """S4D, Hyena: a kernel as long as the sequence, applied by the FFT."""

    def __init__(self, width: int = 32, length: int = 16) -> None:
        super().__init__()
        self.long_kernel, self.direct = (
            nn.Parameter(torch.randn(width, length)),
            nn.Parameter(torch.randn(width)),
        )
        self.out_linear = nn.Linear(width, width)

    def forward(self, series: Tensor) -> Tensor:
        u = series.transpose(1, 2)
        n = 2 * u.shape[-1]
        y = torch.fft.irfft(torch.fft.rfft(u, n=n) * torch.fft.rfft(self.long_kernel, n=n), n=n)[..., : u.shape[-1]]
        return self.out_linear(F.gelu(y + u * self.direct[:, None]).transpose(1, 2))


TOKENS = torch.zeros(2, 16, 32)
EXAMPLES: dict[str, tuple[Callable[[], nn.Module], tuple[Any, ...]]] = {
    "gated_linear": (GatedLinear, (TOKENS,)),
    "retention": (Retention, (TOKENS,)),
    "token_mixing": (TokenMixing, (TOKENS,)),
    "fourier_mixing": (FourierMixing, (TOKENS,)),
    "long_convolution": (LongConvolution, (TOKENS,)),
}
