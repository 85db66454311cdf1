"""Run -> the Trace of that one forward, shapes in numbers alone, and the Recorder that saw it."""

from __future__ import annotations

import dataclasses
import re
from collections import UserDict
from contextlib import nullcontext
from typing import Any

import torch

from boardwork.errors import BoardworkError, TraceError
from boardwork.meta.autocast import autocast_for_meta
from boardwork.meta.duplicate import on_meta, value_on_meta
from boardwork.meta.nesting import named_tensors, tensors_in
from boardwork.meta.values import remembered, table
from boardwork.targets.torchvision_operators import admitted
from boardwork.trace import tree
from boardwork.trace.doubles import Doubles
from boardwork.trace.kept import kept
from boardwork.trace.packed import packed_weights
from boardwork.trace.recorder import Recorder
from boardwork.trace.records import Row, Trace
from boardwork.trace.run import Run


def one_forward(
    run: Run, *, stop_at_loops: bool = False, rows: bool = True, beside: Run | None = None
) -> tuple[Trace, Recorder]:
    """Run forward once and record it, with torchinfo's rows or without, which is faster.

    `beside`: the same call at other sizes; shapes are then those of the doubles that have these sizes.

    Raises:
        TraceError: forward raised; says in which module. LongForwardError: as `Recorder` does.
    """
    run, recorder = prepared(run, stop_at_loops=stop_at_loops, every_call=beside is not None)
    doubles = _doubles(run, beside) if beside else nullcontext()
    with doubles:
        inputs = _inputs(run, recorder)
    with recorder.recording(doubles), admitted(), autocast_for_meta():
        try:
            out, listed = (
                tree.run(run.model, run.args, run.kwargs) if rows else (run.model(*run.args, **run.kwargs), ())
            )
        except BoardworkError:
            raise
        except Exception as error:  # whatever a user's forward raises
            raise _refusal(run, recorder, error) from error
    return _trace(run, recorder, inputs, out, listed), recorder


def prepared(run: Run, **watched: bool) -> tuple[Run, Recorder]:
    """The run with its arguments where it takes place, and a recorder for it; `watched`: as `Recorder` takes it."""
    recorder = Recorder(run.model, run.device, alike=run.alike, **watched)
    return (_on_meta(run, recorder) if run.device == "meta" else run), recorder


def _on_meta(run: Run, recorder: Recorder) -> Run:
    """The run with its arguments on meta; the recorder is told what numbers they and the buffers hold."""
    args, kwargs = value_on_meta(run.args), value_on_meta(run.kwargs)
    values = recorder.evaluation.values
    for twin, tensor in zip(tensors_in((args, kwargs)), tensors_in((run.args, run.kwargs)), strict=True):
        if (real := remembered(tensor)) is not None:
            values.give(twin, real)
    for buffer in run.model.buffers():
        if (real := table(buffer)) is not None:
            values.give(buffer, real.clone())
    return dataclasses.replace(run, args=args, kwargs=kwargs)


def _doubles(run: Run, beside: Run) -> Doubles:
    doubles = Doubles()
    given = tensors_in((run.args, run.kwargs)), tensors_in((beside.args, beside.kwargs))
    for tensor, other in zip(*given, strict=True):
        doubles.give(tensor, on_meta(other))
    return doubles


def _inputs(run: Run, recorder: Recorder) -> list[tuple[str, int]]:
    named = (pair for name, value in run.arguments().items() for pair in named_tensors(value, name))
    return [(name, recorder.tensors.new(tensor, "input", name=name)) for name, tensor in named]


def _trace(run: Run, recorder: Recorder, inputs: list[tuple[str, int]], out: Any, rows: tuple[Row, ...]) -> Trace:
    outputs = tuple((name, recorder.identify(tensor)) for name, tensor in _outputs(out))
    return Trace(
        target=run.subject.target,
        title=run.subject.title,
        cls=type(run.subject.module).__name__,
        tensors=tuple(recorder.tensors.records),
        ops=tuple(recorder.ops),
        calls=tuple(recorder.calls.records),
        functions=tuple(recorder.calls.functions),
        rows=rows,
        weights=recorder.weights,
        inputs=tuple(inputs),
        outputs=outputs,
        axes={},
        storages=tuple(recorder.tensors.storages),
        kept=kept(run.model, recorder.tensors),
        guesses=(*run.subject.guesses, *packed_weights(run.subject.module), *recorder.evaluation.guesses),
        dropouts=tuple(recorder.dropouts),
    )


def _outputs(out: Any) -> list[tuple[str, torch.Tensor]]:
    """Every tensor in the result, named by its key or field; those of an object of the user's by its attributes."""
    if isinstance(out, list | tuple) and not hasattr(out, "_fields"):
        return [pair for place, item in enumerate(out) for pair in named_tensors(item, f"output {place}")]
    if isinstance(out, torch.Tensor):
        return [("output", out)]
    fields = out if isinstance(out, dict | UserDict) else _fields(out)
    return [pair for name, value in fields.items() for pair in named_tensors(value, str(name))]


def _fields(out: Any) -> dict[str, Any]:
    """Names and values of a NamedTuple, a dataclass or any other object."""
    names: Any = getattr(out, "_fields", None) or getattr(out, "__dict__", None) or getattr(out, "__slots__", ())
    return {name: getattr(out, name, None) for name in names}


# What torch says where a tensor is asked for the entry of a dict or the field of an object.
_NO_TENSOR = re.compile(r"invalid data type 'str'|'Tensor' object has no attribute")


def _refusal(run: Run, recorder: Recorder, error: Exception) -> TraceError:
    subject = run.subject
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    shapes = ", ".join(f"{t.name} {t.shape}" for t in recorder.tensors.records if t.kind == "input")
    hint = f"check the inputs ({shapes or 'none given'}); set them with --input, for example --input 1,3,224,224"
    if _NO_TENSOR.search(reason):
        hint = (
            "an argument is no plain tensor: give each tensor in it, as in --input batch.image:1,3,224,224 "
            "--input pair.0:1,64, or give it from Python, as in boardwork.draw(model, args=({'x': x},))"
        )
    return TraceError(
        f"The forward of {subject.title or type(subject.module).__name__} raised {type(error).__name__}: {reason}",
        where=recorder.calls.deepest or "the model itself",
        hint=hint,
    )
