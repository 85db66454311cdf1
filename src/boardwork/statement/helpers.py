"""Boxes and parts of a block -> which of them become functions of their own, and the operations that these hold."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from boardwork.outline.blocks import Block
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.norms.arithmetic import CALLED
from boardwork.statement.names import ROTATE, identifier
from boardwork.trace.records import Op

_HELPERS = {"rope": ROTATE, "norm": "", "activation": ""}
_NORMS = {"rms": "rms_norm", "layer": "layer_norm", "batch": "batch_norm", "group": "group_norm"}
_CUTS = ("chunk", "split", "split_with_sizes", "tensor_split", "unbind", "getitem")
_LEAST, _LONG = 5, 15  # operations of a part, and of a single box that is one


def parts_of(flow: Flow, block: Block, *, boxes: bool = False) -> list[Block]:
    """Parts of a block that are functions of their own where it is too long for one: each gives one tensor.

    `boxes`: also single boxes of many operations, as a scan in chunks.
    """
    found = (part for child in block.children for part in (child, *child.copies) if part.children or boxes)
    return [part for part in found if _stands_alone(flow, part)]


def _stands_alone(flow: Flow, part: Block) -> bool:
    """True where others use one result alone, after the last operation."""
    left = left_outside(flow, part)
    own = [op for op in part.one() if op in flow.live and op not in left]
    enough = sum(not flow.is_shape(op) for op in own) >= (_LEAST if part.children else _LONG)
    outputs = leaving(flow, frozenset(own)) if enough else []
    users = [user for tensor in outputs for user in flow.users.get(tensor, ()) if user not in own]
    return len(outputs) == 1 and all(user > max(own) for user in users)


def left_outside(flow: Flow, part: Block) -> set[int]:
    """Moves at the end of a part that would give several results with them, as the cuts of its result for others."""
    several = len(leaving(flow, frozenset(op for op in part.one() if op in flow.live))) > 1
    return moves_after(flow, part) if several else set()


def cut_outside(flow: Flow, block: Block) -> set[int]:
    """Moves at the end of a module's block that its caller runs: the result cut into that of every image."""
    calls = flow.trace.calls

    def by_module(call: int) -> bool:
        return call >= 0 and (calls[call].path == block.path or by_module(calls[call].parent))

    return {op for op in left_outside(flow, block) if not by_module(flow.ops[op].call)}


def cuts_before(flow: Flow, own: Collection[int], known: Collection[int]) -> list[int]:
    """Operations that cut a tensor for these alone, as the halves that are turned. `known`: tensors at hand."""
    makers = dict.fromkeys(flow.tensors[t].producer for t in boundary_of(flow, own))
    cuts = [flow.ops[maker] for maker in makers if maker >= 0 and flow.ops[maker].name in _CUTS]
    return [cut.id for cut in cuts if all(t in known for t in cut.outputs) and _serves(flow, cut, own)]


def _serves(flow: Flow, op: Op, own: Collection[int]) -> bool:
    return all(user in own for tensor in op.outputs for user in flow.users.get(tensor, ()))


def moves_after(flow: Flow, box: Block) -> set[int]:
    """Operations of a box that only move what it computed, or put it beside what was computed elsewhere."""
    needed: set[int] = set()
    own = set(box.one())
    for index in sorted(own, reverse=True):
        if not (flow.is_shape(index) or _joins_others(flow, index, own)) or index in needed:
            needed.add(index)
            needed.update(flow.tensors[t].producer for t in flow.ops[index].inputs)
    return own - needed


def moves_before(flow: Flow, box: Block) -> set[int]:
    """Operations of a box that only move what it is given, and serve others as well."""
    own, moved, shared = set(box.ops), set[int](), set[int]()
    for index in sorted(own):
        makers = {flow.tensors[t].producer for t in flow.ops[index].inputs}
        if flow.is_shape(index) and not makers & (own - moved):
            moved.add(index)
    for index in sorted(moved, reverse=True):
        users = {user for t in flow.ops[index].outputs for user in flow.users.get(t, ())}
        if users & shared or any(user not in own for user in users):
            shared.add(index)
    return shared if moved != own else set()


def _joins_others(flow: Flow, index: int, own: set[int]) -> bool:
    op = flow.ops[index]
    return op.name in ("cat", "concat") and any(flow.tensors[t].producer not in own for t in op.inputs)


def part_name(part: Block) -> str:
    """Name of the function that a part becomes."""
    return identifier(re.sub(r"\S*\d\S*", "", part.label))


def helper_name(flow: Flow, box: Block) -> str:
    """Name of the helper that a box becomes, "" for a box whose operations stand for themselves."""
    if box.kind not in _HELPERS or sum(not flow.is_shape(op) for op in box.ops) < 2:
        return ""
    if len(leaving(flow, frozenset(op for op in set(box.ops) - moves_after(flow, box) if op in flow.live))) != 1:
        return ""
    if any(flow.ops[op].name in CALLED for op in box.ops):  # a norm that is one call has its own helper
        return ""
    if box.kind == "norm":
        return _NORMS.get(box.facts.get("kind", ""), "normalise")
    return _HELPERS[box.kind] or identifier(box.label)


def boundary_of(flow: Flow, ops: Iterable[int]) -> list[int]:
    """Tensors that operations take from elsewhere, in order."""
    own = list(ops)
    made = {t for op in own for t in flow.ops[op].outputs}
    return [t for t in dict.fromkeys(t for op in own for t in flow.ops[op].inputs) if t not in made]


def leaving(flow: Flow, ops: frozenset[int]) -> list[int]:
    """Tensors that operations make and others use, or the model gives."""
    made = [t for op in sorted(ops) for t in flow.ops[op].outputs]
    users = {t: [u for u in flow.users.get(t, ()) if u not in ops and flow.is_data(u)] for t in made}
    found = [t for t in made if t in flow.outputs or users[t]]
    return [t for t in found if flow.origin(t)[0].producer in ops] or found  # what is only passed on is no result
