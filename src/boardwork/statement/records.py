"""The hand-over of the statement: its text, what its function takes, and what could not be stated."""

from __future__ import annotations

from dataclasses import dataclass

from boardwork.statement.terms import Pick


@dataclass(frozen=True)
class Argument:
    """A parameter of the function: `tensor` of the trace, or the rows of it that `picks` take one after the other.

    `members`: it is a list of these.
    """

    name: str
    tensor: int
    picks: tuple[Pick, ...] = ()
    members: tuple[Argument, ...] = ()


@dataclass(frozen=True)
class Statement:
    """Plain PyTorch for one block. `ops`: what of the trace it states. `outputs`: tensors of the trace that it gives.

    `roles`: what was recognised in it. `unstated`: why there is no text, "" where there is.
    """

    title: str
    path: str
    function: str = ""
    text: str = ""
    arguments: tuple[Argument, ...] = ()
    outputs: tuple[int, ...] = ()
    ops: tuple[int, ...] = ()
    roles: tuple[str, ...] = ()
    unstated: str = ""
