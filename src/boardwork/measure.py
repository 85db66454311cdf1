"""Outline -> Facts: what was measured on this model, by the words of facts.py."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from boardwork.facts import WORDS, Facts
from boardwork.outline.blocks import Block, Outline, View
from boardwork.outline.flow import Flow
from boardwork.outline.view import view
from boardwork.receptive_field import first, receptive_field
from boardwork.trace.records import Op


def measure(outline: Outline) -> Facts:
    """Facts of the whole model, and of one attention, feed-forward, norm, convolution ... that stands for its kind.

    The one that stands for its kind is in the block that the zoom opens, if that holds one.
    """
    flow = Flow(outline.trace)
    found: dict[str, Any] = {}
    for part in (
        _totals(flow, outline),
        _inputs(outline),
        _blocks(flow, outline),
        _norms(flow, outline),
        _convolutions(flow, outline),
        _head(flow, outline),
    ):
        found.update(part)
    found.update({f"receptive_field.{key}": value for key, value in receptive_field(flow).items()})
    return {key: value for key, value in found.items() if key in WORDS}


def everything(block: Block) -> Iterator[Block]:
    """Every block of every copy."""
    yield block
    for child in block.children:
        yield from everything(child)
    for copy in block.copies:
        yield from everything(copy)


def _totals(flow: Flow, outline: Outline) -> dict[str, Any]:
    parameters = [w for w in flow.trace.weights if w.parameter]
    macs = sum(flow.ops[op].macs for op in outline.root.all())  # tables made from sizes alone are not counted
    return {
        "params.total": sum(w.size for w in parameters),
        "params.trainable": sum(w.size for w in parameters if w.trainable),
        "params.bytes": sum(w.bytes for w in parameters),
        "macs.total": macs,
        "flops.total": 2 * macs,
    }


def _inputs(outline: Outline) -> dict[str, Any]:
    return {f"input.{name}": size for name, size in outline.trace.axes.items()}


def _one(outline: Outline, kind: str) -> Block | None:
    """The block that stands for its kind."""
    inside = (b for b in outline.zoom.block.walk() if b.kind == kind)
    return next(inside, None) or next((b for b in outline.root.walk() if b.kind == kind), None)


def _count(outline: Outline, kind: str) -> int:
    return sum(b.kind == kind for b in everything(outline.root))


def _blocks(flow: Flow, outline: Outline) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for kind, word in (
        ("attention", "attention"),
        ("feed_forward", "feed_forward"),
        ("recurrent", "recurrent"),
        ("patches", "patch"),
        ("excitation", "excitation"),
        ("low_rank", "low_rank"),
        ("sampling", "latent"),
        ("modulation", "modulation"),
        ("moe", "moe"),
        ("graph_convolution", "graph_convolution"),
        ("scan", "scan"),
    ):
        block = _one(outline, kind)
        if block is not None:
            found |= {f"{word}.{key}": value for key, value in block.facts.items()}
            found[f"{word}.count"] = _count(outline, kind) if kind != "patches" else block.facts["count"]
    repeated = [b for b in outline.root.walk() if b.repeat > 1 and b.path == outline.zoom.block.path]
    if repeated:
        found["layers.count"] = repeated[0].repeat
        found["layers.params"] = flow.parameters(repeated[0].one())
    found |= _tables(outline)
    recurrent = _one(outline, "recurrent")
    if recurrent is not None:
        found["recurrent.last_only"] = _last_only(flow, recurrent)
    return found


def _last_only(flow: Flow, block: Block) -> bool:
    """True when what follows sees the last state alone, not the state after every step."""
    op = next(flow.ops[i] for i in block.ops if flow.ops[i].macs)
    users = [flow.ops[u] for u in flow.users.get(op.outputs[0], ()) if u in flow.live]
    rank = len(flow.tensors[op.outputs[0]].shape)
    return rank == 3 and all(u.name == "getitem" and len(flow.tensors[u.outputs[0]].shape) < 3 for u in users)


def _tables(outline: Outline) -> dict[str, Any]:
    """Embedding tables, learned positions and the number of tokens that a patch model feeds its first layer."""
    found: dict[str, Any] = {}
    tables = [b for b in everything(outline.root) if b.kind == "embedding"]
    if tables:
        largest = max(tables, key=lambda b: b.facts["params"])
        found |= {f"embedding.{key}": value for key, value in largest.facts.items()}
        found["embedding.tied"] = any(
            len(w.names) > 1 and w.size == largest.facts["params"] for w in outline.trace.weights
        )
    learned = [b.facts["vocab"] for b in everything(outline.root) if b.kind == "position_table"]
    learned += [
        _rows(outline, b) for b in outline.big_picture.boxes if b.role == "parameter" and b.label.startswith("Position")
    ]
    if learned:
        found["position.learned"] = learned[0]
    patches, attention = _one(outline, "patches"), _one(outline, "attention")
    if patches is not None and attention is not None:  # windows and later stages see fewer than the image has
        found["patch.tokens"] = max(attention.facts["q_len"], patches.facts["count"])
    return found


def _rows(outline: Outline, box: Block) -> int:
    shape = outline.trace.tensors[box.facts["tensor"]].shape
    return int(shape[-2] if len(shape) > 1 else shape[0])


def _norms(flow: Flow, outline: Outline) -> dict[str, Any]:
    norms = [b for b in everything(outline.root) if b.role == "norm" and b.facts]
    called = [op for op in flow.ops if op.name == "batch_norm"]
    kinds = Counter(b.facts["kind"] for b in norms) + Counter({"batch": len(called)})
    if not kinds:
        return {}
    kind = kinds.most_common(1)[0][0]
    found: dict[str, Any] = {"norm.kind": kind, "norm.count": kinds.total()}
    example = next((b for b in outline.zoom.block.walk() if b.facts.get("kind") == kind and b.role == "norm"), None)
    example = example or next((b for b in norms if b.facts["kind"] == kind), None)
    if example is not None:
        found |= {f"norm.{key}": value for key, value in example.facts.items() if key in ("width", "params", "eps")}
        found |= _placement(flow, outline)
    return found


def _placement(flow: Flow, outline: Outline) -> dict[str, Any]:
    """pre: the norm's input also goes past it to the addition; post: the norm takes the sum and nobody else does."""
    layer = next((b for b in outline.root.walk() if any(c.kind == "attention" for c in b.children)), None)
    places: Counter[str] = Counter()
    for block in layer.children if layer is not None else ():
        if block.role != "norm" or block.children:
            continue
        source = flow.origin(flow.ops[block.ops[0]].inputs[0])[0].id
        users = [flow.ops[u].name for u in flow.users.get(source, ())]
        producer = flow.producer(source)
        if "add" in users:
            places["pre"] += 1
        elif producer is not None and producer.name == "add":
            places["post"] += 1
    return {"norm.placement": places.most_common(1)[0][0]} if places else {}


def _convolutions(flow: Flow, outline: Outline) -> dict[str, Any]:
    convs = [op for op in flow.ops if op.name == "conv2d"]
    inside = set(outline.zoom.block.one()) if outline.zoom_trace is outline.trace else set()
    square = [op for op in convs if len(set(flow.tensors[op.inputs[1]].shape[-2:])) == 1 and _kernel(flow, op) > 1]
    spatial = [op for op in square if op.id in inside] or square
    found: dict[str, Any] = {"residual.count": _residuals(flow, outline.root)}
    if convs:
        found["conv.count"] = len(convs)
    if spatial:
        found |= _convolution(flow, max(spatial, key=lambda op: _kernel(flow, op)))
    return found | _bottleneck(flow, outline)


def _kernel(flow: Flow, op: Op) -> int:
    return flow.tensors[op.inputs[1]].shape[-1]


def _convolution(flow: Flow, op: Op) -> dict[str, Any]:
    source, weight, result = (flow.tensors[t] for t in (op.inputs[0], op.inputs[1], op.outputs[0]))
    bias = op.slot("bias")
    padding = op.attrs.get("padding")
    found = {
        "kernel": weight.shape[-2],
        "stride": first(op.attrs.get("stride"), 1),
        "padding": first(padding, 0),
        "dilation": first(op.attrs.get("dilation"), 1),
        "groups": first(op.attrs.get("groups"), 1),
        "in_channels": source.shape[1],
        "out_channels": result.shape[1],
        "h_in": source.shape[-2],
        "h_out": result.shape[-2],
        "w_out": result.shape[-1],
        "bias": 0 if bias is None else flow.tensors[bias].size,
        "params": weight.size + (0 if bias is None else flow.tensors[bias].size),
        "macs": op.macs // source.shape[0],
        "path": flow.trace.calls[op.call].path,
    }
    if isinstance(padding, str):
        del found["padding"]
    return {f"conv.{key}": value for key, value in found.items()}


def _bottleneck(flow: Flow, outline: Outline) -> dict[str, Any]:
    block = next((b for b in outline.zoom.block.walk() if b.label == "Bottleneck block"), None)
    if block is None:
        return {}
    convs = [b for b in block.children if b.kind == "conv"][:3]
    ops = [next(flow.ops[i] for i in b.ops if flow.ops[i].name == "conv2d") for b in convs]
    if any(first(op.attrs.get("groups"), 1) > 1 for op in ops):
        return {}
    return {
        "bottleneck.width": flow.tensors[ops[2].outputs[0]].shape[1],
        "bottleneck.inner": flow.tensors[ops[1].outputs[0]].shape[1],
        "bottleneck.input": flow.tensors[ops[0].inputs[0]].shape[1],
        "bottleneck.weights": sum(flow.tensors[op.inputs[1]].size for op in ops),
    }


def _additions(drawn: View) -> int:
    """Additions that a residual branch enters."""
    return len({k.target for k in drawn.links if k.kind == "residual" and drawn.boxes[k.target].role == "add"})


def _residuals(flow: Flow, block: Block) -> int:
    """Residual additions below a block, in every copy."""
    parts = block.children
    if not parts:
        return 0
    own = _additions(view(flow, block, parts)) if any(b.role == "add" for b in parts) else 0
    return own + sum(_residuals(flow, b) for part in parts for b in (part, *part.copies))


def _head(flow: Flow, outline: Outline) -> dict[str, Any]:
    head = _one(outline, "head")
    if head is None:
        return {}
    found = {f"classifier.{key}": value for key, value in head.facts.items()}
    return found | {"classifier.params": flow.parameters(head.one())}
