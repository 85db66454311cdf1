"""One attention's core and mask -> the box of the learned bias in it, and whether other attentions use that too."""

from __future__ import annotations

from collections.abc import Iterable

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.attention.core import Core
from boardwork.outline.recognise.attention.mask import Mask


def learned_bias(flow: Flow, mask: Mask, core: Core) -> Pattern | None:
    """The box of the operations that make a bias from a learned table.

    Where others use the table too, what only this core takes, as the bias put together with its mask, is not in it.
    """
    ops = mask.bias_ops - core.ops
    if not ops or not mask.learned:
        return None
    ops = ops - only_for(flow, ops, core) or ops
    sizes = " × ".join(map(str, mask.rows))
    return Pattern("relative_bias", ops, "Relative position bias", "position", sizes)


def only_for(flow: Flow, ops: frozenset[int], core: Core) -> set[int]:
    """Those of `ops` whose results nothing but the core uses."""
    found: set[int] = set()
    for op in sorted(ops, reverse=True):
        if all(user.id in found or user.id in core.ops for user in flow.data_users(flow.ops[op])):
            found.add(op)
    return found


def within(flow: Flow, ops: Iterable[int], others: Iterable[int]) -> set[int]:
    """Those of `ops` that run in the innermost module call that all `others` run in."""
    chains = [_calls(flow, op) for op in others]
    home = max(set(chains[0]).intersection(*chains), default=0)  # a call has a larger number than the one round it
    return {op for op in ops if home in _calls(flow, op)}


def _calls(flow: Flow, op: int) -> list[int]:
    """The module calls that an operation runs in, from the innermost."""
    found = [flow.ops[op].call]
    while (parent := flow.trace.calls[found[-1]].parent) >= 0:
        found.append(parent)
    return found


def is_shared(flow: Flow, bias: Pattern, core: Core) -> bool:
    """True when other attentions use it too."""
    inside = bias.ops | core.ops
    return any(user.id not in inside for op in bias.ops for user in flow.data_users(flow.ops[op]))
