"""A module of unknown origin -> a likely input, and the sentence that says where it comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator

import torch
from torch import nn

from boardwork.targets.first_layer import first_layer
from boardwork.targets.forward_arguments import forward_parameters, weight_dtype
from boardwork.targets.layers import Argument, layer_arguments
from boardwork.targets.state import global_state_kept
from boardwork.targets.torchvision_operators import admitted

# Tried in this order where a forward runs; a classifier behind a flatten, for one, takes a single image size only.
SIZES = {"height": (224, 32, 28, 64, 96, 128, 256, 299), "seq_len": (128, 64, 32, 16, 8), "length": (1024, 128, 32)}


def inferred_input(module: nn.Module, *, may_run: bool) -> tuple[Argument, str] | None:
    """One argument read off the first layer with weights, and a sentence for the footnotes; None if there is none.

    With `may_run` a module on meta is called with some sizes until one fits; a user's own object is never called.
    """
    found = first_layer(module)
    names = [p.name if p.kind is not p.VAR_POSITIONAL else f"{p.name}_0" for p in forward_parameters(module)]
    if found is None or not names:
        return None
    path, layer = found
    likely = (layer_arguments(layer) or ())[0]
    dtype = weight_dtype(layer) if likely.tensor.is_floating_point() else likely.tensor.dtype
    likely = Argument(names[0], likely.tensor.to(dtype), likely.axes)
    if may_run and all(tensor.is_meta for tensor in (*module.parameters(), *module.buffers())):
        likely = next((choice for choice in _sizes_of(likely) if _runs(module, choice.tensor)), likely)
    shape = str(tuple(likely.tensor.shape))
    kind = "" if likely.tensor.is_floating_point() else f" {str(likely.tensor.dtype).removeprefix('torch.')}"
    where = f"{path}: " if path else ""
    return likely, f"Input {shape}{kind} inferred from the first layer, {where}{_short(layer)}; give --input to set it."


def _sizes_of(argument: Argument) -> Iterator[Argument]:
    varied = next((name for name in SIZES if name in argument.axes), None)
    if varied is None:
        yield argument
        return
    together = ("height", "width") if varied == "height" else (varied,)
    for size in SIZES[varied]:
        shape = [size if axis in together else n for axis, n in zip(argument.axes, argument.tensor.shape, strict=True)]
        yield Argument(argument.name, argument.tensor.new_empty(shape), argument.axes)


def _runs(module: nn.Module, tensor: torch.Tensor) -> bool:
    try:
        with global_state_kept(), admitted(), torch.no_grad(), torch.device("meta"):
            module(tensor)
    except Exception:
        return False
    return True


def _short(layer: nn.Module) -> str:
    sizes = re.match(r"(?:\w+=)?(\d+), (?:\w+=)?(\d+)", layer.extra_repr())
    return f"{type(layer).__name__}({', '.join(sizes.groups())})" if sizes else type(layer).__name__
