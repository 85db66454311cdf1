"""Flow -> coupling layers of normalising flows with the log-determinant they give, and their 1 × 1 convolutions.

One part of the features stays; a network of it scales and shifts the other part, so that both can be undone.
arXiv:1605.08803 section 3, arXiv:1807.03039 section 3
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.trace.records import Op

_REDUCING = ("log", "abs", "sum", "neg", "logsigmoid")
_DETERMINANTS = ("slogdet", "linalg_slogdet", "det", "linalg_det", "logdet", "getitem")


@dataclass(frozen=True)
class _Affine:
    """What is scaled and shifted; `made`: the tensors that do it; `ops`: the arithmetic."""

    value: int
    made: tuple[int, ...]
    ops: frozenset[int]


def couplings(flow: Flow) -> Iterator[list[Pattern]]:
    """A frame for every layer that joins what stays with what a network of it has changed."""
    for op in flow.ops:
        if op.name in ("cat", "add") and flow.is_data(op.id) and len(op.inputs) == 2:
            for kept, changed in (op.inputs, op.inputs[::-1]):
                found = _halves(flow, op, kept, changed) if op.name == "cat" else _masked(flow, op, kept, changed)
                if found is not None:
                    yield found
                    break


def _halves(flow: Flow, join: Op, kept: int, changed: int) -> list[Pattern] | None:
    source, passed = flow.origin(kept)
    for affine in _affines(flow, changed):
        origin, moved = flow.origin(affine.value)
        if origin.id == source.id and affine.value != kept:
            cut = frozenset(op for op in (*passed, *moved) if flow.is_data(op))
            frame = _frame(flow, affine, kept, {join.id, *cut, *affine.ops}, join)
            return [Pattern("coupling_split", cut, "Split", "reshape"), frame] if frame is not None else None
    return None


def _masked(flow: Flow, join: Op, kept: int, changed: int) -> list[Pattern] | None:
    """m x + (1 - m) (x scale + shift), with a mask of constants."""
    stays, goes = _by_constant(flow, kept), _by_constant(flow, changed)
    if stays is None or goes is None:
        return None
    for affine in _affines(flow, goes[0]):
        if affine.value == stays[0]:
            frame = _frame(flow, affine, kept, {join.id, stays[1], goes[1], *affine.ops}, join)
            return [frame] if frame is not None else None
    return None


def _by_constant(flow: Flow, tensor: int) -> tuple[int, int] | None:
    """What a mask is multiplied with, and the product."""
    op = flow.producer(tensor)
    if op is None or op.name != "mul" or len(op.inputs) != 2 or len(flow.data_inputs(op)) != 1:
        return None
    return flow.data_inputs(op)[0], op.id


def _affines(flow: Flow, tensor: int) -> Iterator[_Affine]:
    """The ways to read a tensor as x scale + shift, (x + shift) scale, x scale, or x + shift."""
    outer = flow.producer(tensor)
    if outer is None or outer.name not in ("add", "mul") or len(outer.inputs) != 2:
        return
    for inside, by in (outer.inputs, outer.inputs[::-1]):
        inner = flow.producer(inside)
        if inner is not None and inner.name in ("add", "mul") and inner.name != outer.name and len(inner.inputs) == 2:
            for value, other in (inner.inputs, inner.inputs[::-1]):
                yield _Affine(value, (other, by), frozenset({outer.id, inner.id}))
    for value, by in (outer.inputs, outer.inputs[::-1]):
        yield _Affine(value, (by,), frozenset({outer.id}))


def _frame(flow: Flow, affine: _Affine, kept: int, ops: set[int], join: Op) -> Pattern | None:
    network = _network(flow, affine, kept)
    if not any(flow.ops[op].macs for op in network):
        return None
    scaled = len(affine.made) > 1 or flow.ops[min(affine.ops)].name == "mul"
    axis = int(join.attrs.get("dim") or 0) if join.name == "cat" else -1
    whole, stays = flow.tensors[join.outputs[0]].shape[axis], flow.tensors[kept].shape[axis]
    split = f"{stays} of {whole} features stay" if join.name == "cat" else "a mask says which features stay"
    ops = ops | network
    every = frozenset(op for op in ops | _determinant(flow, network) if flow.is_data(op))
    label, done = ("Affine coupling", "scaled and shifted") if scaled else ("Additive coupling", "shifted")
    facts = {"width": whole, "scaled": scaled, "params": flow.parameters(every)}
    if join.name == "cat":
        facts |= {"kept": stays, "changed": flow.tensors[affine.value].shape[axis]}
    return Pattern("coupling", every, label, "block", f"{split}, the rest is {done}", leaf=False, facts=facts)


def _network(flow: Flow, affine: _Affine, kept: int) -> set[int]:
    """What makes scale and shift of the part that stays; nothing if that has no share in it, or the other part one."""
    found, met = set[int](), False
    todo = list(affine.made)
    source = flow.origin(kept)[0]
    while todo:
        tensor = todo.pop()
        op = flow.producer(tensor)
        met |= tensor == kept
        if tensor == kept or op is None or op.id in found:
            continue
        if tensor in (affine.value, source.id):
            return set()
        if op.id <= source.producer:
            continue
        found.add(op.id)
        todo.extend(op.inputs)
    return found if met else set()


def _determinant(flow: Flow, network: set[int]) -> set[int]:
    """The sum of the logarithms of the scales."""
    found: set[int] = set()
    todo = list(network)
    while todo:
        for user in flow.data_users(flow.ops[todo.pop()]):
            if user.name in _REDUCING and user.id not in found | network:
                found.add(user.id)
                todo.append(user.id)
    return found


def invertible_convolutions(flow: Flow) -> Iterator[list[Pattern]]:
    """A 1 × 1 convolution with the logarithm of the determinant of its matrix."""
    for op in flow.ops:
        if op.name in _DETERMINANTS[:-1] and op.id in flow.live and op.inputs:
            matrix = flow.origin(op.inputs[0])[0]
            users = [u for u in flow.ops if u.macs and any(flow.origin(t)[0].id == matrix.id for t in u.inputs)]
            if matrix.kind == "parameter" and len(users) == 1:
                taken = [user.id for user in flow.data_users(op) if user.name in _DETERMINANTS]
                ops = frozenset(i for i in (op.id, *taken, users[0].id) if flow.is_data(i))
                width = matrix.shape[0]
                facts = {"width": width, "params": matrix.size}
                label = "Invertible 1×1 convolution"
                yield [Pattern("invertible_convolution", ops, label, "conv", f"{width} → {width}", facts=facts)]
