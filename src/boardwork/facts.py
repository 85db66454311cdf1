"""facts.toml -> the words that knowledge may use. Facts: a flat dict from these to numbers, strings and booleans."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files

Facts = dict[str, int | float | str | bool]


@dataclass(frozen=True)
class Summand:
    """`count` parts of a model that are alike, each of `measured` parameters or multiply-adds.

    `kind` names the formula that `sizes` are for; `inside`: the layers of a block, for when its own formula is wrong.
    """

    group: str
    kind: str
    sizes: dict[str, int]
    count: int
    measured: int
    inside: tuple[Summand, ...] = ()


@dataclass(frozen=True)
class Summands:
    """What adds up to a model's parameters, and to its multiply-adds."""

    parameters: tuple[Summand, ...] = ()
    multiply_adds: tuple[Summand, ...] = ()


def _words() -> dict[str, str]:
    tables = tomllib.loads((files("boardwork") / "facts.toml").read_text(encoding="utf-8"))
    return {f"{topic}.{name}": meaning for topic, rows in tables.items() for name, meaning in rows.items()}


WORDS = _words()  # "params.total" -> what it is
