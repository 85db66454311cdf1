"""A fused recurrent module -> one time step of its first layer in plain operations, to be traced like any forward."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class LSTMStep(nn.Module):
    """Equations of torch.nn.LSTM: x (batch, input), h and c (batch, hidden) -> new h, new c; gate order i, f, g, o."""

    def __init__(self, *weights: Tensor | None) -> None:
        super().__init__()
        self.w_ih, self.w_hh, self.b_ih, self.b_hh = weights

    def forward(self, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        gates = F.linear(x, self.w_ih, self.b_ih) + F.linear(h, self.w_hh, self.b_hh)  # type: ignore[arg-type]
        i, f, g, o = gates.chunk(4, dim=-1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        return h, c


class GRUStep(LSTMStep):
    """Equations of torch.nn.GRU: the reset gate acts after the hidden product; gate order r, z, n."""

    def forward(self, x: Tensor, h: Tensor) -> Tensor:  # type: ignore[override]
        r_x, z_x, n_x = F.linear(x, self.w_ih, self.b_ih).chunk(3, dim=-1)  # type: ignore[arg-type]
        r_h, z_h, n_h = F.linear(h, self.w_hh, self.b_hh).chunk(3, dim=-1)  # type: ignore[arg-type]
        z = torch.sigmoid(z_x + z_h)
        n = torch.tanh(n_x + torch.sigmoid(r_x + r_h) * n_h)
        return (1 - z) * n + z * h


class RNNStep(LSTMStep):
    """Equations of torch.nn.RNN with tanh or ReLU."""

    nonlinearity = "tanh"

    def forward(self, x: Tensor, h: Tensor) -> Tensor:  # type: ignore[override]
        total = F.linear(x, self.w_ih, self.b_ih) + F.linear(h, self.w_hh, self.b_hh)  # type: ignore[arg-type]
        return torch.relu(total) if self.nonlinearity == "relu" else torch.tanh(total)


def step_of(module: nn.RNNBase | nn.RNNCellBase) -> tuple[nn.Module, dict[str, Any]] | None:
    """The step of the module's first layer and its arguments for a batch of one; None for an LSTM with projections."""
    kind = type(module).__name__ if isinstance(module, nn.RNNCellBase) else module.mode
    if getattr(module, "proj_size", 0):
        return None
    suffix = "" if isinstance(module, nn.RNNCellBase) else "_l0"
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    weights = [getattr(module, name + suffix, None) for name in names]
    make = LSTMStep if kind.startswith("LSTM") else GRUStep if kind.startswith("GRU") else RNNStep
    step = make(*weights)
    if isinstance(step, RNNStep):
        step.nonlinearity = "relu" if "RELU" in kind or getattr(module, "nonlinearity", "") == "relu" else "tanh"
    arguments = {"x": module.input_size, "h": module.hidden_size}
    if make is LSTMStep:
        arguments["c"] = module.hidden_size
    dtype = weights[0].dtype  # type: ignore[union-attr]
    return step, {name: torch.empty(1, width, device="meta", dtype=dtype) for name, width in arguments.items()}
