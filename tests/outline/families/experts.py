"""Mixtures of experts as people write them, each with its call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class GatedExpert(nn.Module):
    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.gate_linear, self.up_linear = nn.Linear(width, inner, bias=False), nn.Linear(width, inner, bias=False)
        self.down_linear = nn.Linear(inner, width, bias=False)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.down_linear(F.silu(self.gate_linear(tokens)) * self.up_linear(tokens))


class SharedExperts(nn.Module):
    """DeepSeek-V3: sigmoid scores, a bias for the choice alone, one expert that always works."""

    def __init__(self, width: int = 32, inner: int = 24, experts: int = 8, chosen: int = 2) -> None:
        super().__init__()
        self.chosen_count, self.scaling = chosen, 2.5
        self.router_weight = nn.Parameter(torch.randn(experts, width))
        self.register_buffer("choice_bias", torch.zeros(experts))
        self.specialists = nn.ModuleList(GatedExpert(width, inner) for _ in range(experts))
        self.always_on = GatedExpert(width, 2 * inner)

    def pick(self, scores: Tensor) -> Tensor:
        return torch.topk(scores + self.choice_bias, self.chosen_count, dim=-1)[1]

    def forward(self, tokens: Tensor) -> Tensor:
        flat = tokens.view(-1, tokens.shape[-1])
        scores = F.linear(flat, self.router_weight).sigmoid()
        picked = self.pick(scores)
        shares = scores.gather(1, picked)
        shares = shares / shares.sum(-1, keepdim=True) * self.scaling
        result = torch.zeros_like(flat)
        for index, specialist in enumerate(self.specialists):
            rows, places = torch.where(picked == index)
            result[rows] += specialist(flat[rows]) * shares[rows, places, None]
        return (result + self.always_on(flat)).view_as(tokens)


class GroupedExperts(SharedExperts):
    """The best groups first, by the sum of the best two of each; then the best experts in them. One group is all."""

    def __init__(self, groups: int) -> None:
        super().__init__(chosen=3)
        self.groups = groups

    def pick(self, scores: Tensor) -> Tensor:
        grouped = (scores + self.choice_bias).unflatten(-1, (self.groups, -1))
        best_groups = grouped.topk(2, dim=-1)[0].sum(-1).topk(max(1, self.groups // 2), dim=-1)[1]
        kept = torch.zeros_like(grouped[..., 0]).scatter(1, best_groups, 1.0)
        return (grouped * kept[..., None]).flatten(1).topk(self.chosen_count, dim=-1)[1]


class SwitchExperts(nn.Module):
    """Switch: one expert a token, the best by max."""

    def __init__(self, width: int = 32, inner: int = 64, experts: int = 4) -> None:
        super().__init__()
        self.router = nn.Linear(width, experts)
        self.specialists = nn.ModuleList(
            nn.Sequential(nn.Linear(width, inner), nn.ReLU(), nn.Linear(inner, width)) for _ in range(experts)
        )

    def forward(self, tokens: Tensor) -> Tensor:
        flat = tokens.reshape(-1, tokens.shape[-1])
        share, picked = F.softmax(self.router(flat), dim=-1).max(dim=-1)
        result = torch.zeros_like(flat)
        for index, specialist in enumerate(self.specialists):
            rows = (picked == index).nonzero().squeeze(-1)
            result[rows] = specialist(flat[rows])
        return (result * share.unsqueeze(-1)).view_as(tokens)


class ClampedExperts(nn.Module):
    """GPT-OSS: all experts in two weights with bias, gate and up interleaved and clamped."""

    def __init__(self, width: int = 32, inner: int = 48, experts: int = 4, chosen: int = 2) -> None:
        super().__init__()
        self.chosen_count = chosen
        self.router = nn.Linear(width, experts)
        self.both_up, self.bias_up = (
            nn.Parameter(torch.randn(experts, width, 2 * inner)),
            nn.Parameter(torch.zeros(experts, 2 * inner)),
        )
        self.all_down, self.bias_down = (
            nn.Parameter(torch.randn(experts, inner, width)),
            nn.Parameter(torch.zeros(experts, width)),
        )

    def forward(self, tokens: Tensor) -> Tensor:
        flat = tokens.reshape(-1, tokens.shape[-1])
        best, picked = torch.topk(self.router(flat), self.chosen_count, dim=-1)
        shares = torch.zeros(flat.shape[0], self.router.out_features, device=flat.device)
        shares = shares.scatter(1, picked, F.softmax(best, dim=-1))
        both = torch.bmm(flat.expand(self.router.out_features, -1, -1), self.both_up) + self.bias_up[:, None]
        gate, up = both[..., ::2], both[..., 1::2]
        gate, up = gate.clamp(max=7.0), up.clamp(-7.0, 7.0)
        inner = (up + 1) * gate * torch.sigmoid(gate * 1.702)
        outcome = torch.bmm(inner, self.all_down) + self.bias_down[:, None]
        return (outcome * shares.t()[..., None]).sum(0).view_as(tokens)


class MaskedExperts(nn.Module):
    """Every expert works on its tokens, found by a mask; a softmax over all before the choice."""

    def __init__(self, width: int = 32, inner: int = 64, experts: int = 4, chosen: int = 2) -> None:
        super().__init__()
        self.chosen_count = chosen
        self.router = nn.Linear(width, experts, bias=False)
        self.specialists = nn.ModuleList(
            nn.Sequential(nn.Linear(width, inner), nn.GELU(), nn.Linear(inner, width)) for _ in range(experts)
        )

    def forward(self, tokens: Tensor) -> Tensor:
        shares, picked = F.softmax(self.router(tokens), dim=-1).topk(self.chosen_count, dim=-1)
        result = torch.zeros_like(tokens)
        for index, specialist in enumerate(self.specialists):
            share = (shares * (picked == index)).sum(-1, keepdim=True)
            result = result + share * specialist(tokens)
        return result


class SoftExperts(nn.Module):
    """Soft mixture: every slot is a mean of all tokens, every token a mean of all slots; no attention."""

    def __init__(self, width: int = 32, experts: int = 4, slots: int = 2) -> None:
        super().__init__()
        self.slot_table = nn.Parameter(torch.randn(width, experts, slots))
        self.first, self.second = (
            nn.Parameter(torch.randn(experts, width, 64)),
            nn.Parameter(torch.randn(experts, 64, width)),
        )

    def forward(self, tokens: Tensor) -> Tensor:
        scores = torch.einsum("btd,des->btes", tokens, self.table_used())
        given = torch.einsum("btes,btd->besd", scores.softmax(1), tokens)
        inner = F.gelu(torch.einsum("besd,edf->besf", given, self.first))
        made = torch.einsum("besf,efd->besd", inner, self.second)
        return scores.flatten(2).softmax(-1) @ made.flatten(1, 2)

    def table_used(self) -> Tensor:
        return self.slot_table


class ScaledSoftExperts(SoftExperts):
    """Rows of the table have length one."""

    def table_used(self) -> Tensor:
        return F.normalize(self.slot_table, dim=0) * 3.0


TOKENS = torch.zeros(2, 16, 32)
EXAMPLES: dict[str, tuple[Callable[[], nn.Module], tuple[Any, ...]]] = {
    "shared_experts": (SharedExperts, (TOKENS,)),
    "grouped_experts": (lambda: GroupedExperts(2), (TOKENS,)),
    "ungrouped_experts": (lambda: GroupedExperts(1), (TOKENS,)),
    "switch_experts": (SwitchExperts, (TOKENS,)),
    "clamped_experts": (ClampedExperts, (TOKENS,)),
    "square_experts": (lambda: ClampedExperts(inner=32), (TOKENS,)),
    "masked_experts": (MaskedExperts, (TOKENS,)),
    "soft_experts": (SoftExperts, (TOKENS,)),
    "scaled_soft_experts": (ScaledSoftExperts, (TOKENS,)),
}
