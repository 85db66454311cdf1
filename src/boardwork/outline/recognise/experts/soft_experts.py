"""Flow -> soft mixture of experts: slots that are means of all tokens, and tokens that are means of all slots.

arXiv:2308.00951 section 2
"""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.trace.records import Op

_PRODUCTS = ("matmul", "bmm", "einsum")
_MOST = 200


def soft_mixtures(flow: Flow) -> Iterator[list[Pattern]]:
    """Two softmaxes of one table of scores, over tokens and over slots; what lies between them are the experts."""
    shared: dict[int, list[Op]] = {}
    for op in flow.ops:
        if op.name == "softmax" and flow.is_data(op.id):
            shared.setdefault(flow.origin(op.inputs[0])[0].id, []).append(op)
    for scores, pair in shared.items():
        taken = [flow.next_op(softmax) for softmax in pair]
        products = [op for op, _ in taken if op is not None and op.name in _PRODUCTS]
        if len(pair) == len(products) == 2:
            first, last = sorted(products, key=lambda op: op.id)
            moved = {i for _, passed in taken for i in passed}
            between = _between(flow, first, last)
            weights = [flow.tensors[t].shape for op in between for t in flow.ops[op].inputs if flow.is_weight(t)]
            if any(flow.ops[op].macs for op in between - {first.id, last.id}) and weights:
                moved |= {i for softmax in pair for i in (softmax.id, *flow.origin(softmax.inputs[0])[1])}
                yield _patterns(flow, scores, (first, last), between | {i for i in moved if flow.is_data(i)})


def _between(flow: Flow, first: Op, last: Op) -> set[int]:
    """Operations on a path from one product to the other."""
    reached = {first.id}
    for op in flow.ops[first.id + 1 : last.id + 1]:
        if any(flow.tensors[t].producer in reached for t in op.inputs):
            reached.add(op.id)
    found: set[int] = set()
    todo = [last.id]
    while todo and len(found) < _MOST:
        op_id = todo.pop()
        if op_id in reached and op_id not in found:
            found.add(op_id)
            todo.extend(flow.tensors[t].producer for t in flow.ops[op_id].inputs)
    return found if first.id in found else set()


def _patterns(flow: Flow, scores: int, ends: tuple[Op, Op], inside: set[int]) -> list[Pattern]:
    first, last = ends
    tokens, width = flow.tensors[last.outputs[0]].shape[-2:]
    shape = flow.tensors[scores].shape
    slots = flow.tensors[scores].size // shape[0] // tokens
    learned = (flow.origin(t)[0] for op in inside for t in flow.ops[op].inputs)
    experts = next((t.shape[0] for t in learned if t.kind == "parameter" and len(t.shape) == 3), 0)
    facts = {"slots": slots, "tokens": tokens, "width": width, "batch": shape[0], "macs": first.macs}
    if experts:
        facts["experts"] = experts
    made = flow.producer(scores)
    router = {made.id} if made is not None and made.macs else set()
    words = f"{experts} experts, {slots} slots" if experts else f"{slots} slots"
    return [
        Pattern("slots", frozenset({first.id}), "Slots: means of all tokens", "matmul"),
        Pattern("slots", frozenset({last.id}), "Tokens: means of all slots", "matmul"),
        Pattern(
            "soft_moe",
            frozenset(inside | router),
            "Soft mixture of experts",
            "feed_forward",
            words,
            False,
            facts,
        ),
    ]
