"""Outline -> the number of residual additions in the model."""

from __future__ import annotations

from collections.abc import Sequence

from boardwork.measure.examples import everything
from boardwork.outline.blocks import Block
from boardwork.outline.flow import Flow
from boardwork.outline.views.links import Links
from boardwork.outline.views.residual import mark


def _additions(flow: Flow, parts: Sequence[Block]) -> int:
    """Additions that a residual branch enters."""
    inner = Links(flow, parts)
    links = mark(flow, inner.boxes, inner.between())
    return len({link.target for link in links if link.kind == "residual" and inner.boxes[link.target].role == "add"})


def residuals(flow: Flow, block: Block) -> int:
    """Residual additions below a block, in every copy; copies that are equal are counted once."""
    parts = block.children
    if not any(part.children for part in parts) and not any(part.role == "add" for part in parts):
        return 0
    shifting = block.kind == "coupling"  # what is added there is the shift
    own = _additions(flow, parts) if not shifting and any(b.role == "add" for b in parts) else 0
    return own + sum(_in_copies(flow, part) for part in parts)


def _in_copies(flow: Flow, part: Block) -> int:
    if not part.copies:
        return residuals(flow, part)
    equal: dict[tuple[object, ...], list[Block]] = {}
    for copy in (part, *part.copies):
        equal.setdefault(_body(flow, copy), []).append(copy)
    return sum(residuals(flow, copies[0]) * len(copies) for copies in equal.values())


def _body(flow: Flow, block: Block) -> tuple[object, ...]:
    """Equal for blocks of the same parts with the same operations on tensors of the same shapes, wired alike."""
    ops = block.all()
    place = {op: place for place, op in enumerate(ops)}
    outside: dict[int, int] = {}

    def taken(tensor: int) -> tuple[object, ...]:
        record = flow.tensors[tensor]
        inside = place.get(record.producer)
        if inside is not None:
            return inside, flow.ops[record.producer].outputs.index(tensor)
        return record.kind, record.shape, outside.setdefault(tensor, len(outside))

    works = tuple((op.name, tuple(map(taken, op.inputs))) for op in map(flow.ops.__getitem__, ops))
    made = tuple(flow.tensors[out].shape for op in ops for out in flow.ops[op].outputs)
    parts = tuple((b.role, b.kind, len(b.children), len(b.all()), len(b.copies)) for b in everything(block))
    return works, made, parts
