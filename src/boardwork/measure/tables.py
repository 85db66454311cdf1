"""Outline -> facts of embedding tables and learned positions, and of the tokens that a patch model makes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from boardwork.measure.examples import everything, one
from boardwork.outline.blocks import Block, Outline


def tables(outline: Outline) -> dict[str, Any]:
    """The table of the words that are answered, else the largest; the first position table, the tokens of one image."""
    return _embedding(outline) | _positions(outline) | _tokens(outline)


def _embedding(outline: Outline) -> dict[str, Any]:
    kept = [b for b in everything(outline.root) if b.kind == "embedding"]
    found = [b for b in kept if b.facts["params"] == b.facts["vocab"] * b.facts["width"]]  # not one of several axes
    if not found:
        return {}
    answered = {b.facts["vocab"] for b in everything(outline.root) if b.kind == "head"}
    table = max(found, key=lambda b: (b.facts["vocab"] in answered, b.facts["params"]))
    tied = any(len(w.names) > 1 and w.size == table.facts["params"] for w in outline.trace.weights)
    told = {f"embedding.{key}": value for key, value in table.facts.items()}
    told |= {"embedding.tied": tied, "embedding.sequence": _in_a_row(outline, table)}
    return told | {"embedding.looked_up": _only_looked_up(outline, kept)}


def _only_looked_up(outline: Outline, tables: Iterable[Block]) -> int:
    """Parameters of tables that no product takes: a row is all that is read of them."""
    flow, ops = outline.flow, {op for table in tables for op in table.all()}
    weights = {t for op in ops for t in flow.ops[op].inputs if flow.tensors[t].kind == "parameter"}
    return sum(flow.tensors[t].size for t in weights if ops.issuperset(flow.users[t]))


def _in_a_row(outline: Outline, block: Block) -> bool:
    """Several rows a sample, one behind the other."""
    result = outline.trace.tensors[outline.trace.ops[max(block.one())].outputs[0]].shape
    return len(result) > 2


def _positions(outline: Outline) -> dict[str, Any]:
    trained = {name for weight in outline.trace.weights if weight.trainable for name in weight.names}
    tables = [b for b in everything(outline.root) if b.kind == "position_table"]
    learned = [b.facts["vocab"] for b in tables if trained & _looked_up(outline, b)]
    held = (b for b in outline.big_picture.boxes if b.role == "parameter" and b.label.startswith("Position"))
    learned += [_rows(outline, b) for b in held if outline.trace.tensors[b.facts["tensor"]].name in trained]
    return {"position.learned": learned[0]} if learned else {}


def _looked_up(outline: Outline, block: Block) -> set[str]:
    """Paths of the tables that the block takes rows of."""
    tensors = outline.trace.tensors
    return {tensors[t].name for i in block.one() for t in outline.trace.ops[i].inputs if tensors[t].kind == "parameter"}


def _rows(outline: Outline, box: Block) -> int:
    shape = outline.trace.tensors[box.facts["tensor"]].shape
    return int(shape[-2] if len(shape) > 1 else shape[0])


def _tokens(outline: Outline) -> dict[str, Any]:
    """Windows and later stages see fewer tokens than the image has."""
    patches, attention = one(outline, "patches"), one(outline, "attention")
    if patches is None or attention is None:
        return {}
    return {"patch.tokens": max(attention.facts["q_len"], patches.facts["count"])}
