"""The hand-over of the first stage: a live module with the arguments of one call."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Subject:
    """A module and how to call it.

    `args` and `kwargs` are what forward takes; their tensors may live on meta. `axes` names the axes of each tensor
    argument by the argument's name in forward: a name such as "batch", "seq_len", "height", "width" for an axis whose
    size may be changed, "" for one that is fixed by the module (channels, features). `guesses` are sentences for
    footnotes: what was inferred because nobody said it. `others` differ in their inputs alone: they are tried in turn
    when forward refuses these.
    """

    target: str
    title: str
    module: nn.Module
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    axes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    guesses: tuple[str, ...] = ()
    others: tuple[Subject, ...] = ()
