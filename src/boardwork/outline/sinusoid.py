"""Flow -> sinusoidal embedding: sines and cosines of one number at several frequencies, side by side."""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.outline.product import through
from boardwork.trace.records import Op

_JOINS = ("cat", "stack", "concat")
_BETWEEN = ("mul", "div")


def sinusoids(flow: Flow) -> Iterator[list[Pattern]]:
    """One pattern for every sine and cosine of the same angles that are put side by side."""
    for op in flow.ops:
        if op.name in _JOINS and flow.is_data(op.id) and len(op.inputs) == 2:
            made = [flow.producer(t) for t in op.inputs]
            names = sorted(m.name for m in made if m is not None)
            if names == ["cos", "sin"]:
                yield [_pattern(flow, op, [m for m in made if m is not None])]


def _pattern(flow: Flow, join: Op, made: list[Op]) -> Pattern:
    passed = [i for m in made for i in through(flow, m.inputs[0], _BETWEEN)[1]]
    data = frozenset(i for i in (join.id, *(m.id for m in made), *passed) if flow.is_data(i))
    detail = f"{flow.tensors[join.outputs[0]].shape[-1]} sines and cosines"
    return Pattern("sinusoid", data, "Sinusoidal embedding", "position", detail)
