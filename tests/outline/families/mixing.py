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


class WrittenStates(nn.Module):
    """RG-LRU: a diagonal recurrence whose states are written into one tensor, step by step."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.entry_gate, self.decay_gate = nn.Linear(width, width), nn.Linear(width, width)
        self.decay_rate, self.out_linear = nn.Parameter(torch.randn(width)), nn.Linear(width, width)

    def forward(self, series: Tensor) -> Tensor:
        log_decay = -8 * torch.sigmoid(self.decay_gate(series)) * F.softplus(self.decay_rate)
        decay = torch.exp(log_decay)
        drive = torch.sqrt(1 - decay**2) * torch.sigmoid(self.entry_gate(series)) * series
        state, states = torch.zeros_like(series[:, 0]), torch.zeros_like(series)
        for t in range(series.shape[1]):
            state = decay[:, t] * state + drive[:, t]
            states[:, t] = state
        return self.out_linear(states)


class WeightedPast(nn.Module):
    """RWKV: numerator and denominator decay, kept in range by the largest exponent so far."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.fade, self.first_bonus = nn.Parameter(torch.zeros(width)), nn.Parameter(torch.zeros(width))
        self.key_linear, self.value_linear = nn.Linear(width, width), nn.Linear(width, width)
        self.pass_linear, self.out_linear = nn.Linear(width, width), nn.Linear(width, width)
        self.now_share = nn.Parameter(torch.rand(1, 1, width))

    def forward(self, series: Tensor) -> Tensor:
        mixed = series * self.now_share + F.pad(series, (0, 0, 1, -1)) * (1 - self.now_share)
        k, v, r = self.key_linear(mixed), self.value_linear(mixed), torch.sigmoid(self.pass_linear(series))
        above, below = torch.zeros_like(k[:, 0]), torch.zeros_like(k[:, 0])
        top, rows = torch.full_like(above, -1e38), []
        for t in range(series.shape[1]):
            now = self.first_bonus + k[:, t]
            most = torch.maximum(top, now)
            old, new = torch.exp(top - most), torch.exp(now - most)
            rows.append((old * above + new * v[:, t]) / (old * below + new))
            later = top - torch.exp(self.fade)
            most = torch.maximum(later, k[:, t])
            old, new = torch.exp(later - most), torch.exp(k[:, t] - most)
            above, below, top = old * above + new * v[:, t], old * below + new, most
        return self.out_linear(r * torch.stack(rows, 1))


class Interpolating(nn.Module):
    """minGRU: one gate weighs the old state against a candidate that does not see it."""

    def __init__(self, width: int = 32, inner: int = 48) -> None:
        super().__init__()
        self.gate_linear, self.drive_linear = nn.Linear(width, inner), nn.Linear(width, inner)
        self.out_linear = nn.Linear(inner, width)

    def forward(self, series: Tensor) -> Tensor:
        z, c = torch.sigmoid(self.gate_linear(series)), self.drive_linear(series)
        h, states = torch.zeros(series.shape[0], c.shape[-1]), []
        for t in range(series.shape[1]):
            h = (1 - z[:, t]) * h + z[:, t] * c[:, t]
            states.append(h)
        return self.out_linear(torch.stack(states, 1))


class GatedDilated(nn.Module):
    """One layer of a WaveNet: residual and skip from one 1 x 1 convolution."""

    def __init__(self, width: int, gap: int) -> None:
        super().__init__()
        self.gap_size = gap
        self.both_conv = nn.Conv1d(width, 2 * width, 2, dilation=gap)
        self.out_conv = nn.Conv1d(width, 2 * width, 1)

    def forward(self, series: Tensor) -> tuple[Tensor, Tensor]:
        value, gate = self.both_conv(F.pad(series, (self.gap_size, 0))).chunk(2, 1)
        on, skip = self.out_conv(torch.tanh(value) * torch.sigmoid(gate)).chunk(2, 1)
        return series + on, skip


class DilatedStack(nn.Module):
    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.entry_conv, self.exit_conv = nn.Conv1d(1, width, 1), nn.Conv1d(2 * width, 8, 1)
        self.all_layers = nn.ModuleList(GatedDilated(width, 2**n) for n in range(4))

    def forward(self, series: Tensor) -> Tensor:
        series, total = self.entry_conv(series), 0
        for layer in self.all_layers:
            series, skip = layer(series)
            total = total + skip
        return self.exit_conv(torch.cat([F.relu(total), series], 1))


class ChunkedScan(nn.Module):
    """Mamba-2: one decay a head and step, matrix products inside chunks, states passed on between them."""

    def __init__(self, width: int = 32, heads: int = 4, states: int = 8, chunk: int = 4) -> None:
        super().__init__()
        self.head_count, self.state_count, self.chunk_size = heads, states, chunk
        self.entry_linear = nn.Linear(width, width + 2 * states + heads)
        self.log_rate, self.direct = nn.Parameter(torch.zeros(heads)), nn.Parameter(torch.ones(heads))
        self.out_linear = nn.Linear(width, width)

    def forward(self, series: Tensor) -> Tensor:
        b, t, w = series.shape
        h, n, q = self.head_count, self.state_count, self.chunk_size
        x, key, query, step = self.entry_linear(series).split([w, n, n, h], dim=-1)
        step = F.softplus(step)
        x = x.view(b, t // q, q, h, w // h)
        decay = (step * -torch.exp(self.log_rate)).view(b, t // q, q, h).permute(0, 3, 1, 2)
        drive = x * step.view(b, t // q, q, h, 1)
        key, query = key.view(b, t // q, q, n), query.view(b, t // q, q, n)
        total = torch.cumsum(decay, dim=-1)
        ratio = torch.exp((total[..., :, None] - total[..., None, :]).tril())
        within = torch.einsum("bcln,bcsn,bhcls,bcshp->bclhp", query, key, ratio.tril(), drive)
        rest = torch.exp(total[..., -1:] - total)
        local = torch.einsum("bcln,bhcl,bclhp->bchpn", key, rest, drive)
        carried = [torch.zeros_like(local[:, 0])]
        for c in range(t // q - 1):
            carried.append(carried[-1] * torch.exp(total[:, :, c, -1])[..., None, None] + local[:, c])
        across = torch.einsum("bcln,bchpn,bhcl->bclhp", query, torch.stack(carried, 1), torch.exp(total))
        y = within + across + x * self.direct[:, None]
        return self.out_linear(y.reshape(b, t, w))


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


class MixerStack(nn.Module):
    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.all_layers, self.last_linear = nn.Sequential(TokenMixing(), TokenMixing()), nn.Linear(width, 5)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.last_linear(self.all_layers(tokens).mean(1))


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


class GainBehind(nn.Module):
    """A norm without weights, then a gain that starts from zero."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.bare, self.gain = nn.LayerNorm(width, elementwise_affine=False), nn.Parameter(torch.zeros(width))
        self.only_linear = nn.Linear(width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.only_linear(self.bare(tokens) * (self.gain + 1.0))


class SoftSlots(nn.Module):
    """Soft mixture of experts: slots are means of all tokens, tokens means of all slots."""

    def __init__(self, width: int = 32, experts: int = 4, each: int = 2, inner: int = 64) -> None:
        super().__init__()
        self.expert_count, self.slots_each = experts, each
        self.slot_keys = nn.Parameter(torch.randn(width, experts * each))
        self.widening = nn.Parameter(torch.randn(experts, width, inner))
        self.narrowing = nn.Parameter(torch.randn(experts, inner, width))

    def forward(self, tokens: Tensor) -> Tensor:
        scores = tokens @ self.slot_keys
        slots = scores.softmax(1).transpose(1, 2) @ tokens
        slots = slots.view(tokens.shape[0], self.expert_count, self.slots_each, -1)
        slots = torch.einsum("bepd,edh->beph", slots, self.widening).relu()
        slots = torch.einsum("beph,ehd->bepd", slots, self.narrowing).flatten(1, 2)
        return scores.softmax(2) @ slots


class Corrected(nn.Module):
    """A state a head that gets what it does not tell yet, token by token; it fades where there is a fade."""

    def __init__(self, fades: bool, width: int = 32, count: int = 4) -> None:
        super().__init__()
        self.count = count
        self.three, self.rate = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, count)
        self.fade = nn.Linear(width, count) if fades else None
        self.back, self.shut = nn.Linear(width, width), Shut(width)

    def forward(self, tokens: Tensor) -> Tensor:
        asked, known, told = self.three(tokens).unflatten(-1, (3, self.count, -1)).unbind(2)
        rate, known = self.rate(tokens).sigmoid(), F.normalize(known, dim=-1)
        kept = None if self.fade is None else self.fade(tokens).sigmoid()
        state, made = torch.zeros_like(known[:, 0, :, :, None] * told[:, 0, :, None]), []
        for t in range(tokens.shape[1]):
            if kept is not None:
                state = state * kept[:, t, :, None, None]
            missing = (told[:, t] - (state * known[:, t, :, :, None]).sum(-2)) * rate[:, t, :, None]
            state = state + known[:, t, :, :, None] * missing[:, :, None]
            made.append((state * asked[:, t, :, :, None]).sum(-2))
        return self.back(self.shut(torch.stack(made, 1).flatten(2), tokens))


class Shut(nn.Module):
    """A norm whose result a gate from elsewhere scales."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.before = nn.RMSNorm(width)

    def forward(self, tokens: Tensor, other: Tensor) -> Tensor:
        return self.before(tokens) * F.silu(other)


class Weighed(nn.Module):
    """A highway layer: the gate decides how much of the new and of the old goes on."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.new_layer, self.gate_layer = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, old: Tensor) -> Tensor:
        opened = torch.sigmoid(self.gate_layer(old))
        return opened * torch.relu(self.new_layer(old)) + (1 - opened) * old


EXAMPLES: dict[str, tuple[Callable[[], nn.Module], tuple[Any, ...]]] = {
    "corrected": (lambda: Corrected(False), (torch.zeros(2, 7, 32),)),
    "fading": (lambda: Corrected(True), (torch.zeros(2, 7, 32),)),
    "gated_linear": (GatedLinear, (TOKENS,)),
    "retention": (Retention, (TOKENS,)),
    "written_states": (WrittenStates, (TOKENS,)),
    "weighted_past": (WeightedPast, (torch.zeros(2, 6, 32),)),
    "interpolating": (Interpolating, (torch.zeros(2, 6, 32),)),
    "dilated_stack": (DilatedStack, (torch.zeros(2, 1, 40),)),
    "soft_slots": (SoftSlots, (torch.zeros(2, 10, 32),)),
    "chunked_scan": (ChunkedScan, (TOKENS,)),
    "token_mixing": (MixerStack, (TOKENS,)),
    "fourier_mixing": (FourierMixing, (TOKENS,)),
    "long_convolution": (LongConvolution, (TOKENS,)),
    "highway": (lambda: nn.Sequential(*(Weighed(32) for _ in range(3)), nn.Linear(32, 5)), (TOKENS,)),
    "gain_behind": (GainBehind, (TOKENS,)),
}
