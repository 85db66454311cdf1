"""Flow -> the tree of module calls, with operations as leaves; and regrouping of that tree by what was recognised."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from boardwork.outline.blocks import Block, Pattern
from boardwork.outline.flow import Flow
from boardwork.trace.records import Op

_CIRCLES = {"add": "add", "mul": "multiply", "sub": "subtract", "cat": "concat", "stack": "concat"}
# Where a new word begins: BatchNorm, CNBlock, GPT2MLP, PatchMergingV2, InceptionA, Block2D; RoIHeads has two, UNet one.
_BOUNDARY = re.compile(
    r"_|(?<=[a-z0-9])(?=[A-Z][a-z])|(?<=[A-Za-z0-9][A-Z])(?=[A-Z][a-z])|(?<=[a-z])(?=\dD(?![a-z]))"
    r"|(?<=[a-z]{2})(?=[A-Z]{2}|[A-Z]\d|[A-Z]$)|(?<=\d)(?!D[A-Z][a-z])(?=[A-Z]{2})"
)
_PAIR = 2
_PRODUCTS = ("matmul", "bmm", "mm", "baddbmm")
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
    return Block(words(call.cls), "block", path=call.path, cls=call.cls, children=parts, module=call.module)


def leaf(flow: Flow, index: int) -> Block:
    """An operation that no recogniser claimed."""
    op = flow.ops[index]
    call = flow.trace.calls[op.call]
    encoding = next((t for t in op.inputs if op.name == "add" and flow.is_waves(t)), None)
    role = _CIRCLES.get(op.name, "other")
    if role != "other" and encoding is None and not _joins(flow, op):
        role = "other"
    label = _SIGNS.get(role) or _scaling(flow, op) or words(op.name)
    if op.name in (*_PRODUCTS, "einsum"):
        role, label = "matmul", "Matrix product" if op.name in _PRODUCTS else label
    found = Block(label, role, path=call.path, cls=call.cls, ops=(index,), module=call.module)
    return found if encoding is None else dataclasses.replace(found, **_encoded(flow, encoding))


def _encoded(flow: Flow, table: int) -> dict[str, Any]:
    """What is known of an addition of sines and cosines."""
    numbers = next(iter(flow.readings(table, "waves")), ())
    facts = dict(zip(("base", "width", "alternates"), numbers, strict=False))
    return {"kind": "positional_encoding", "facts": {"table": table, **facts}}


def _scaling(flow: Flow, op: Op) -> str:
    """A product or sum with a learned vector, a number or a table."""
    if op.name not in ("mul", "add", "div", "sub", "rsub"):
        return ""
    if op.name != "rsub" and any(flow.origin(t)[0].kind == "parameter" for t in op.inputs):
        return {"mul": "Learned scale", "add": "Learned bias", "sub": "Learned offset"}.get(op.name, "")
    number = next((v for v in op.attrs.values() if isinstance(v, int | float) and not isinstance(v, bool)), None)
    sign = {"mul": "×", "add": "+", "div": "÷"}.get(op.name, "−")
    if len(op.inputs) == _PAIR and len(flow.data_inputs(op)) == 1:
        return "constant −" if op.name == "rsub" else f"{sign} constant"
    if number is None or len(op.inputs) != 1:
        return ""
    return f"{number:.4g} −" if op.name == "rsub" else f"{sign} {number:.4g}"


def _joins(flow: Flow, op: Op) -> bool:
    return len(flow.data_inputs(op)) > 1 or any(_side_input(flow, t) for t in op.inputs)


def _side_input(flow: Flow, tensor: int) -> bool:
    """True for a learned tensor with more than one long axis: a token, a table of positions."""
    record = flow.origin(tensor)[0]
    return record.kind == "parameter" and len(record.shape) > 1


@cache
def words(name: str) -> str:
    """`LlamaDecoderLayer` -> "Llama decoder layer"; `BertLMHead` -> "Bert LM head", acronyms stay."""
    first, *others = _BOUNDARY.sub(" ", name).split() or [name]
    return " ".join([first, *(word.lower() if word[1:].islower() else word for word in others)])


def gather(flow: Flow, root: Block, patterns: Sequence[Pattern]) -> Block:
    """Give every pattern its own block. Small ones first, so that larger ones close round them."""
    ordered = sorted(patterns, key=lambda p: (not p.leaf, len(p.ops)))
    return _gather(flow, root, [p for p in ordered if flow.convex(p.ops)])


def _gather(flow: Flow, block: Block, patterns: Sequence[Pattern]) -> Block:
    """Hand each pattern to the child that holds it whole; close blocks here round the others."""
    owner = {op: i for i, child in enumerate(block.children) for op in child.one()}
    within: dict[int, list[Pattern]] = {}
    here: list[Pattern] = []
    for pattern in patterns:
        places = {owner[op] for op in pattern.ops if op in owner}
        if len(places) == 1:
            within.setdefault(places.pop(), []).append(pattern)
        elif places:
            here.append(pattern)
    children = [_inside(flow, child, within.get(i, ())) for i, child in enumerate(block.children)]
    block = dataclasses.replace(block, children=tuple(children))
    for pattern in here:
        block = _close(flow, block, pattern, pattern.ops & frozenset(owner))
    return block


def _inside(flow: Flow, block: Block, patterns: Sequence[Pattern]) -> Block:
    """A pattern that explains all that the block computes becomes the block itself."""
    own = block.one() if patterns else ()
    whole = next((p for p in reversed(patterns) if all(op in p.ops or flow.is_shape(op) for op in own)), None)
    rest = [p for p in patterns if p is not whole]
    if rest and block.children:
        block = _gather(flow, block, rest)
    return block if whole is None or not (whole.leaf or block.children) else _claim(block, whole)


def _claim(block: Block, pattern: Pattern) -> Block:
    """The module call is the pattern: keep its path, take the pattern's meaning."""
    named = dataclasses.replace(
        block, label=pattern.label, role=pattern.role, detail=pattern.detail, kind=pattern.kind, facts=pattern.facts
    )
    if pattern.leaf:
        return dataclasses.replace(named, ops=block.one(), children=())
    return dataclasses.replace(named, children=tuple(_flat(block.children)))


def _flat(children: Sequence[Block]) -> list[Block]:
    """The parts of a recognised frame, without the modules round them that mean nothing of their own."""
    return [
        part for child in children for part in ([child] if child.kind or not child.children else _flat(child.children))
    ]


def _close(flow: Flow, block: Block, pattern: Pattern, wanted: frozenset[int]) -> Block:
    """Dissolve children that are only partly inside, then put those inside into one new block."""
    inside: list[Block] = []
    around: list[Block] = []
    place = 0
    parts = _dissolved(block.children, wanted)
    held = [child for child in parts if not wanted.isdisjoint(child.one())]
    held = [child for child in held if not _only_moves(flow, child, wanted)] or held
    within = {id(child) for child in held}
    for child in parts:
        if id(child) in within:
            inside.append(child)
            place = len(around)
        else:
            around.append(child)
    path = next((b.path for b in inside if b.path and b.path != block.path), block.path)
    cls = inside[0].cls if pattern.leaf else ""
    new = Block(pattern.label, pattern.role, path=path if pattern.leaf else block.path, cls=cls, children=tuple(inside))
    new = dataclasses.replace(_claim(new, pattern), module=inside[0].module)
    return dataclasses.replace(block, children=(*around[:place], new, *around[place:]))


def _only_moves(flow: Flow, child: Block, wanted: frozenset[int]) -> bool:
    """True for a recognised layer that has nothing of what is wanted but a change of shape before it computes."""
    if not child.kind or child.children:
        return False
    own = frozenset(child.one())
    return not own <= wanted and all(map(flow.is_shape, own & wanted))


def _dissolved(children: Sequence[Block], wanted: frozenset[int]) -> list[Block]:
    found: list[Block] = []
    for child in children:
        if child.children and not wanted.isdisjoint(child.one()) and not wanted.issuperset(child.one()):
            found.extend(_dissolved(child.children, wanted))
        else:
            found.append(child)
    return found
