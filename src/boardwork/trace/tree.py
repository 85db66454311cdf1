"""One forward driven by torchinfo -> the rows of its module tree. The place that knows torchinfo's insides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
    bound = Bound(model, args, kwargs).eval()  # torchinfo gives every module the mode of `Bound` again
    with _only_what_rows_show(bound):
        try:
            statistics = torchinfo.summary(bound, input_data=[], verbose=0, mode="eval")
        except RuntimeError as error:
            raise (error.__cause__ or error) from None
        finally:
            driver.clear_cached_forward_pass()
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
def _only_what_rows_show(model: nn.Module) -> Iterator[None]:
    """torchinfo stops at outputs that it does not know, and counts at every call: give it sizes and counts, no more."""
    counts = _parameters(model)

    def calculate_num_params(info: Any) -> None:
        info.num_params, info.trainable_params = counts.get(info.layer_id, (0, 0))

    replaced: dict[tuple[Any, str], Any] = {
        (layer_info.LayerInfo, "calculate_size"): staticmethod(_first_size),
        (layer_info.LayerInfo, "calculate_macs"): lambda info: None,  # wrong, and not shown
        (layer_info.LayerInfo, "calculate_num_params"): calculate_num_params,
        (layer_info.LayerInfo, "get_kernel_size"): staticmethod(
            lambda module: None
        ),  # takes any attribute of that name
        (driver, "set_children_layers"): lambda rows: None,  # quadratic in the number of rows
    }
    saved = {(owner, name): vars(owner)[name] for owner, name in replaced}
    try:
        for (owner, name), value in replaced.items():
            setattr(owner, name, value)
        yield
    finally:
        for (owner, name), value in saved.items():
            setattr(owner, name, value)


def _first_size(inputs: Any, batch_dim: int | None) -> tuple[list[int], int]:
    """Shape and bytes an element of the first tensor in a value of any sort."""
    tensor = next(tensors_in(inputs), None)
    if tensor is None or nn.parameter.is_lazy(tensor):
        return [], 0
    with torch._C.DisableTorchFunction():
        return list(tensor.shape), tensor.element_size()


def _parameters(model: nn.Module) -> dict[int, tuple[int, int]]:
    """(elements, trainable ones) of the parameters below every module, by its id; one that is shared counts once."""
    below: dict[int, dict[int, nn.Parameter]] = {}

    def visit(module: nn.Module) -> dict[int, nn.Parameter]:
        if id(module) not in below:
            own = below[id(module)] = {id(p): p for p in module._parameters.values() if p is not None}
            for child in module.children():
                own.update(visit(child))
        return below[id(module)]

    visit(model)
    return {index: _counted(found.values()) for index, found in below.items()}


def _counted(parameters: Iterable[nn.Parameter]) -> tuple[int, int]:
    known = [(p.numel(), p.requires_grad) for p in parameters if not nn.parameter.is_lazy(p)]
    return sum(size for size, _ in known), sum(size for size, trainable in known if trainable)
