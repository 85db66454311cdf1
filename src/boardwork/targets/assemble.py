"""A built module, the inputs given for it and those its library knows -> a Subject."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import nn

from boardwork.errors import TraceError
from boardwork.meta.duplicate import module_on_meta
from boardwork.targets.encoders import told
from boardwork.targets.forward_arguments import arrange, merge, missing
from boardwork.targets.inferred import completed, inferred_input
from boardwork.targets.input_spec import InputSpec
from boardwork.targets.layers import Argument
from boardwork.targets.subject import Subject
from boardwork.targets.wrappers import unwrapped


def assemble(
    module: nn.Module,
    *,
    target: str,
    title: str,
    given: Sequence[InputSpec] = (),
    known: Sequence[Argument] | None = None,
    extra: dict[str, Any] | None = None,
) -> Subject:
    """What is given goes before what is `known`; with neither, they are inferred. `extra` are further keywords.

    To infer them, a copy of the module on meta is called; the module itself never is.

    Raises:
        TargetError: the inputs do not fit forward's arguments.
    """
    module = unwrapped(module)
    twin = _twin(module) if known is None and not given else None
    hint = inferred_input(module, twin) if known is None else None
    guesses: tuple[str, ...] = (hint.told,) if hint and not given else ()
    # What was inferred lends its dtype and its axes to an input that was given, and is then dropped.
    like = hint.argument if hint else None
    inputs = merge(module, given, known or ([like] if like and not given else []), like=like)
    names = [item.name for item in inputs]
    free = [*([] if given or (hint and hint.runs) else names), *missing(module, names)]
    if known is None and free:
        twin = twin or _twin(module)
        inputs, guesses = (completed(twin, inputs, free) if twin else None) or (inputs, guesses)
    arguments = arrange(module, inputs, extra)
    return Subject(target, title, module, arguments.args, arguments.kwargs, arguments.axes, (*told(module), *guesses))


def _twin(module: nn.Module) -> nn.Module | None:
    try:
        return module_on_meta(module).eval()
    except TraceError:  # tracing it says why
        return None
