"""Flow -> LoRA: a layer plus the product of two thin matrices on the same input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.product import Product, product, through
from boardwork.outline.recognise.scale import factor
from boardwork.trace.records import Op

_THIN = 4  # the inner width is at most a quarter of both others


@dataclass(frozen=True)
class Adaptation:
    """The operation of the wide layer, and all operations with the branch beside it."""

    base: int
    ops: frozenset[int]


def low_ranks(flow: Flow) -> Iterator[list[Pattern]]:
    """For every layer with a low-rank branch: the two thin matrices, and last the frame."""
    for op in flow.ops:
        found = _ending_at(flow, op)
        if found is not None:
            yield found


def adaptations(flow: Flow, ops: Iterable[int]) -> Iterator[Adaptation]:
    """The layers with a low-rank branch whose sum is among `ops`."""
    for index in ops:
        found = _ending_at(flow, flow.ops[index])
        if found is not None:
            yield Adaptation(next(iter(found[0].ops)), found[-1].ops)


def _ending_at(flow: Flow, add: Op) -> list[Pattern] | None:
    if add.name != "add" or len(add.inputs) != 2 or not flow.is_data(add.id):
        return None
    ways = (_at(flow, add, straight, branch) for straight, branch in (add.inputs, add.inputs[::-1]))
    return next((found for found in ways if found is not None), None)


def _at(flow: Flow, add: Op, straight: int, branch: int) -> list[Pattern] | None:
    base_result, base_passed = flow.origin(straight)
    base = product(flow, flow.producer(base_result.id))
    reached, passed = through(flow, branch)
    up = product(flow, flow.producer(reached))
    if base is None or up is None or up.bias or base.op.id == up.op.id:
        return None
    middle, between = through(flow, up.data)
    down = product(flow, flow.producer(middle))
    if down is None or down.bias or _THIN * down.after > min(base.before, base.after):
        return None
    source, before = through(flow, down.data)
    if source != flow.origin(base.data)[0].id or (down.before, up.after) != (base.before, base.after):
        return None
    used_once = all(len(flow.data_users(p.op)) == 1 for p in (base, down, up))
    own = [i for i in before if i > min(base.op.id, down.op.id)]
    ops = frozenset([add.id, base.op.id, up.op.id, down.op.id, *base_passed, *passed, *between, *own])
    return _patterns(flow, ops, base, down, up, [*passed, *between]) if used_once else None


def _patterns(
    flow: Flow, ops: frozenset[int], base: Product, down: Product, up: Product, passed: list[int]
) -> list[Pattern]:
    scale = 1.0
    for op in passed:
        scale *= factor(flow, flow.ops[op])
    facts = {
        "d_in": base.before, "d_out": base.after, "rank": down.after, "scale": scale,
        "params": down.params + up.params, "base_params": base.params - base.bias,
    }  # fmt: skip
    detail = f"{base.before} → {base.after}, rank {down.after}"
    return [
        Pattern("linear", frozenset([base.op.id]), "Linear W₀", "linear", f"{base.before} → {base.after}"),
        Pattern("linear", frozenset([down.op.id]), "Linear A", "linear", f"{down.before} → {down.after}"),
        Pattern("linear", frozenset([up.op.id]), "Linear B", "linear", f"{up.before} → {up.after}"),
        Pattern("low_rank", ops, "Linear with low-rank branch", "linear", detail, leaf=False, facts=facts),
    ]
