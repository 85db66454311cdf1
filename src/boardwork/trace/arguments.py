"""A call of the Python API -> its tensors with the names of their arguments, and its scalars."""

from __future__ import annotations

from itertools import count
from typing import Any

import torch

from boardwork.meta.nesting import tensors_in
from boardwork.trace.positions import POSITIONAL


def named(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[list[tuple[str, Any]], dict[str, Any]]:
    """Return (slots with their tensors in order, scalar attributes)."""
    known = POSITIONAL.get(name, ())
    pairs = [(known[i] if i < len(known) else str(i), value) for i, value in enumerate(args)]
    slots: list[tuple[str, Any]] = []
    attrs: dict[str, Any] = {}
    for slot, value in (*pairs, *kwargs.items()):
        if isinstance(value, torch.Tensor):
            slots.append((slot, value))
        elif tensors := list(tensors_in(value)):
            if isinstance(value, list | tuple) and len(tensors) < len(value):
                attrs[slot] = plain(value, len(slots))
            slots.extend((slot, tensor) for tensor in tensors)
        else:
            attrs[slot] = plain(value)
    return slots, attrs


def plain(value: Any, place: int = 0) -> Any:
    """An argument as JSON can hold it; tensors in it as {"tensor": place among the slots}, the first at `place`."""
    places = count(place)

    def told(item: Any) -> Any:
        if item is None or isinstance(item, bool | int | float | str):
            return item
        if isinstance(item, torch.Tensor):
            return {"tensor": next(places)}
        if isinstance(item, list | tuple):
            return [told(part) for part in item]
        if isinstance(item, slice):
            return {"slice": [told(item.start), told(item.stop), told(item.step)]}
        return "..." if item is Ellipsis else str(item)

    return told(value)
