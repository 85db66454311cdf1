"""A copy of a module and the memo of that copy -> its functions see the copy: a forward that a closure replaced."""

from __future__ import annotations

import copy
from functools import partial
from types import CellType, FunctionType, MethodType
from typing import Any

import torch
from torch import nn

# What a function may hold on to that leads to a module; all else stays shared, as deepcopy shares functions.
_LEADING = (nn.Module, MethodType, FunctionType, partial, torch.Tensor, list, tuple, dict)


def rebind(module: nn.Module, memo: dict[int, Any]) -> None:
    """Replace each function among the attributes of `module`, a copy, by one whose closure has copies too.

    `memo`: as copy.deepcopy left it, from the id of what was copied to its copy.
    """
    for part in module.modules():
        for name, value in list(vars(part).items()):
            if isinstance(value, FunctionType):
                vars(part)[name] = _rebound(value, memo)


def _rebound(function: FunctionType, memo: dict[int, Any]) -> FunctionType:
    """The same function over copies; what cannot be copied stays as it is."""
    if id(function) in memo:
        known: FunctionType = memo[id(function)]
        return known
    cells = tuple(CellType() for _ in function.__closure__ or ())
    twin = FunctionType(function.__code__, _names(function, memo), function.__name__, None, cells)
    memo[id(function)] = twin  # before the cells are filled: a function may hold on to itself
    for cell, old in zip(cells, function.__closure__ or (), strict=True):
        try:
            cell.cell_contents = _copied(old.cell_contents, memo)
        except ValueError:  # not filled yet
            continue
    twin.__defaults__ = (
        None if function.__defaults__ is None else tuple(_copied(v, memo) for v in function.__defaults__)
    )
    twin.__kwdefaults__ = {name: _copied(v, memo) for name, v in (function.__kwdefaults__ or {}).items()}
    twin.__dict__.update(function.__dict__)
    twin.__qualname__, twin.__module__ = function.__qualname__, function.__module__
    return twin


def _names(function: FunctionType, memo: dict[int, Any]) -> dict[str, Any]:
    """What its names mean outside of it: of a function in a notebook the model may be among that."""
    outside = function.__globals__
    used = {name: outside[name] for name in function.__code__.co_names if name in outside}
    copied = {
        name: copy.deepcopy(value, memo)
        for name, value in used.items()
        if id(getattr(value, "__self__", value)) in memo and isinstance(value, nn.Module | MethodType)
    }
    return {**outside, **copied} if copied else outside


def _copied(value: Any, memo: dict[int, Any]) -> Any:
    if isinstance(value, FunctionType):
        return _rebound(value, memo)
    try:
        return copy.deepcopy(value, memo) if isinstance(value, _LEADING) else value
    except Exception:  # of any sort, from any class
        return value
