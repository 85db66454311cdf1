"""A figure in points -> how often its reader has to look for a number elsewhere, because a tag stands for a wire."""

from __future__ import annotations

import re

from boardwork.figure.primitives import Figure, Text

_TAG = re.compile(r"\(\d+\)")


def jumps(figure: Figure) -> int:
    """How many tags lead on from another one; the first of each number is where they start."""
    ports = (item.string for item in figure.primitives if isinstance(item, Text) and item.kind == "port")
    tags = [tag for string in ports for tag in _TAG.findall(string)]
    return len(tags) - len(set(tags))
