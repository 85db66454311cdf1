"""Name of a paper, words for a length -> sizes in points."""

from __future__ import annotations

import re

from boardwork.errors import FormatError

PAPERS = {"a4": (595.276, 841.89), "letter": (612.0, 792.0)}
_UNITS = {"in": 72.0, "cm": 72 / 2.54, "mm": 72 / 25.4, "pt": 1.0}


def paper_size(name: str) -> tuple[float, float]:
    """Width and height in portrait.

    Raises:
        FormatError: there is no such paper.
    """
    if name.lower() not in PAPERS:
        raise FormatError(f"There is no paper {name!r}.", hint=f"one of: {', '.join(PAPERS)}")
    return PAPERS[name.lower()]


def points(length: str) -> float:
    """A length with its unit in points.

    >>> points("3.5in"), points("254mm")
    (252.0, 720.0)

    Raises:
        FormatError: no number with a unit, or no length that paper has.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(in|cm|mm|pt)", length.strip())
    if not found:
        raise FormatError(
            f"{length!r} is no width.", hint=f"columns of text, as 80, or a length: 3.5in ({', '.join(_UNITS)})"
        )
    value = round(float(found[1]) * _UNITS[found[2]], 3)
    if not 72 <= value <= 7200:
        raise FormatError(f"A width of {length} cannot be drawn.", hint="between 1in and 100in")
    return value
