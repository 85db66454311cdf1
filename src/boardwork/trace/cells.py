"""A fused recurrent module -> one time step of its first layer in plain operations, to be traced like any forward."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class _Step(nn.Module):
    """Weights of one layer; the gates are modules so that they carry their names."""

    def __init__(self, *weights: Tensor | None) -> None:
        super().__init__()
        self.w_ih, self.w_hh, self.b_ih, self.b_hh = weights

    def from_input(self, x_t: Tensor) -> Tensor:
        return F.linear(x_t, self.w_ih, self.b_ih)  # type: ignore[arg-type]

    def from_state(self, h_prev: Tensor) -> Tensor:
        return F.linear(h_prev, self.w_hh, self.b_hh)  # type: ignore[arg-type]


class LSTMStep(_Step):
    """Equations of torch.nn.LSTM: x (batch, input), h and c (batch, hidden); gate order i, f, g, o."""

    def __init__(self, *weights: Tensor | None) -> None:
        super().__init__(*weights)
        self.input_gate_i, self.forget_gate_f, self.candidate_g = nn.Sigmoid(), nn.Sigmoid(), nn.Tanh()
        self.output_gate_o = nn.Sigmoid()

    def forward(self, x_t: Tensor, h_prev: Tensor, c_prev: Tensor) -> dict[str, Tensor]:
        i, f, g, o = (self.from_input(x_t) + self.from_state(h_prev)).chunk(4, dim=-1)
        c_t = self.forget_gate_f(f) * c_prev + self.input_gate_i(i) * self.candidate_g(g)
        return {"h_t": self.output_gate_o(o) * torch.tanh(c_t), "c_t": c_t}


class GRUStep(_Step):
    """Equations of torch.nn.GRU: the reset gate acts after the hidden product; gate order r, z, n."""

    def __init__(self, *weights: Tensor | None) -> None:
        super().__init__(*weights)
        self.reset_gate_r, self.update_gate_z, self.candidate_n = nn.Sigmoid(), nn.Sigmoid(), nn.Tanh()

    def forward(self, x_t: Tensor, h_prev: Tensor) -> dict[str, Tensor]:
        r_x, z_x, n_x = self.from_input(x_t).chunk(3, dim=-1)
        r_h, z_h, n_h = self.from_state(h_prev).chunk(3, dim=-1)
        z = self.update_gate_z(z_x + z_h)
        n = self.candidate_n(n_x + self.reset_gate_r(r_x + r_h) * n_h)
        return {"h_t": (1 - z) * n + z * h_prev}


class RNNStep(_Step):
    """Equations of torch.nn.RNN with tanh or ReLU."""

    nonlinearity = "tanh"

    def forward(self, x_t: Tensor, h_prev: Tensor) -> dict[str, Tensor]:
        total = self.from_input(x_t) + self.from_state(h_prev)
        return {"h_t": torch.relu(total) if self.nonlinearity == "relu" else torch.tanh(total)}


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
    arguments = {"x_t": module.input_size, "h_prev": module.hidden_size}
    if make is LSTMStep:
        arguments["c_prev"] = module.hidden_size
    dtype = weights[0].dtype  # type: ignore[union-attr]
    return step, {name: torch.empty(1, width, device="meta", dtype=dtype) for name, width in arguments.items()}
