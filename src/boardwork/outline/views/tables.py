"""Boxes of a picture -> the same with what is made of learned and constant tables alone as one box.

Waves and a learned row for each level, or a table resized to the image: what meets the stream is one embedding.
"""

from __future__ import annotations

from collections.abc import Sequence

from boardwork.outline.blocks import Block
from boardwork.outline.flow import Flow

_WAVES = "positional_encoding"
_JOINS = ("add", "concat")


def with_tables(flow: Flow, boxes: Sequence[Block]) -> list[Block]:
    """Every group of boxes that no input has a part in and that make one embedding, as one where the last stood."""
    found = list(boxes)
    for group in _groups(flow, boxes):
        if _is_embedding(flow, boxes, group):
            inside = [boxes[place] for place in group]
            found = [_one(inside) if box is inside[-1] else box for box in found]
            found = [box for box in found if not any(box is part for part in inside)]
    return found


def _groups(flow: Flow, boxes: Sequence[Block]) -> list[list[int]]:
    """Places of two or more such boxes, of which one takes what another makes."""
    owner = {op: place for place, box in enumerate(boxes) if _is_table(flow, box) for op in box.all()}
    group_of = {place: [place] for place in owner.values()}
    for op, place in owner.items():
        for maker in {owner.get(flow.tensors[tensor].producer, place) for tensor in flow.ops[op].inputs}:
            if group_of[maker] is not group_of[place]:
                group_of[place] += group_of[maker]
                group_of |= dict.fromkeys(group_of[maker], group_of[place])
    return [sorted(group) for place, group in group_of.items() if place == min(group) and len(group) > 1]


def _is_table(flow: Flow, box: Block) -> bool:
    """True where no input has a part and nothing is multiplied with weights."""
    return box.repeat == 1 and not any(op in flow.fed or flow.ops[op].macs for op in box.all())


def _is_embedding(flow: Flow, boxes: Sequence[Block], group: Sequence[int]) -> bool:
    """True for a learned table that leaves in one place and that waves, or a sum with the stream, tell as positions."""
    inside = {op for place in group for op in boxes[place].all()}
    readers = [_readers(flow, boxes[place]) - inside for place in group]
    leaving = set().union(*readers)
    added = {op for box in boxes if box.role == "add" for op in box.all()}
    told = any(boxes[place].kind == _WAVES for place in group) or leaving <= added
    return sum(map(bool, readers)) == 1 and told and not inside.isdisjoint(flow.weighted)


def _readers(flow: Flow, box: Block) -> set[int]:
    return {user for op in box.all() for tensor in flow.ops[op].outputs for user in flow.readers(tensor)}


def _one(group: Sequence[Block]) -> Block:
    """With what it is made of in words."""
    words = ["sines and cosines" for box in group if box.kind == _WAVES]
    words += [box.label.lower() for box in group if box.role not in _JOINS]
    detail = ", ".join(dict.fromkeys(("learned", *words)))
    return Block("Position embedding", "position", detail, path=group[-1].path, kind="joined", children=tuple(group))
