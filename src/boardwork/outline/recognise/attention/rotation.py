"""Query or key branch of an attention -> its rotation by position (RoPE), in either layout, on a part or the whole."""

from __future__ import annotations

from dataclasses import dataclass

from boardwork.outline.flow import Flow
from boardwork.outline.recognise.attention.angles import is_table
from boardwork.outline.recognise.attention.branch import Branch, held

_COMPLEX = ("view_as_complex", "view_as_real")


@dataclass(frozen=True)
class Rotation:
    """`ops`: from the tensor that is turned to the joined result. `width`: features of a head that turn.

    `base` of the frequencies, 0 where their table is not known; `neighbours`: features 2i and 2i + 1 make a pair.
    """

    ops: frozenset[int]
    width: int
    base: float
    neighbours: bool


def rotation(flow: Flow, branch: Branch, d_k: int) -> Rotation | None:
    """Products with tables of constants and the sum that they end in: x cos + rotate(x) sin."""
    turned = [op for op in sorted(branch.walk) if flow.ops[op].name == "mul" and _table(flow, op) is not None]
    if not turned:
        return None
    before = {op: _ancestors(flow, branch, op) for op in turned}
    shared = frozenset.intersection(*before.values()) - set(turned)
    join = _join(flow, branch, before, turned)
    if join is None:
        return None
    ops = (frozenset.union(*before.values()) | _ancestors(flow, branch, join)) - shared
    shared, ops = _complex_too(flow, branch, shared, ops)
    width = round(d_k * _size(flow, ops, shared) / held(flow, branch))
    ops |= _joined_again(flow, branch, join, shared)
    tables = [t for op in turned for t in flow.ops[op].inputs if is_table(flow, t)]
    known = [numbers for t in tables for numbers in flow.readings(t, "angles")]
    base = known[0][0] if known else 0.0
    pairs = _neighbours(flow, ops, known)
    return Rotation(ops, min(d_k, width), base, pairs)


def _table(flow: Flow, op: int) -> int | None:
    tables = (t for t in flow.ops[op].inputs if is_table(flow, t) and flow.tensors[t].size > 1)
    return next((t for t in tables if len(flow.tensors[t].shape) > 1), None)


def _ancestors(flow: Flow, branch: Branch, op: int) -> frozenset[int]:
    """The operations of the branch that `op` depends on, itself included."""
    found, todo = set(), [op]
    while todo:
        index = todo.pop()
        if index in branch.walk and index not in found:
            found.add(index)
            todo.extend(p.id for t in flow.ops[index].inputs if (p := flow.producer(t)) is not None)
    return frozenset(found)


def _join(flow: Flow, branch: Branch, before: dict[int, frozenset[int]], turned: list[int]) -> int | None:
    """The first operation that depends on every product with a table."""
    for op in sorted(branch.walk):
        if op >= max(turned) and set(turned) <= _ancestors(flow, branch, op):
            return op
    return None


def _joined_again(flow: Flow, branch: Branch, join: int, shared: frozenset[int]) -> frozenset[int]:
    """The features that are not turned come from the same tensor and are put beside those that are."""
    following, passed = flow.skip(flow.ops[join])
    if following is None or following.name != "cat" or following.id not in branch.walk:
        return frozenset()
    sources = {p.id for t in following.inputs if (p := flow.producer(t)) is not None}
    own = shared | {op for op in branch.walk if flow.is_shape(op) and _ancestors(flow, branch, op) - {op} <= shared}
    return frozenset([following.id, *passed]) if sources <= {join, *passed} | own else frozenset()


def _complex_too(
    flow: Flow, branch: Branch, shared: frozenset[int], ops: frozenset[int]
) -> tuple[frozenset[int], frozenset[int]]:
    """Going to complex numbers and back is part of a rotation by complex numbers."""
    extra = {op for op in branch.walk if flow.ops[op].name in _COMPLEX}
    return shared - extra, ops | extra


def _size(flow: Flow, ops: frozenset[int], shared: frozenset[int]) -> int:
    """Elements of what is turned, as it enters: one tensor, or the parts that one operation cut it into."""
    made = {t for op in ops for t in flow.ops[op].outputs}
    parts: dict[int, set[int]] = {}
    for t in (t for op in ops for t in flow.ops[op].inputs if t not in made and not is_table(flow, t)):
        parts.setdefault(flow.tensors[t].producer, set()).add(t)
    whole = [tensors for producer, tensors in parts.items() if producer in shared] or list(parts.values())
    return max((sum(flow.tensors[t].size for t in tensors) for tensors in whole), default=0)


def _neighbours(flow: Flow, ops: frozenset[int], known: list[tuple[float, ...]]) -> bool:
    """Read off the table, else off complex numbers or steps of two."""
    if any(numbers[2] for numbers in known):
        return True
    names = {flow.ops[op].name for op in ops}
    return bool(names & {*_COMPLEX, "stack"}) or any(_step_of_two(flow.ops[op].attrs.get("index")) for op in ops)


def _step_of_two(index: object) -> bool:
    parts = index if isinstance(index, list) else [index]
    return any(isinstance(part, dict) and part.get("slice", [0, 0, 0])[2] == 2 for part in parts)
