"""Feed-forward networks whose activation is called or written as arithmetic, each with its call."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Network(nn.Module):
    """Linear, bend, linear."""

    def __init__(self) -> None:
        super().__init__()
        self.widen, self.shrink = nn.Linear(16, 64), nn.Linear(64, 16)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.shrink(self.bent(self.widen(tokens)))

    def bent(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(1.702 * x)


class PlainSwish(Network):
    def bent(self, x: Tensor) -> Tensor:
        return x / (1 + torch.exp(-x))


class SteeperSwish(Network):
    def bent(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(x * 1.5)


class ByTanh(Network):
    def bent(self, x: Tensor) -> Tensor:
        return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * torch.pow(x, 3.0))))


class ByErf(Network):
    def bent(self, x: Tensor) -> Tensor:
        return x * 0.5 * (1.0 + torch.erf(x / math.sqrt(2.0)))


class ByPieces(Network):
    def bent(self, x: Tensor) -> Tensor:
        return x * F.relu6(x + 3) / 6


class Squared(Network):
    def bent(self, x: Tensor) -> Tensor:
        return torch.square(F.relu(x))


class LearnedCurve(Network):
    """xIELU: two curves that meet at zero, how steep each is being learned."""

    def __init__(self) -> None:
        super().__init__()
        self.rising, self.falling = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))

    def bent(self, x: Tensor) -> Tensor:
        up, low = F.softplus(self.rising), 0.5 + F.softplus(self.falling)
        below = (torch.expm1(torch.min(x, torch.tensor(-1e-6, device=x.device))) - x) * low + 0.5 * x
        return torch.where(x > 0, up * x * x + 0.5 * x, below)


class LearnedFactors(Network):
    """A bias before and a scale behind leave the curve what it is."""

    def __init__(self) -> None:
        super().__init__()
        self.before, self.behind = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.ones(1))

    def bent(self, x: Tensor) -> Tensor:
        return F.gelu(x + self.before) * self.behind


class LearnedSwish(Network):
    """How steep the gate is belongs to the curve."""

    def __init__(self) -> None:
        super().__init__()
        self.steep = nn.Parameter(torch.ones(1))

    def bent(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(self.steep * x)


class ScaledGate(Network):
    """Two halves of one layer, the product scaled."""

    def __init__(self) -> None:
        super().__init__()
        self.widen, self.behind = nn.Linear(16, 128), nn.Parameter(torch.ones(1))

    def bent(self, x: Tensor) -> Tensor:
        gate, up = x.chunk(2, -1)
        return F.silu(gate) * up * self.behind


class BestOfFour(Network):
    """Maxout: the largest of four numbers is a reduction, no curve."""

    def __init__(self) -> None:
        super().__init__()
        self.shrink = nn.Linear(16, 16)

    def bent(self, x: Tensor) -> Tensor:
        return F.relu(x.unflatten(-1, (16, 4)).max(-1).values)


class BesideItsSquare(Network):
    """The ReLU is a result of its own, not the beginning of ReLU²."""

    def __init__(self) -> None:
        super().__init__()
        self.shrink = nn.Linear(128, 3)

    def bent(self, x: Tensor) -> Tensor:
        x = F.relu(x)
        return torch.cat([x, x**2], -1)


class Gated(Network):
    """The gate passes the approximate GELU, so it is no SwiGLU."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = nn.Linear(16, 64)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.shrink(self.bent(self.opened(tokens)) * self.widen(tokens))


class Capped(Network):
    def bent(self, x: Tensor) -> Tensor:
        return torch.tanh(x / 20.0) * 20.0


class BareProducts(nn.Module):
    """Falcon: no call of linear, data times a transposed matrix."""

    def __init__(self) -> None:
        super().__init__()
        self.up_matrix, self.down_matrix = nn.Parameter(torch.randn(64, 16)), nn.Parameter(torch.randn(16, 64))

    def forward(self, tokens: Tensor) -> Tensor:
        return F.gelu(tokens @ self.up_matrix.T) @ self.down_matrix.T


TOKENS = torch.zeros(2, 8, 16)
EXAMPLES: dict[str, tuple[Callable[[], nn.Module], tuple[Any, ...]]] = {
    "by_sigmoid": (Network, (TOKENS,)),
    "plain_swish": (PlainSwish, (TOKENS,)),
    "steeper_swish": (SteeperSwish, (TOKENS,)),
    "by_tanh": (ByTanh, (TOKENS,)),
    "by_erf": (ByErf, (TOKENS,)),
    "by_pieces": (ByPieces, (TOKENS,)),
    "squared": (Squared, (TOKENS,)),
    "learned_curve": (LearnedCurve, (TOKENS,)),
    "learned_factors": (LearnedFactors, (TOKENS,)),
    "learned_swish": (LearnedSwish, (TOKENS,)),
    "scaled_gate": (ScaledGate, (TOKENS,)),
    "best_of_four": (BestOfFour, (TOKENS,)),
    "beside_its_square": (BesideItsSquare, (TOKENS,)),
    "capped": (Capped, (TOKENS,)),
    "bare_products": (BareProducts, (TOKENS,)),
    "gated": (Gated, (TOKENS,)),
}
