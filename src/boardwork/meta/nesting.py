"""A nested value -> the tensors in it with the way to each, or the same nesting with other tensors."""

from __future__ import annotations

import copy
import dataclasses
from collections import UserDict
from collections.abc import Callable, Iterator
from typing import Any

import torch

_DICTS = (dict, UserDict)
_LEAVES = frozenset([int, float, bool, str, type(None), torch.dtype, torch.device])  # the most frequent ones


def tensors_in(value: Any) -> Iterator[torch.Tensor]:
    """Every tensor in a nested value, dataclasses and model outputs included, in order."""
    if isinstance(value, torch.Tensor):
        yield value
    elif type(value) not in _LEAVES:
        for _, item in _members(value):
            yield from tensors_in(item)


def named_tensors(value: Any, name: str) -> list[tuple[str, torch.Tensor]]:
    """The same with names: `name` for a lone tensor, else with the way to each, as in `batch.image` or `pair.0`."""
    found = list(_with_paths(value, name))
    return found if len(found) != 1 else [(name, found[0][1])]


def _with_paths(value: Any, path: str) -> Iterator[tuple[str, torch.Tensor]]:
    if isinstance(value, torch.Tensor):
        yield path, value
    for name, item in _members(value):
        yield from _with_paths(item, f"{path}.{name}")


def _members(value: Any) -> Iterator[tuple[Any, Any]]:
    """What a container holds, each with its key, field or place."""
    if isinstance(value, _DICTS):
        yield from value.items()
    elif isinstance(value, tuple) and hasattr(value, "_fields"):
        yield from zip(value._fields, value, strict=True)
    elif isinstance(value, list | tuple):
        yield from enumerate(value)
    elif dataclasses.is_dataclass(value):
        yield from ((field.name, getattr(value, field.name, None)) for field in dataclasses.fields(value))


def with_tensors(value: Any, change: Callable[[torch.Tensor], torch.Tensor]) -> Any:
    """The same nesting of dicts, lists, tuples and dataclasses with `change` done to every tensor; `value` is kept."""
    if isinstance(value, torch.Tensor):
        return change(value)
    if isinstance(value, _DICTS):
        changed = copy.copy(value)  # a defaultdict keeps its factory
        for key, item in value.items():
            changed[key] = with_tensors(item, change)
        return changed
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(with_tensors(item, change) for item in value))
    if isinstance(value, list | tuple):
        return type(value)(with_tensors(item, change) for item in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        twin = copy.copy(value)
        for field in dataclasses.fields(value):
            if hasattr(value, field.name):  # a frozen one refuses a plain assignment
                object.__setattr__(twin, field.name, with_tensors(getattr(value, field.name), change))
        return twin
    return value
