"""Positions are mixed by a network across them or by a Fourier transform, told from filters."""

from __future__ import annotations

import torch
from tests.measure.test_plain_layers import facts, group
from torch import Tensor, nn


class Mixer(nn.Module):
    def __init__(self, across: bool = True, length: int = 10) -> None:
        super().__init__()
        self.norm, self.across = nn.LayerNorm(16), across
        width = length if across else 16
        self.up, self.down = nn.Linear(width, 24), nn.Linear(24, width)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.norm(tokens)
        x = x.transpose(1, 2) if self.across else x
        y = self.down(self.up(x).relu())
        return tokens + (y.transpose(1, 2) if self.across else y)


class Waves(nn.Module):
    """`filtered`: the transform is undone behind a product, as in a long convolution."""

    def __init__(self, filtered: bool = False) -> None:
        super().__init__()
        self.norm, self.filtered, self.gain = nn.LayerNorm(16), filtered, nn.Parameter(torch.ones(16))

    def forward(self, tokens: Tensor) -> Tensor:
        wave = torch.fft.fft(torch.fft.fft(tokens, dim=-1), dim=-2)
        wave = torch.fft.ifft(wave * self.gain, dim=-2) if self.filtered else wave
        return self.norm(tokens + wave.real)


TOKENS = torch.zeros(2, 10, 16)


def test_a_network_across_positions() -> None:
    found = group(facts(nn.Sequential(Mixer(), Mixer(across=False)), TOKENS), "token_mixing")
    bias, weights = 24 + 10, 2 * 10 * 24
    assert found == {
        "count": 1, "positions": 10, "hidden": 24, "gated": False, "bias": bias, "params": weights + bias,
    }  # fmt: skip
    assert group(facts(Mixer(across=False), TOKENS), "token_mixing") == {}


def test_a_transform_of_positions_and_features() -> None:
    assert group(facts(nn.Sequential(Waves(), Waves()), TOKENS), "fourier_mixing") == {
        "count": 2, "positions": 10, "width": 16,
    }  # fmt: skip
    assert group(facts(Waves(filtered=True), TOKENS), "fourier_mixing") == {}
