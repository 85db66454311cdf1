"""Outline -> facts of the normalisations, and where they stand in a transformer block."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

from boardwork.measure.examples import everything
from boardwork.outline.blocks import Block, Outline
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.norms.arithmetic import called as called_norm
from boardwork.trace.records import Op

_SPACE = 2  # batch and channels stand before the axes of space
_OF_MAPS = ("batch", "group", "instance")  # most stand in the box of a convolution, the others in one of their own


def norms(flow: Flow, outline: Outline) -> dict[str, Any]:
    """The most frequent kind, and the numbers of one of them."""
    blocks = [b for b in everything(outline.root) if b.role == "norm" and b.facts]
    on_data = [op for op in flow.ops if op.id not in flow.prepared]
    called = {kind: [op for op in on_data if op.name == f"{kind}_norm"] for kind in _OF_MAPS}
    kinds = Counter(b.facts["kind"] for b in blocks)
    kinds |= Counter({kind: len(ops) for kind, ops in called.items()})
    kind, times = kinds.most_common(1)[0] if kinds else ("", 0)
    if not times:
        return {}
    found: dict[str, Any] = {"norm.kind": kind, "norm.count": times, **_of_channels(flow, kind, called.get(kind, []))}
    drawn = [b for b in outline.zoom.block.walk() if b.role == "norm"]
    example = next((b.facts for b in (*drawn, *blocks) if b.facts.get("kind") == kind), None)
    example = called_norm(flow, called[kind][0]).facts if example is None else example
    found |= {f"norm.{key}": value for key, value in example.items() if key in ("width", "params", "eps")}
    return found | _placement(flow, outline)


def _of_channels(flow: Flow, kind: str, norms: list[Op]) -> dict[str, Any]:
    """What is told of norms of maps alone."""
    if kind == "batch":
        channels = sum(flow.tensors[op.inputs[0]].shape[1] for op in norms)
        return {"norm.channels": channels, "norm.folding": sum(_folds(flow, op) for op in norms)}
    if not norms:
        return {}
    places = {"norm.positions": prod(flow.tensors[norms[0].inputs[0]].shape[_SPACE:])}
    return places | ({"norm.groups": norms[0].attrs["num_groups"]} if kind == "group" else {})


def _folds(flow: Flow, norm: Op) -> bool:
    """The norm alone reads the result of a layer with weights, which can take its gain and bias in."""
    tensor, passed = flow.origin(norm.inputs[0])
    layer = flow.producer(tensor.id)
    if layer is None or not any(flow.is_weight(t) for t in layer.inputs):
        return False
    return layer.macs > 0 and all(len(flow.data_users(op)) == 1 for op in (layer, *(flow.ops[i] for i in passed)))


def _placement(flow: Flow, outline: Outline) -> dict[str, Any]:
    """Where the norms of a transformer block stand, and whether both branches start from the same input."""
    layer = next((b for b in outline.root.walk() if any(c.kind == "attention" for c in b.children)), None)
    if layer is None:
        return {}
    found_norms = [b for b in layer.children if b.role == "norm" and not b.children and b.ops]
    blocks = [b for b in found_norms if b.facts.get("kind") != "batch"]
    places = Counter(place for b in blocks if (place := _place(flow, b)))
    found: dict[str, Any] = {"attention.parallel": True} if _parallel(flow, layer, blocks) else {}
    if places["pre"] and places["branch"]:
        return found | {"norm.placement": "sandwich"}
    return found | ({"norm.placement": places.most_common(1)[0][0]} if places else {})


def _place(flow: Flow, norm: Block) -> str:
    """pre: its input also goes past it to the addition; branch: its result is what is added; post: it takes the sum."""
    source, inside = _source(flow, norm), set(norm.ops)
    if any(user.name == "add" for user in _readers(flow, source) if user.id not in inside):
        return "pre"
    following, _ = flow.skip(flow.ops[max(inside)])
    if following is not None and following.name == "add" and len(flow.data_inputs(following)) == 2:
        return "branch"
    producer = flow.producer(source)
    return "post" if producer is not None and producer.name == "add" else ""


def _source(flow: Flow, block: Block) -> int:
    return flow.origin(flow.ops[min(block.ops)].inputs[0])[0].id


def _readers(flow: Flow, tensor: int) -> Iterator[Op]:
    """What works on a tensor, also behind operations that only move its elements."""
    for user in (flow.ops[u] for u in flow.users.get(tensor, ())):
        if flow.is_shape(user.id):
            yield from (reader for made in user.outputs for reader in _readers(flow, made))
        else:
            yield user


def _parallel(flow: Flow, layer: Block, norms: Sequence[Block]) -> bool:
    """True when attention and feed-forward read the same tensor, or norms of it."""
    behind = {t: _source(flow, b) for b in norms for op in b.ops for t in flow.ops[op].outputs}
    kinds = {b.kind: {behind.get(t, t) for t in _entering(flow, b)} for b in layer.children}
    mixer, network = kinds.get("attention", set()), kinds.get("feed_forward", set())
    return bool(network) and network <= mixer


def _entering(flow: Flow, block: Block) -> set[int]:
    """Activations that a block takes from outside."""
    return {flow.origin(t)[0].id for t in flow.taken(block.one())}
