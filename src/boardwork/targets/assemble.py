"""A built module, the inputs given for it and those its library knows -> a Subject."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import nn

from boardwork.targets.forward_arguments import arrange, merge
from boardwork.targets.inferred import inferred_input
from boardwork.targets.input_spec import InputSpec
from boardwork.targets.layers import Argument
from boardwork.targets.subject import Subject


def assemble(
    module: nn.Module,
    *,
    target: str,
    title: str,
    given: Sequence[InputSpec] = (),
    known: Sequence[Argument] | None = None,
    extra: dict[str, Any] | None = None,
    may_run: bool = True,
) -> Subject:
    """What is given goes before what is `known`; with neither, the first layer tells. `extra` are further keywords.

    Raises:
        TargetError: the inputs do not fit forward's arguments.
    """
    guesses: tuple[str, ...] = ()
    hint = None
    if known is None:
        hint = inferred_input(module, may_run=may_run and not given)
    if hint is not None and not given:
        known, guesses = [hint[0]], (hint[1],)
    # What was inferred lends its dtype and its axes to an input that was given, and is then dropped.
    inputs = merge(module, given, known or [], like=hint[0] if hint else None)
    arguments = arrange(module, inputs, extra)
    return Subject(target, title, module, arguments.args, arguments.kwargs, arguments.axes, guesses)
