"""A module or arguments without numbers -> the same on CPU in single precision, with numbers that hide no mistake."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping
from itertools import chain
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from boardwork.meta.nesting import with_tensors
from boardwork.meta.values import table

SEED = 0
_POOL = 4_194_301  # numbers that a larger weight is made of
_STEP = 3  # numbers between the rows of such a weight, at least


class _Copying(TorchFunctionMode):
    """Every tensor in a nested value or an object of any sort, as a cache, is replaced when it is copied."""

    def __init__(self, change: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self._change = change

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.Tensor.__deepcopy__:
            return self._change(args[0])
        return func(*args, **(kwargs or {}))


class Numbers:
    """Draws from a generator of its own: torch's random state stays as it is. `dtype`: of all fractions."""

    def __init__(self, dtype: torch.dtype = torch.float32) -> None:
        self.dtype = dtype
        self._generator = torch.Generator().manual_seed(SEED)

    def module(self, module: nn.Module, given: Mapping[str, torch.Tensor]) -> nn.Module:
        """A copy on CPU in evaluation mode. `given`: values of its weights by name; the others are drawn."""
        known = {name: table(buffer) for name, buffer in module.named_buffers()}
        twin = copy.deepcopy(module).eval()
        made: dict[int, torch.Tensor] = {}  # what is tied stays tied

        def drawn(name: str, old: torch.Tensor) -> torch.Tensor:
            if name in given:
                return given[name].to(dtype=self._dtype(old), device="cpu", copy=True)
            return self.weight(old) if isinstance(old, nn.Parameter) else self._buffer(old, known.get(name))

        for path, part in twin.named_modules():
            for name, old in list(chain(part._parameters.items(), part._buffers.items())):
                if old is not None:
                    if id(old) not in made:
                        new = drawn(f"{path}.{name}".removeprefix("."), old)
                        made[id(old)] = nn.Parameter(new, False) if isinstance(old, nn.Parameter) else new
                    setattr(part, name, made[id(old)])
            for name, value in list(vars(part).items()):
                if isinstance(value, torch.Tensor) and value.is_meta:
                    setattr(part, name, self.tensor(value, table(value)))
        return twin

    def _dtype(self, like: torch.Tensor) -> torch.dtype:
        return self.dtype if like.is_floating_point() else like.dtype

    def weight(self, weight: torch.Tensor) -> torch.Tensor:
        """Matrices that keep the scale; gains, biases and gates of which none is 0 or 1."""
        if not weight.is_floating_point():
            return self._whole_numbers(weight)
        if weight.dim() < 2:
            return self._uniform(weight)
        scale = math.sqrt(weight.shape[0] / max(1, weight.numel()))
        if weight.numel() > _POOL:
            return self._windows(weight.shape, scale)
        return torch.randn(weight.shape, generator=self._generator, dtype=self.dtype) * scale

    def _windows(self, shape: torch.Size, scale: float) -> torch.Tensor:
        """Rows that are windows of one long row, each at a place of its own: a layer of experts fits the memory."""
        columns = shape[1:].numel()
        drawn = torch.randn(_POOL, generator=self._generator, dtype=self.dtype) * scale
        row = drawn.repeat(math.ceil((columns + _STEP * shape[0]) / _POOL))
        step = (row.numel() - columns) // shape[0]
        return row.as_strided(shape, (step, *(shape[place + 1 :].numel() for place in range(1, len(shape)))))

    def _uniform(self, like: torch.Tensor) -> torch.Tensor:
        return torch.rand(like.shape, generator=self._generator, dtype=self.dtype) + 0.5

    def _whole_numbers(self, like: torch.Tensor) -> torch.Tensor:
        """A matrix of weights in one byte each is drawn; anything else may be a place or a count: 0."""
        if not _is_matrix(like):
            return torch.zeros(like.shape, dtype=like.dtype)
        return torch.randint(0, 100, like.shape, generator=self._generator, dtype=like.dtype)

    def _buffer(self, buffer: torch.Tensor, known: torch.Tensor | None) -> torch.Tensor:
        """What it holds if that is known; running statistics, which a new layer has at 0 and 1, are drawn."""
        fresh = known is not None and known.numel() > 0 and bool((known == known.flatten()[0]).all())
        if known is None or (fresh and (buffer.dim() == 1 if buffer.is_floating_point() else _is_matrix(buffer))):
            return self._uniform(buffer) if buffer.is_floating_point() else self._whole_numbers(buffer)
        return known.to(self._dtype(buffer))

    def value(self, value: Any) -> Any:
        """A nested value with numbers; the same tensor in two places stays the same."""
        known: dict[int, torch.Tensor] = {}

        def drawn(tensor: torch.Tensor) -> torch.Tensor:
            if id(tensor) not in known:
                known[id(tensor)] = self.tensor(tensor, table(tensor))
            return known[id(tensor)]

        try:
            with _Copying(drawn):
                return copy.deepcopy(value)
        except Exception:  # an object that cannot be copied is given as it is
            return with_tensors(value, drawn)

    def tensor(self, tensor: torch.Tensor, known: torch.Tensor | None = None) -> torch.Tensor:
        """One tensor: what is known of it, else drawn; whole numbers and truths that are not known are 1."""
        dtype = self._dtype(tensor)
        if known is not None and not (tensor.is_floating_point() and bool((known == 0).all())):
            return known.to(dtype).clone()
        if tensor.is_floating_point() or tensor.is_complex():
            return torch.randn(tensor.shape, generator=self._generator, dtype=dtype)
        return torch.ones(tensor.shape, dtype=dtype)


def _is_matrix(tensor: torch.Tensor) -> bool:
    return tensor.dim() > 1 and tensor.dtype in (torch.int8, torch.uint8)
