"""Inputs that were given, known and inferred -> positional and named arguments of one forward, with named axes."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from boardwork.errors import TargetError
from boardwork.targets.input_axes import agreed, axes_of
from boardwork.targets.input_spec import InputSpec
from boardwork.targets.layers import Argument
from boardwork.targets.parts import alone, nested, root

POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


@dataclass(frozen=True)
class Arguments:
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    axes: dict[str, tuple[str, ...]] = field(default_factory=dict)


def forward_signature(module: nn.Module) -> inspect.Signature:
    """What forward takes, without self; of a wrapper put over it that passes on whatever it gets, what that takes.

    Raises:
        TypeError, ValueError: it cannot be read.
    """
    found = inspect.signature(module.forward)
    if "forward" in vars(module) and all(parameter.kind not in POSITIONAL for parameter in found.parameters.values()):
        return inspect.signature(type(module).forward.__get__(module))
    return found


def forward_parameters(module: nn.Module) -> list[inspect.Parameter]:
    """The parameters of forward, without self; one open `*inputs` if the signature cannot be read."""
    try:
        return list(forward_signature(module).parameters.values())
    except (TypeError, ValueError):
        return [inspect.Parameter("inputs", inspect.Parameter.VAR_POSITIONAL)]


def merge(
    module: nn.Module, given: Sequence[InputSpec], known: Sequence[Argument], like: Argument | None = None
) -> list[Argument]:
    """`known` with what was `given` put in its place, by name or by position in forward.

    An input of the same name lends its dtype and axes where they are not given; `like` does so by its name too.

    Raises:
        TargetError: forward has no such parameter, or takes fewer.
    """
    parameters = forward_parameters(module)
    merged = {item.name: item for item in known}
    models = {**({like.name: like} if like else {}), **merged}
    named = {spec.name for spec in given}
    positions = iter([name for name in positional_names(module, len(given)) if name not in named])
    for spec in given:
        name = spec.name or next(positions, "")
        _check_name(module, parameters, name, spec, len(given))
        merged[name] = _argument(module, name, spec, models.get(name))
    return list(merged.values())


def arrange(module: nn.Module, inputs: Sequence[Argument], extra: dict[str, Any] | None = None) -> Arguments:
    """Arguments as forward takes them: by position as far as they are contiguous, then by name.

    Raises:
        TargetError: forward needs an argument that is missing.
    """
    left = nested({item.name: item.tensor for item in inputs})
    args = []
    for name in positional_names(module, len(left)):
        if name not in left:
            break
        args.append(left.pop(name))
    check_complete(module, [*(item.name for item in inputs), *(extra or ())])
    names = alone([item.name for item in inputs])
    tensors = {names[item.name]: item.tensor for item in inputs}
    axes = agreed({names[item.name]: item.axes for item in inputs}, tensors)
    return Arguments(tuple(args), {**left, **(extra or {})}, axes)


def positional_names(module: nn.Module, count: int) -> list[str]:
    """Names of forward's arguments by position; `*inputs` counts as `inputs_0`, `inputs_1` and so on up to `count`."""
    parameters = forward_parameters(module)
    names = [p.name for p in parameters if p.kind in POSITIONAL]
    rest = [p.name for p in parameters if p.kind is inspect.Parameter.VAR_POSITIONAL]
    return names + [f"{name}_{index}" for name in rest for index in range(count)]


def _argument(module: nn.Module, name: str, spec: InputSpec, model: Argument | None) -> Argument:
    dtype = spec.dtype or (model.tensor.dtype if model else weight_dtype(module))
    tensor = torch.empty(spec.shape, dtype=dtype, device="meta")
    if model and model.tensor.ndim == tensor.ndim and model.tensor.is_floating_point() == tensor.is_floating_point():
        return Argument(name, tensor, model.axes)
    return Argument(name, tensor, axes_of(tensor))


def weight_dtype(module: nn.Module) -> torch.dtype:
    """dtype of the first floating-point parameter, float32 if there is none."""
    return next((p.dtype for p in module.parameters() if p.is_floating_point()), torch.float32)


def _check_name(module: nn.Module, parameters: list[inspect.Parameter], name: str, spec: InputSpec, count: int) -> None:
    names = [p.name for p in parameters if p.kind is not inspect.Parameter.VAR_KEYWORD]
    if not name:
        raise TargetError(f"{_shown(module, parameters)} takes fewer than the {count} inputs given.")
    open_ended = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters)
    if spec.name and not {spec.name, root(spec.name)} & {*names} and not open_ended:
        close = difflib.get_close_matches(root(spec.name), names, 1)
        hint = f"--input {close[0]}:..." if close else f"its arguments are {', '.join(names) or 'none'}"
        raise TargetError(f"{_shown(module, parameters)} has no argument {spec.name!r}.", hint=hint)


def missing(module: nn.Module, given: Sequence[str]) -> list[str]:
    """Arguments that forward needs and that are not among the names `given`."""
    kinds = (*POSITIONAL, inspect.Parameter.KEYWORD_ONLY)
    parameters, known = forward_parameters(module), {*given, *map(root, given)}
    return [p.name for p in parameters if p.default is p.empty and p.kind in kinds and p.name not in known]


def check_complete(module: nn.Module, given: Sequence[str]) -> None:
    """Raises TargetError if forward needs an argument that is not among the names `given`."""
    if lacking := missing(module, given):
        told = f"only {', '.join(given)} is known" if given else "nothing says their shapes"
        hint = " ".join(f"--input {name}:SHAPE" for name in lacking)
        raise TargetError(
            f"{_shown(module, forward_parameters(module))} needs {', '.join(lacking)}; {told}.", hint=hint
        )


def _shown(module: nn.Module, parameters: list[inspect.Parameter]) -> str:
    return f"{type(module).__name__}.forward({', '.join(p.name for p in parameters)})"
