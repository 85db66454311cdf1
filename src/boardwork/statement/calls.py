"""Op -> its arguments as they were written: by place, then by name, tensors as ids in the trace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from boardwork.trace.positions import POSITIONAL
from boardwork.trace.records import Op


@dataclass(frozen=True)
class Tensors:
    """Ids of tensors in one argument; `many`: the argument is a list of them."""

    ids: tuple[int, ...]
    many: bool


@dataclass(frozen=True)
class Arguments:
    """`placed` and `named`: each a `Tensors`, or plain data; in it {"tensor": place} stands for an input of the op."""

    placed: tuple[Any, ...]
    named: dict[str, Any]


def arguments(op: Op) -> Arguments:
    """The arguments of an operation."""
    found: dict[str, Any] = {}
    for slot in dict.fromkeys(op.slots):
        ids = tuple(t for name, t in zip(op.slots, op.inputs, strict=True) if name == slot)
        found[slot] = Tensors(ids, len(ids) > 1 or (slot == "tensors"))
    found.update(op.attrs)  # where tensors and numbers are mixed, the record tells both
    found.pop("kernel", None)
    order = POSITIONAL.get(op.name, ())
    placed: list[Any] = []
    while (key := order[len(placed)] if len(placed) < len(order) else str(len(placed))) in found:
        placed.append(found.pop(key))
    return Arguments(tuple(placed), found)
