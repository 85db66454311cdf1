"""A name that does not exist and the names that do -> an error that offers the closest."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from boardwork.errors import TargetError


def unknown(what: str, name: str, names: Iterable[str], listing: str) -> TargetError:
    """`what` is the sort of thing looked for, `listing` how to see all of them."""
    close = difflib.get_close_matches(name, list(names), 3, 0.5)
    hint = f"{', '.join(close)}; all: {listing}" if close else f"all: {listing}"
    return TargetError(f"Unknown {what}: {name!r}.", hint=hint)
