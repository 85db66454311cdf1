"""An operation with its shapes -> its multiply-adds. Products and convolutions count, all else is zero."""

from __future__ import annotations

from math import prod
from typing import Any

import torch

_MATMULS = ("matmul", "bmm", "mm", "baddbmm", "addbmm", "mv", "dot")
_RECURRENT = ("lstm", "gru", "rnn_tanh", "rnn_relu", "lstm_cell", "gru_cell", "rnn_tanh_cell", "rnn_relu_cell")


def multiply_adds(name: str, slots: list[tuple[str, torch.Tensor]], attrs: dict[str, Any], out: torch.Tensor) -> int:
    """Multiply-adds of one call; a multiply-add is two FLOPs. Attention counts every score, causal or not."""
    values = [tensor for _, tensor in slots]
    by_name = dict(slots)
    if name in ("linear", "addmm"):
        return out.numel() * (by_name["weight"].shape[-1] if name == "linear" else by_name["input"].shape[-1])
    if name.startswith("conv_transpose"):
        return by_name["input"].numel() * prod(by_name["weight"].shape[1:])
    if name.startswith("conv"):
        return out.numel() * prod(by_name["weight"].shape[1:])
    if name in _MATMULS:
        return out.numel() * int(values[-2].shape[-1])
    if name == "scaled_dot_product_attention":
        query, key, value = by_name["query"], by_name["key"], by_name["value"]
        return prod(query.shape[:-1]) * key.shape[-2] * (query.shape[-1] + value.shape[-1])
    if name == "einsum":
        return _einsum(str(attrs.get("equation", "")), values)
    if name in _RECURRENT:
        return _recurrent(name, values, out)
    return 0


def _einsum(equation: str, values: list[torch.Tensor]) -> int:
    terms = equation.replace(" ", "").split("->")[0].split(",")
    if len(terms) != len(values) or len(values) < 2 or "." in equation:
        return 0
    return prod(
        {
            letter: size
            for term, v in zip(terms, values, strict=True)
            for letter, size in zip(term, v.shape, strict=False)
        }.values()
    )


def _recurrent(name: str, values: list[torch.Tensor], out: torch.Tensor) -> int:
    """Every weight matrix multiplies one vector a step and a sequence: out is (..., D * H) or (N, H)."""
    weights = sum(v.numel() for v in values if isinstance(v, torch.nn.Parameter) and v.dim() == 2)
    return weights * prod(out.shape[:-1])
