"""Trace and run -> the zoomed block's statement, run against the module itself: the largest error, pass or fail."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import torch
from torch import nn

from boardwork.errors import BoardworkError, CheckError
from boardwork.outline import outline
from boardwork.outline.blocks import Outline
from boardwork.sheet import Code
from boardwork.statement import Argument, Statement, statement
from boardwork.trace.records import Trace
from boardwork.trace.run import Run
from boardwork.verify.block import Forward, activations, around
from boardwork.verify.numbers import Numbers
from boardwork.verify.smaller import smaller

MOST_TRIED = 300  # operations of a part that is offered in the place of a block without a statement
LARGEST_ACTIVATIONS = 4_000_000_000  # bytes
TOLERANCES = {torch.float32: 1e-5, torch.float64: 1e-12}


@dataclass(frozen=True)
class Checked:
    """What the run showed. `error`: the largest difference; `relative`: that over the largest number of the result.

    `code`: the text that was run. `inputs`: names and shapes of what it ran on. `smaller`: axes of the model's input
    that were shorter than in the trace: their length there, and here.
    """

    path: str
    title: str
    roles: tuple[str, ...]
    code: str
    inputs: dict[str, tuple[int, ...]]
    error: float
    relative: float
    tolerance: float
    smaller: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """True where the statement and the module agree."""
        return self.relative <= self.tolerance


def check(
    trace: Trace, run: Run, zoom: str = "", *, own: nn.Module | None = None, dtype: torch.dtype = torch.float32
) -> Checked:
    """Run the statement of the zoomed block and the block itself on CPU. `own`: a module whose weights are used.

    Without one, the sizes are small where the module takes such and the statement holds there; else those of the trace.

    Raises:
        CheckError: there is no statement, the block is too large, or one of the two does not run.
    """
    opened = outline(trace, zoom)
    found = statement(opened)
    if found.unstated:
        part = _stated_part(trace, opened)
        hint = f"--zoom {part}" if part else "open another block with --zoom"
        raise CheckError(f"{found.title}: {found.unstated}.", where=found.path, hint=hint)
    return _checked_small(trace, run, found, own, dtype)


def _checked_small(
    trace: Trace, run: Run, found: Statement, own: nn.Module | None = None, dtype: torch.dtype = torch.float32
) -> Checked:
    """At sizes that are small, if the statement holds there and no weights are given; else at those of the trace."""
    for small in smaller(run) if own is None else ():
        with suppress(BoardworkError):
            checked = _checked(trace, small, found, {}, dtype)
            if checked.passed:
                return replace(checked, smaller=_changed(run, small))
    _refuse_large(trace, run, found)
    return _checked(trace, run, found, weights_of(own), dtype)


def _stated_part(trace: Trace, opened: Outline) -> str:
    """The path of the largest block inside the opened one that has a statement; "" for none among the first few."""
    whole = opened.zoom.block
    sizes = {block.path: len(block.one()) for block in whole.walk() if block.children and block.path != whole.path}
    fitting = (path for path, size in sorted(sizes.items(), key=lambda pair: -pair[1]) if size <= MOST_TRIED)
    for path in islice(fitting, 5):
        with suppress(BoardworkError):
            if not statement(outline(trace, path)).unstated:
                return path
    return ""


def _checked(
    trace: Trace, run: Run, found: Statement, weights: Mapping[str, torch.Tensor], dtype: torch.dtype
) -> Checked:
    """One run of both."""
    try:
        return compared(trace, found, Forward(trace, run, found, weights, Numbers(dtype)), TOLERANCES[dtype])
    except BoardworkError:
        raise
    except Exception as error:  # whatever a module raises
        words = str(error).strip().splitlines()[:1]
        raise CheckError(
            f"{found.title} does not run with numbers: {type(error).__name__}: {''.join(words)}",
            where=found.path,
            hint="open another block with --zoom",
        ) from error


def _changed(run: Run, small: Run) -> dict[str, tuple[int, int]]:
    """Axes of the input -> their length in the trace, and in this run."""
    now = small.sizes()
    return {name: (size, now[name]) for name, size in run.sizes().items() if now[name] != size}


def _refuse_large(trace: Trace, run: Run, found: Statement) -> None:
    size = activations(trace, around(trace, run.model, found.ops).ops)
    if size > LARGEST_ACTIVATIONS:
        most = f"{LARGEST_ACTIVATIONS / 1e9:.0f} GB"
        raise CheckError(
            f"The block's activations take {size / 1e9:.0f} GB, more than the {most} that are run on CPU.",
            where=found.path,
            hint="open a part of it with --zoom, or give smaller inputs with --input",
        )


def stated(trace: Trace, run: Run, zoom: str = "") -> Code:
    """The statement as a panel, once it has passed; else the reason why there is none."""
    written = statement(outline(trace, zoom))
    if written.unstated:
        return Code("not stated", "", f"{written.title}: {written.unstated}.")
    try:
        found = _checked_small(trace, run, written)
    except CheckError as error:
        return Code("not stated", "", str(error.message))
    size = f"largest error {found.relative:.1e} of the largest value"
    if not found.passed:
        return Code(found.title, "", f"Not shown: the statement differs from the module, {size}.")
    return Code(found.title, found.code, f"Run against the module with drawn weights: {size}.")


def weights_of(module: nn.Module | None) -> dict[str, torch.Tensor]:
    """Values of parameters and buffers by name, if they have any."""
    if module is None:
        return {}
    stored = (*module.named_parameters(remove_duplicate=False), *module.named_buffers(remove_duplicate=False))
    return {name.replace("_orig_mod.", ""): value.detach() for name, value in stored if not value.is_meta}


def compared(trace: Trace, found: Statement, forward: Forward, tolerance: float) -> Checked:
    """The statement's text, run on what the block was given, beside what the block gave."""
    bound = {argument.name: bound_to(argument, forward, found) for argument in found.arguments}
    wanted = [forward.given(tensor) for tensor in found.outputs]
    result = run_text(found, bound)
    made = list(result) if len(wanted) > 1 else [result]
    errors = [_errors(one, two) for one, two in zip(made, wanted, strict=True)]
    weights = {a.name for a in found.arguments if trace.tensors[a.tensor].kind in ("parameter", "buffer")}
    return Checked(
        found.path,
        found.title,
        found.roles,
        found.text,
        {
            name: tuple(value.shape)
            for name, value in bound.items()
            if isinstance(value, torch.Tensor) and name not in weights
        },
        max(error for error, _ in errors),
        max(relative for _, relative in errors),
        tolerance,
    )


def bound_to(argument: Argument, forward: Forward, found: Statement) -> Any:
    """The numbers that stand for an argument, a tensor or a list of them."""
    if argument.members:
        return [bound_to(member, forward, found) for member in argument.members]
    value = forward.taken(argument.tensor, found.ops)
    for pick in argument.picks:
        cut = value.view(*value.shape[: pick.axis], *pick.lengths, *value.shape[pick.axis + 1 :])
        cut = cut.narrow(pick.axis + pick.place, pick.start, pick.length)
        value = cut.flatten(pick.axis, pick.axis + len(pick.lengths) - 1)
    return value


def run_text(found: Statement, bound: Mapping[str, Any]) -> Any:
    """What the statement's function gives, from its text.

    Raises:
        CheckError: it raised.
    """
    space: dict[str, Any] = {}
    try:
        with torch.no_grad():
            exec(compile(found.text, f"<statement of {found.path}>", "exec"), space)
            return space[found.function](**bound)
    except Exception as error:  # of any sort: it is then no statement
        raise CheckError(
            f"The statement of {found.title} does not run: {type(error).__name__}: {error}", where=found.path
        ) from error


def _errors(made: torch.Tensor, wanted: torch.Tensor) -> tuple[float, float]:
    """Largest difference, and that over the largest number that is wanted; infinite where the shapes differ."""
    if made.shape != wanted.shape:
        return math.inf, math.inf
    if not wanted.numel():
        return 0.0, 0.0
    if not wanted.is_floating_point() and not wanted.is_complex():
        wrong = float((made != wanted).any())
        return wrong, wrong
    error = float((made - wanted).abs().max())
    size = float(wanted.abs().max())
    relative = error / size if size else error
    return (error, relative) if math.isfinite(error) else (math.inf, math.inf)
