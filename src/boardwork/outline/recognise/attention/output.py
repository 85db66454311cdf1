"""The last operation of a core -> what follows it inside the attention: heads put together, a norm, a gate, W_O."""

from __future__ import annotations

from dataclasses import dataclass

from boardwork.outline.flow import Flow
from boardwork.outline.recognise.attention.branch import NORMALISING, data_of, is_projection
from boardwork.outline.recognise.norms.arithmetic import norm_after
from boardwork.trace.records import Op

_BENDS = ("relu", "gelu", "silu", "hardswish", "relu6")  # between heads and W_O, as LeViT has it


@dataclass(frozen=True)
class Output:
    """`projection`: W_O, None without one. `concat`: reshapes right after the core.

    `normalised`: operations of a norm, `gated`: those of a gate, `moved`: reshapes, an order undone,
    numbers and activations before W_O.
    """

    projection: Op | None = None
    concat: frozenset[int] = frozenset()
    normalised: frozenset[int] = frozenset()
    gated: frozenset[int] = frozenset()
    moved: frozenset[int] = frozenset()


def output(flow: Flow, last: Op) -> Output:
    """Walk from the core to the output projection; nothing is found if something else stands between."""
    following, concat = flow.skip(last)
    normalised, gated = set[int](), set[int]()
    moved = set(concat)
    if following is None and (written := norm_after(flow, flow.ops[[last.id, *concat][-1]])):
        normalised |= written
        following, passed = flow.skip(flow.ops[max(written)])
        moved |= set(passed)
    while following is not None:
        if is_projection(flow, following) and data_of(flow, following) in _results(
            flow, {last.id, *moved, *normalised, *gated}
        ):
            further = frozenset(moved) - frozenset(concat)
            return Output(following, frozenset(concat), frozenset(normalised), frozenset(gated), further)
        gate = _gate(flow, following)
        if not normalised and following.name in NORMALISING:
            normalised.add(following.id)
        elif not gated and gate:
            gated |= gate
        elif not _is_number(flow, following) and following.name not in (*_BENDS, "gather"):
            break
        else:
            moved.add(following.id)
        following, passed = flow.skip(following)
        moved |= set(passed)
    return Output(concat=frozenset(concat))


def _results(flow: Flow, ops: set[int]) -> set[int]:
    return {t for op in ops for t in flow.ops[op].outputs}


def _is_number(flow: Flow, op: Op) -> bool:
    return op.name in ("mul", "div") and len(flow.data_inputs(op)) == 1


def _gate(flow: Flow, op: Op) -> set[int]:
    """The product with a sigmoid of something else, and the projection that only the sigmoid uses."""
    if op.name != "mul" or len(op.inputs) != 2:
        return set()
    for tensor in op.inputs:
        reached, passed = flow.origin(tensor)
        made = flow.producer(reached.id)
        if made is not None and made.name in ("sigmoid", "silu", "tanh"):
            return {op.id, made.id, *passed} | _gate_layer(flow, made)
    return set()


def _gate_layer(flow: Flow, gate: Op) -> set[int]:
    reached, passed = flow.origin(gate.inputs[0])
    made = flow.producer(reached.id)
    if made is None or not is_projection(flow, made):
        return set()
    inside = {gate.id, *passed}
    alone = all(user.id in inside for i in (made.id, *passed) for user in flow.data_users(flow.ops[i]))
    return {made.id, *passed} if alone else set(passed)
