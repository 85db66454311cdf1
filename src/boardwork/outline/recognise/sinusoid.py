"""Flow -> sinusoidal embedding: sines and cosines of one number at several frequencies, side by side."""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.product import through
from boardwork.trace.records import Op

_JOINS = ("cat", "stack", "concat")
_BETWEEN = ("mul", "div")


def sinusoids(flow: Flow) -> Iterator[list[Pattern]]:
    """One pattern for every sine and cosine of the same angles that are put side by side."""
    for op in flow.ops:
        if op.name in _JOINS and flow.is_data(op.id):
            made = [m for t in op.inputs if (m := flow.producer(t)) is not None and m.name in ("sin", "cos")]
            learned = any(flow.is_weight(t) for t in op.inputs)
            if {m.name for m in made} == {"sin", "cos"} and len(op.inputs) - len(made) < 2 and not learned:
                yield [_pattern(flow, op, made)]


def _pattern(flow: Flow, join: Op, made: list[Op]) -> Pattern:
    passed = [i for m in made for i in through(flow, m.inputs[0], _BETWEEN)[1]]
    again = _swapped(flow, join)
    data = frozenset(i for i in (join.id, *(m.id for m in made), *passed, *again) if flow.is_data(i))
    width = sum(flow.tensors[m.outputs[0]].shape[-1] for m in made)
    detail = f"{width} sines and cosines"
    return Pattern("sinusoid", data, "Sinusoidal embedding", "position", detail, facts={"width": width})


def _swapped(flow: Flow, join: Op) -> list[int]:
    """The halves put side by side once more, in the other order."""
    halves = flow.data_users(join)
    users = {user.id for half in halves for user in flow.data_users(half)}
    if any(half.name != "getitem" for half in halves) or len(users) != 1 or flow.ops[min(users)].name not in _JOINS:
        return []
    return [*(half.id for half in halves), *users]
