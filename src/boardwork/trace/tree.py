"""One forward driven by torchinfo -> the rows of its module tree. The place that knows torchinfo's insides."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torchinfo
from torch import nn
from torchinfo import layer_info
from torchinfo import torchinfo as driver

from boardwork.meta.nesting import tensors_in
from boardwork.trace.records import Row


class Bound(nn.Module):
    """A model with its arguments: forward takes none, so that torchinfo need not understand them."""

    def __init__(self, model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        super().__init__()
        self.model, self.args, self.kwargs = model, args, kwargs
        self.out: Any = None

    def forward(self) -> None:
        self.out = self.model(*self.args, **self.kwargs)


def run(model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, tuple[Row, ...]]:
    """Run forward once under torchinfo; return its result and one row a module, in the order of the calls.

    `model` must be a copy: torchinfo sets every module to eval mode.
    """
    bound = Bound(model, args, kwargs)
    with _sizes_of_any_value():
        try:
            statistics = torchinfo.summary(bound, input_data=[], verbose=0, mode="eval")
        except RuntimeError as error:
            raise (error.__cause__ or error) from None
        finally:
            driver.clear_cached_forward_pass()
            model.eval()  # torchinfo leaves every module in the mode of `Bound`
    paths = {id(module): name for name, module in model.named_modules()}
    rows = tuple(
        Row(
            paths[info.layer_id],
            info.class_name,
            info.depth - 1,
            info.num_params,
            info.trainable_params,
            tuple(info.input_size),
            tuple(info.output_size),
        )
        for info in statistics.summary_list
        if info.layer_id in paths and not info.is_recursive
    )
    return bound.out, rows


@contextmanager
def _sizes_of_any_value() -> Iterator[None]:
    """torchinfo stops at outputs that it does not know and miscounts mult-adds: give it the first tensor, no counts."""
    names = ("calculate_size", "calculate_macs", "get_kernel_size")
    saved = {name: vars(layer_info.LayerInfo)[name] for name in names}

    def calculate_size(inputs: Any, batch_dim: int | None) -> tuple[list[int], int]:
        tensor = next(tensors_in(inputs), None)
        if tensor is None or nn.parameter.is_lazy(tensor):
            return [], 0
        with torch._C.DisableTorchFunction():
            return [int(length) for length in tensor.shape], tensor.element_size()

    patched: Any = layer_info.LayerInfo
    patched.calculate_size, patched.calculate_macs = staticmethod(calculate_size), lambda self: None
    patched.get_kernel_size = staticmethod(lambda module: None)  # it takes any attribute `kernel_size` for numbers
    try:
        yield
    finally:
        for name, original in saved.items():
            setattr(patched, name, original)
