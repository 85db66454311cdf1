"""Tensors that leave the boxes of a view -> the outputs to draw: one for each value, one for a row of like values."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from boardwork.outline.flow import Flow

_ROW = 3  # so many outputs whose names count on are drawn as one


@dataclass(frozen=True)
class Output:
    """What leaves box number `source`; `name` is "y" where it is no output of the model."""

    source: int
    tensor: int
    name: str


def outputs(flow: Flow, made: Iterable[tuple[int, int]]) -> list[Output]:
    """The outputs among (box, tensor) pairs. A value under two names, or a view of it, is no second output."""
    names: dict[int, str] = {}
    for name, tensor in flow.trace.outputs:
        names.setdefault(tensor, name)
    found: dict[int, Output] = {}
    for source, tensor in made:
        if tensor in names or any(flow.is_data(user) for user in flow.users.get(tensor, ())):
            found.setdefault(flow.origin(tensor)[0].id, Output(source, tensor, names.get(tensor, "y")))
    return _rows(flow, _results(flow, list(found.values())))


def _results(flow: Flow, found: list[Output]) -> list[Output]:
    """Without the states between layers that are handed out beside results: many of one name, most used again."""
    words = [_spelled(output.name)[0][0] for output in found]
    used = [any(flow.is_data(user) for user in flow.users.get(output.tensor, ())) for output in found]
    between = {word for word in words if sum(u for u, w in zip(used, words, strict=True) if w == word) > _ROW}
    kept = [output for output, word in zip(found, words, strict=True) if word not in between]
    return kept if any(output.name != "y" for output in kept) else found


def _rows(flow: Flow, found: list[Output]) -> list[Output]:
    """`output 0 … 11` for what one box gives in one shape under names that count on."""

    def alike(output: Output) -> tuple[object, ...]:
        words, numbers = _spelled(output.name)
        return words, output.source, flow.tensors[output.tensor].shape, numbers == () and output.tensor

    rows = [list(row) for _, row in groupby(sorted(found, key=lambda output: _spelled(output.name)), key=alike)]
    drawn = [output for row in rows for output in ([_joined(row)] if len(row) >= _ROW else row)]
    return sorted(drawn, key=lambda output: [o.tensor for o in found].index(output.tensor))


def _joined(row: list[Output]) -> Output:
    words, _ = _spelled(row[0].name)
    return dataclasses.replace(row[0], name=f"{row[0].name} … {row[-1].name.removeprefix(words[0])}")


def _spelled(name: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The words and the numbers of a name.

    >>> _spelled("output 1.0")
    (('output ', '.', ''), (1, 0))
    """
    parts = re.split(r"(\d+)", name)
    return tuple(parts[::2]), tuple(map(int, parts[1::2]))
