"""Operation -> the number that it multiplies by."""

from __future__ import annotations

import math

from boardwork.outline.flow import Flow
from boardwork.trace.records import Op


def factor(flow: Flow, op: Op) -> float:
    """What the operation multiplies its only tensor by, 1 if by no number, not a number if that is not known."""
    if op.name not in ("mul", "div"):
        return 1.0
    found = number(flow, op)
    if not found:
        unknown = any(flow.is_constant(t) and flow.tensors[t].size == 1 for t in op.inputs)
        return math.nan if unknown else 1.0
    return found if op.name == "mul" else 1 / found


def number(flow: Flow, op: Op) -> float | None:
    """The number beside the operation's tensor: an argument, or a constant with one element."""
    written = next((v for v in op.attrs.values() if isinstance(v, int | float) and not isinstance(v, bool)), None)
    if written is not None:
        return float(written)
    known = [numbers for t in op.inputs for numbers in flow.readings(t, "number")]
    return known[0][0] if known else None
