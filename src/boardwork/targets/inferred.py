"""A module of unknown origin -> likely inputs, and the sentence that says where they come from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from torch import nn

from boardwork.targets.first_layer import first_layer
from boardwork.targets.forward_arguments import forward_parameters, missing, weight_dtype
from boardwork.targets.layers import Argument, layer_arguments, resized
from boardwork.targets.parts import root
from boardwork.targets.search import searched
from boardwork.targets.trial import trial

# Tried in this order where a forward runs; a classifier behind a flatten, for one, takes a single image size only.
SIZES = {"height": (224, 32, 28, 64, 96, 128, 256, 299), "seq_len": (128, 64, 32, 16, 8), "length": (1024, 128, 32)}
CUBES = (96, 64, 128, 32)  # a volume, where frames of a video do not run


@dataclass(frozen=True)
class Inferred:
    """An argument, the sentence that says where it comes from, and whether forward was called with it and took it."""

    argument: Argument
    told: str
    runs: bool


def inferred_input(module: nn.Module, twin: nn.Module | None) -> Inferred | None:
    """The first argument, read off the first layer with weights; None if there is none.

    `twin`, a copy of the module on meta, is called with some sizes until one fits.
    """
    found = first_layer(module)
    names = [p.name if p.kind is not p.VAR_POSITIONAL else f"{p.name}_0" for p in forward_parameters(module)]
    if found is None or not names:
        return None
    path, layer = found
    likely = (layer_arguments(layer) or ())[0]
    dtype = weight_dtype(layer) if likely.tensor.is_floating_point() else likely.tensor.dtype
    likely = Argument(names[0], likely.tensor.to(dtype), likely.axes)
    runs = None
    if twin is not None and not missing(module, names[:1]):
        runs = next((choice for choice in _sizes_of(likely) if not trial(twin, [choice])), None)
    likely = runs or likely
    where = f"{path}: " if path else ""
    told = f"Input {shown(likely)} inferred from the first layer, {where}{_short(layer)}; give --input to set it."
    return Inferred(likely, told, runs is not None)


def completed(
    twin: nn.Module, inputs: Sequence[Argument], free: Sequence[str]
) -> tuple[list[Argument], tuple[str, ...]] | None:
    """All that forward requires, of which those in `free` are searched for, and a sentence; None if none was found."""
    found = searched(twin, inputs, free)
    if found is None:
        return None
    told = [f"{item.name} {shown(item)}" for item in found if root(item.name) in free]
    noun, them = ("Input", "it") if len(told) == 1 else ("Inputs", "them")
    return found, (f"{noun} {', '.join(told)} found by calling forward on meta; give --input to set {them}.",)


def shown(item: Argument) -> str:
    """Its shape, and its dtype where that is not a fraction's."""
    kind = "" if item.tensor.is_floating_point() else f" {str(item.tensor.dtype).removeprefix('torch.')}"
    return f"{tuple(item.tensor.shape)}{kind}"


def _sizes_of(argument: Argument) -> Iterator[Argument]:
    grid = [i for i, axis in enumerate(argument.axes) if axis in ("frames", "height", "width")]
    yield from _varied(argument)
    yield from (resized(argument, dict.fromkeys(grid, size)) for size in CUBES if "frames" in argument.axes)
    if argument.axes == ("batch", "", "length"):  # a norm over a batch of rows takes these alone too
        yield Argument(argument.name, argument.tensor[..., 0], argument.axes[:2])


def _varied(argument: Argument) -> Iterator[Argument]:
    varied = next((name for name in SIZES if name in argument.axes), None)
    if varied is None:
        yield argument
        return
    together = ("height", "width") if varied == "height" else (varied,)
    for size in SIZES[varied]:
        yield resized(argument, {i: size for i, axis in enumerate(argument.axes) if axis in together})


def _short(layer: nn.Module) -> str:
    sizes = re.match(r"(?:\w+=)?(\d+), (?:\w+=)?(\d+)", layer.extra_repr())
    return f"{type(layer).__name__}({', '.join(sizes.groups())})" if sizes else type(layer).__name__
