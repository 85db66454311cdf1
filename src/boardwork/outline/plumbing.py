"""Tree -> the same tree without boxes that only move elements: they join the box whose result they move."""

from __future__ import annotations

import dataclasses

from boardwork.outline.blocks import Block
from boardwork.outline.flow import Flow


def absorb(flow: Flow, root: Block) -> Block:
    """Leaves of shape operations join their producer, else their first user; single children replace their parent."""
    root = _absorb(flow, root)
    return dataclasses.replace(root, children=tuple(_collapse(child) for child in root.children))


def is_visible(flow: Flow, block: Block) -> bool:
    """True for a leaf that says something: it computes, selects a position, or was recognised."""
    return bool(block.kind) or any(not flow.is_shape(op) or _selects(flow, op) for op in block.ops)


def _selects(flow: Flow, op: int) -> bool:
    """Taking one position of a sequence (the class token, the last step) is worth a box."""
    record = flow.ops[op]
    index = record.attrs.get("index")
    if record.name != "getitem" or not isinstance(index, list) or not record.inputs:
        return False
    source = flow.tensors[record.inputs[0]]
    axis = next((i for i, part in enumerate(index) if isinstance(part, int)), None)
    return axis == 1 and len(source.shape) == 3 and source.producer >= 0 and source.shape[1] > 4


def _absorb(flow: Flow, block: Block) -> Block:
    if not block.children:
        return _selection(flow, block)
    children = [_absorb(flow, child) for child in block.children]
    if not any(_drawn(flow, child) for child in children):
        return dataclasses.replace(block, ops=tuple(sorted(op for c in children for op in c.one())), children=())
    index = 0
    while index < len(children):
        child = children[index]
        if child.children or is_visible(flow, child):
            index += 1
            continue
        host = _host(flow, child, children)
        children[host] = _joined(flow, children[host], child.ops)
        del children[index]
        index = max(0, index if host > index else index - 0)
    return dataclasses.replace(block, children=tuple(children))


def _drawn(flow: Flow, block: Block) -> bool:
    return any(is_visible(flow, leaf) for leaf in block.leaves())


def _selection(flow: Flow, block: Block) -> Block:
    chosen = next((op for op in block.ops if _selects(flow, op)), None) if not block.kind else None
    if chosen is None:
        return block
    index = flow.ops[chosen].attrs["index"]
    place = next(part for part in index if isinstance(part, int))
    label = "First token" if place == 0 else "Last position" if place == -1 else f"Position {place}"
    return dataclasses.replace(block, label=label, role="reshape", kind="select")


def _host(flow: Flow, child: Block, siblings: list[Block]) -> int:
    """The sibling that makes what the plumbing moves, else the one that uses it, else a neighbour."""
    owner = {op: i for i, sibling in enumerate(siblings) if sibling is not child for op in sibling.one()}
    made = [flow.tensors[t].producer for op in child.ops for t in flow.ops[op].inputs]
    used = [user.id for op in child.ops for user in flow.data_users(flow.ops[op])]
    here = next(i for i, sibling in enumerate(siblings) if sibling is child)
    neighbour = here - 1 if here else 1
    return next((owner[op] for op in (*made, *used) if op in owner), neighbour)


def _joined(flow: Flow, block: Block, ops: tuple[int, ...]) -> Block:
    """Add operations to the leaf of `block` that makes or uses their tensors."""
    if not block.children:
        return dataclasses.replace(block, ops=tuple(sorted((*block.ops, *ops))))
    children = list(block.children)
    stand_in = Block("", ops=ops)
    host = _host(flow, stand_in, [stand_in, *children]) - 1
    children[max(host, 0)] = _joined(flow, children[max(host, 0)], ops)
    return dataclasses.replace(block, children=tuple(children))


def _collapse(block: Block) -> Block:
    """A block with one child is that child, under the outer path."""
    children = tuple(_collapse(child) for child in block.children)
    block = dataclasses.replace(block, children=children)
    if len(children) != 1 or block.kind:
        return block
    return dataclasses.replace(children[0], path=block.path, cls=block.cls, module=block.module)
