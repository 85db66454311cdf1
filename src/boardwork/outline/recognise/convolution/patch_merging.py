"""Flow -> patch merging: neighbours of a grid side by side in one vector, then a linear layer."""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.norms.arithmetic import CALLED
from boardwork.outline.recognise.product import Product, product
from boardwork.trace.records import Op

_STEPS = 2  # cuts of one axis each
_VIEWS = ("view", "reshape", "unflatten")


def patch_mergings(flow: Flow) -> Iterator[list[Pattern]]:
    """A frame round every linear layer on vectors that hold a square of neighbours, with the norm between."""
    for op in flow.ops:
        layer = product(flow, op) if flow.is_data(op.id) else None
        found = None if layer is None else _at(flow, layer)
        if found is not None:
            yield [found]


def _at(flow: Flow, layer: Product) -> Pattern | None:
    reached, passed = flow.origin(layer.data)
    made = flow.producer(reached.id)
    ops = {layer.op.id, *passed}
    if made is not None and made.name in CALLED and len(flow.data_users(made)) == 1:
        ops.add(made.id)
        reached, further = flow.origin(made.inputs[0])
        ops.update(further)
        passed, made = (*passed, *further), flow.producer(reached.id)
    cuts = _cuts(flow, made) if made is not None else []
    side = round(len(made.inputs) ** 0.5) if made is not None and cuts else 0
    if cuts and made is not None:
        ops |= {made.id, *(op.id for op in cuts)}
    else:
        side = next((n for i in passed if (n := _side_of_view(flow, flow.ops[i], layer.before))), 0)
    if not side or layer.before % side**2:
        return None
    detail = f"{side} × {side} neighbours, {layer.before} → {layer.after}"
    facts = {"side": side, "input": layer.before, "output": layer.after, "params": layer.params, "bias": layer.bias}
    return Pattern("patch_merging", frozenset(ops), "Patch merging", "pool", detail, leaf=False, facts=facts)


def _cuts(flow: Flow, join: Op) -> list[Op]:
    """The s × s cuts of one grid, with steps of s along two axes at once or one after the other; else none."""
    side = round(len(join.inputs) ** 0.5)
    if join.name != "cat" or side < 2 or side**2 != len(join.inputs):
        return []
    cuts, ends = list[Op](), set(join.inputs)
    for _ in range(_STEPS):
        made = [cut for t in ends if (cut := flow.producer(t)) is not None and cut.name == "getitem"]
        if len(made) != len(ends):
            return []
        cuts, ends = [*cuts, *made], {cut.inputs[0] for cut in made}
        if len(ends) == 1:
            break
    whole, part = flow.tensors[min(ends)], flow.tensors[join.inputs[0]]
    alone = len(ends) == 1 and whole.size <= part.size * side**2
    return cuts if alone and _halved(whole.shape, part.shape, side) else []


def _halved(before: tuple[int, ...], after: tuple[int, ...], side: int) -> bool:
    """True when exactly two axes are `side` times shorter."""
    changed = [-(-b // side) == a for b, a in zip(before, after, strict=False) if a != b]
    return len(before) == len(after) and changed == [True, True]


def _side_of_view(flow: Flow, view: Op, width: int) -> int:
    """s when two axes of a grid are split into parts of s whose s × s vectors are `width` wide; 0 otherwise."""
    if view.name not in _VIEWS:
        return 0
    before, after = flow.tensors[view.inputs[0]].shape, flow.tensors[view.outputs[0]].shape
    if len(before) != 4 or len(after) != 6 or (before[0], before[3]) != (after[0], after[5]):
        return 0
    split = after[2] == after[4] > 1 and before[1] == after[1] * after[2]
    return after[2] if split and before[3] * after[2] ** 2 == width else 0
