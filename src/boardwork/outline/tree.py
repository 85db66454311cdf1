"""Flow -> the tree of module calls, with operations as leaves; and regrouping of that tree by what was recognised."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from boardwork.outline.blocks import Block, Pattern
from boardwork.outline.flow import Flow

_CIRCLES = {"add": "add", "mul": "multiply", "sub": "subtract", "cat": "concat", "stack": "concat"}
_SIGNS = {"add": "+", "multiply": "×", "subtract": "−", "concat": "concatenate"}


def grow(flow: Flow) -> Block:
    """Every meaningful operation under the module call that ran it, in order of execution."""
    children: dict[int, list[Block | int]] = {call.id: [] for call in flow.trace.calls}
    started: set[int] = set()
    for op in flow.ops:
        if not flow.is_data(op.id):
            continue
        call = op.call
        while call not in started:
            started.add(call)
            parent = flow.trace.calls[call].parent
            if parent < 0:
                break
            children[parent].append(-1 - call)
            call = parent
        children[op.call].append(leaf(flow, op.id))
    return _block(flow, 0, children)


def _block(flow: Flow, index: int, children: dict[int, list[Block | int]]) -> Block:
    call = flow.trace.calls[index]
    parts = tuple(
        child if isinstance(child, Block) else _block(flow, -1 - child, children) for child in children[index]
    )
    return Block(_words(call.cls), "block", path=call.path, cls=call.cls, children=parts, module=call.module)


def leaf(flow: Flow, index: int) -> Block:
    """An operation that no recogniser claimed."""
    op = flow.ops[index]
    call = flow.trace.calls[op.call]
    joined = len(flow.data_inputs(op)) > 1 or any(_side_input(flow, t) for t in op.inputs)
    role = _CIRCLES.get(op.name, "other") if joined else "other"
    if op.name in ("matmul", "bmm", "einsum", "mm"):
        role = "matmul"
    label = _SIGNS.get(role) or _words(op.name)
    return Block(label, role, path=call.path, cls=call.cls, ops=(index,), module=call.module)


def _side_input(flow: Flow, tensor: int) -> bool:
    """True for a learned tensor with more than one long axis: a token, a table of positions."""
    record = flow.origin(tensor)[0]
    return record.kind == "parameter" and len(record.shape) > 1


def _words(name: str) -> str:
    """`LlamaDecoderLayer` -> "Llama decoder layer"; acronyms stay."""
    words, word = [], ""
    for before, letter in zip(" " + name, name, strict=False):
        if letter == "_" or (letter.isupper() and not before.isupper()):
            words, word = [*words, word], ""
        word += "" if letter == "_" else letter
    kept = [w for w in [*words, word] if w]
    return " ".join([kept[0], *(w if w.isupper() and len(w) > 1 else w.lower() for w in kept[1:])]) if kept else name


def gather(flow: Flow, root: Block, patterns: Sequence[Pattern]) -> Block:
    """Give every pattern its own block. Small ones first, so that larger ones close round them."""
    for pattern in sorted(patterns, key=lambda p: (not p.leaf, len(p.ops))):
        if flow.convex(pattern.ops):
            root = _gather(flow, root, pattern, top=True)
    return root


def _gather(flow: Flow, block: Block, pattern: Pattern, top: bool = False) -> Block:
    """Descend to the lowest block that holds the pattern, then close a block round it."""
    wanted = pattern.ops & frozenset(block.one())
    if not wanted:
        return block
    rest = [op for op in block.one() if op not in wanted and not flow.is_shape(op)]
    if not rest and not top and (block.children or pattern.leaf):
        return _claim(block, pattern)
    for index, child in enumerate(block.children):
        if wanted <= frozenset(child.one()):
            if not child.children:
                return _replaced(block, index, _claim(child, pattern))
            return _replaced(block, index, _gather(flow, child, pattern))
    return _close(block, pattern, wanted)


def _replaced(block: Block, index: int, child: Block) -> Block:
    return dataclasses.replace(block, children=(*block.children[:index], child, *block.children[index + 1 :]))


def _claim(block: Block, pattern: Pattern) -> Block:
    """The module call is the pattern: keep its path, take the pattern's meaning."""
    named = dataclasses.replace(
        block, label=pattern.label, role=pattern.role, detail=pattern.detail, kind=pattern.kind, facts=pattern.facts
    )
    return dataclasses.replace(named, ops=block.one(), children=()) if pattern.leaf else named


def _close(block: Block, pattern: Pattern, wanted: frozenset[int]) -> Block:
    """Dissolve children that are only partly inside, then put those inside into one new block."""
    inside: list[Block] = []
    around: list[Block] = []
    place = 0
    for child in _dissolved(block.children, wanted):
        if wanted & frozenset(child.one()):
            inside.append(child)
            place = len(around)
        else:
            around.append(child)
    path = next((b.path for b in inside if b.path and b.path != block.path), block.path)
    cls = inside[0].cls if pattern.leaf else ""
    new = Block(pattern.label, pattern.role, path=path if pattern.leaf else block.path, cls=cls, children=tuple(inside))
    new = dataclasses.replace(_claim(new, pattern), module=inside[0].module)
    return dataclasses.replace(block, children=(*around[:place], new, *around[place:]))


def _dissolved(children: Sequence[Block], wanted: frozenset[int]) -> list[Block]:
    found: list[Block] = []
    for child in children:
        own = frozenset(child.one())
        if own & wanted and not own <= wanted and child.children:
            found.extend(_dissolved(child.children, wanted))
        else:
            found.append(child)
    return found
