"""Flow -> mixture of experts: scores over E experts, the best k of them, their results added with weights."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.learned_curve import activation_name
from boardwork.outline.recognise.product import Product, product
from boardwork.trace.records import Op

_CHOOSING = ("topk", "max", "argmax")


def mixtures(flow: Flow) -> Iterator[list[Pattern]]:
    """For every mixture: router, experts, and last the frame round them."""
    choices: dict[int, tuple[Product, list[Op]]] = {}
    for op in flow.ops:
        if op.name in _CHOOSING and flow.is_data(op.id) and (router := _router(flow, op)) is not None:
            choices.setdefault(router.op.id, (router, []))[1].append(op)
    seen: set[int] = set()
    for router, choosing in choices.values():
        for op in _deciding(flow, choosing):
            found = None if op.id in seen else _mixture(flow, op, router)
            if found is not None:
                seen |= found[-1].ops
                yield found


def _deciding(flow: Flow, choosing: list[Op]) -> list[Op]:
    """Those whose choice is taken: a best two of each group that only add up to the group's score decide nothing."""
    taken = [op for op in choosing if op.name == "topk" and flow.users.get(op.outputs[-1])]
    return taken or choosing


def _chosen(flow: Flow, op: Op) -> int:
    """How many alternatives the operation chooses for each token: k of topk, 1 of max and argmax."""
    return flow.tensors[op.outputs[0]].shape[-1] if op.name == "topk" else 1


def _router(flow: Flow, topk: Op) -> Product | None:
    """The one layer that the scores come from; it has an output for each of the scores."""
    todo, ends = [topk.inputs[0]], []
    seen: set[int] = set()
    while todo and len(seen) < 64:
        op = flow.producer(todo.pop())
        if op is None or op.id in seen or not flow.is_data(op.id):
            continue
        seen.add(op.id)
        layer = product(flow, op)
        if layer is not None:
            ends.append(layer)
        else:
            todo.extend(flow.data_inputs(op))
    scores = flow.tensors[topk.inputs[0]].shape
    rows = flow.tensors[topk.inputs[0]].size // scores[-1]
    over_all = topk.name == "topk" or flow.tensors[topk.outputs[0]].size == rows
    chosen = _chosen(flow, topk)
    return ends[0] if len(ends) == 1 and over_all and ends[0].after == scores[-1] > chosen else None


def _mixture(flow: Flow, topk: Op, router: Product) -> list[Pattern] | None:
    last = _joined(flow, topk, router)
    region = set() if last is None else _region(flow, router, last)
    layers = [p for i in sorted(region) if i != router.op.id and (p := product(flow, flow.ops[i])) is not None]
    if len(layers) < 2 or topk.id not in region:
        return None
    first = {p.op.id for p in layers}
    experts = first | _after(flow, region, first)
    facts = _facts(flow, region, topk, router, layers)
    if facts is None or last is None:
        return None
    always = _always_on(flow, flow.origin(router.data)[0].id, last)
    return _patterns(frozenset(region), frozenset(experts), frozenset(always), facts | _shared(flow, always, facts))


def _always_on(flow: Flow, source: int, last: int) -> set[int]:
    """What is added to the result of the chosen experts and made from the same input by layers: shared experts."""
    add, passed = flow.next_op(flow.ops[last])
    other = [t for t in add.inputs if t not in _results(flow, (last, *passed))] if add is not None else []
    if add is None or add.name != "add" or len(other) != 1:
        return set()
    branch = _made_from(flow, other[0], source)
    layers = [i for i in branch if product(flow, flow.ops[i]) is not None]
    return {*branch, *passed, add.id} if len(layers) > 1 else set()


def _results(flow: Flow, ops: Iterable[int]) -> set[int]:
    return {t for i in ops for t in flow.ops[i].outputs}


def _made_from(flow: Flow, tensor: int, source: int) -> set[int]:
    """Operations that make a tensor from `source` alone; none when another input has a part in it."""
    found: set[int] = set()
    todo = [tensor]
    while todo:
        current = todo.pop()
        op = flow.producer(current)
        if current == source or flow.is_weight(current) or flow.is_constant(current):
            continue
        if op is None or op.id < flow.tensors[source].producer:
            return set()
        if op.id not in found:
            found.add(op.id)
            todo.extend(op.inputs)
    return found


def _shared(flow: Flow, always: set[int], facts: dict[str, Any]) -> dict[str, int]:
    """Hidden width of what always works, and how many experts that is."""
    layers = [p for i in always if (p := product(flow, flow.ops[i])) is not None and p.after == facts["d_model"]]
    if not layers:
        return {}
    width = max(p.before for p in layers)
    return {"shared": max(1, width // facts["d_ff"]), "shared_ff": width}


def _joined(flow: Flow, topk: Op, router: Product) -> int | None:
    """The operation at which all that the choice has an effect on is one tensor again, as large as the input."""
    size = flow.tensors[router.data].size
    reached: set[int] = set(topk.outputs)
    waiting = {t: _last_use(flow, t) for t in topk.outputs}
    for op in flow.ops[topk.id + 1 :]:
        if not flow.is_data(op.id) or not reached & set(op.inputs):
            continue
        reached.update(op.outputs)
        waiting |= {t: _last_use(flow, t) for t in op.outputs}
        waiting = {t: end for t, end in waiting.items() if end > op.id or t in flow.outputs}
        summed = not flow.is_shape(op.id) and flow.tensors[op.outputs[0]].shape[-1:] == (router.before,)
        if summed and flow.tensors[op.outputs[0]].size == size and set(waiting) <= {op.outputs[0]}:
            return op.id
    return None


def _last_use(flow: Flow, tensor: int) -> int:
    return max((u for u in flow.users.get(tensor, ()) if u in flow.live), default=-1)


def _region(flow: Flow, router: Product, last: int) -> set[int]:
    """Operations between the input of the router and `last` that depend on that input."""
    source = flow.origin(router.data)[0].id
    depends: set[int] = set()
    reached = {source}
    start = flow.tensors[source].producer + 1
    for op in flow.ops[start : last + 1]:
        if reached & set(op.inputs) and flow.is_data(op.id):
            depends.add(op.id)
            reached.update(op.outputs)
    region, todo = {last}, [last]
    while todo:
        for tensor in flow.ops[todo.pop()].inputs:
            producer = flow.tensors[tensor].producer
            if producer in depends and producer not in region:
                region.add(producer)
                todo.append(producer)
    return region


def _after(flow: Flow, region: set[int], start: set[int]) -> set[int]:
    """Operations of the region that use a result of `start`, directly or not."""
    found: set[int] = set()
    for index in sorted(region):
        makers = {flow.tensors[t].producer for t in flow.ops[index].inputs}
        if makers & start or makers & found:
            found.add(index)
    return found


def _facts(flow: Flow, region: set[int], topk: Op, router: Product, layers: list[Product]) -> dict[str, Any] | None:
    """Widths of one expert and what all hold, or None when the experts are not alike."""
    experts, chosen = router.after, _chosen(flow, topk)
    d_model, d_ff = router.before, layers[-1].before
    deeper = _after(flow, region, {p.op.id for p in layers})
    into = [p for p in layers if p.op.id not in deeper and p.before == d_model and p.after % d_ff == 0]
    count = experts if layers[0].rank == 2 else 1
    matrices, rest = divmod(sum(p.after for p in into), d_ff * count)
    used = {flow.origin(t)[0].id for i in region if i != router.op.id for t in flow.ops[i].inputs}
    params = sum(flow.tensors[t].size for t in used if flow.tensors[t].kind == "parameter")
    bias = params - sum(p.params - p.bias for p in layers)
    if rest or layers[-1].after != d_model or params != experts * (matrices + 1) * d_model * d_ff + bias:
        return None
    return {
        "experts": experts, "top_k": chosen, "d_model": d_model, "d_ff": d_ff, "matrices": matrices + 1, "bias": bias,
        "params": params, "expert_params": params // experts, "router_params": router.params,
        "activation": activation_name(flow, {i for i in region if i > topk.id}),
    }  # fmt: skip


def _patterns(
    region: frozenset[int], experts: frozenset[int], always: frozenset[int], facts: dict[str, Any]
) -> list[Pattern]:
    words = f"{facts['d_model']} → {facts['d_ff']} → {facts['d_model']}"
    inner = f"{words}, {'gated ' if facts['matrices'] == 3 else ''}{facts['activation']}"
    chosen = f"top-{facts['top_k']} of {facts['experts']}"
    scores = f"{facts['d_model']} → {facts['experts']}"
    boxes = [
        Pattern("router", region - experts, f"Router, {chosen}", "linear", scores),
        Pattern("experts", experts, f"{chosen.capitalize()} experts", "feed_forward", inner),
    ]
    shared = f", {facts['shared']} shared" if "shared" in facts else ""
    detail, frame = f"{chosen} experts{shared}, {words}", region | always
    return [*boxes, Pattern("moe", frame, "Mixture of experts", "feed_forward", detail, leaf=False, facts=facts)]
