"""Flow -> token shifts: every position mixed with the one before it, by a learned weight a channel (RWKV).

arXiv:2305.13048 section 3.1
"""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.trace.records import Op

_SHIFTS = ("pad", "cat", "roll", "zero_pad2d")


def token_shifts(flow: Flow) -> Iterator[list[Pattern]]:
    """x w + shifted (1 - w), a pattern for every weight."""
    for op in flow.ops:
        if op.name == "add" and flow.is_data(op.id) and len(op.inputs) == 2:
            for now, before in (op.inputs, op.inputs[::-1]):
                found = _mixed(flow, op, now, before)
                if found is not None:
                    yield [Pattern("token_shift", found, "Token shift", "other", "w x + (1 − w) x of the step before")]
                    break


def _mixed(flow: Flow, add: Op, now: int, before: int) -> frozenset[int] | None:
    """The operations, if one side is weighed by w and the other, shifted one, by 1 - w."""
    here, there = _weighed(flow, now), _weighed(flow, before)
    if here is None or there is None:
        return None
    rest = flow.producer(there[1])
    if rest is None or rest.name != "rsub" or flow.origin(rest.inputs[0])[0].id != flow.origin(here[1])[0].id:
        return None
    shift = flow.producer(flow.origin(there[0])[0].id)
    if shift is None or shift.name not in _SHIFTS:
        return None
    source, shifted = flow.origin(here[0])[0].id, {flow.origin(t)[0].id for t in shift.inputs}
    return frozenset({add.id, here[2], there[2], rest.id}) if source in shifted else None


def _weighed(flow: Flow, tensor: int) -> tuple[int, int, int] | None:
    """What is multiplied with a weight, the weight, and the product."""
    op = flow.producer(tensor)
    if op is None or op.name != "mul" or len(op.inputs) != 2:
        return None
    for value, weight in (op.inputs, op.inputs[::-1]):
        made = flow.producer(weight)
        rest = made is not None and made.name == "rsub" and flow.is_weight(made.inputs[0])
        if (rest or flow.is_weight(weight)) and not flow.is_weight(value):
            return value, weight, op.id
    return None
