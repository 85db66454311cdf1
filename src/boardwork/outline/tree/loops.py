"""Tree -> the same tree with several neighbours that run again and again, same weights, as one loop."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence

from boardwork.outline.blocks import Block
from boardwork.outline.flow import Flow

_LONGEST = 120  # parts of a loop's body


def loops(flow: Flow, block: Block) -> Block:
    """Find loops from the leaves up: a body of several parts, repeated at once on the same modules."""
    if not block.children:
        return block
    children = [loops(flow, child) for child in block.children]
    return dataclasses.replace(block, children=tuple(_looped(flow, block, children)))


def _looped(flow: Flow, parent: Block, children: Sequence[Block]) -> list[Block]:
    parts = Counter(map(_part, children))
    marks = [_mark(flow, child) if parts[_part(child)] > 1 else _part(child) for child in children]
    weighs = [_weighs(flow, parent, child) for child in children]
    found: list[Block] = []
    index = 0
    while index < len(children):
        length, times = _body(weighs, marks, index)
        if times < 2:
            found.append(children[index])
            index += 1
            continue
        starts = range(index, index + times * length, length)
        bodies = [_body_block(flow, parent, children[start : start + length]) for start in starts]
        found.append(dataclasses.replace(bodies[0], again=tuple(bodies[1:])))
        index += length * times
    return found


def _part(block: Block) -> tuple[object, ...]:
    return block.module, block.path, block.kind


def _mark(flow: Flow, block: Block) -> tuple[object, ...]:
    """Equal for two runs of the same part."""
    names = tuple(flow.ops[op].name for op in block.all() if not flow.is_shape(op))
    return *_part(block), names, flow.held(block.all())


def _weighs(flow: Flow, parent: Block, part: Block) -> bool:
    """True for a layer or a product with weights; rows of a table that are added to several maps make no loop."""
    own = part.module == parent.module and not part.children
    return flow.parameters(part.one()) > 0 and (not own or any(flow.ops[op].macs for op in part.one()))


def _body(weighs: Sequence[bool], marks: Sequence[object], start: int) -> tuple[int, int]:
    """Length of the body that starts here, runs at least twice and covers most, and how often it runs.

    `weighs`: which parts are reason enough for a loop. Of two that cover the same the shorter: four calls in each of
    six steps are six runs, not four and then the rest.
    """
    best = (1, 1)
    for again in range(start + 2, min(start + _LONGEST, len(marks) // 2 + start) + 1):
        length = again - start
        if again >= len(marks) or marks[again] != marks[start]:
            continue
        times = 1
        while marks[start + times * length : start + (times + 1) * length] == marks[start:again]:
            times += 1
        if times > 1 and any(weighs[start:again]) and length * times > best[0] * best[1]:
            best = (length, times)
    return best


def _body_block(flow: Flow, parent: Block, parts: Sequence[Block]) -> Block:
    """Under the path of the module that loops, unless the weights are those of one recognised part."""
    weighted = [part for part in parts if flow.parameters(part.one())]
    alone = weighted[0] if len(weighted) == 1 else None
    path, cls = (alone.path, alone.cls) if alone is not None and alone.path else (parent.path, parent.cls)
    label = alone.label if alone is not None and alone.label else "Loop body"
    return Block(label, "block", path=path, cls=cls, children=tuple(parts), module=parts[0].module)
