"""A module, or the target that names it, and its call, as torch.export or as torchinfo take them -> a Subject."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from boardwork.errors import TargetError
from boardwork.meta.nesting import named_tensors
from boardwork.targets import load_given
from boardwork.targets.assemble import assemble
from boardwork.targets.encoders import told, with_forward
from boardwork.targets.first_layer import first_layer
from boardwork.targets.forward_arguments import Arguments, check_complete, positional_names
from boardwork.targets.input_axes import agreed, axes_of
from boardwork.targets.input_spec import InputSpec
from boardwork.targets.layers import layer_arguments
from boardwork.targets.subject import Subject
from boardwork.targets.wrappers import unwrapped


def from_module(
    model: nn.Module | str,
    args: Any = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    input_size: Sequence[Any] | None = None,
    dtypes: Sequence[torch.dtype] | None = None,
    title: str = "",
) -> Subject:
    """A Subject for `model`, which is referred to and never changed or called here.

    Args:
        model: on meta, CPU or GPU; or a target that names one.
        args: positional arguments of forward, a tuple as in torch.export.export; a single tensor is one argument.
        kwargs: its named arguments.
        input_size: instead of both, the size of the input or a sequence of sizes, with the batch, as in torchinfo.
        dtypes: one for each size.
        title: heading of the sheet, the class name by default.

    Raises:
        TargetError: `model` is no module, the target cannot be built, or the arguments do not fit forward.
    """
    if input_size is not None and (_given(args) or kwargs):
        raise TargetError("Give either args and kwargs or input_size, not both.")
    specs = _specs(input_size, dtypes) if input_size is not None else []
    if isinstance(model, str):
        return _from_target(model, args, kwargs, specs, title)
    if not isinstance(model, nn.Module):
        raise TargetError(f"A {type(model).__name__} is no nn.Module.", hint="give the module, or a target as text")
    model = with_forward(unwrapped(model))
    name = type(model).__name__
    if not _given(args) and not kwargs:
        known = layer_arguments(model) if type(model).__module__.startswith("torch.nn.") else None
        return assemble(model, target=name, title=title or name, given=specs, known=known)
    called = _called(model, (args,) if isinstance(args, torch.Tensor) else tuple(args), dict(kwargs or {}))
    return Subject(name, title or name, model, called.args, called.kwargs, called.axes, told(model))


def _from_target(
    target: str, args: Any, kwargs: Mapping[str, Any] | None, given: Sequence[InputSpec], title: str
) -> Subject:
    """The model that a target names; args and kwargs replace the inputs it is known to take."""
    subject = load_given(target, given)
    if _given(args) or kwargs:
        own = from_module(subject.module, args, kwargs)
        subject = dataclasses.replace(subject, args=own.args, kwargs=own.kwargs, axes=own.axes, guesses=())
    return dataclasses.replace(subject, title=title or subject.title)


def _given(args: Any) -> bool:
    return isinstance(args, torch.Tensor) or len(args) > 0


def _specs(input_size: Sequence[Any], dtypes: Sequence[torch.dtype] | None) -> list[InputSpec]:
    sizes = [input_size] if all(isinstance(size, int) for size in input_size) else list(input_size)
    if dtypes is not None and len(dtypes) != len(sizes):
        raise TargetError(f"{len(sizes)} sizes and {len(dtypes)} dtypes: there must be one dtype for each size.")
    try:
        shapes = [tuple(int(n) for n in size) for size in sizes]
    except (TypeError, ValueError):
        raise TargetError(f"input_size is no size or sequence of sizes: {input_size!r}.") from None
    chosen: Sequence[torch.dtype | None] = dtypes or [None] * len(shapes)
    return [InputSpec("", shape, dtype) for shape, dtype in zip(shapes, chosen, strict=True)]


def _called(model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Arguments:
    names = positional_names(model, len(args))
    if len(args) > len(names):
        raise TargetError(f"{type(model).__name__}.forward takes {len(names)} arguments, {len(args)} given.")
    check_complete(model, [*names[: len(args)], *kwargs])
    known = _known_axes(model, names)
    axes = {}
    tensors = dict(_free([*zip(names, args, strict=False), *kwargs.items()]))
    for path, tensor in tensors.items():
        usual = known.get(path, ())
        axes[path] = usual if len(usual) == tensor.ndim else axes_of(tensor)
    return Arguments(args, kwargs, agreed(axes, tensors))


def _free(given: list[tuple[str, Any]]) -> list[tuple[str, torch.Tensor]]:
    """The tensors whose axes have their usual names: those inside a container only where none stands alone.

    What comes in a container beside a tensor may be a state, whose axes are in no usual order.
    """
    alone = [(name, value) for name, value in given if isinstance(value, torch.Tensor)]
    inside = [pair for name, value in given for pair in named_tensors(value, name)]
    return alone or (inside if len({tensor.shape[:1] for _, tensor in inside}) == 1 else [])


def _known_axes(model: nn.Module, names: list[str]) -> dict[str, tuple[str, ...]]:
    """Axes by argument for a layer of torch.nn; otherwise its first layer tells them for the first argument."""
    if type(model).__module__.startswith("torch.nn."):
        return {item.name: item.axes for item in layer_arguments(model) or ()}
    found = first_layer(model)
    likely = layer_arguments(found[1]) if found else None
    return {names[0]: likely[0].axes} if likely and names else {}
