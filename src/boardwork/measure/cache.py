"""Outline -> facts of what decoding keeps of the past: keys and values of every layer, states of recurrences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from boardwork.law_names import names_in
from boardwork.measure.examples import everything
from boardwork.outline.blocks import Block, Outline
from boardwork.outline.flow import Flow
from boardwork.trace.records import Op, Tensor


def cache(flow: Flow, outline: Outline) -> dict[str, Any]:
    """Keys and values of one token, summed over the distinct layers; layers that see a window stop growing there."""
    attentions = [b for b in everything(outline.root) if b.kind == "attention"]
    blocks = [b for b in attentions if not b.facts.get("channels") and not _sums_up(b)]
    own = [b for b in blocks if not b.facts["cross"]]
    causal = [b for b in own if b.facts["causal"]]
    layers = causal or own
    if not layers:
        return {}
    each = [_kept(flow, block) for block in layers]
    windows = [block.facts.get("window", 0) for block in layers]
    after = _after(flow, causal)
    decodes = bool(causal) and _decodes(flow, outline, causal[-1], after)
    found: dict[str, Any] = {
        "cache.layers": len(layers),
        "cache.alike": len(set(each)) == 1,
        "cache.element_bytes": _made(flow, layers[0]).element_bytes,
        "cache.token_bytes": sum(each),
        "cache.decodes": decodes,
    }
    if any(windows):
        found["cache.window_layers"] = sum(map(bool, windows))
        found["cache.open_bytes"] = sum(kept for kept, window in zip(each, windows, strict=True) if not window)
        found["cache.window_token_bytes"] = sum(kept for kept, window in zip(each, windows, strict=True) if window)
        found["cache.window_bytes"] = sum(kept * window for kept, window in zip(each, windows, strict=True))
    crossed = [b for b in blocks if b.facts["cross"] and after.intersection(b.one())]
    return found | (_source(flow, crossed) if decodes and crossed else {})


def _sums_up(block: Block) -> bool:
    """True where scores of all pairs stand for a state of constant size: neither softmax nor curve bends them."""
    return bool(block.facts.get("without_softmax")) and not block.facts.get("score_curve")


def _kept(flow: Flow, block: Block) -> int:
    """Bytes of the keys and values of one position."""
    return int(block.facts["kv_elements"]) * _made(flow, block).element_bytes


def _made(flow: Flow, block: Block) -> Tensor:
    """What the block gives; keys and values are kept in its precision."""
    return flow.tensors[flow.ops[block.one()[-1]].outputs[0]]


def _source(flow: Flow, crossed: list[Block]) -> dict[str, Any]:
    """What cross-attention keeps: made once for a source and not longer with every token; of one length of source."""
    lengths = {block.facts["k_len"] for block in crossed}
    each = [_kept(flow, block) for block in crossed]
    if len(lengths) > 1:
        return {}
    heads = {f"cache.source_{word}": crossed[0].facts[word] for word in ("kv_heads", "d_k", "d_v")}
    return heads | {
        "cache.source_layers": len(crossed),
        "cache.source_alike": len(set(each)) == 1,
        "cache.source_bytes": sum(each),
        "cache.source_len": lengths.pop(),
    }


def _after(flow: Flow, blocks: Iterable[Block]) -> set[int]:
    """Operations that depend on a result of the blocks."""
    made = {t for block in blocks for op in block.one() for t in flow.ops[op].outputs}
    found = set()
    for op in flow.ops:
        if made.intersection(op.inputs):
            found.add(op.id)
            made.update(op.outputs)
    return found


def _decodes(flow: Flow, outline: Outline, block: Block, after: set[int]) -> bool:
    """True when causal attention leads to scores over a vocabulary; or to nothing but results for every position."""
    answers = [flow.tensors[t] for t in flow.outputs if flow.tensors[t].producer in after]
    vocabularies = {b.facts["vocab"] for b in everything(outline.root) if b.kind == "embedding"}
    if any(answer.shape[-1:] and answer.shape[-1] in vocabularies for answer in answers):
        return True
    return bool(answers) and all(_has_positions(flow, answer, block) for answer in answers)


def _has_positions(flow: Flow, answer: Tensor, block: Block) -> bool:
    """True when an axis of the answer grows with the positions that the block works on."""
    grows = _names(_made(flow, block)) - {"batch"}
    return bool(_names(answer) & grows) if grows else block.facts["q_len"] in answer.shape


def _names(tensor: Tensor) -> set[str]:
    return {name for law in tensor.symbols for name in names_in(law)}


def state(flow: Flow, outline: Outline) -> dict[str, Any]:
    """Bytes of one sequence's states after any number of steps; weights that run again keep one state."""
    blocks = list(everything(outline.root))
    scanned = [b for b in blocks if b.kind in ("scan", "linear_recurrence", "delta_rule")]
    if any("state" not in b.facts for b in scanned):
        return {}  # of a scan in chunks only the whole is known
    scans = [b.facts["state"] * _made(flow, b).element_bytes for b in scanned]
    recurrent = {
        flow.held([op.id]): _state(flow, op)
        for block in blocks
        for op in (flow.ops[i] for i in block.ops if block.kind == "recurrent")
        if op.macs
    } | {flow.held(b.one()): _written(flow, b) for b in blocks if b.kind == "recurrent" and b.children}
    total = sum(scans) + sum(recurrent.values())
    alike = len({b.facts["state"] for b in scanned}) == 1 and {b.kind for b in scanned} == {"linear_recurrence"}
    alone = {"linear_recurrence.alone": alike and not recurrent} if scanned else {}
    return {"state.bytes": total} | alone if total else {}


def _written(flow: Flow, block: Block) -> int:
    """Of a cell that is written out: the hidden state, and for an LSTM the cell's."""
    states = 2 if block.facts["kind"] == "lstm" else 1
    return int(block.facts["hidden"]) * states * _made(flow, block).element_bytes


def _state(flow: Flow, op: Op) -> int:
    """Of a cell all results are states (rows, hidden), of a layer all but the first (layers, rows, hidden).

    A sequence may have several rows, as an image has slots.
    """
    results, batch = [flow.tensors[t] for t in op.outputs], flow.trace.axes.get("batch", 0)
    states = [s for s in (results if op.name.endswith("_cell") else results[1:]) if len(s.shape) > 1]
    sequences = [batch if batch and s.shape[-2] % batch == 0 else s.shape[-2] for s in states]
    return sum(s.size // n * s.element_bytes for s, n in zip(states, sequences, strict=True))
