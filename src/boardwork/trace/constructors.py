"""Nothing -> the functions of torch that make a tensor from sizes or numbers, on the device that is the default."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch.utils import _device


def constructors() -> set[Callable[..., Any]]:
    """Those that `with torch.device(...)` acts on; torch keeps no public list.

    The context is a mode of its own, and costs every call and every attribute of a tensor one more turn through Python.
    """
    found: set[Callable[..., Any]] = _device._device_constructors()
    return found
