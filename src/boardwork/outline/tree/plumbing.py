"""Tree -> the same tree without boxes that only move elements: they join the box whose result they move."""

from __future__ import annotations

import dataclasses

from boardwork.outline.blocks import Block
from boardwork.outline.flow import Flow

_INDICES = ("int", "uint", "bool", "long")
_NEUTRAL = {"mul": 1, "div": 1, "add": 0, "sub": 0}
_FOUND = ("argmax", "argmin", "max", "nonzero", "sum", "eq", "ne")
CONTAINER = "Sequential"  # a class of torch.nn that says nothing of what it holds


def absorb(flow: Flow, root: Block) -> Block:
    """Leaves of shape operations join their producer, else their first user; single children replace their parent."""
    root = _absorb(flow, root)
    return dataclasses.replace(root, children=tuple(_collapse(child) for child in root.children))


def is_visible(flow: Flow, block: Block) -> bool:
    """True for a leaf that says something: it computes, selects a position, or was recognised."""
    return bool(block.kind) or any(_computes(flow, op) or _selects(flow, op) for op in block.ops)


def _computes(flow: Flow, op: int) -> bool:
    """False for what moves elements, for arithmetic on indices and masks, and for `x * 1`."""
    record = flow.ops[op]
    if flow.is_shape(op) or any(out in flow.outputs for out in record.outputs):
        return not flow.is_shape(op)
    if _is_index(flow, op) or op in flow.prepared:
        return False
    neutral = _NEUTRAL.get(record.name)
    if len(record.inputs) > 1:
        return neutral is None or not any((neutral,) in flow.readings(t, "number") for t in record.inputs)
    return neutral is None or neutral not in record.attrs.values()


def _is_index(flow: Flow, op: int) -> bool:
    """True for whole numbers and truths."""
    results = (flow.tensors[out].dtype for out in flow.ops[op].outputs)
    return all(dtype.removeprefix("torch.").startswith(_INDICES) for dtype in results)


def _finds(flow: Flow, op: int) -> bool:
    """Taking one position of each sequence, which is found by what the sequence holds: its last word."""
    record = flow.ops[op]
    if record.name != "getitem" or len(record.inputs) != 3 or not flow.is_data(op):
        return False
    source, rows, places = (flow.tensors[t] for t in record.inputs)
    found = any(maker.name in _FOUND for maker in flow.makers(places.id))
    return len(source.shape) == 3 and rows.shape == places.shape == source.shape[:1] and found


def _one(part: object) -> int | None:
    """The number in an index, also as a list of one."""
    only = part[0] if isinstance(part, list) and len(part) == 1 else part
    return only if isinstance(only, int) and not isinstance(only, bool) else None


def _axis(index: list[object], rank: int) -> int | None:
    """The axis of which one position is taken; an ellipsis stands for all that are not named."""
    place = next((i for i, part in enumerate(index) if _one(part) is not None), None)
    if place is None:
        return None
    before, after = (sum(part is not None for part in some) for some in (index[:place], index[place:]))
    return rank - after if "..." in index[:place] else before


def _selects(flow: Flow, op: int) -> bool:
    """Taking one position of a sequence (the class token, the last step) is worth a box."""
    if _finds(flow, op):
        return True
    record = flow.ops[op]
    index = record.attrs.get("index")
    if record.name != "getitem" or not isinstance(index, list) or not record.inputs:
        return False
    source = flow.tensors[record.inputs[0]]
    shape = source.shape
    return len(shape) == 3 and shape[1] > 4 and source.producer >= 0 and _axis(index, len(shape)) == 1


def _absorb(flow: Flow, block: Block) -> Block:
    if not block.children:
        return _selection(flow, block)
    children = [_absorb(flow, child) for child in block.children]
    if not any(_drawn(flow, child) for child in children):
        return dataclasses.replace(block, ops=tuple(sorted(op for c in children for op in c.one())), children=())
    return dataclasses.replace(block, children=tuple(_hosted(flow, children)))


def _hosted(flow: Flow, children: list[Block]) -> list[Block]:
    """Leaves of plumbing join the sibling that makes what they move, else the one that uses it, else a neighbour."""
    owner = {op: place for place, child in enumerate(children) for op in child.one()}
    moved = [not child.children and not is_visible(flow, child) for child in children]
    into = list(range(len(children)))
    for place in (place for place, alone in enumerate(moved) if alone):
        for op in children[place].ops:
            del owner[op]
        host = _host(flow, children[place].ops, owner, place - 1 if place else 1)
        while into[host] != host:
            host = into[host]
        if host != place:  # it may have taken in the only neighbour
            into[place] = host
            children[host] = _joined(flow, children[host], children[place].ops)
        owner.update(dict.fromkeys(children[place].ops, host))
    return [child for place, child in enumerate(children) if into[place] == place]


def _drawn(flow: Flow, block: Block) -> bool:
    return any(is_visible(flow, leaf) for leaf in block.leaves())


def _selection(flow: Flow, block: Block) -> Block:
    chosen = next((op for op in block.ops if _selects(flow, op)), None) if not block.kind else None
    if chosen is None:
        return block
    if _finds(flow, chosen):
        detail = "found in each sequence"
        return dataclasses.replace(block, label="One position", role="reshape", kind="select", detail=detail)
    index = flow.ops[chosen].attrs["index"]
    place = next(one for part in index if (one := _one(part)) is not None)
    label = "First token" if place == 0 else "Last position" if place == -1 else f"Position {place}"
    return dataclasses.replace(block, label=label, role="reshape", kind="select")


def _host(flow: Flow, ops: tuple[int, ...], owner: dict[int, int], neighbour: int) -> int:
    """Place of what makes the tensors that `ops` move, else of what uses them, else the neighbour.

    Arithmetic on indices belongs to what is looked up with them, on weights to the layer that holds them.
    """
    made = [flow.tensors[t].producer for op in ops for t in flow.ops[op].inputs]
    used = [user.id for op in ops for user in flow.data_users(flow.ops[op])]
    for_user = all(_is_index(flow, op) or op in flow.prepared for op in ops)
    order = (*used, *made) if for_user else (*made, *used)
    return next((owner[op] for op in order if op in owner), neighbour)


def _joined(flow: Flow, block: Block, ops: tuple[int, ...]) -> Block:
    """Add operations to the leaf of `block` that makes or uses their tensors."""
    if not block.children:
        return dataclasses.replace(block, ops=tuple(sorted((*block.ops, *ops))))
    children = list(block.children)
    host = _host(flow, ops, {op: place for place, child in enumerate(children) for op in child.one()}, 0)
    children[host] = _joined(flow, children[host], ops)
    return dataclasses.replace(block, children=tuple(children))


def _collapse(block: Block) -> Block:
    """A block with one child is that child, under the outer path."""
    if not block.children:
        return block
    children = tuple(_collapse(child) for child in block.children)
    block = dataclasses.replace(block, children=children)
    if len(children) != 1 or block.kind:
        return block
    inner = children[0]
    label = block.label if inner.label == CONTAINER else inner.label
    return dataclasses.replace(inner, label=label, path=block.path, cls=block.cls, module=block.module)
