"""Tree -> the same tree with its last linear layer named by what it answers: vocabulary, classes."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence

from boardwork.outline.blocks import Block
from boardwork.outline.flow import Flow

_SPECIAL = 0.01  # of the rows of a table of words: those that are never answered, as a place for an image
_ONE_ANSWER = 2  # axes of one answer a sample
_ON_ANSWERS = frozenset(("mul", "div", "add", "tanh", "clamp", "softmax", "log_softmax"))


def with_head(flow: Flow, root: Block) -> Block:
    """The last linear layer, named by what it answers: vocabulary, classes."""
    produced = {flow.tensors[t].producer for t in flow.outputs}
    last = _answer(flow, max((op for op in produced if op >= 0), default=-1))
    pooled = any(b.kind == "global_pool" for b in root.walk())
    kinds = {b.kind for b in root.walk()}
    classifies = pooled or bool(kinds & {"patches", "conv"} and kinds & {"select", "pool"})
    tables = {b.facts["vocab"] for b in root.walk() if b.kind == "embedding"}

    def visit(block: Block) -> Block:
        if block.kind == "linear" and not block.children and _ends_at(flow, block, last):
            shape = flow.tensors[flow.ops[last].outputs[0]].shape
            width = shape[-1]
            vocab = _words(width, tables) if _everywhere(flow, shape) or _is_table(flow, last) else 0
            label = "LM head" if vocab else "Classifier" if classifies else "Linear head"
            facts = {"classes": width, "width": _width(flow, block), "pooled": pooled, "vocab": vocab}
            return dataclasses.replace(block, label=label, role="head", kind="head", facts=facts)
        return dataclasses.replace(block, children=tuple(map(visit, block.children))) if block.children else block

    top = any(
        b.kind == "transformer_layer" or b.repeat > 1 or b.kind in ("embedding", "recurrent", "conv")
        for b in root.walk()
    )
    return visit(root) if top else root


def _words(width: int, tables: Collection[int]) -> int:
    """Rows of the table of words that so many answers are a choice from, but for special ones; 0 if none."""
    return min((rows for rows in tables if (1 - _SPECIAL) * rows <= width <= rows), default=0)


def _everywhere(flow: Flow, shape: Sequence[int]) -> bool:
    """True for answers at every position: as many classes as words, once a sample, are no words."""
    return len(shape) > _ONE_ANSWER or (len(shape) == _ONE_ANSWER and shape[0] != flow.trace.axes.get("batch"))


def _is_table(flow: Flow, last: int) -> bool:
    """True where the layer's weight is a table that words are looked up in."""
    weights = {flow.origin(t)[0].id for t in flow.ops[last].inputs if flow.is_weight(t)}
    return any(op.name == "embedding" and weights & {flow.origin(t)[0].id for t in op.inputs} for op in flow.ops)


def _answer(flow: Flow, last: int) -> int:
    """The operation before what is done to each number of an answer by itself: a soft cap, a temperature."""
    while last >= 0 and flow.ops[last].name in _ON_ANSWERS and len(data := flow.data_inputs(flow.ops[last])) == 1:
        last = flow.tensors[data[0]].producer
    return last


def _ends_at(flow: Flow, block: Block, last: int) -> bool:
    return last in block.ops and all(flow.is_shape(op) or flow.ops[op].name in ("linear", "addmm") for op in block.ops)


def _width(flow: Flow, block: Block) -> int:
    op = next(flow.ops[i] for i in block.ops if flow.ops[i].name in ("linear", "addmm"))
    slot = op.slot("input")
    return flow.tensors[op.inputs[0] if slot is None else slot].shape[-1]
