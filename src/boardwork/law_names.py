"""The law of an axis as text, `batch*(height/16)` -> the names of input axes in it, or the law with other names."""

from __future__ import annotations

import re
from collections.abc import Mapping

_NAME = re.compile(r"[A-Za-z_]+")


def names_in(law: str) -> list[str]:
    """The names, in their order.

    >>> names_in("batch*(height/16)")
    ['batch', 'height']
    """
    return _NAME.findall(law)


def renamed(law: str, names: Mapping[str, str]) -> str:
    """The law with its names in other words, where there are some.

    >>> renamed("batch*(height/16)", {"height": "H"})
    'batch*(H/16)'
    """
    return _NAME.sub(lambda name: names.get(name[0], name[0]), law)
