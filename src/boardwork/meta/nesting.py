"""A nested value -> the tensors in it with the way to each, or the same nesting with other tensors.

Nested are dicts, lists, tuples, dataclasses, model outputs and objects of a class of the user's, by their attributes.
"""

from __future__ import annotations

import copy
import dataclasses
import types
from collections import UserDict
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn

_DICTS = (dict, UserDict)
_LEAVES = frozenset([int, float, bool, str, type(None), torch.dtype, torch.device])  # the most frequent ones
# Objects whose attributes are no part of a value; containers are looked into as such.
_NO_RECORDS = (torch.Tensor, *_DICTS, list, tuple, type, types.ModuleType, nn.Module, torch.Generator)


def tensors_in(value: Any, above: tuple[Any, ...] = ()) -> Iterator[torch.Tensor]:
    """Every tensor in a nested value, in order; `above`: the objects that it is inside of."""
    if isinstance(value, torch.Tensor):
        yield value
    elif type(value) not in _LEAVES:
        within = (*above, value)
        for item in value if type(value) in (tuple, list) else (item for _, item in _members(value, above)):
            if isinstance(item, torch.Tensor):  # a list may hold hundreds: none of them asks for a generator
                yield item
            elif type(item) not in _LEAVES:
                yield from tensors_in(item, within)


def named_tensors(value: Any, name: str) -> list[tuple[str, torch.Tensor]]:
    """The same with names: `name` for a lone tensor, else with the way to each, as in `batch.image` or `pair.0`.

    Inside an object, as much of the end of the way as tells it from the others.
    """
    found = list(_with_paths(value, name))
    if len(found) == 1:
        return [(name, found[0][1])]
    short = _ends([path for path, _ in found], name) if _is_record(value) else {}
    return [(short.get(path, path), tensor) for path, tensor in found]


def _ends(paths: list[str], name: str) -> dict[str, str]:
    """`session.outputs.0.memory` -> `session.memory`, if no other path ends with `.memory`."""
    short = {}
    for path in paths:
        parts = path.removeprefix(f"{name}.").split(".")
        ends = (".".join(parts[i:]) for i in range(len(parts) - 1, 0, -1) if parts[i].isidentifier())
        alone = (end for end in ends if sum(other.endswith(f".{end}") for other in paths) == 1)
        short[path] = f"{name}.{next(alone, '.'.join(parts))}"
    return short


def _with_paths(value: Any, path: str, above: tuple[Any, ...] = ()) -> Iterator[tuple[str, torch.Tensor]]:
    if isinstance(value, torch.Tensor):
        yield path, value
        return
    for name, item in _members(value, above):
        private = str(name).startswith("_")  # where an object keeps its tensors, and no name that is called
        yield from _with_paths(item, path if private else f"{path}.{name}", (*above, value))


def _members(value: Any, above: tuple[Any, ...]) -> Iterator[tuple[Any, Any]]:
    """What a container holds, each with its key, field or place; nothing of an object that is inside itself."""
    if isinstance(value, _DICTS):
        yield from value.items()
    elif isinstance(value, tuple) and hasattr(value, "_fields"):
        yield from zip(value._fields, value, strict=True)
    elif isinstance(value, list | tuple):
        yield from enumerate(value)
    elif dataclasses.is_dataclass(value):
        yield from ((field.name, getattr(value, field.name, None)) for field in dataclasses.fields(value))
    elif _is_record(value) and not any(value is outer for outer in above):
        yield from vars(value).items()


def _is_record(value: Any) -> bool:
    """An object that is its attributes; a function or one that can be called is not."""
    if isinstance(value, _NO_RECORDS) or dataclasses.is_dataclass(value):
        return False
    return hasattr(value, "__dict__") and not callable(value)


def with_tensors(value: Any, change: Callable[[torch.Tensor], torch.Tensor]) -> Any:
    """The same nesting with `change` done to every tensor; `value` is kept."""
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
    return _object_with_tensors(value, change) if _is_record(value) else value


def _object_with_tensors(value: Any, change: Callable[[torch.Tensor], torch.Tensor]) -> Any:
    """A copy of an object; one that cannot be copied (a lock, an open file) is used as it is."""
    memo: dict[int, Any] = {id(tensor): change(tensor) for tensor in tensors_in(value)}
    try:
        return copy.deepcopy(value, memo)
    except Exception:  # of any sort, from any class
        return value
