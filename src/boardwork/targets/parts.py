"""Tensors under names such as `batch.image` or `pair.0` -> the arguments that hold them: a dict, a tuple."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NoReturn

_UNPACKED = re.compile(r"values to unpack \(expected (\d+)")
_BEYOND = re.compile(r"index (\d+) is out of bounds for dimension 0")


class Fields(dict[str, Any]):
    """What is reached by key and by attribute: a dict and a record at once."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name] if name in self else self.__missing__(name)

    def __missing__(self, key: str) -> NoReturn:
        raise MissingPartError(self, key)


class MissingPartError(KeyError, AttributeError):
    """A part that is not there was asked for; `owner` is what it was asked of."""

    def __init__(self, owner: Any, key: str) -> None:
        super().__init__(key)
        self.owner, self.key = owner, key


def root(name: str) -> str:
    """`batch.image` -> `batch`."""
    return name.partition(".")[0]


def nested(items: Mapping[str, Any]) -> dict[str, Any]:
    """`{"x": a, "batch.image": b, "pair.0": c}` -> `{"x": a, "batch": Fields(image=b), "pair": (c,)}`."""
    parts: dict[str, dict[str, Any]] = {}
    for name, value in items.items():
        argument, _, part = name.partition(".")
        parts.setdefault(argument, {})[part] = value
    return {name: held[""] if "" in held else _together(nested(held)) for name, held in parts.items()}


def _together(parts: dict[str, Any]) -> Any:
    return tuple(parts.values()) if all(part.isdecimal() for part in parts) else Fields(parts)


def alone(names: Iterable[str]) -> dict[str, str]:
    """The name under which a trace knows each: an argument's own name where it holds one tensor only."""
    roots = [root(name) for name in names]
    return {name: root(name) if roots.count(root(name)) == 1 else name for name in names}


def with_parts(items: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Arguments and all that is inside of those made by `nested`, under their names."""
    for name, value in items.items():
        yield name, value
        inside = dict(enumerate(value)) if isinstance(value, tuple) else value
        if isinstance(inside, dict):
            yield from with_parts({f"{name}.{part}": held for part, held in inside.items()})


def lacking(error: Exception, operation: str, args: tuple[Any, ...]) -> tuple[Any, str | int]:
    """What forward took for a dict, a record or a tuple, and the part of it that was asked for, or how many it has.

    `operation`: the last one before the error, with its arguments. (None, "") for any other error.
    """
    if isinstance(error, MissingPartError):
        return error.owner, error.key
    if isinstance(error, AttributeError):
        return error.obj, error.name or ""
    if operation == "__getitem__" and isinstance(args[1], str):
        return args[0], args[1]
    pattern = {"unbind": _UNPACKED, "__getitem__": _BEYOND}.get(operation)
    told = pattern.search(str(error)) if pattern else None
    if told is None:
        return None, ""
    return args[0], int(told[1]) + (operation == "__getitem__")
