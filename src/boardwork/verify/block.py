"""Trace, run and the operations of a block -> the smallest module call round them, run with numbers."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from difflib import Match, SequenceMatcher
from itertools import count
from typing import Any

import torch
from torch import nn

from boardwork.errors import CheckError
from boardwork.meta.autocast import autocast_for_meta
from boardwork.meta.nesting import with_tensors
from boardwork.outline.flow import SHAPE_OPS
from boardwork.statement import Statement
from boardwork.targets.torchvision_operators import admitted
from boardwork.trace.one_forward import prepared
from boardwork.trace.records import Trace
from boardwork.trace.run import Run
from boardwork.verify.capture import Capture
from boardwork.verify.numbers import Numbers

LARGEST_ON_CPU = 20_000_000_000  # parameters


@dataclass(frozen=True)
class Around:
    """A module call: `nth` run of the module at `path`, and its operations in order."""

    path: str
    nth: int
    ops: tuple[int, ...]


def around(trace: Trace, model: nn.Module, ops: Iterable[int]) -> Around:
    """The innermost call of a part of the model that runs all of `ops`."""
    chains = [list(_chain(trace, trace.ops[op].call))[::-1] for op in ops]
    shared = [calls[0] for calls in zip(*chains, strict=False) if len(set(calls)) == 1]
    modules = {path: type(module).__name__ for path, module in model.named_modules()}
    own = [index for index in shared if modules.get(trace.calls[index].path) == trace.calls[index].cls]
    index = own[-1] if own else 0
    path = trace.calls[index].path
    nth = sum(call.path == path and call.cls == trace.calls[index].cls for call in trace.calls[:index])
    inside = tuple(op.id for op in trace.ops if index in _chain(trace, op.call))
    return Around(path, nth, inside)


def _chain(trace: Trace, call: int) -> Iterator[int]:
    while call >= 0:
        yield call
        call = trace.calls[call].parent


class Forward:
    """The call with numbers: what every operation took and gave."""

    def __init__(
        self, trace: Trace, run: Run, found: Statement, given: Mapping[str, torch.Tensor], numbers: Numbers
    ) -> None:
        self.trace, self.place = trace, around(trace, run.model, found.ops)
        path = self.place.path
        module = run.model.get_submodule(path)
        _refuse_large(module, path)
        arguments = _arguments(run, module, self.place)
        prefix = f"{path}." if path else ""
        own = {name.removeprefix(prefix): value for name, value in given.items() if name.startswith(prefix)}
        twin = numbers.module(module, own)
        rehearsal = _run(_beside(twin), numbers.value(arguments), ())
        self._places = self._aligned(rehearsal)
        self._capture = _run(twin, numbers.value(arguments), self._wanted(found))

    def _aligned(self, rehearsal: Capture) -> dict[int, int]:
        """Operations of the trace -> those of this run.

        A cast to the type that a tensor has already is none here; where numbers choose, as experts, runs may differ.
        """
        one = [(op.name, len(op.inputs)) for op in (self.trace.ops[index] for index in self.place.ops)]
        two = [(op.name, len(op.inputs)) for op in rehearsal.ops]
        whole = [Match(0, 0, len(one))]
        same = whole if one == two else SequenceMatcher(None, one, two, autojunk=False).get_matching_blocks()
        return {self.place.ops[m.a + i]: m.b + i for m in same for i in range(m.size)}

    def _wanted(self, found: Statement) -> frozenset[int]:
        """Operations of this run at the edge of the block."""
        ops = [self.trace.ops[index] for index in found.ops]
        made = {tensor for op in ops for tensor in op.outputs}
        edge = [op.id for op in ops if set(op.outputs) & set(found.outputs) or not made.issuperset(op.inputs)]
        near = {u.id for index in edge for u in ops if set(u.inputs) & set(self.trace.ops[index].outputs)}
        near |= {self.trace.tensors[t].producer for index in edge for t in self.trace.ops[index].inputs}
        return frozenset(self._places[index] for index in {*edge, *near} if index in self._places)

    def taken(self, tensor: int, ops: Collection[int]) -> torch.Tensor:
        """A tensor as the first of `ops` that uses it met it.

        Raises:
            CheckError: that operation ran otherwise on numbers.
        """
        users = [self.trace.ops[index] for index in ops if tensor in self.trace.ops[index].inputs]
        for op in users:
            if op.id in self._places:
                return self._capture.taken[self._places[op.id]][op.inputs.index(tensor)]
        for op in users:
            if op.name in SHAPE_OPS:
                return self.taken(op.outputs[0], ops).view(self.trace.tensors[tensor].shape)
        raise self._differs()

    def given(self, tensor: int) -> torch.Tensor:
        """A tensor as its operation gave it.

        Raises:
            CheckError: that operation ran otherwise on numbers.
        """
        op = self.trace.ops[self.trace.tensors[tensor].producer]
        place = op.outputs.index(tensor)
        results = self._capture.given.get(self._places.get(op.id, -1), [])
        if place < len(results) and results[place].dim() == len(self.trace.tensors[tensor].shape):
            return results[place]
        if op.name in SHAPE_OPS and self.trace.tensors[op.inputs[0]].producer >= 0:
            return self.given(op.inputs[0]).view(self.trace.tensors[tensor].shape)
        raise self._differs()

    def _differs(self) -> CheckError:
        return CheckError("With numbers the block runs other operations than without.", where=self.place.path)


def _run(module: nn.Module, arguments: Any, wanted: Collection[int]) -> Capture:
    """One call of the module, recorded."""
    args, kwargs = arguments
    capture = Capture(module, wanted)
    with capture.recording(nullcontext()), admitted(), _every_operation(), torch.compiler.set_stance("force_eager"):
        module(*args, **kwargs)
    return capture


def _beside(module: nn.Module) -> nn.Module:
    """A copy that shares the weights: what a forward keeps in the module is not there the second time."""
    return copy.deepcopy(module, {id(weight): weight for weight in module.parameters()})


def activations(trace: Trace, ops: Iterable[int]) -> int:
    """Bytes that a run of operations on CPU keeps of what they give."""
    made = (trace.ops[op].outputs for op in ops if trace.ops[op].name not in SHAPE_OPS)
    return sum(4 * trace.tensors[tensor].size for tensors in made for tensor in tensors)


def _refuse_large(module: nn.Module, path: str) -> None:
    size = sum(parameter.numel() for parameter in module.parameters())
    if size > LARGEST_ON_CPU:
        raise CheckError(
            f"The block has {size:,} parameters, more than the {LARGEST_ON_CPU:,} that are run on CPU.",
            where=path,
            hint="open a part of it with --zoom, or check a smaller configuration of the model",
        )


class _Reached(BaseException):
    """The call that was waited for: the rest of the forward is not needed."""


def _arguments(run: Run, module: nn.Module, place: Around) -> tuple[Any, Any]:
    """What the model gives the call, on meta with the values that are known.

    Raises:
        CheckError: the model does not take these sizes, or does not come to the call.
    """
    if not place.path:
        return run.args, run.kwargs
    before, found = count(), list[Any]()

    def keep(_module: nn.Module, args: Any, kwargs: Any) -> None:
        if next(before) == place.nth:
            found.extend((_copied(args), _copied(kwargs)))
            raise _Reached

    hook = module.register_forward_pre_hook(keep, with_kwargs=True)
    run, recorder = prepared(run)
    try:
        with suppress(_Reached), recorder.recording(nullcontext()), admitted(), autocast_for_meta():
            run.model(*run.args, **run.kwargs)
    finally:
        hook.remove()
    if not found:
        raise CheckError("At these sizes the model does not run the block.", where=place.path)
    values = recorder.evaluation.values

    def told(tensor: torch.Tensor) -> torch.Tensor:
        real = values.of(tensor) if tensor.is_meta else None
        return tensor if real is None else real

    return with_tensors(tuple(found), told)  # type: ignore[no-any-return]


def _copied(value: Any) -> Any:
    """The same nesting with the same tensors; other objects, as a cache, as they are now."""
    memo: dict[int, Any] = {}
    with_tensors(value, lambda tensor: memo.setdefault(id(tensor), tensor))
    try:
        return copy.deepcopy(value, memo)
    except Exception:  # whatever cannot be copied is shared
        return value


@contextmanager
def _every_operation() -> Iterator[None]:
    """torch's fused evaluation path of a Transformer layer would hide its operations."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)
