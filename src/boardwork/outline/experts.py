"""Flow -> mixture of experts: scores over E experts, the best k of them, their results added with weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from boardwork.outline.blocks import Pattern
from boardwork.outline.feed_forward import activation_name
from boardwork.outline.flow import Flow
from boardwork.outline.product import Product, product
from boardwork.trace.records import Op


def mixtures(flow: Flow) -> Iterator[list[Pattern]]:
    """For every mixture: router, experts, and last the frame round them."""
    for op in flow.ops:
        if op.name == "topk" and flow.is_data(op.id):
            router = _router(flow, op)
            found = None if router is None else _mixture(flow, op, router)
            if found is not None:
                yield found


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
    wanted = flow.tensors[topk.inputs[0]].shape[-1]
    return ends[0] if len(ends) == 1 and ends[0].after == wanted > flow.tensors[topk.outputs[0]].shape[-1] else None


def _mixture(flow: Flow, topk: Op, router: Product) -> list[Pattern] | None:
    last = _joined(flow, topk, router)
    region = set() if last is None else _region(flow, router, last)
    layers = [p for i in sorted(region) if i != router.op.id and (p := product(flow, flow.ops[i])) is not None]
    if len(layers) < 2 or topk.id not in region:
        return None
    experts = _after(flow, region, {p.op.id for p in layers})
    facts = _facts(flow, region, topk, router, layers)
    if facts is None:
        return None
    return _patterns(flow, frozenset(region), frozenset(experts), facts)


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
    found = set(start)
    for index in sorted(region):
        if any(flow.tensors[t].producer in found for t in flow.ops[index].inputs):
            found.add(index)
    return found


def _facts(flow: Flow, region: set[int], topk: Op, router: Product, layers: list[Product]) -> dict[str, Any] | None:
    """Widths of one expert and what all hold, or None when the experts are not alike."""
    experts, chosen = router.after, flow.tensors[topk.outputs[0]].shape[-1]
    d_model, d_ff = router.before, layers[-1].before
    into = [p for p in layers if p.before == d_model and p.after % d_ff == 0]
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


def _patterns(flow: Flow, region: frozenset[int], experts: frozenset[int], facts: dict[str, Any]) -> list[Pattern]:
    words = f"{facts['d_model']} → {facts['d_ff']} → {facts['d_model']}"
    inner = f"{words}, {'gated ' if facts['matrices'] == 3 else ''}{facts['activation']}"
    chosen = f"top-{facts['top_k']} of {facts['experts']}"
    scores = f"{facts['d_model']} → {facts['experts']}"
    boxes = [
        Pattern("router", region - experts, f"Router, {chosen}", "linear", scores),
        Pattern("experts", experts, f"{chosen.capitalize()} experts", "feed_forward", inner),
    ]
    detail = f"{chosen} experts, {words}"
    return [*boxes, Pattern("moe", region, "Mixture of experts", "feed_forward", detail, leaf=False, facts=facts)]
