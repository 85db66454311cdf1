"""Operation -> the number that it multiplies by."""

from __future__ import annotations

from boardwork.trace.records import Op


def factor(op: Op) -> float:
    """What the operation multiplies its only tensor by, 1 if by no number."""
    number = next((v for v in op.attrs.values() if isinstance(v, int | float) and not isinstance(v, bool)), None)
    if not number or op.name not in ("mul", "div"):
        return 1.0
    return float(number) if op.name == "mul" else 1 / float(number)
