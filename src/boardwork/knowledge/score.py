"""One note or question of a topic and the facts -> how telling it is, and whether a level asks for it.

The score, in points:
    unusual   1 to 5: 1 what nearly every such model has, 3 a choice that many do not make, 5 what a model is known for
    + log2(factor), at least 0 and at most `MOST_FOR_NUMBER`: doublings of the number that decides, as this model has it
    + `OF_ITS_LEVEL` if the asked level is the note's own
"""

from __future__ import annotations

import math
from typing import Any

from boardwork.errors import KnowledgeError
from boardwork.knowledge.scope import Scope

LEVELS = ("junior", "mid", "senior")  # fundamentals; trade-offs and why; scale, stability, memory, distribution
MOST_FOR_NUMBER = 4.0
OF_ITS_LEVEL = 3.0


def score(entry: dict[str, Any], here: Scope, level: str = "") -> float:
    """The points of an entry; `level`: what is asked for, "" for all alike."""
    factor = here.value(entry["factor"]) if "factor" in entry else None
    doublings = math.log2(factor) if isinstance(factor, int | float) and factor > 1 else 0.0
    own = OF_ITS_LEVEL if level and entry["level"] == level else 0.0
    return round(float(entry["unusual"]) + min(doublings, MOST_FOR_NUMBER) + own, 3)


def asked(entry: dict[str, Any], level: str) -> bool:
    """Whether a level is told this: its own and what stands below it; "" is told all."""
    return not level or LEVELS.index(entry["level"]) <= LEVELS.index(level)


def checked(level: str) -> str:
    """The level as it is.

    Raises:
        KnowledgeError: there is none of that name.
    """
    if level and level not in LEVELS:
        raise KnowledgeError(f"There is no level {level!r}.", hint=f"one of: {', '.join(LEVELS)}")
    return level
