"""Trace and run -> the zoomed block's statement, run against the module itself: the largest error, pass or fail."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from boardwork.errors import CheckError
from boardwork.outline import outline
from boardwork.sheet import Code
from boardwork.statement import Argument, Statement, statement
from boardwork.trace.records import Trace
from boardwork.trace.run import Run
from boardwork.verify.block import Forward
from boardwork.verify.numbers import Numbers

TOLERANCES = {torch.float32: 1e-5, torch.float64: 1e-12}


@dataclass(frozen=True)
class Checked:
    """What the run showed. `error`: the largest difference; `relative`: that over the largest number of the result.

    `code`: the text that was run. `inputs`: names and shapes of what it ran on.
    """

    path: str
    title: str
    roles: tuple[str, ...]
    code: str
    inputs: dict[str, tuple[int, ...]]
    error: float
    relative: float
    tolerance: float

    @property
    def passed(self) -> bool:
        """True where the statement and the module agree."""
        return self.relative <= self.tolerance


def check(
    trace: Trace, run: Run, zoom: str = "", *, own: nn.Module | None = None, dtype: torch.dtype = torch.float32
) -> Checked:
    """Run the statement of the zoomed block and the block itself on CPU. `own`: a module whose weights are used.

    Raises:
        CheckError: there is no statement, the block is too large, or one of the two does not run.
    """
    found = statement(outline(trace, zoom))
    if found.unstated:
        raise CheckError(f"{found.title}: {found.unstated}.", where=found.path, hint="open another block with --zoom")
    try:
        forward = Forward(trace, run, found, weights_of(own), Numbers(dtype))
    except CheckError:
        raise
    except Exception as error:  # whatever a module raises
        words = str(error).strip().splitlines()[:1]
        raise CheckError(
            f"{found.title} does not run with numbers: {type(error).__name__}: {''.join(words)}",
            where=found.path,
            hint="open another block with --zoom",
        ) from error
    return compared(trace, found, forward, TOLERANCES[dtype])


def stated(trace: Trace, run: Run, zoom: str = "") -> Code:
    """The statement as a panel, once it has passed; else the reason why there is none."""
    try:
        found = check(trace, run, zoom)
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
