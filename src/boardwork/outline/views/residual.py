"""Links of a view -> the same links with residual branches, gates, skips and states marked."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from boardwork.outline.blocks import Block, Link
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.attention.branch import is_projection
from boardwork.trace.records import Op

_STATES = ("h_prev", "c_prev")  # arguments of the recurrent steps in trace/cells.py


def mark(flow: Flow, boxes: Sequence[Block], links: list[Link]) -> list[Link]:
    """Mark residual branches, gates and states."""
    into: dict[int, list[int]] = {}
    for i, link in enumerate(links):
        into.setdefault(link.target, []).append(i)
    ancestors = _ancestors(len(boxes), links)
    kinds: dict[int, str] = {}
    for i, link in enumerate(links):
        if boxes[link.source].role == "input" and boxes[link.source].label in _STATES:
            kinds[i] = "state"
    for target, arriving in into.items():
        role = boxes[target].role
        if len(arriving) != 2 or role not in ("add", "concat", "multiply"):
            continue
        if role == "add":
            kinds.update(dict.fromkeys(_residual(flow, boxes, links, into, ancestors, arriving), "residual"))
        elif role == "multiply":
            kinds.update({i: "gate" for i in arriving if _activates(boxes[links[i].source])})
        else:
            kinds.update({i: "branch" for i in arriving if _skips(links, ancestors, arriving, i)})
    return [dataclasses.replace(link, kind=kinds[i]) if i in kinds else link for i, link in enumerate(links)]


def _ancestors(count: int, links: Sequence[Link]) -> list[int]:
    """For every box the set of boxes before it, itself included, as bits."""
    before: list[list[int]] = [[] for _ in range(count)]
    for link in links:
        before[link.target].append(link.source)
    found: dict[int, int] = {}

    def visit(start: int) -> None:
        stack = [start]
        while stack:
            box = stack[-1]
            missing = [b for b in before[box] if b not in found]
            if missing and len(stack) <= count:
                stack.extend(missing)
                continue
            bits = 1 << box
            for b in before[box]:
                bits |= found.get(b, 0)
            found[stack.pop()] = bits

    for box in range(count):
        visit(box)
    return [found[box] for box in range(count)]


def _residual(
    flow: Flow,
    boxes: Sequence[Block],
    links: Sequence[Link],
    into: dict[int, list[int]],
    ancestors: list[int],
    arriving: list[int],
) -> list[int]:
    """Links of the shorter branch of an addition whose longer branch starts at the same place and holds weights."""
    one, two = (links[i].source for i in arriving)
    common = ancestors[one] & ancestors[two]
    if not common or any(boxes[links[i].source].role == "parameter" for i in arriving):
        return []
    branches = [_branch(links, into, i, common) for i in arriving]
    starts = [{links[i].tensor for i in branch if common >> links[i].source & 1} for branch in branches]
    shapes = [{flow.tensors[t].shape for t in tensors} for tensors in starts]
    if not shapes[0] & shapes[1]:  # one box gives two things, as a map and its log-determinant
        return []
    weights = [_weights(flow, boxes, links, branch) for branch in branches]
    if not any(weights):
        return []
    skip = min((0, 1), key=lambda n: (len(branches[n]), weights[n]))
    if weights[skip] > weights[1 - skip]:
        return []
    plain = len(branches[skip]) == 1 or _is_shortcut(flow, boxes, links, branches[skip], branches[1 - skip], common)
    return branches[skip] if plain else []


def _is_shortcut(
    flow: Flow, boxes: Sequence[Block], links: Sequence[Link], skip: list[int], other: list[int], common: int
) -> bool:
    """True for norms, pools, numbers and at most one projection, past more layers, and for nothing else.

    Parallel branches of one depth are no residuals, nor are experts that all tokens share, nor branches of a cell whose
    input has further branches.
    """
    ends = {links[i].source for i in skip}
    among = {*skip, *other}
    if any(
        link.source in ends and boxes[link.target].role != "output" for i, link in enumerate(links) if i not in among
    ):
        return False
    own, theirs = (
        [flow.ops[op] for box in _between(links, branch, common) for op in boxes[box].one()] for branch in (skip, other)
    )
    layers, more = (sum(op.macs > 0 for op in ops) for ops in (own, theirs))
    return layers < more and layers <= 1 and all(_passes(flow, op) for op in own)


def _between(links: Sequence[Link], branch: list[int], common: int) -> set[int]:
    """The boxes of a branch after its fork."""
    return {links[i].source for i in branch if not common >> links[i].source & 1}


def _passes(flow: Flow, op: Op) -> bool:
    """True for a projection and for what hands each position on: no table, no product of two streams."""
    if op.macs:
        return is_projection(flow, op) and op.attrs.get("groups") in (None, 1)
    return op.name == "cat" or (op.name != "embedding" and len(flow.data_inputs(op)) <= 1)


def _branch(links: Sequence[Link], into: dict[int, list[int]], start: int, common: int) -> list[int]:
    """Links from the fork to the addition, walking back."""
    found, todo = [], [start]
    while todo:
        index = todo.pop()
        if index in found:
            continue
        found.append(index)
        source = links[index].source
        if not common >> source & 1:
            todo.extend(into.get(source, ()))
    return found


def _weights(flow: Flow, boxes: Sequence[Block], links: Sequence[Link], branch: list[int]) -> int:
    """Parameters on a branch, without the box it starts from."""
    inside = {links[i].target for i in branch[1:]} | ({links[branch[0]].source} if len(branch) > 1 else set())
    return sum(
        flow.tensors[t].size
        for box in inside
        for op in boxes[box].one()
        for t in flow.ops[op].inputs
        if flow.tensors[t].kind == "parameter"
    )


def _activates(box: Block) -> bool:
    return box.role == "activation" or ("," in box.label and box.role == "linear")


def _skips(links: Sequence[Link], ancestors: list[int], arriving: list[int], index: int) -> bool:
    other = next(i for i in arriving if i != index)
    return bool(ancestors[links[other].source] >> links[index].source & 1)
