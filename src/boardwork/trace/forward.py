"""Subject -> Trace: one forward on meta, then a second at other sizes whose shapes give the symbols."""

from __future__ import annotations

import contextlib
import dataclasses
import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from boardwork.errors import BoardworkError, TraceError
from boardwork.targets.subject import Subject
from boardwork.targets.values import LARGEST, remembered
from boardwork.targets.wrappers import unwrapped
from boardwork.trace import symbols, tree
from boardwork.trace.arguments import tensors_in
from boardwork.trace.cells import step_of
from boardwork.trace.duplicate import module_on_meta, value_on_meta
from boardwork.trace.prepare import is_lazy, on_cpu, uncompiled, unwrap_children, values_on_cpu
from boardwork.trace.recorder import LongForwardError, Recorder
from boardwork.trace.records import Cell, Tensor, Trace

SEQUENCES = ("seq_len", "src_len", "tgt_len")
SHORT = 16  # steps of a sequence that forward loops over
QUICK = 20_000_000_000  # multiply-adds of a forward on CPU that may run twice


def traced(subject: Subject) -> Trace:
    """Run the subject's forward on a meta copy and record it.

    The subject's module, arguments and torch's random state are left as they were.

    Raises:
        TraceError: forward raised; says in which module.
    """
    module = unwrapped(subject.module)
    with uncompiled():
        model = unwrap_children(module_on_meta(module)).eval()
        try:
            if is_lazy(model):
                _materialise(subject, model)
            return _complete(subject, model, subject.args, subject.kwargs, "meta")
        except LongForwardError:
            raise
        except TraceError as error:
            return _with_numbers(subject, module, error)


def _with_numbers(subject: Subject, module: nn.Module, error: TraceError) -> Trace:
    """What does not run on meta may run on CPU, where a condition sees numbers; `error` if the model is too large."""
    try:
        model = on_cpu(module)
    except Exception:  # whatever copying raises: the first refusal says more
        model = None
    if model is None:
        raise error
    guess = "The forward needs numbers: it was run on CPU with zeros for the values that are not known."
    subject = dataclasses.replace(subject, guesses=(*subject.guesses, guess))
    with uncompiled():
        return _complete(subject, model, values_on_cpu(subject.args), values_on_cpu(subject.kwargs), "cpu")


def _materialise(subject: Subject, model: nn.Module) -> None:
    """Lazy weights learn their shapes in one forward that is not recorded."""
    try:
        with torch.random.fork_rng(devices=[]), torch.no_grad(), torch.device("meta"):
            model(*value_on_meta(subject.args), **value_on_meta(subject.kwargs))
    except Exception as error:
        raise TraceError(
            f"The lazy weights of {subject.title} did not find their shapes: {error}",
            hint="call the model once before drawing it",
        ) from error


def _complete(subject: Subject, model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], device: str) -> Trace:
    axes = _axis_sizes(subject.axes, arguments_by_name(model, args, kwargs))
    long = [name for name in SEQUENCES if axes.get(name, 0) > SHORT]
    try:
        first, recorder = _forward(subject, model, args, kwargs, device, stop_at_loops=bool(long))
    except LongForwardError:
        if not long:
            raise
        with contextlib.suppress(TraceError):
            return _shortened(subject, model, args, kwargs, device, axes)
        first, recorder = _forward(subject, model, args, kwargs, device)
    tensors = _with_symbols(subject, model, first, args, kwargs, axes, device)
    return dataclasses.replace(first, axes=axes, tensors=tensors, cells=tuple(_cells(recorder)))


def _shortened(
    subject: Subject, model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], device: str, axes: dict[str, int]
) -> Trace:
    """The trace at SHORT steps a sequence.

    Raises:
        LongForwardError: that is no shorter, so the forward does not loop. TraceError: forward raised.
    """
    factors = {name: SHORT / axes[name] for name in SEQUENCES if axes.get(name, 0) > SHORT}
    args, kwargs = _all_resized(subject, model, args, kwargs, factors)
    guess = f"The forward loops over the sequence: it was run on {SHORT} steps of it."
    subject = dataclasses.replace(subject, guesses=(*subject.guesses, guess))
    axes = _axis_sizes(subject.axes, arguments_by_name(model, args, kwargs))
    first, recorder = _forward(subject, model, args, kwargs, device, stop_at_loops=True)
    tensors = _with_symbols(subject, model, first, args, kwargs, axes, device)
    return dataclasses.replace(first, axes=axes, tensors=tensors, cells=tuple(_cells(recorder)))


def arguments_by_name(model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Every argument under the name that forward gives it."""
    try:
        bound = inspect.signature(model.forward).bind(*args, **kwargs)
    except (TypeError, ValueError) as error:
        if isinstance(model, torch.jit.ScriptModule):  # it has no signature to read
            return {**{f"input{i}": value for i, value in enumerate(args)}, **kwargs}
        raise TraceError(
            f"{type(model).__name__}.forward does not take these inputs: {error}",
            hint="name each input of forward, for example --input x:1,3,224,224",
        ) from error
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


def _forward(
    subject: Subject,
    model: nn.Module,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    device: str,
    *,
    stop_at_loops: bool = False,
) -> tuple[Trace, Recorder]:
    recorder = Recorder(model, stop_at_loops=stop_at_loops)
    if device == "meta":
        given = list(tensors_in((args, kwargs)))
        args, kwargs = value_on_meta(args), value_on_meta(kwargs)
        for twin, tensor in zip(tensors_in((args, kwargs)), given, strict=True):
            if (real := remembered(tensor)) is not None:
                recorder.values.give(twin, real)
        for buffer in model.buffers():
            if (real := remembered(buffer)) is not None:
                recorder.values.give(buffer, real.clone())
    inputs = []
    for name, value in arguments_by_name(model, args, kwargs).items():
        found = list(tensors_in(value))
        for index, tensor in enumerate(found):
            label = name if len(found) == 1 else f"{name}.{index}"
            inputs.append((label, recorder.name(tensor, "input", label)))
    with _recording(recorder, device):
        try:
            out, rows = tree.run(model, args, kwargs)
        except BoardworkError:
            raise
        except Exception as error:  # whatever a user's forward raises
            raise _refusal(subject, recorder, error) from error
    outputs = tuple((name, recorder.identify(tensor)) for name, tensor in _outputs(out))
    record = Trace(
        target=subject.target,
        title=subject.title,
        cls=type(subject.module).__name__,
        tensors=tuple(recorder.tensors),
        ops=tuple(recorder.ops),
        calls=tuple(recorder.calls),
        rows=rows,
        weights=recorder.weights,
        inputs=tuple(inputs),
        outputs=outputs,
        axes={},
        guesses=(*subject.guesses, *recorder.guesses),
    )
    return record, recorder


@contextmanager
def _recording(recorder: Recorder, device: str) -> Iterator[None]:
    """The recorder's hooks and mode, installed once and always removed; torch's random state is put back."""
    before = nn.modules.module.register_module_forward_pre_hook(recorder.enter)
    after = nn.modules.module.register_module_forward_hook(recorder.leave)
    try:
        with torch.random.fork_rng(devices=[]), torch.device(device), recorder:
            yield
    finally:
        before.remove()
        after.remove()


def _refusal(subject: Subject, recorder: Recorder, error: Exception) -> TraceError:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    shapes = ", ".join(f"{t.name} {t.shape}" for t in recorder.tensors if t.kind == "input")
    return TraceError(
        f"The forward of {subject.title or type(subject.module).__name__} raised {type(error).__name__}: {reason}",
        where=recorder.deepest or "the model itself",
        hint=f"check the inputs ({shapes or 'none given'}); set them with --input, for example --input 1,3,224,224",
    )


def _outputs(out: Any) -> list[tuple[str, torch.Tensor]]:
    """Tensors that a caller would look at: the first level of a tuple, dict or dataclass."""
    if isinstance(out, dict):
        pairs = [(str(key), value) for key, value in out.items()]
    elif isinstance(out, list | tuple):
        names = getattr(out, "_fields", None) or [f"output {i}" for i in range(len(out))]
        pairs = list(zip(names, out, strict=True))
    else:
        pairs = [("output", out)]
    return [(name, tensor) for name, value in pairs for tensor in tensors_in(value)]


def _cells(recorder: Recorder) -> Iterator[Cell]:
    """The first step of each distinct recurrent module, traced on its own."""
    seen: set[int] = set()
    for op, module in recorder.recurrent:
        made = step_of(module) if id(module) not in seen else None  # type: ignore[arg-type]
        seen.add(id(module))
        if made is not None:
            step, kwargs = made
            axes: dict[str, tuple[str, ...]] = dict.fromkeys(kwargs, ("batch", ""))
            yield Cell(op, _complete(Subject("", "", step, axes=axes), step, (), kwargs, "meta"))


def _axis_sizes(axes: dict[str, tuple[str, ...]], named: dict[str, Any]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for argument, names in axes.items():
        value = named.get(argument)
        if isinstance(value, torch.Tensor):
            sizes.update({name: size for name, size in zip(names, value.shape, strict=False) if name})
    return sizes


def _resized(value: Any, names: tuple[str, ...], factors: Mapping[str, float]) -> Any:
    """A tensor whose named axes are `factors` times as long; small ones repeat their values."""
    if not isinstance(value, torch.Tensor):
        return value
    times = [factors.get(name, 1) for name in (*names, *[""] * (value.dim() - len(names)))][: value.dim()]
    shape = [round(size * factor) for size, factor in zip(value.shape, times, strict=True)]
    if value.is_meta or value.numel() > LARGEST:
        return value.new_empty(shape, device="meta" if value.numel() > LARGEST else value.device)
    whole = value.repeat([max(1, round(factor)) for factor in times])
    return whole[tuple(slice(size) for size in shape)]


def _all_resized(
    subject: Subject, model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], factors: Mapping[str, float]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    names = [] if isinstance(model, torch.jit.ScriptModule) else list(inspect.signature(model.forward).parameters)
    args = tuple(
        _resized(value, subject.axes.get(names[i] if i < len(names) else "", ()), factors)
        for i, value in enumerate(args)
    )
    kwargs = {name: _resized(value, subject.axes.get(name, ()), factors) for name, value in kwargs.items()}
    return args, kwargs


def _with_symbols(
    subject: Subject,
    model: nn.Module,
    first: Trace,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    axes: dict[str, int],
    device: str,
) -> tuple[Tensor, ...]:
    """Tensors with their shapes in symbols, from a second forward at the largest set of sizes that it accepts."""
    primes = symbols.ratios(axes)
    spatial = ("height", "width", "depth", "length")
    if device != "meta":  # work on CPU would grow with the sizes: only the batch is doubled, of what is quick
        primes = {"batch": 2}
        axes = {"batch": axes["batch"]} if "batch" in axes and sum(op.macs for op in first.ops) < QUICK else {}
    for varied in (list(axes), [a for a in axes if a not in spatial], ["batch"] if "batch" in axes else []):
        factors = {name: primes[name] for name in varied}
        second = _second(subject, model, args, kwargs, factors, device) if varied else None
        if second is not None:
            return symbols.unify(first, second, {name: axes[name] for name in varied}, factors)
    return tuple(dataclasses.replace(t, symbols=tuple(map(str, t.shape))) for t in first.tensors)


def _second(
    subject: Subject,
    model: nn.Module,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    factors: dict[str, int],
    device: str,
) -> Trace | None:
    args, kwargs = _all_resized(subject, model, args, kwargs, factors)
    try:
        return _forward(subject, model, args, kwargs, device)[0]
    except TraceError:
        return None
