"""A module -> a note on weights that torch keeps packed, as quantised layers do: they are no tensors of the module."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from boardwork.meta.nesting import tensors_in


def packed_weights(module: nn.Module) -> tuple[str, ...]:
    """One sentence with how many layers and numbers there are; empty for a module without any."""
    values = (value for part in module.modules() for value in vars(part).values())
    held = [value for value in values if isinstance(value, torch.ScriptObject)]
    numbers = sum(tensor.numel() for value in held for tensor in _unpacked(value) if not tensor.is_floating_point())
    if not numbers:
        return ()
    layers = "1 layer" if len(held) == 1 else f"{len(held)} layers"
    return (
        f"{layers} with {numbers:,} weights that torch keeps packed in one byte each: they are not among the "
        "parameters, nor their products among the multiply-adds.",
    )


def _unpacked(value: Any) -> Iterator[torch.Tensor]:
    """The tensors of a packed object, by the state that it is saved with."""
    if isinstance(value, torch.ScriptObject):
        with contextlib.suppress(RuntimeError):  # a scripted module is such an object too, and keeps no state
            yield from _unpacked(value.__getstate__())
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _unpacked(item)
    else:
        yield from tensors_in(value)
