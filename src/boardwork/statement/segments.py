"""Operations of a block -> stretches that are alike but for their weights, as the paths of queries, keys and values."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import replace

from boardwork.outline.blocks import Block
from boardwork.outline.flow import Flow

SEGMENT = "segment"  # kind of the blocks
_LEAST, _LEAST_WORKING = 6, 3  # operations of a segment, and of these the ones that compute
_MOST = 600  # operations among which they are looked for
_UNNAMED = ("", "concat", "function", "joined")  # kinds that give a function no name
_LETTERS = re.compile(r"\s*\bW_[A-Z]+\b,?")


def segments(flow: Flow, ops: Collection[int], leaves: Iterable[Block]) -> list[Block]:
    """Stretches of which there are several, none within another; those that save most first."""
    if len(ops) > _MOST:
        return []
    alike: dict[object, list[list[int]]] = {}
    for end in sorted(ops):
        cone = [] if flow.is_shape(end) else _cone(flow, end, ops)
        if len(cone) >= _LEAST and sum(not flow.is_shape(op) for op in cone) >= _LEAST_WORKING:
            alike.setdefault(_signature(flow, cone), []).append(cone)
    kept, found, boxes = set[int](), list[Block](), list(leaves)
    for cones in sorted(alike.values(), key=lambda cones: -(len(cones) - 1) * len(cones[0])):
        if len(cones) > 1 and kept.isdisjoint(op for cone in cones for op in cone):
            kept.update(op for cone in cones for op in cone)
            found += [_block(flow, cone, boxes) for cone in cones]
    return found


def _cone(flow: Flow, end: int, ops: Collection[int]) -> list[int]:
    """What serves this operation alone, in order, and the operation itself."""
    cone = {end}
    for op in range(end - 1, min(ops) - 1, -1):
        users = {user for tensor in flow.ops[op].outputs for user in flow.users.get(tensor, ())}
        if op in ops and users and users <= cone and flow.outputs.isdisjoint(flow.ops[op].outputs):
            cone.add(op)
    return sorted(cone)


def _signature(flow: Flow, cone: list[int]) -> object:
    """Equal for stretches that differ in what they take alone."""
    made = {t: (place, n) for place, op in enumerate(cone) for n, t in enumerate(flow.ops[op].outputs)}
    given: dict[int, int] = {}

    def source(tensor: int) -> object:
        record = flow.tensors[tensor]
        return made.get(tensor) or (record.kind, record.shape, given.setdefault(tensor, len(given)))

    steps = (flow.ops[op] for op in cone)
    return tuple((op.name, op.slots, str(op.attrs), *map(source, op.inputs), _shapes(flow, op.outputs)) for op in steps)


def _shapes(flow: Flow, tensors: Iterable[int]) -> tuple[tuple[int, ...], ...]:
    return tuple(flow.tensors[tensor].shape for tensor in tensors)


def _block(flow: Flow, cone: list[int], leaves: Iterable[Block]) -> Block:
    """The stretch as a block of its boxes, which lose the letters of their weights: every path has others."""
    parts = [(leaf, tuple(op for op in leaf.ops if op in cone)) for leaf in leaves]
    inside = [replace(leaf, ops=own, label=_LETTERS.sub("", leaf.label)) for leaf, own in parts if own]
    working = [box for box in sorted(inside, key=lambda box: box.ops) if not all(map(flow.is_shape, box.ops))]
    kinds = dict.fromkeys(box.kind for box in working if box.kind not in _UNNAMED)
    return Block(" ".join(kinds) or "Step", kind=SEGMENT, children=tuple(inside))
