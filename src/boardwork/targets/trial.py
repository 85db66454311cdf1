"""A module on meta and arguments -> None if forward takes them, else where it stopped and what it was given there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.overrides import TorchFunctionMode

from boardwork.meta.endless import EndlessForwardError, check_ends
from boardwork.meta.evaluation import Evaluation
from boardwork.meta.nesting import tensors_in
from boardwork.targets.forward_arguments import arrange, positional_names
from boardwork.targets.layers import BATCHED, Argument, layer_arguments
from boardwork.targets.parts import MissingPartError, lacking, with_parts
from boardwork.targets.state import global_state_kept
from boardwork.targets.torchvision_operators import admitted

INDEXED = ("index_add", "index_copy", "index_select", "gather", "scatter", "scatter_add", "scatter_reduce")
ASKING = ("__get__", "size", "dim", "ndimension", "__len__", "is_floating_point")


@dataclass(frozen=True)
class Given:
    """A tensor where forward stopped: its shape and sort, and the arguments of forward that it is made from."""

    shape: tuple[int, ...]
    floating: bool
    names: frozenset[str]


@dataclass(frozen=True)
class Refusal:
    """Where forward stopped.

    `layer`: the running layer of torch.nn, None outside of all; `operation`: its name in the Python API; `given`: what
    the layer, else the operation, was called with; `asked`: the arguments whose sizes were asked last; `passed`: layers
    that ended, each with an argument that reached it; `lacking`: an argument that is no plain tensor, with the part of
    it that forward asked for, or how many it unpacked.
    """

    error: Exception
    layer: nn.Module | None
    operation: str
    given: tuple[Given, ...]
    asked: frozenset[str]
    passed: frozenset[tuple[int, str]]
    lacking: tuple[str, str | int] | None = None


def trial(module: nn.Module, arguments: Sequence[Argument]) -> Refusal | None:
    """Call `module`, whose tensors are on meta.

    Raises:
        EndlessForwardError: it does not end.
    """
    call = arrange(module, arguments)
    names = positional_names(module, len(call.args))
    watch = _Watch(arguments, {**dict(zip(names, call.args, strict=False)), **call.kwargs})
    try:
        with global_state_kept(), admitted(), torch.no_grad(), watch.layers(), torch.device("meta"), watch:
            module(*call.args, **call.kwargs)
    except EndlessForwardError:
        raise
    except Exception as error:
        return watch.refusal(error)
    return None


def _fractions_as_index(raw: str, args: Any, kwargs: Any) -> torch.Tensor | None:
    """An index that is no whole number."""
    index = kwargs.get("index", args[2] if len(args) > 2 else None) if raw.strip("_") in INDEXED else None
    return index if isinstance(index, torch.Tensor) and index.is_floating_point() else None


class _Watch(TorchFunctionMode):
    """Follows which arguments every tensor is made from."""

    def __init__(self, arguments: Sequence[Argument], values: dict[str, Any]) -> None:
        super().__init__()
        self.values, self.last = values, ("", ())
        self.evaluation = Evaluation()
        self.names = {id(item.tensor): frozenset([item.name]) for item in arguments}
        self.alive: list[torch.Tensor] = []
        self.running: list[tuple[nn.Module, tuple[Given, ...]]] = []
        self.failed: tuple[str, tuple[Given, ...]] = ("", ())
        self.asked: frozenset[str] = frozenset()
        self.passed: set[tuple[int, str]] = set()
        self.operations = 0

    def __torch_function__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        raw, kwargs = getattr(func, "__name__", ""), kwargs or {}
        self.last = raw, args
        self.operations += 1
        check_ends(self.operations)
        used = tuple(tensors_in((args, kwargs)))
        names = frozenset().union(*(self.names.get(id(tensor), frozenset()) for tensor in used))
        if raw in ASKING:
            self.asked = names or self.asked
        fractions = _fractions_as_index(raw, args, kwargs)
        used = used if fractions is None else (fractions,)
        try:
            if raw == "__contains__" and isinstance(args[1], str):
                raise MissingPartError(args[0], args[1])  # no tensor holds a word
            if fractions is not None:
                raise IndexError("tensors used as indices must be whole numbers")  # which meta does not ask for
            out = func(*args, **kwargs) if raw == "__get__" else self.evaluation.run(raw, func, args, kwargs, "")
        except Exception:
            self.failed = raw.strip("_"), self._given(used)
            raise
        for tensor in tensors_in(out):
            self.alive.append(tensor)  # an id is not used again
            self.names[id(tensor)] = names | self.names.get(id(tensor), frozenset())
        return out

    @contextmanager
    def layers(self) -> Iterator[None]:
        """Layers of torch.nn are seen as they begin and end; no hook is left on a module."""

        def begin(module: nn.Module, args: Any) -> None:
            needs = layer_arguments(module)
            if needs is None:
                return
            self.running.append((module, self._given(tuple(tensors_in(args)))))
            first = next(iter(args), None)  # a packed sequence has its batch inside
            if isinstance(module, BATCHED) and isinstance(first, torch.Tensor) and first.ndim < needs[0].tensor.ndim:
                raise ValueError("no batch")  # torch would take it, as one sequence or image

        def end(module: nn.Module, _args: Any, _out: Any) -> None:
            if self.running and self.running[-1][0] is module:
                _, given = self.running.pop()
                self.passed.update((id(module), name) for item in given for name in item.names)

        hooks = (register_module_forward_pre_hook(begin), register_module_forward_hook(end))
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def refusal(self, error: Exception) -> Refusal:
        operation, given = self.failed
        layer, given = self.running[-1] if self.running else (None, given)
        return Refusal(error, layer, operation, given, self.asked, frozenset(self.passed), self._lacking(error))

    def _lacking(self, error: Exception) -> tuple[str, str | int] | None:
        owner, part = lacking(error, *self.last)
        found = (name for name, value in with_parts(self.values) if value is owner)
        if isinstance(error, IndexError) and "tuple index" in str(error):  # of which tuple, Python does not say
            found = (name for name, value in self.values.items() if isinstance(value, tuple))
            part = max((len(value) for value in self.values.values() if isinstance(value, tuple)), default=-1) + 1
        name = next(found, None)
        return (name, part) if name is not None and part else None

    def _given(self, tensors: tuple[torch.Tensor, ...]) -> tuple[Given, ...]:
        return tuple(Given(tuple(t.shape), t.is_floating_point(), self.names.get(id(t), frozenset())) for t in tensors)
