"""A tensor -> whether it holds sines and cosines by which queries and keys are turned."""

from __future__ import annotations

from boardwork.outline.flow import Flow

_TURNS = frozenset(("cos", "sin", "polar"))
# parts put together, a factor for long contexts
_KEEPS = frozenset(("cat", "stack", "setitem", "mul", "view_as_complex"))


def turns(flow: Flow, tensor: int) -> bool:
    """True for what is made of angles, be their positions counted, given or learned."""
    op = flow.producer(flow.origin(tensor)[0].id)
    if op is None or op.name not in _KEEPS:
        return op is not None and op.name in _TURNS
    parts = set(op.inputs)
    return any(turns(flow, t) for t in parts) and all(is_table(flow, t) for t in parts)


def is_table(flow: Flow, tensor: int) -> bool:
    """True for what turns, and for any table of constants."""
    return flow.is_constant(tensor) or turns(flow, tensor)
