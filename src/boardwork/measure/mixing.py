"""Outline -> facts of what mixes positions without scores: a network across them, or a Fourier transform.

Sources: arXiv:2105.01601 section 2; arXiv:2105.03824 section 3.
"""

from __future__ import annotations

from typing import Any

from boardwork.measure.examples import everything
from boardwork.outline.blocks import Outline
from boardwork.outline.flow import Flow

_TRANSFORMS = ("fft_fft", "fft_fft2", "fft_fftn")


def mixing(flow: Flow, outline: Outline) -> dict[str, Any]:
    """Empty where attention, convolution or nothing mixes positions."""
    return _across(outline) | _transforms(flow)


def _across(outline: Outline) -> dict[str, Any]:
    """Feed-forward networks whose layers run along the axis of positions."""
    blocks = [b for b in everything(outline.root) if b.kind == "feed_forward" and b.facts.get("across")]
    if not blocks:
        return {}
    one = blocks[0].facts
    return {
        "token_mixing.count": len(blocks),
        "token_mixing.positions": one["d_model"],
        "token_mixing.hidden": one["d_ff"],
        "token_mixing.gated": one["gated"],
        "token_mixing.bias": one["bias"],
        "token_mixing.params": one["params"],
    }


def _transforms(flow: Flow) -> dict[str, Any]:
    """Transforms of features and positions of which the real part alone goes on: none is undone, none has weights."""
    found = [op for op in flow.ops if op.name in _TRANSFORMS and op.id in flow.live and op.id in flow.fed]
    ends = [op for op in found if [user.name for user in flow.data_users(op)] == ["real"]]
    if not ends:
        return {}
    shape = flow.tensors[ends[0].inputs[0]].shape
    return {"fourier_mixing.count": len(ends), "fourier_mixing.positions": shape[-2], "fourier_mixing.width": shape[-1]}
