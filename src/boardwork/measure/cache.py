"""Outline -> facts of what decoding keeps of the past: keys and values of every layer, states of recurrences."""

from __future__ import annotations

from typing import Any

from boardwork.measure.examples import everything
from boardwork.outline.blocks import Block, Outline
from boardwork.outline.flow import Flow
from boardwork.trace.records import Op, Tensor


def cache(flow: Flow, outline: Outline) -> dict[str, Any]:
    """Keys and values of one token, summed over the distinct layers; layers that see a window stop growing there."""
    layers, decodes = _self_attentions(outline)
    if not layers:
        return {}
    each = [block.facts["kv_elements"] * _made(flow, block).element_bytes for block in layers]
    windows = [block.facts.get("window", 0) for block in layers]
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
    return found


def _self_attentions(outline: Outline) -> tuple[list[Block], bool]:
    """The causal ones, and True; all if there is none. Keys of another sequence are made once and do not grow."""
    blocks = [b for b in everything(outline.root) if b.kind == "attention"]
    blocks = [b for b in blocks if not b.facts["cross"] and not b.facts.get("channels")]
    causal = [b for b in blocks if b.facts["causal"]]
    return causal or blocks, bool(causal)


def _made(flow: Flow, block: Block) -> Tensor:
    """What the block gives; keys and values are kept in its precision."""
    return flow.tensors[flow.ops[block.one()[-1]].outputs[0]]


def state(flow: Flow, outline: Outline) -> dict[str, Any]:
    """Bytes of one sequence's states after any number of steps; weights that run again keep one state."""
    blocks = list(everything(outline.root))
    scanned = [b for b in blocks if b.kind in ("scan", "linear_recurrence")]
    if any("state" not in b.facts for b in scanned):
        return {}  # of a scan in chunks only the whole is known
    scans = [b.facts["state"] * _made(flow, b).element_bytes for b in scanned]
    recurrent = {
        _weights(flow, op): _state(flow, op)
        for block in blocks
        for op in (flow.ops[i] for i in block.ops if block.kind == "recurrent")
        if op.macs
    }
    total = sum(scans) + sum(recurrent.values())
    return {"state.bytes": total} if total else {}


def _weights(flow: Flow, op: Op) -> frozenset[int]:
    return frozenset(t for t in op.inputs if flow.is_weight(t))


def _state(flow: Flow, op: Op) -> int:
    """Of a cell all results are states (batch, hidden), of a layer all but the first (layers, batch, hidden)."""
    results = [flow.tensors[t] for t in op.outputs]
    states = results if op.name.endswith("_cell") else results[1:]
    return sum(s.size // s.shape[-2] * s.element_bytes for s in states if len(s.shape) > 1)
