"""The name under which torch reports a call -> the operation's one name, and the tensor that the call writes to."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch

VIEWS_BY_PROPERTY = frozenset(["T", "mT", "H", "mH", "real", "imag"])
# Calls that compute nothing.
NO_OPERATION = frozenset(["requires_grad_", "detach_", "register_hook", "retain_grad"])
_IN_PLACE = ("iadd", "isub", "imul", "itruediv", "ipow", "iand", "ior", "imatmul")
# Functions whose flag for work in place is the last positional argument.
_MAYBE_IN_PLACE = frozenset(
    [
        "relu",
        "relu6",
        "leaky_relu",
        "elu",
        "selu",
        "celu",
        "silu",
        "mish",
        "hardswish",
        "hardsigmoid",
        "hardtanh",
        "threshold",
    ]
)
_SAME = {
    "truediv": "div",
    "true_divide": "div",
    "divide": "div",
    "multiply": "mul",
    "subtract": "sub",
    "negative": "neg",
    "rmul": "mul",
    "radd": "add",
    "concat": "cat",
    "concatenate": "cat",
    "special_softmax": "softmax",
    "swapaxes": "transpose",
    "swapdims": "transpose",
    "_grouped_mm": "grouped_mm",
    "convolution": "conv2d",
}


@cache
def api_name(raw: str) -> str:
    """One name for every spelling of an operation: `__add__`, `add_` and `add` are add."""
    name = raw.strip("_")
    name = name[1:] if raw.startswith("__i") and name in _IN_PLACE else name
    return _SAME.get(name, name)


def target_of_write(raw: str, args: Any, kwargs: Any) -> torch.Tensor | None:
    """The tensor that the call changes, if it changes one."""
    if kwargs:
        out = kwargs.get("out")
        if isinstance(out, torch.Tensor):
            return out
        if kwargs.get("inplace") is True and args and isinstance(args[0], torch.Tensor):
            return args[0]
    flagged = raw in _MAYBE_IN_PLACE and len(args) > 1 and args[-1] is True
    return args[0] if (flagged or _writes(raw)) and args and isinstance(args[0], torch.Tensor) else None


@cache
def _writes(raw: str) -> bool:
    if raw.startswith("__"):
        return raw == "__setitem__" or (raw.startswith("__i") and raw not in ("__int__", "__index__", "__invert__"))
    return raw.endswith("_") and not raw.endswith("__")
