"""A user's module and arguments -> copies whose tensors are on meta: weights are neither copied nor touched."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from boardwork.errors import TraceError


def on_meta(tensor: torch.Tensor) -> torch.Tensor:
    """A tensor without storage, of the same shape, dtype and kind."""
    twin = torch.empty_like(tensor, device="meta")
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(twin, requires_grad=tensor.requires_grad)
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
                if tensor is not None and not nn.parameter.is_lazy(tensor):
                    memo.setdefault(id(tensor), on_meta(tensor))
    try:
        with _CopyOnMeta():
            return copy.deepcopy(module, memo)
    except Exception as error:
        raise TraceError(
            f"{type(module).__name__} cannot be copied for tracing: {error}",
            hint="remove locks, open files and generators from the module's attributes",
        ) from error


def value_on_meta(value: Any) -> Any:
    """The same nesting of dicts, lists and tuples with every tensor on meta."""
    if isinstance(value, torch.Tensor):
        return on_meta(value)
    if isinstance(value, dict):
        return type(value)({key: value_on_meta(item) for key, item in value.items()})
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(value_on_meta, value))
    if isinstance(value, list | tuple):
        return type(value)(map(value_on_meta, value))
    return value


class _CopyOnMeta(TorchFunctionMode):
    """Tensors that hide in lists or attributes are copied to meta as well."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.Tensor.__deepcopy__:
            tensor, memo = args
            return memo.setdefault(id(tensor), on_meta(tensor.detach()))
        return func(*args, **(kwargs or {}))
