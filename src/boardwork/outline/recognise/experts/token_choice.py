"""Flow -> tokens that are chosen by their scores: the best k are taken out, and what comes of them is put back.

Sources: mixture of depths, arXiv:2404.02258; expert choice, arXiv:2202.09368. What is scored in pairs chooses
neighbours, each position its own: arXiv:1801.07829 section 3.1.
"""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.trace.records import Op

_TAKES = ("gather", "getitem", "index_select", "take_along_dim")
_PAIRED = ("cdist", "matmul", "bmm", "baddbmm", "einsum", "sub")
_PUTS = ("scatter_add", "index_add", "scatter", "index_copy")


def token_choices(flow: Flow) -> Iterator[list[Pattern]]:
    """A box for every choice with the taking of its tokens, and one for every place where they are put back."""
    for op in flow.ops:
        if op.name != "topk" or not flow.is_data(op.id) or len(op.outputs) < 2:
            continue
        users = [user for user in _behind(flow, op.outputs[1]) if flow.is_data(user.id)]
        taken = [user for user in users if user.name in _TAKES and _is_wide(flow, user)]
        put = [user for user in users if user.name in _PUTS and _is_wide(flow, user)]
        if taken:
            k, among = flow.tensors[op.outputs[1]].shape[-1], flow.tensors[op.inputs[0]].shape[-1]
            ops = {op.id, taken[0].id, *flow.origin(taken[0].inputs[-1])[1]}
            if _scores_pairs(flow, op):
                facts = {"chosen": k, "among": among}
                yield [Pattern("neighbours", frozenset(ops), f"{k} neighbours", "reshape", "each its own", facts=facts)]
                continue
            facts = {"chosen": k, "tokens": among}
            yield [Pattern("token_choice", frozenset(ops), f"Top-{k} positions", "reshape", f"of {among}", facts=facts)]
        for back in put if taken else ():
            added = "add" in back.name
            yield [Pattern("put_back", frozenset([back.id]), "Add to their places" if added else "Put back", "other")]


def _scores_pairs(flow: Flow, choice: Op) -> bool:
    """True where the scores compare two sets of rows, as distances or products do; a layer's scores do not."""
    op: Op | None = choice
    while op is not None:
        given = flow.data_inputs(op)
        largest = max(given, key=lambda tensor: flow.tensors[tensor].size, default=-1)
        if op.name in _PAIRED and len(given) > 1:
            grows = flow.tensors[op.outputs[0]].size > flow.tensors[largest].size
            if grows or op.name != "sub":
                return True
        op = flow.producer(largest) if given and not flow.held([op.id]) else None
    return False


def _behind(flow: Flow, tensor: int) -> Iterator[Op]:
    """Users of a tensor, also behind moves of it."""
    todo = [tensor]
    while todo:
        for op in map(flow.ops.__getitem__, flow.users.get(todo.pop(), ())):
            whole = flow.tensors[op.outputs[0]].size == flow.tensors[op.inputs[0]].size  # index[..., None]
            if flow.is_shape(op.id) and (op.name not in _TAKES or whole):
                todo.extend(op.outputs)
            else:
                yield op


def _is_wide(flow: Flow, op: Op) -> bool:
    """True where whole tokens move, and no single scores."""
    return flow.tensors[op.outputs[0]].shape[-1] > 1 and len(flow.tensors[op.inputs[0]].shape) > 1
