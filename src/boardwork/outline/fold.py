"""Tree -> the same tree with equal neighbours folded into one block with copies."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence

from boardwork.outline.blocks import Block
from boardwork.outline.flow import Flow

_TELLING = ("attention", "feed_forward", "moe", "scan", "recurrent", "graph_convolution")
_ALIKE = 0.6  # share of operations in common: a first block with a projection folds, a stage with another does not


def fold(flow: Flow, block: Block) -> Block:
    """Fold from the leaves up. Only distinct copies fold; the same weights run twice stay apart."""
    children = [fold(flow, child) for child in block.children]
    folded: list[Block] = []
    index = 0
    while index < len(children):
        run = _run(flow, children, index)
        folded.append(_merged(run))
        index += len(run)
    return _without_shell(dataclasses.replace(block, children=tuple(folded)))


def _run(flow: Flow, children: Sequence[Block], start: int) -> list[Block]:
    """Neighbours that are copies of one another, or runs of the same module."""
    run = [children[start]]
    for following in children[start + 1 :]:
        same = following.module == run[0].module and following.path == run[0].path
        looped = len(run) > 1 and run[1].module == run[0].module
        if len(run) > 1 and same != looped:
            break
        if not (_repeats(flow, run[-1], following) if same else _equal(flow, run[-1], following)):
            break
        if not same and any(following.module == b.module for b in run):
            break
        run.append(following)
    return run


def _repeats(flow: Flow, one: Block, two: Block) -> bool:
    """True when the same weights run again on their own result."""
    names = [[flow.ops[op].name for op in block.one() if not flow.is_shape(op)] for block in (one, two)]
    return bool(one.path) and flow.parameters(one.one()) > 0 and names[0] == names[1] and _chained(flow, one, two)


def _equal(flow: Flow, one: Block, two: Block) -> bool:
    if not one.children or not two.children or one.cls != two.cls or one.repeat > 1 or two.repeat > 1:
        return False
    if one.kind != two.kind or one.path == two.path or one.again or two.again:
        return False
    names = [Counter(flow.ops[op].name for op in block.all() if not flow.is_shape(op)) for block in (one, two)]
    if _work(one) != _work(two) or not _chained(flow, one, two) or not _continues(flow, one, two):
        return False
    common, either = (names[0] & names[1]).total(), (names[0] | names[1]).total()
    return common >= _ALIKE * either and flow.parameters(one.one()) > 0


def _work(block: Block) -> Counter[str]:
    """What tells layers apart however much else they share: a dense layer is no copy of one with experts."""
    return Counter(b.kind for b in block.walk() if b.kind in _TELLING)


def _continues(flow: Flow, one: Block, two: Block) -> bool:
    """Both hand on the same shape, or each puts new channels behind the old ones; elsewhere a new stage begins."""
    last = [flow.ops[block.one()[-1]] for block in (one, two)]
    before, after = (flow.tensors[op.outputs[0]].shape for op in last)
    grown = all(op.name == "cat" for op in last) and len(before) == len(after)
    return before == after or (grown and before[0] == after[0] and before[2:] == after[2:])


def _chained(flow: Flow, one: Block, two: Block) -> bool:
    """True when the second takes what the first makes; parallel branches are no sequence."""
    made = {t for op in one.all() for t in flow.ops[op].outputs}
    return any(t in made for op in two.all() for t in flow.ops[op].inputs)


def _merged(run: list[Block]) -> Block:
    """The copy with most operations stands for all: it shows the projection that the others lack."""
    if len(run) == 1:
        return run[0]
    if run[0].module == run[1].module:
        return dataclasses.replace(run[0], again=(*run[0].again, *run[1:]))
    shown = max(run, key=lambda block: len(block.one()))
    return dataclasses.replace(shown, copies=tuple(b for b in run if b is not shown))


def _without_shell(block: Block) -> Block:
    """A container that holds nothing but one folded block is that block, under the container's path."""
    if block.kind or len(block.children) != 1 or not block.path:
        return block
    if block.children[0].repeat == 1 and not block.children[0].again:
        return block
    return dataclasses.replace(block.children[0], facts={**block.children[0].facts, "container": block.path})
