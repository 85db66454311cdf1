"""Frozen dataclasses -> the plain dicts and lists of JSON and its text, and back by the annotations of their fields.

A field may have another name in JSON: `cls: str = field(metadata={"json": "class"})`.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from boardwork.errors import FormatError

T = TypeVar("T")
_ANY_LENGTH = 2  # tuple[X, ...] has two arguments, the second an ellipsis


def to_plain(value: Any) -> Any:
    """Dataclasses as dicts, tuples as lists, all else as it is."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {_key(field): to_plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    return {key: to_plain(item) for key, item in value.items()} if isinstance(value, dict) else value


def from_plain(kind: type[T], data: Any) -> T:
    """Inverse of `to_plain` for the type that was written; keys that it does not have are passed over.

    Raises:
        TypeError, KeyError or AttributeError: the data is of another form.
    """
    found: T = _read(kind, data)
    return found


def json_text(plain: dict[str, Any]) -> str:
    """Plain dicts and lists as JSON, the same bytes for the same data, with a newline at the end."""
    return json.dumps(plain, indent=1, ensure_ascii=False) + "\n"


def read_json(source: str | Path, read: Callable[[Any], T], what: str) -> T:
    """What `read` makes of the JSON of a path, or of JSON text that starts with "{"; `what` names it for the user.

    Raises:
        FormatError: the file cannot be read, is no JSON, or `read` refuses it.
    """
    text = str(source)
    try:
        if not text.lstrip().startswith("{"):
            text = Path(source).read_text(encoding="utf-8")
        return read(json.loads(text))
    except (OSError, ValueError) as error:
        raise FormatError(f"Cannot read {what} from {str(source)[:80]}: {error}") from error


def _read(kind: Any, data: Any) -> Any:
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        given = {name: _read(hint, data[key]) for name, key, hint in _fields(kind) if key in data}
        return kind(**given)
    inner = get_args(kind)
    if get_origin(kind) is tuple:
        hints = inner[:1] * len(data) if len(inner) == _ANY_LENGTH and inner[1] is ... else inner
        return tuple(_read(hint, item) for hint, item in zip(hints, data, strict=True))
    if get_origin(kind) is UnionType and data is not None:  # X | None
        return _read(inner[0], data)
    if get_origin(kind) is dict:
        return {key: _read(inner[1], item) for key, item in data.items()}
    return data


@cache
def _fields(kind: Any) -> tuple[tuple[str, str, Any], ...]:
    """Name, key in JSON and type of each field."""
    hints = get_type_hints(kind)
    return tuple((field.name, _key(field), hints[field.name]) for field in dataclasses.fields(kind))


def _key(field: dataclasses.Field[Any]) -> str:
    return str(field.metadata.get("json", field.name))
