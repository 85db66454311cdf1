"""Tree -> the same tree with blocks named by what they hold, in the field's terms."""

from __future__ import annotations

import dataclasses

from boardwork.outline.blocks import Block
from boardwork.outline.conv_blocks import Meaning, convolution_block
from boardwork.outline.flow import Flow

_OTHER_WORK = ("attention", "transformer_layer", "scan", "recurrent", "embedding", "head", "patches")


def name(flow: Flow, root: Block) -> Block:
    """Name every container that recognition can name, and the model's head."""
    return _head(flow, _name(flow, root))


def _name(flow: Flow, block: Block, within: bool = False) -> Block:
    """`within`: the block is part of a named block of convolutions, whose parts have no such names of their own."""
    convolutional = None if within or block.kind else _convolutional(flow, block)
    inner = within or convolutional is not None
    block = dataclasses.replace(
        block,
        children=tuple(_name(flow, child, inner) for child in block.children),
        copies=tuple(_name(flow, copy, within) for copy in block.copies),
    )
    if convolutional is not None:
        label, kind, detail, facts = convolutional
        words = "; ".join(word for word in (detail, _variant(flow, block)) if word)
        return dataclasses.replace(block, label=label, kind=kind, detail=block.detail or words, facts=facts)
    if not block.children or block.kind:
        return block
    label, kind = _meaning(flow, block)
    if not label:
        return block
    written = {"conv_block": _widths, "mlp": _layers}.get(kind)
    detail = written(block) if written is not None else _variant(flow, block)
    return dataclasses.replace(block, label=label, kind=kind, detail=block.detail or detail)


def _meaning(flow: Flow, block: Block) -> tuple[str, str]:
    inside = [b for child in block.children for b in child.walk()]
    direct = [b.kind for b in block.children]
    attention = [b for b in inside if b.kind == "attention"]
    if any(b.repeat > 1 or b.again or b.kind == "transformer_layer" for b in inside):
        return "", ""
    if attention and any(b.kind in ("feed_forward", "moe") for b in inside):
        crossed = any(b.facts["cross"] for b in attention)
        causal = any(b.facts["causal"] for b in attention)
        return ("Decoder layer" if crossed or causal else "Encoder layer"), "transformer_layer"
    if "scan" in direct:
        return "State-space block", "state_space_block"
    convs = [b for b in block.children if b.kind == "conv"]
    if convs and set(direct) <= {"conv", "norm", "activation", "pool"} and len(convs) > 1:
        return "Convolution block", "conv_block"
    if direct.count("linear") > 1 and set(direct) <= {"linear", "norm", "activation"}:
        return "MLP", "mlp"
    return "", ""


def _convolutional(flow: Flow, block: Block) -> Meaning | None:
    """The name of a block that holds nothing but convolutions and what goes with them, once."""
    inside = [b for child in block.children for b in child.walk()]
    once = all(b.repeat == 1 and not b.again for b in inside)
    if not once or not any(b.kind == "conv" for b in inside) or any(b.kind in _OTHER_WORK for b in inside):
        return None
    return convolution_block(flow, block)


def _widths(block: Block) -> str:
    """Channels in and out of a run of convolutions."""
    convs = [b for b in block.children if b.kind == "conv"]
    first, last = convs[0].detail.partition(" →")[0], convs[-1].detail.rpartition("→ ")[2]
    return f"{len(convs)} convolutions, {first} → {last.partition(',')[0]}"


def _layers(block: Block) -> str:
    """Widths before, between and after a run of linear layers."""
    widths = [b.detail.split(" → ") for b in block.children if b.kind == "linear"]
    return " → ".join([widths[0][0], *(after for _, after in widths)]) if all(len(w) == 2 for w in widths) else ""


def _variant(flow: Flow, block: Block) -> str:
    """What the drawn copy has and the others have not: a projection, a skip."""
    if not block.copies:
        return ""
    which = "the first" if min(block.one()) < min(op for copy in block.copies for op in copy.one()) else "one"
    if all(_products(flow, copy) < _products(flow, block) for copy in block.copies):
        return f"{which} has a projection"
    plain = [copy for copy in block.copies if _additions(flow, copy) < _additions(flow, block)]
    return f"{len(plain)} of them without a skip" if plain else ""


def _products(flow: Flow, block: Block) -> int:
    return sum(flow.ops[op].macs > 0 for op in block.one())


def _additions(flow: Flow, block: Block) -> int:
    return sum(flow.ops[op].name == "add" and len(flow.data_inputs(flow.ops[op])) > 1 for op in block.one())


def _head(flow: Flow, root: Block) -> Block:
    """The last linear layer, named by what it answers: vocabulary, classes."""
    produced = {flow.tensors[t].producer for t in flow.outputs}
    last = max((op for op in produced if op >= 0), default=-1)
    pooled = any(b.kind == "global_pool" for b in root.walk())
    kinds = {b.kind for b in root.walk()}
    classifies = pooled or bool(kinds & {"patches", "conv"} and kinds & {"select", "pool"})
    vocab = {b.facts["vocab"] for b in root.walk() if b.kind == "embedding"}
    seen: list[Block] = []

    def visit(block: Block) -> Block:
        if block.kind == "linear" and not block.children and _ends_at(flow, block, last):
            seen.append(block)
            width = flow.tensors[flow.ops[last].outputs[0]].shape[-1]
            label = "LM head" if width in vocab else "Classifier" if classifies else "Linear head"
            facts = {"classes": width, "width": _width(flow, block), "pooled": pooled}
            return dataclasses.replace(block, label=label, role="head", kind="head", facts=facts)
        return dataclasses.replace(block, children=tuple(map(visit, block.children)))

    top = any(
        b.kind == "transformer_layer" or b.repeat > 1 or b.kind in ("embedding", "recurrent", "conv")
        for b in root.walk()
    )
    return visit(root) if top else root


def _ends_at(flow: Flow, block: Block, last: int) -> bool:
    return last in block.ops and all(flow.is_shape(op) or flow.ops[op].name in ("linear", "addmm") for op in block.ops)


def _width(flow: Flow, block: Block) -> int:
    op = next(flow.ops[i] for i in block.ops if flow.ops[i].name in ("linear", "addmm"))
    slot = op.slot("input")
    return flow.tensors[op.inputs[0] if slot is None else slot].shape[-1]
