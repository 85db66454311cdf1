"""A choice by unknown scores -> positions spread evenly over all alternatives: what a balanced router gives."""

from __future__ import annotations

from typing import Any

import torch

CHOOSING = {"topk": 2, "max": 1, "argmax": 1}  # with the place of the axis among the arguments
EVENLY = "choices were taken to fall evenly on all alternatives"


def even_choice(raw: str, args: Any, kwargs: Any, out: Any) -> tuple[torch.Tensor, torch.Tensor] | None:
    """The positions among the results on meta, and values for them; None when no axis is chosen from.

    topk (..., E) -> (..., k): row n takes n k, n k + 1 ... modulo E, so that all E are taken equally often.
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
    return chosen, (torch.arange(chosen.numel(), device="cpu") % count).reshape(chosen.shape)


def masks_in(index: Any) -> list[torch.Tensor]:
    """The masks of an index."""
    parts = index if isinstance(index, tuple) else (index,)
    return [part for part in parts if isinstance(part, torch.Tensor) and part.dtype in (torch.bool, torch.uint8)]
