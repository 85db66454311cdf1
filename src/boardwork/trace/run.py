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
from boardwork.meta.values import LARGEST
from boardwork.targets.subject import Subject


@dataclass(frozen=True)
class Run:
    """One forward to come. `model` is a copy and may be changed; `subject` names the axes of the arguments."""

    subject: Subject
    model: nn.Module
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    device: str

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
            bound = inspect.signature(self.model.forward).bind(*self.args, **self.kwargs)
        except (TypeError, ValueError) as error:
            raise TraceError(
                f"{type(self.model).__name__}.forward does not take these inputs: {error}",
                hint="name each input of forward, for example --input x:1,3,224,224",
            ) from error
        return _by_name(bound)

    def sizes(self) -> dict[str, int]:
        """Size of each named axis."""
        named, sizes = self.arguments(), {}
        for argument, names in self.subject.axes.items():
            value = named.get(argument)
            if isinstance(value, torch.Tensor):
                sizes.update({name: size for name, size in zip(names, value.shape, strict=False) if name})
        return sizes

    def resized(self, factors: Mapping[str, float]) -> Run:
        """The same call with the named axes `factors` times as long."""
        scripted = isinstance(self.model, torch.jit.ScriptModule)
        names = [] if scripted else list(inspect.signature(self.model.forward).parameters)
        axes = self.subject.axes
        args = tuple(
            _resized(value, axes.get(names[i] if i < len(names) else "", ()), factors)
            for i, value in enumerate(self.args)
        )
        kwargs = {name: _resized(value, axes.get(name, ()), factors) for name, value in self.kwargs.items()}
        return dataclasses.replace(self, args=args, kwargs=kwargs)


def _by_name(bound: inspect.BoundArguments) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for name, value in bound.arguments.items():
        kind = bound.signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_KEYWORD:
            named.update(value)
        elif kind is inspect.Parameter.VAR_POSITIONAL:
            named.update({f"{name}{i}": item for i, item in enumerate(value)})
        else:
            named[name] = value
    return named


def _resized(value: Any, names: tuple[str, ...], factors: Mapping[str, float]) -> Any:
    """A tensor whose named axes are `factors` times as long; of a small one the batch repeats, the last value goes on.

    So a prompt keeps its placeholders and grows by text.
    """
    if not isinstance(value, torch.Tensor):
        return value
    times = [factors.get(name, 1) for name in (*names, *[""] * (value.dim() - len(names)))][: value.dim()]
    shape = [round(size * factor) for size, factor in zip(value.shape, times, strict=True)]
    if value.is_meta or value.numel() > LARGEST:
        return value.new_empty(shape, device="meta" if value.numel() > LARGEST else value.device)
    for axis, (name, size) in enumerate(zip((*names, *[""] * value.dim()), shape, strict=False)):
        place = torch.arange(size, device=value.device)
        place = place % value.shape[axis] if name == "batch" else place.clamp(max=value.shape[axis] - 1)
        value = value.index_select(axis, place)
    return value
