"""A class or factory and its arguments -> a module in eval mode on the meta device, on CPU where meta refuses."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import torch
from torch import nn

from boardwork.errors import TargetError
from boardwork.meta.values import Building
from boardwork.targets import torchvision_operators
from boardwork.targets.call import Call
from boardwork.targets.encoders import with_forward
from boardwork.targets.state import global_state_kept


def build(make: Callable[..., Any], call: Call, **fixed: Any) -> nn.Module:
    """`make(*call.args, **call.kwargs, **fixed)` without memory for weights; global state stays as it was.

    Some constructors need values (`.item()`), which meta tensors do not have: those are built on CPU.

    Raises:
        TargetError: the arguments do not fit, the constructor raises, or what it returns is no nn.Module.
    """
    _check_arguments(make, call, fixed)
    arguments = {**fixed, **call.kwargs}
    with global_state_kept():
        try:
            with torch.device("meta"), Building() as building:
                module = make(*call.args, **arguments)
            if isinstance(module, nn.Module):
                building.tell(module)
        except Exception as error:
            lacking = isinstance(error, NotImplementedError) or "meta" in str(error).lower()
            if not lacking:  # it would raise on CPU as well, after minutes perhaps
                raise _refusal(call, error) from error
            module = _build_on_cpu(make, call, arguments)
    if not isinstance(module, nn.Module):
        raise TargetError(f"{call.name} gave a {type(module).__name__}, not an nn.Module.", where=call.target)
    return with_forward(module.eval())


def _build_on_cpu(make: Callable[..., Any], call: Call, arguments: dict[str, Any]) -> Any:
    try:
        with torch.device("cpu"):
            return make(*call.args, **arguments)
    except Exception as error:
        raise _refusal(call, error) from error


def _refusal(call: Call, error: Exception) -> TargetError:
    reason = f"{type(error).__name__}: {str(error).strip()}" if str(error).strip() else type(error).__name__
    return TargetError(f"{call.name} could not be built: {reason}", where=call.target)


def _check_arguments(make: Callable[..., Any], call: Call, fixed: dict[str, Any]) -> None:
    try:
        signature = inspect.signature(make)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*call.args, **{**fixed, **call.kwargs})
    except TypeError as error:
        shown = ", ".join(str(p) for p in signature.parameters.values() if p.name not in fixed)
        raise TargetError(f"{call.name}: {error}.", where=call.target, hint=f"{call.name}({shown})"[:400]) from None


def library(name: str, extra: str | None = None) -> ModuleType:
    """Import an optional library.

    Raises:
        TargetError: it is not installed (the message names the extra), or it does not import.
    """
    if importlib.util.find_spec(name) is None:
        hint = f'pip install "boardwork[{extra or name}]"'
        raise TargetError(f"This target needs {name}, which is not installed.", hint=hint)
    torchvision_operators.prepare()
    try:
        with global_state_kept():
            return importlib.import_module(name)
    except Exception as error:
        raise TargetError(f"{name} is installed but does not import: {error}") from error
