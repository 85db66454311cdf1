"""Outline -> facts of the normalisations, and where they stand in a transformer block."""

from __future__ import annotations

from collections import Counter
from typing import Any

from boardwork.measure.examples import everything
from boardwork.outline.blocks import Outline
from boardwork.outline.flow import Flow


def norms(flow: Flow, outline: Outline) -> dict[str, Any]:
    """The most frequent kind, and the numbers of one of them."""
    blocks = [b for b in everything(outline.root) if b.role == "norm" and b.facts]
    kinds = Counter(b.facts["kind"] for b in blocks)
    kinds["batch"] += sum(op.name == "batch_norm" for op in flow.ops)
    kind, times = kinds.most_common(1)[0]
    if not times:
        return {}
    found: dict[str, Any] = {"norm.kind": kind, "norm.count": kinds.total()}
    drawn = [b for b in outline.zoom.block.walk() if b.role == "norm"]
    example = next((b for b in (*drawn, *blocks) if b.facts.get("kind") == kind), None)
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
