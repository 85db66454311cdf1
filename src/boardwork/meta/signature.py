"""The arguments of a call -> what decides the shapes of its result, as a key; what is no tensor counts as it is."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import torch


def layout(tensor: torch.Tensor) -> tuple[tuple[int, ...], tuple[int, ...], torch.dtype, torch.device]:
    """All that a kernel on meta can see of a tensor."""
    return tuple(tensor.shape), tensor.stride(), tensor.dtype, tensor.device


def signature(value: Any, of: Callable[[Any], Hashable]) -> Hashable:
    """A key for a nesting of dicts, lists, tuples and slices, each leaf as `of` has it.

    Raises:
        TypeError: `of` gave what cannot be hashed.
    """
    if isinstance(value, torch.Tensor):
        return type(value), of(value)
    if isinstance(value, dict):
        return (dict, *((key, signature(item, of)) for key, item in value.items()))
    if isinstance(value, list | tuple):
        return (type(value), *[signature(item, of) for item in value])
    if isinstance(value, slice):
        return (slice, signature((value.start, value.stop, value.step), of))
    return type(value), of(value)
