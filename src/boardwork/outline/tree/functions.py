"""Tree -> the same tree with what a helper function computes as one box, named after the function."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from boardwork.outline.blocks import Block
from boardwork.outline.flow import Flow
from boardwork.outline.tree.grow import words
from boardwork.outline.tree.plumbing import is_visible


def functions(flow: Flow, root: Block) -> Block:
    """Box the functions that hold neither weights nor anything recognised: neither may hide in a box."""
    contents = _contents(flow)
    return _boxed(flow, root, contents) if contents else root


def _contents(flow: Flow) -> dict[int, list[int]]:
    """The operations of each function, without those functions that call a module which computes something."""
    runs, calls = flow.trace.functions, flow.trace.calls
    found: dict[int, list[int]] = {}
    of_modules: set[int] = set()
    known: set[int] = set()
    for op in flow.ops if runs else ():
        if not flow.is_data(op.id):
            continue
        for function in _outwards(flow, op.function):
            found.setdefault(function, []).append(op.id)
        call = calls[op.call]
        while call.parent >= 0 and call.id not in known:
            known.add(call.id)
            of_modules.update(_outwards(flow, call.function))
            call = calls[call.parent]
    return {function: found[function] for function in sorted(found) if function not in of_modules}


def _outwards(flow: Flow, function: int) -> list[int]:
    """The function and those that called it in the same forward."""
    found = []
    while function >= 0:
        found.append(function)
        function = flow.trace.functions[function].parent
    return found


def _boxed(flow: Flow, block: Block, contents: dict[int, list[int]]) -> Block:
    if not block.children:
        return block
    place = {op: i for i, child in enumerate(block.children) if _is_plain(child) for op in child.ops}
    children: list[Block | None] = [_boxed(flow, child, contents) for child in block.children]
    for function in sorted({f for op in place for f in _outwards(flow, flow.ops[op].function)} & contents.keys()):
        parts = [place[op] for op in contents[function] if op in place]
        inside = [child for i in parts if (child := children[i]) is not None]
        whole = len(inside) == len(contents[function])  # nothing recognised, nothing in a box of a caller
        if whole and len(inside) < len(children) and _says_something(flow, inside):
            for i in parts:
                children[i] = None
            children[parts[0]] = _box(flow, function, inside)
            place = {op: i for op, i in place.items() if i not in parts}
    return dataclasses.replace(block, children=tuple(child for child in children if child is not None))


def _is_plain(block: Block) -> bool:
    return len(block.ops) == 1 and not block.kind and not block.children


def _says_something(flow: Flow, parts: Sequence[Block]) -> bool:
    """True for several computations, and for moves that deal the elements of maps out to another batch: windows."""
    if flow.parameters(op for part in parts for op in part.ops):
        return False
    if any(is_visible(flow, part) for part in parts):
        return sum(is_visible(flow, part) for part in parts) > 1
    before = flow.tensors[flow.ops[parts[0].ops[0]].inputs[0]].shape
    after = flow.tensors[flow.ops[parts[-1].ops[0]].outputs[0]].shape
    return min(len(before), len(after)) > 3 and before[0] != after[0]


def _box(flow: Flow, function: int, parts: Sequence[Block]) -> Block:
    name = flow.trace.functions[function].name.strip("_")
    names = list(dict.fromkeys(flow.ops[p.ops[0]].name for p in parts if is_visible(flow, p)))
    detail = ", ".join(map(words, names)).lower() if len(names) < 4 else f"{len(names)} kinds of operations"
    ops = tuple(sorted(op for part in parts for op in part.ops))
    label = words(name[0].upper() + name[1:])
    return dataclasses.replace(parts[0], label=label, role="block", detail=detail, cls=name, kind="function", ops=ops)
