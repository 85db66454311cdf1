"""Tree -> the same tree with neighbours that are alike folded into one block with copies.

Three sorts of repeats: layers that are alike (`x 12`), a body of different layers in turn (three of one sort, one of
another, `x 6`), and the same weights run again, which are no copies.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from typing import Any

from boardwork.outline.blocks import ATTENTION, Block
from boardwork.outline.flow import Flow
from boardwork.outline.tree.accumulate import accumulated

TELLING = (*ATTENTION, "feed_forward", "moe", "scan", "recurrent", "graph_convolution")
_SORTS = ("cross", "competing", "linear", "without_softmax")  # of attention
_ALIKE = 0.6  # share of operations in common: a first block with a projection folds, a stage with another does not
_LONGEST = 16  # parts of a body of different layers


def fold(flow: Flow, block: Block) -> Block:
    """Fold from the leaves up. Only distinct copies fold; the same weights run twice stay apart."""
    if not block.children:
        return block
    children = accumulated(flow, [fold(flow, child) for child in block.children], _of_a_sort)
    folded: list[Block] = []
    index = 0
    while index < len(children):
        run = _run(flow, children, index)
        folded.append(_merged(flow, run))
        index += len(run)
    return _without_shell(dataclasses.replace(block, children=tuple(_in_turn(flow, folded))))


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
    meant = bool(one.path or one.kind) and flow.parameters(one.one()) > 0
    same = names[0] == names[1] and flow.held(one.one()) == flow.held(two.one())
    return meant and same and _chained(flow, one, two)


def _equal(flow: Flow, one: Block, two: Block) -> bool:
    if one.repeat > 1 or two.repeat > 1 or one.again or two.again or not one.children:
        return False
    return _alike(flow, one, two) and _chained(flow, one, two) and _continues(flow, one, two)


def _alike(flow: Flow, one: Block, two: Block) -> bool:
    """True for two blocks that an engineer would give one name: the same sort, with most operations in common."""
    if not two.children or one.cls != two.cls or one.kind != two.kind or one.module == two.module:
        return False
    if _telling(one) != _telling(two) or _single(flow, one) != _single(flow, two):
        return False
    names = [Counter(flow.ops[op].name for op in block.one() if not flow.is_shape(op)) for block in (one, two)]
    common, either = (names[0] & names[1]).total(), (names[0] | names[1]).total()
    return common >= _ALIKE * either and flow.parameters(one.one()) > 0


def _single(flow: Flow, block: Block) -> tuple[Any, ...]:
    """What the only convolution of a block is: one that sees each channel alone is no copy of one that mixes them."""
    layers = [flow.ops[op] for op in block.one() if flow.ops[op].macs]
    if len(layers) != 1 or not layers[0].name.startswith("conv"):
        return ()
    groups = layers[0].attrs.get("groups", 1)
    return flow.tensors[layers[0].inputs[1]].shape[2:], groups not in (None, 1)


def _of_a_sort(one: Block, two: Block) -> bool:
    return (one.cls, one.kind, _telling(one)) == (two.cls, two.kind, _telling(two))


def _telling(block: Block) -> Counter[tuple[str, tuple[bool, ...]]]:
    """The recognised parts that tell one sort of layer from another: attention or scan, dense or with experts."""
    told = (inside for inside in block.walk() if inside.kind in TELLING)
    return Counter((inside.kind, tuple(bool(inside.facts.get(word)) for word in _SORTS)) for inside in told)


def _continues(flow: Flow, one: Block, two: Block) -> bool:
    """Both hand on the same shape, or each puts new channels behind the old ones; elsewhere a new stage begins."""
    last = [flow.ops[_last(flow, block)] for block in (one, two)]
    before, after = (flow.tensors[op.outputs[0]].shape for op in last)
    grown = all(op.name == "cat" for op in last) and len(before) == len(after)
    return before == after or (grown and before[0] == after[0] and before[2:] == after[2:])


def _last(flow: Flow, block: Block) -> int:
    """The last operation that computes; what moves its result may belong to what follows."""
    own = block.one()
    return next((op for op in reversed(own) if not flow.is_shape(op)), own[-1])


def _chained(flow: Flow, one: Block, two: Block) -> bool:
    """True when the second takes what the first makes; branches, as of one packed weight, are no sequence."""
    made = {t for op in one.all() for t in flow.ops[op].outputs}
    return any(t in made and not flow.is_weight(t) for op in two.all() for t in flow.ops[op].inputs)


def _merged(flow: Flow, run: list[Block]) -> Block:
    """The first copy with most operations that compute stands for all: it shows the projection that the others lack."""
    if len(run) == 1:
        return run[0]
    if run[0].module == run[1].module:
        return dataclasses.replace(run[0], again=(*run[0].again, *run[1:]))
    shown = max(run, key=lambda block: sum(not flow.is_shape(op) for op in block.one()))
    return dataclasses.replace(shown, copies=tuple(b for b in run if b is not shown))


# -- layers in turn -------------------------------------------------------------------------------------------------


def _in_turn(flow: Flow, children: Sequence[Block]) -> list[Block]:
    """Different layers that follow one another again and again become one body with copies."""
    found: list[Block] = []
    index = 0
    while index < len(children):
        length, times = _body(flow, children, index)
        starts = range(index, index + times * length, length)
        bodies = _bodies([children[start : start + length] for start in starts]) if times > 1 else []
        found.append(_merged(flow, bodies) if times > 1 else children[index])
        index += length * times if times > 1 else 1
    return found


def _body(flow: Flow, children: Sequence[Block], start: int) -> tuple[int, int]:
    """Length of the body of different parts that starts here and covers most, and how often it comes."""
    best = (1, 1)
    for length in range(2, min(_LONGEST, (len(children) - start) // 2) + 1):
        times, seen = 1, set[int]()
        while _same_body(flow, children, start + (times - 1) * length, length):
            seen = seen or _weighted(flow, children[start : start + length])
            after = start + times * length
            pairs = zip(children[after - length : after], children[after : after + length], strict=True)
            following = _weighted(flow, [two for one, two in pairs if not _is_again(one, two)])
            if not seen or seen & following:  # the same weights again, which are no copy
                break
            times, seen = times + 1, seen | following
        different = any(not _same_part(flow, children[start], part) for part in children[start + 1 : start + length])
        if times > 1 and different and length * times > best[0] * best[1]:
            best = (length, times)
    return best


def _same_body(flow: Flow, children: Sequence[Block], start: int, length: int) -> bool:
    """True when the parts from `start` and those after them are two copies of one body."""
    first, second = children[start : start + length], children[start + length : start + 2 * length]
    if len(second) < length or not all(_same_part(flow, *pair) for pair in zip(first, second, strict=True)):
        return False
    shared = [two for one, two in zip(first, second, strict=True) if _is_again(one, two)]
    own, again = (sum(flow.parameters(part.one()) for part in parts) for parts in (second, shared))
    return own > 2 * again and _hands_on(flow, first, second) and _chained(flow, *_bodies((first, second)))


def _hands_on(flow: Flow, body: Sequence[Block], following: Sequence[Block]) -> bool:
    """True when something takes what each part makes, in the body or the next one: branches are no layers in a row."""
    taken = {t for part in following for op in part.all() for t in flow.ops[op].inputs}
    for part in reversed(body):
        if not any(t in taken for op in part.all() for t in flow.ops[op].outputs):
            return False
        taken.update(t for op in part.all() for t in flow.ops[op].inputs)
    return True


def _weighted(flow: Flow, body: Sequence[Block]) -> set[int]:
    """The modules of a body that have weights."""
    return {part.module for part in body if flow.parameters(part.one())}


def _is_again(one: Block, two: Block) -> bool:
    """True for two runs of the same module, as of one that every step of a stack uses."""
    return one.module == two.module and one.path == two.path


def _same_part(flow: Flow, one: Block, two: Block) -> bool:
    if one.repeat != two.repeat or one.again or two.again:
        return False
    if (one.children or two.children) and not _is_again(one, two):
        return _continues(flow, one, two) and _alike(flow, one, two)
    same = (one.label, one.detail, one.kind) == (two.label, two.detail, two.kind)
    return same and (_is_again(one, two) or _continues(flow, one, two))  # the same weights may read maps of any size


def _bodies(runs: Sequence[Sequence[Block]]) -> list[Block]:
    """Each run of parts as one block, under the path of its first container, or of its first part of its own."""
    own = [place for place, (one, two) in enumerate(zip(runs[0], runs[1], strict=True)) if not _is_again(one, two)]
    place = next((place for place in own if runs[0][place].children), own[0])
    return [
        Block("", "block", path=parts[place].path, kind="in_turn", children=tuple(parts), module=parts[place].module)
        for parts in runs
    ]


def _without_shell(block: Block) -> Block:
    """A container that holds nothing but one folded block is that block, under the container's path."""
    if block.kind or len(block.children) != 1 or not block.path:
        return block
    if block.children[0].repeat == 1 and not block.children[0].again:
        return block
    return block.children[0]
