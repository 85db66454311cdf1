"""Subject -> Trace: one forward on meta, then a second at other sizes whose shapes give the symbols."""

from __future__ import annotations

import contextlib
import dataclasses
import warnings
from collections.abc import Iterator

import torch
from torch import nn

from boardwork.errors import TraceError
from boardwork.meta.duplicate import module_on_meta, value_on_meta
from boardwork.meta.endless import EndlessForwardError
from boardwork.targets.state import libraries_quiet
from boardwork.targets.subject import Subject
from boardwork.targets.torchvision_operators import admitted
from boardwork.targets.wrappers import unwrapped
from boardwork.trace.cells import step_of
from boardwork.trace.long_forward import LongForwardError
from boardwork.trace.one_forward import one_forward
from boardwork.trace.prepare import check_forward, is_lazy, on_cpu, uncompiled, unwrap_children, values_on_cpu
from boardwork.trace.recorder import Recorder
from boardwork.trace.records import Cell, Trace
from boardwork.trace.run import Run
from boardwork.trace.second_forward import with_symbols
from boardwork.trace.tables import tables
from boardwork.trace.towers import tower_notes

SEQUENCES = ("seq_len", "src_len", "tgt_len")
SHORT = 16  # steps of a sequence that forward loops over
REBUILT = "The first call of forward makes or replaces layers: a later call is drawn."
ON_CPU = (
    "The forward needs numbers: it was run on CPU with zeros for the values that are not known. "
    "Where a value decides what runs, as a router does, the choice shown is the one that zeros lead to."
)


def traced(subject: Subject) -> Trace:
    """Run the subject's forward on a meta copy and record it.

    The subject's module, arguments and torch's random state are left as they were.

    Raises:
        TraceError: there is no forward, or it raised; says in which module.
    """
    return rehearsed(subject)[0]


def rehearsed(subject: Subject) -> tuple[Trace, Run]:
    """The same, and the run that was recorded: its copy of the module and the sizes that it took in the end.

    Raises:
        TraceError: there is no forward, or it raised; says in which module.
    """
    module = unwrapped(subject.module)
    check_forward(module)
    with uncompiled(), libraries_quiet(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what a user's forward warns of is no matter of its picture
        try:
            return _on_meta(subject, module)
        except (LongForwardError, EndlessForwardError):
            raise
        except TraceError as error:
            for other in subject.others:
                with contextlib.suppress(TraceError):
                    return _on_meta(other, module)
            return _with_numbers(subject, module, error)


def _on_meta(subject: Subject, module: nn.Module) -> tuple[Trace, Run]:
    model = unwrap_children(module_on_meta(module)).eval()
    if is_lazy(model):
        _materialise(subject, model)
    return _complete(Run(subject, model, subject.args, subject.kwargs, "meta"))


def _with_numbers(subject: Subject, module: nn.Module, error: TraceError) -> tuple[Trace, Run]:
    """What does not run on meta may run on CPU, where a condition sees numbers; `error` if the model is too large."""
    try:
        model = on_cpu(module)
    except Exception:  # whatever copying raises: the first refusal says more
        model = None
    if model is None:
        raise error
    run = Run(subject, model, values_on_cpu(subject.args), values_on_cpu(subject.kwargs), "cpu")
    with uncompiled():
        return _complete(run.with_guess(ON_CPU))


def _materialise(subject: Subject, model: nn.Module) -> None:
    """Lazy weights learn their shapes in one forward that is not recorded."""
    try:
        with torch.random.fork_rng(devices=[]), torch.no_grad(), torch.device("meta"), admitted():
            model(*value_on_meta(subject.args), **value_on_meta(subject.kwargs))
    except Exception as error:
        raise TraceError(
            f"The lazy weights of {subject.title} did not find their shapes: {error}",
            hint="call the model once before drawing it",
        ) from error


def _complete(run: Run) -> tuple[Trace, Run]:
    """The trace of a run with its symbols and recurrent cells, and the run; a loop over a sequence is shortened."""
    sizes = run.sizes()
    factors = {name: SHORT / sizes[name] for name in SEQUENCES if sizes.get(name, 0) > SHORT}
    with contextlib.suppress(LongForwardError):
        return _finished(run, *_first_forward(run, stop_at_loops=bool(factors))), run
    if factors:
        short = run.with_guess(f"The forward loops over the sequence: it was run on {SHORT} steps of it.")
        short = short.resized(factors)
        with contextlib.suppress(TraceError):  # no shorter: the forward does not loop
            return _finished(short, *one_forward(short, stop_at_loops=True), loops=True), short
        with contextlib.suppress(LongForwardError):
            return _finished(run, *one_forward(run)), run
    few = dataclasses.replace(run, alike=True)  # a loop over all experts becomes one over those of a single token
    return _finished(few, *one_forward(few)), few


def _first_forward(run: Run, *, stop_at_loops: bool) -> tuple[Trace, Recorder]:
    """The forward that is drawn: the second where the first leaves other layers behind than it found."""
    before = list(map(id, run.model.modules()))
    made = one_forward(run, stop_at_loops=stop_at_loops)
    if list(map(id, run.model.modules())) == before:
        return made
    return one_forward(run.with_guess(REBUILT), stop_at_loops=stop_at_loops)


def _finished(run: Run, first: Trace, recorder: Recorder, *, loops: bool = False) -> Trace:
    whole = with_symbols(run, first, loops=loops)
    guesses = (*whole.guesses, *tower_notes(whole, run.taken(), run.given()))
    cells, read = tuple(_cells(recorder)), tuple(tables(recorder))
    return dataclasses.replace(whole, axes=run.sizes(), cells=cells, tables=read, guesses=guesses)


def _cells(recorder: Recorder) -> Iterator[Cell]:
    """The first step of each distinct recurrent module, traced on its own."""
    seen: set[int] = set()
    for op, module in recorder.recurrent:
        made = step_of(module) if id(module) not in seen else None  # type: ignore[arg-type]
        seen.add(id(module))
        if made is not None:
            step, kwargs = made
            axes: dict[str, tuple[str, ...]] = dict.fromkeys(kwargs, ("batch", ""))
            yield Cell(op, _complete(Run(Subject("", "", step, axes=axes), step, (), kwargs, "meta"))[0])
