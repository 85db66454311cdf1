"""Outline -> facts of one attention, feed-forward, recurrence ... that stands for its kind, and how many there are."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

from boardwork.measure.examples import count, everything, one
from boardwork.outline.blocks import Block, Outline
from boardwork.outline.flow import Flow
from boardwork.trace.records import Op

# What recognition calls a block -> the first half of its facts' names.
_WORDS = {
    kind: kind
    for kind in (
        "attention",
        "deformable_attention",
        "feed_forward",
        "recurrent",
        "excitation",
        "low_rank",
        "modulation",
        "moe",
        "graph_convolution",
        "scan",
        "bottleneck",
        "codebook",
        "message_passing",
        "wide_kernel",
        "inception",
        "fire",
        "sinusoid",
        "positional_encoding",
        "long_convolution",
        "patch_merging",
        "linear_recurrence",
        "delta_rule",
        "coupling",
        "invertible_convolution",
        "gated_block",
        "routing",
        "warp",
        "soft_moe",
        "path_sum",
        "log_scan",
        "token_choice",
        "neighbours",
        "mixture_density",
        "highway",
        "choice",
        "aggregation",
        "residual_block",
        "separable",
        "gated_convolution",
        "response_norm",
        "unit_length",
        "frozen_norm",
        "token_shift",
        "dynamic_conv",
        "codebooks",
        "dot_product",
        "embedding_bag",
        "map_cell",
    )
} | {
    "inverted_residual": "inverted",
    "fused_inverted_residual": "fused_inverted",
    "dense_layer": "dense",
    "atrous_pyramid": "atrous",
    "shuffle_unit": "shuffle",
    "patches": "patch",
    "sampling": "latent",
    "head": "classifier",
    "cross_layer": "cross",
    "factorisation": "pairs",
}


_CELLS = ("recurrent", "map_cell")


def parts(flow: Flow, outline: Outline) -> dict[str, Any]:
    """What the recogniser measured on one of each kind; the number of patches is that of one image."""
    found: dict[str, Any] = {}
    for kind, word in _WORDS.items():
        block = one(outline, kind)
        if block is not None:
            found[f"{word}.count"] = count(outline, kind)
            found |= {f"{word}.{key}": value for key, value in block.facts.items()}
    return (
        found
        | _repeated(flow, outline)
        | _layers_alone(flow, outline)
        | _recurrent(flow, outline)
        | _refining(flow, outline)
        | _head(flow, outline)
    )


def _repeated(flow: Flow, outline: Outline) -> dict[str, Any]:
    """The block that the zoom opens, if it stands for several."""
    drawn = next((b for b in outline.root.walk() if b.repeat > 1 and b.path == outline.zoom.block.path), None)
    return {} if drawn is None else {"layers.count": drawn.repeat, "layers.params": flow.parameters(drawn.one())}


def _layers_alone(flow: Flow, outline: Outline) -> dict[str, Any]:
    """Whether the model is transformer layers and nothing that says what goes in or comes out."""
    blocks = [b for b in everything(outline.root) if b.kind in ("attention", "feed_forward", "moe") or b.role == "norm"]
    if not any(b.kind == "attention" for b in blocks):
        return {}
    held = flow.parameters({op for block in blocks for op in block.one()})
    return {"layers.alone": held == sum(w.size for w in flow.trace.weights if w.parameter)}


def _recurrent(flow: Flow, outline: Outline) -> dict[str, Any]:
    block = next((b for b in outline.root.walk() if b.kind == "recurrent"), None)  # what is opened has lost its runs
    return {} if block is None else {"recurrent.last_only": _last_only(flow, block)}


def _refining(flow: Flow, outline: Outline) -> dict[str, Any]:
    """Whether a loop round a recurrent cell reads no sequence: each turn takes from outside what the first took."""
    for loop in (block for block in outline.root.walk() if block.again):
        kind = next((part.kind for part in loop.walk() if part.kind in _CELLS), "")
        first, *others = _taken_by_turn(flow, [turn.one() for turn in (replace(loop, again=()), *loop.again)])
        if kind:
            return {f"{kind}.refines": True} if all(other <= first for other in others) else {}
    return {}


def _taken_by_turn(flow: Flow, turns: Sequence[Collection[int]]) -> list[set[object]]:
    """What each turn takes from outside of all: of a tensor, the piece."""
    own = {op for turn in turns for op in turn}
    working = ([op for op in turn if not flow.is_shape(op)] for turn in turns)
    return [{_piece(flow, t) for t in flow.taken(ops) if flow.origin(t)[0].producer not in own} for ops in working]


def _piece(flow: Flow, tensor: int) -> object:
    """Equal for the same piece of the same tensor, cut twice."""
    source, passed = flow.origin(tensor)
    return source.id, *((flow.ops[op].name, str(flow.ops[op].attrs)) for op in passed)


def _head(flow: Flow, outline: Outline) -> dict[str, Any]:
    block = one(outline, "head")
    if block is None:
        return {}
    found = {"classifier.params": flow.parameters(block.one())}
    batch = outline.trace.axes.get("batch", 0)
    return found | {"classifier.head_params": flow.parameters(_dense(flow, flow.ops[max(block.one())], batch))}


def _dense(flow: Flow, last: Op, batch: int) -> Iterator[int]:
    """The linear layers on one vector a sample that lead to the last one; norms between them are passed."""
    op: Op | None = last
    while op is not None and flow.tensors[op.outputs[0]].shape[:-1] == (batch,):
        if op.macs:
            yield op.id
        data = flow.data_inputs(op)
        op = flow.producer(flow.origin(data[0])[0].id) if len(data) == 1 else None


def _last_only(flow: Flow, block: Block) -> bool:
    """True when what follows sees the last state alone, not the state after every step."""
    if block.children:  # written out, one run a step
        inside = set(block.one())
        last = set(block.again[-1].one()) if block.again else set()
        users = [user.id for i in inside - last for user in flow.data_users(flow.ops[i])]
        return bool(last) and all(user in inside for user in users)
    op = next(flow.ops[i] for i in block.ops if flow.ops[i].macs)
    taking = [flow.ops[u] for u in flow.users.get(op.outputs[0], ()) if u in flow.live]
    rank = len(flow.tensors[op.outputs[0]].shape)
    return rank == 3 and all(u.name == "getitem" and len(flow.tensors[u.outputs[0]].shape) < 3 for u in taking)
