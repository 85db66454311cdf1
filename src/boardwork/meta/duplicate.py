"""A user's module and arguments -> copies whose tensors are on meta: weights are neither copied nor touched."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from boardwork.errors import TraceError
from boardwork.meta.closures import rebind
from boardwork.meta.nesting import with_tensors
from boardwork.meta.values import remembered, table


def on_meta(tensor: torch.Tensor) -> torch.Tensor:
    """A tensor without storage, of the same shape, dtype and kind."""
    if isinstance(tensor, nn.UninitializedParameter | nn.UninitializedBuffer):
        kind: Any = type(tensor)
        lazy: torch.Tensor = kind(requires_grad=tensor.requires_grad, device="meta", dtype=tensor.dtype)
        return lazy
    twin = torch.empty_like(tensor, device="meta")
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(twin, requires_grad=tensor.requires_grad)
    if (real := remembered(tensor)) is not None:
        twin.boardwork_values = real  # type: ignore[attr-defined]
    return twin


def table_on_meta(tensor: torch.Tensor) -> torch.Tensor:
    """The same for what a module holds: a table brings its values along, fractions too."""
    twin = on_meta(tensor)
    if not isinstance(tensor, nn.Parameter | nn.UninitializedBuffer) and (real := table(tensor)) is not None:
        twin.boardwork_values = real  # type: ignore[attr-defined]
    return twin


def module_on_meta(module: nn.Module) -> nn.Module:
    """A structural copy: same modules, hooks and attributes, tensors on meta, tied weights still tied.

    Raises:
        TraceError: something in the module cannot be copied (a lock, an open file).
    """
    memo: dict[int, Any] = {}
    for part in module.modules():
        for store in (part._parameters, part._buffers):
            for tensor in store.values():
                if tensor is not None:
                    memo.setdefault(id(tensor), table_on_meta(tensor))
    try:
        with _CopyOnMeta():
            try:
                return _deepcopy(module, dict(memo))
            except Exception:  # a lock, an open file, a generator: shared, for a forward only uses it
                return _deepcopy(module, _uncopyable_shared(module, memo))
    except Exception as error:
        raise TraceError(
            f"{type(module).__name__} cannot be copied for tracing: {error}",
            hint="remove locks, open files and generators from the module's attributes",
        ) from error


def _deepcopy(module: nn.Module, memo: dict[int, Any]) -> nn.Module:
    twin = copy.deepcopy(module, memo)
    rebind(twin, memo)
    return twin


def _uncopyable_shared(module: nn.Module, memo: dict[int, Any]) -> dict[int, Any]:
    """`memo` with every attribute of a module that cannot be copied as its own copy."""
    shared: dict[int, Any] = {}
    for part in module.modules():
        for name, value in vars(part).items():
            if name not in ("_parameters", "_buffers", "_modules"):
                try:
                    copy.deepcopy(value, dict(memo))
                except Exception:  # of any sort, from any class
                    shared[id(value)] = value
    return {**memo, **shared}


def value_on_meta(value: Any) -> Any:
    """The same nesting with every tensor on meta."""
    return with_tensors(value, on_meta)


class _CopyOnMeta(TorchFunctionMode):
    """Tensors that hide in lists or attributes are copied to meta as well."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.Tensor.__deepcopy__:
            tensor, memo = args
            return memo.setdefault(id(tensor), table_on_meta(tensor.detach()))
        return func(*args, **(kwargs or {}))
