"""A model and the arguments of one call -> those arguments by name, their axes, and the same call larger."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from boardwork.errors import TraceError
from boardwork.meta.nesting import named_tensors, with_tensors
from boardwork.meta.values import LARGEST
from boardwork.targets.forward_arguments import forward_parameters, forward_signature, positional_names
from boardwork.targets.subject import Subject


@dataclass(frozen=True)
class Run:
    """One forward to come. `model` is a copy and may be changed; `subject` names the axes of the arguments.

    `alike`: choices by unknown scores are alike, see `boardwork.meta.evaluation`.
    """

    subject: Subject
    model: nn.Module
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    device: str
    alike: bool = False

    def with_guess(self, guess: str) -> Run:
        """The same run, with one more sentence for the footnotes."""
        subject = dataclasses.replace(self.subject, guesses=(*self.subject.guesses, guess))
        return dataclasses.replace(self, subject=subject)

    def arguments(self) -> dict[str, Any]:
        """Every argument under the name that forward gives it.

        Raises:
            TraceError: forward does not take them.
        """
        if isinstance(self.model, torch.jit.ScriptModule):  # it has no signature to read
            return {**{f"input{i}": value for i, value in enumerate(self.args)}, **self.kwargs}
        try:
            bound = forward_signature(self.model).bind(*self.args, **self.kwargs)
        except (TypeError, ValueError) as error:
            raise TraceError(
                f"{type(self.model).__name__}.forward does not take these inputs: {error}",
                hint="name each input of forward, for example --input x:1,3,224,224",
            ) from error
        return _by_name(bound)

    def taken(self) -> list[str]:
        """Names of the arguments that forward has, given or not."""
        return [parameter.name for parameter in forward_parameters(self.model)]

    def given(self) -> list[str]:
        """Names of the arguments that have a value."""
        return [name for name, value in self.arguments().items() if value is not None]

    def sizes(self) -> dict[str, int]:
        """Size of each named axis."""
        named = dict(pair for name, value in self.arguments().items() for pair in named_tensors(value, name))
        sizes: dict[str, int] = {}
        for argument, names in self.subject.axes.items():
            if argument in named:
                sizes.update({name: size for name, size in zip(names, named[argument].shape, strict=False) if name})
        return sizes

    def resized(self, factors: Mapping[str, float]) -> Run:
        """The same call with the named axes `factors` times as long."""
        scripted = isinstance(self.model, torch.jit.ScriptModule)
        names = [] if scripted else positional_names(self.model, len(self.args))
        args = tuple(
            self._resized(value, names[i] if i < len(names) else "", factors) for i, value in enumerate(self.args)
        )
        kwargs = {name: self._resized(value, name, factors) for name, value in self.kwargs.items()}
        return dataclasses.replace(self, args=args, kwargs=kwargs)

    def _resized(self, value: Any, name: str, factors: Mapping[str, float]) -> Any:
        paths = iter(named_tensors(value, name))  # in the order in which `with_tensors` comes to them
        return with_tensors(value, lambda tensor: _resized(tensor, self.subject.axes.get(next(paths)[0], ()), factors))


def _by_name(bound: inspect.BoundArguments) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for name, value in bound.arguments.items():
        kind = bound.signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_KEYWORD:
            named.update(value)
        elif kind is inspect.Parameter.VAR_POSITIONAL:
            named.update({f"{name}_{i}": item for i, item in enumerate(value)})
        else:
            named[name] = value
    return named


def _resized(value: torch.Tensor, names: tuple[str, ...], factors: Mapping[str, float]) -> torch.Tensor:
    """A tensor whose named axes are `factors` times as long; of a small one the batch repeats, the last value goes on.

    So a prompt keeps its placeholders and grows by text.
    """
    times = [factors.get(name, 1) for name in (*names, *[""] * (value.dim() - len(names)))][: value.dim()]
    shape = [round(size * factor) for size, factor in zip(value.shape, times, strict=True)]
    if value.is_meta or value.numel() > LARGEST:
        return value.new_empty(shape, device="meta" if value.numel() > LARGEST else value.device)
    for axis, (name, size) in enumerate(zip((*names, *[""] * value.dim()), shape, strict=False)):
        place = torch.arange(size, device=value.device)
        place = place % value.shape[axis] if name == "batch" else place.clamp(max=value.shape[axis] - 1)
        value = value.index_select(axis, place)
    return value
