"""Recurrent cells in a loop over time as people write them, each with its call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn


class LSTMLoop(nn.Module):
    """One linear layer over input and state, cut into four gates."""

    def __init__(self, arriving: int = 24, hidden: int = 32, classes: int = 5) -> None:
        super().__init__()
        self.hidden_size = hidden
        self.all_gates = nn.Linear(arriving + hidden, 4 * hidden)
        self.last_linear = nn.Linear(hidden, classes)

    def forward(self, series: Tensor) -> Tensor:
        h = series.new_zeros(series.shape[0], self.hidden_size)
        c = torch.zeros_like(h)
        for t in range(series.shape[1]):
            i, f, g, o = self.all_gates(torch.cat([series[:, t], h], dim=-1)).chunk(4, dim=-1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
        return self.last_linear(h)


class GRUStep(nn.Module):
    """Separate layers for every gate."""

    def __init__(self, arriving: int, hidden: int) -> None:
        super().__init__()
        self.update_x, self.update_h = (nn.Linear(arriving, hidden), nn.Linear(hidden, hidden, bias=False))
        self.reset_x, self.reset_h = (nn.Linear(arriving, hidden), nn.Linear(hidden, hidden, bias=False))
        self.new_x, self.new_h = (nn.Linear(arriving, hidden), nn.Linear(hidden, hidden, bias=False))

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        z = torch.sigmoid(self.update_x(x) + self.update_h(h))
        r = torch.sigmoid(self.reset_x(x) + self.reset_h(h))
        n = torch.tanh(self.new_x(x) + self.new_h(r * h))
        return (1 - z) * h + z * n


class GRULoop(nn.Module):
    def __init__(self, arriving: int = 24, hidden: int = 32, classes: int = 5) -> None:
        super().__init__()
        self.hidden_size, self.one_step = hidden, GRUStep(arriving, hidden)
        self.last_linear = nn.Linear(hidden, classes)

    def forward(self, series: Tensor) -> Tensor:
        h = torch.zeros(series.shape[0], self.hidden_size, device=series.device)
        states = []
        for x in series.unbind(1):
            h = self.one_step(x, h)
            states.append(h)
        return self.last_linear(torch.stack(states, dim=1))


class CellLoop(nn.Module):
    """nn.LSTMCell stepped by hand."""

    def __init__(self, arriving: int = 24, hidden: int = 32, classes: int = 5) -> None:
        super().__init__()
        self.own_cell, self.last_linear = (nn.LSTMCell(arriving, hidden), nn.Linear(hidden, classes))

    def forward(self, series: Tensor) -> Tensor:
        state = None
        for t in range(series.size(1)):
            state = self.own_cell(series[:, t, :], state)
        return self.last_linear(state[0])


class PlainLoop(nn.Module):
    """Elman: tanh of two layers."""

    def __init__(self, arriving: int = 24, hidden: int = 32) -> None:
        super().__init__()
        self.from_x, self.from_h = (nn.Linear(arriving, hidden), nn.Linear(hidden, hidden))

    def forward(self, series: Tensor) -> Tensor:
        h = torch.zeros(series.shape[0], self.from_h.in_features)
        for t in range(series.shape[1]):
            h = torch.tanh(self.from_x(series[:, t]) + self.from_h(h))
        return h


class OverMaps(nn.Module):
    """ConvLSTM: the gates are made by one convolution over input and state."""

    def __init__(self, channels: int = 2, hidden_maps: int = 8) -> None:
        super().__init__()
        self.hidden_maps = hidden_maps
        self.all_gates = nn.Conv2d(channels + hidden_maps, 4 * hidden_maps, 3, padding=1)

    def forward(self, films: Tensor) -> Tensor:
        batch, frames, _, rows, columns = films.shape
        shown = kept = torch.zeros(batch, self.hidden_maps, rows, columns)
        for i in range(frames):
            i_gate, f_gate, o_gate, drive = self.all_gates(torch.cat([films[:, i], shown], 1)).chunk(4, 1)
            kept = torch.sigmoid(f_gate) * kept + torch.sigmoid(i_gate) * torch.tanh(drive)
            shown = torch.sigmoid(o_gate) * torch.tanh(kept)
        return shown


class GatedMaps(nn.Module):
    """ConvGRU: input and state by a convolution each, the reset gate behind that of the state."""

    def __init__(self, channels: int = 2, hidden_maps: int = 8) -> None:
        super().__init__()
        self.of_input = nn.Conv2d(channels, 3 * hidden_maps, 3, padding=1)
        self.of_state = nn.Conv2d(hidden_maps, 3 * hidden_maps, 3, padding=1)

    def forward(self, films: Tensor, shown: Tensor) -> Tensor:
        for i in range(films.shape[1]):
            seen, known = self.of_input(films[:, i]).chunk(3, 1), self.of_state(shown).chunk(3, 1)
            update, reset = (torch.sigmoid(seen[part] + known[part]) for part in (0, 1))
            shown = (1 - update) * torch.tanh(seen[2] + reset * known[2]) + update * shown
        return shown


class ProjectedState(nn.Module):
    """LSTM whose output is made narrower before it comes back: not the matrices of a plain cell."""

    def __init__(self, arriving: int = 24, inner: int = 32, kept: int = 8) -> None:
        super().__init__()
        self.wide_state, self.kept = inner, kept
        self.all_gates, self.narrower = nn.Linear(arriving + kept, 4 * inner), nn.Linear(inner, kept, bias=False)

    def forward(self, series: Tensor) -> Tensor:
        told, state = series.new_zeros(len(series), self.kept), series.new_zeros(len(series), self.wide_state)
        for i in range(series.shape[1]):
            entry, forget, drive, opened = self.all_gates(torch.cat([series[:, i], told], -1)).chunk(4, -1)
            state = torch.sigmoid(forget) * state + torch.sigmoid(entry) * torch.tanh(drive)
            told = self.narrower(torch.sigmoid(opened) * torch.tanh(state))
        return told


class ShortConvolution(nn.Module):
    """LFM2: a convolution over three positions between two gates."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.triple, self.finish = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.near = nn.Conv1d(width, width, 3, groups=width, padding=2)

    def forward(self, tokens: Tensor) -> Tensor:
        first, second, inner = self.triple(tokens).transpose(1, 2).chunk(3, dim=1)
        near = self.near(first * inner)[..., : tokens.shape[1]]
        return self.finish((second * near).transpose(1, 2))


class ShortConvolutionLayer(nn.Module):
    """It and a network, each in a branch of its own."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.mixer, self.one, self.two = ShortConvolution(width), nn.RMSNorm(width), nn.RMSNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 64), nn.GELU(), nn.Linear(64, width))

    def forward(self, tokens: Tensor) -> Tensor:
        tokens = tokens + self.mixer(self.one(tokens))
        return tokens + self.mlp(self.two(tokens))


class CoupledGates(nn.Module):
    """An LSTM that forgets as much as it takes in."""

    def __init__(self) -> None:
        super().__init__()
        self.taken, self.kept = nn.Linear(24, 24), nn.Linear(8, 24, bias=False)

    def forward(self, series: Tensor) -> Tensor:
        h = c = series.new_zeros(len(series), 8)
        for step in series.unbind(1):
            i, g, o = (self.taken(step) + self.kept(h)).chunk(3, -1)
            c = (1 - i.sigmoid()) * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
        return h


SERIES = torch.zeros(2, 10, 24)
EXAMPLES: dict[str, tuple[Callable[[], nn.Module], tuple[Any, ...]]] = {
    "lstm_loop": (LSTMLoop, (SERIES,)),
    "gru_loop": (GRULoop, (SERIES,)),
    "cell_loop": (CellLoop, (SERIES,)),
    "plain_loop": (PlainLoop, (SERIES,)),
    "coupled_gates": (CoupledGates, (SERIES,)),
    "over_maps": (OverMaps, (torch.zeros(2, 5, 2, 8, 8),)),
    "gated_maps": (GatedMaps, (torch.zeros(2, 5, 2, 8, 8), torch.zeros(2, 8, 8, 8))),
    "projected_state": (ProjectedState, (SERIES,)),
    "projected_as_wide": (lambda: ProjectedState(56), (torch.zeros(2, 10, 56),)),
    "short_convolution": (
        lambda: nn.Sequential(ShortConvolutionLayer(), ShortConvolutionLayer()),
        (torch.zeros(2, 9, 32),),
    ),
}
