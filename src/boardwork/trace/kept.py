"""A model after its forward -> the storages that were made in it and that its modules hold on to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from boardwork.trace.identities import Identities


def kept(model: nn.Module, tensors: Identities) -> tuple[int, ...]:
    """Places among the storages, in order: a table that a module makes at its first forward and looks up later."""
    known = (tensors.last(tensor) for module in model.modules() for tensor in _attributes(module))
    return tuple(sorted({tensors.records[i].storage for i in known if i >= 0 and tensors.records[i].kind == "op"}))


def _attributes(module: nn.Module) -> Iterator[torch.Tensor]:
    """Tensors that are attributes, or directly in a dict or list that is one."""
    for value in vars(module).values():
        inside: Any = (
            value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else [value]
        )
        yield from (item for item in inside if isinstance(item, torch.Tensor))
