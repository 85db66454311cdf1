"""A function of a module and its arguments -> what it gives on meta, before anything is traced."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from boardwork.meta.evaluation import Evaluation
from boardwork.meta.values import remembered
from boardwork.targets.state import global_state_kept


def run_on_meta(function: Callable[..., Any], module: nn.Module, arguments: dict[str, Any]) -> Any:
    """`function(**arguments)`, where tensors with values lend them to what asks for numbers.

    Raises:
        Exception: whatever `function` raises.
    """
    running = _Running()
    named = {name: running.twin(tensor) for name, tensor in arguments.items()}
    for buffer in module.buffers():
        if buffer.is_meta and (real := remembered(buffer)) is not None:
            running.evaluation.values.give(buffer, real.clone())
    with global_state_kept(), torch.no_grad(), torch.device("meta"), running:
        return function(**named)


class _Running(TorchFunctionMode):
    def __init__(self) -> None:
        super().__init__()
        self.evaluation = Evaluation()

    def twin(self, tensor: Any) -> Any:
        """A tensor on meta, where it remembers its values; anything else as it is."""
        if not isinstance(tensor, torch.Tensor):
            return tensor
        on_meta = torch.empty_like(tensor, device="meta")
        if (real := remembered(tensor)) is not None:
            self.evaluation.values.give(on_meta, real)
        return on_meta

    def __torch_function__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        raw = getattr(func, "__name__", "")
        if raw == "__get__":
            return func(*args, **(kwargs or {}))
        return self.evaluation.run(raw, func, args, kwargs or {}, "")
