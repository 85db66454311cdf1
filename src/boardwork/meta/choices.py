"""A choice by unknown scores -> positions: spread evenly over all alternatives, or the same ones every time."""

from __future__ import annotations

from typing import Any

import torch

CHOOSING = {"topk": 2, "max": 1, "argmax": 1}  # with the place of the axis among the arguments
EVENLY = "choices were taken to fall evenly on all alternatives"
ALIKE = "choices were taken to fall on the first alternatives every time, as there are too many to run"


def choice(
    raw: str, args: Any, kwargs: Any, out: Any, *, alike: bool = False
) -> tuple[torch.Tensor, torch.Tensor] | None:
    """The positions among the results on meta, and values for them; None when no axis is chosen from.

    topk (..., E) -> (..., k): row n takes n k, n k + 1 ... modulo E, so that all E are taken equally often, as a
    balanced router does. If `alike`, every row takes 0 ... k - 1.
    """
    chosen = out[1] if isinstance(out, tuple) and len(out) == 2 else out
    scores = args[0] if args and isinstance(args[0], torch.Tensor) else None
    if scores is None or not isinstance(chosen, torch.Tensor) or not chosen.is_meta or chosen.is_floating_point():
        return None
    place = CHOOSING[raw]
    axis = kwargs.get("dim", args[place] if len(args) > place else -1)
    count = scores.shape[axis] if isinstance(axis, int) and scores.dim() and chosen.dim() else 0
    if count < 2:
        return None
    if alike:
        return chosen, _first_ones(chosen, axis if chosen.dim() == scores.dim() else None)
    return chosen, (torch.arange(chosen.numel(), device="cpu") % count).reshape(chosen.shape)


def _first_ones(chosen: torch.Tensor, axis: int | None) -> torch.Tensor:
    """0 ... k - 1 along `axis`, zeros if the axis is gone."""
    if axis is None:
        return torch.zeros(chosen.shape, dtype=torch.int64, device="cpu")
    behind = [1] * (chosen.dim() - 1 - axis % chosen.dim())
    return torch.arange(chosen.shape[axis], device="cpu").view(-1, *behind).expand(chosen.shape).contiguous()


def masks_in(index: Any) -> list[torch.Tensor]:
    """The masks of an index."""
    parts = index if isinstance(index, tuple) else (index,)
    return [part for part in parts if isinstance(part, torch.Tensor) and part.dtype in (torch.bool, torch.uint8)]
