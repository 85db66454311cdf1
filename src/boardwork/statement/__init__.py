"""Outline -> the zoomed block as plain PyTorch: a function whose arguments are the block's inputs and weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from boardwork.outline.blocks import Block, Outline
from boardwork.outline.flow import Flow
from boardwork.statement.helpers import boundary_of, cut_outside, leaving, part_name, parts_of
from boardwork.statement.names import identifier, tables_of
from boardwork.statement.operations import CLOSED
from boardwork.statement.records import Argument, Statement
from boardwork.statement.segments import segments
from boardwork.statement.terms import Term, UnstatedError
from boardwork.statement.walk import Function, Library

__all__ = ["Argument", "Statement", "statement"]

_MOST_OPERATIONS = 4000
_MOST_LINES = 100  # of a function
_BOARD = 30  # lines
_ONE_DEEP, _NESTED = 1, 2  # the parts of a block are functions; parts of these and long boxes are, too
_IMPORTS = {"math.": "import math\n", "torch.": "import torch\n", "F.": "import torch.nn.functional as F\n"}


def statement(outline: Outline) -> Statement:
    """The zoomed block's equations as a function; `unstated` says why there is none."""
    flow = outline.flow
    block = outline.zoom.block
    ops = {op for op in block.one() if op in flow.live} - cut_outside(flow, block)
    empty = Statement(block.label, block.path, ops=tuple(sorted(ops)), roles=_roles(block))
    if len(ops) > _MOST_OPERATIONS:
        return _too_long(empty, f"{len(ops):,} operations")
    try:
        found = _shortest(flow, outline, empty)
    except UnstatedError as error:
        return replace(empty, unstated=f"{error} has no statement")
    longest = max(map(_length, found.text.split("\n\n")))
    return _too_long(empty, f"{longest} lines") if longest > _MOST_LINES else found


def _too_long(empty: Statement, what: str) -> Statement:
    return replace(empty, unstated=f"its {what} are too many for a board; open a smaller block with --zoom")


def _roles(block: Block) -> tuple[str, ...]:
    kinds = (inside.kind or inside.role for inside in block.walk())
    return tuple(dict.fromkeys(kind.replace("_", " ") for kind in kinds if kind not in ("", "other", "block")))


def _argument(term: Term) -> Argument:
    return Argument(term.wanted, term.tensor, term.picks, tuple(map(_argument, term.members)))


def _stated(
    flow: Flow, outline: Outline, empty: Statement, *, brief: int = 0, in_parts: int = 0, repeated: bool = False
) -> Statement:
    ops, block = frozenset(empty.ops), outline.zoom.block
    boundary = boundary_of(flow, empty.ops)
    drawn = outline.zoom.boxes if outline.zoom_trace is outline.trace else ()
    labels = {box.facts["tensor"]: identifier(box.label) for box in drawn if box.role == "input"}
    leaves = list(block.leaves())
    labels |= tables_of(flow, leaves)
    labels |= {t: letter for box in block.walk() for t, letter in box.facts.get("carried", {}).items()}
    library = Library()
    entering = {t: letter for leaf in leaves for t, letter in leaf.facts.get("letters", {}).items()}
    function = Function(flow, library, boundary, labels, entering, brief, in_parts == _NESTED, repeated)
    function.write(empty.ops, leaves, parts_of(flow, block, boxes=in_parts == _NESTED) if in_parts else ())
    outputs = leaving(flow, ops)
    name = part_name(block)
    name = f"{name}_layer" if name in library.texts else name
    text = function.text(name, outputs)
    whole = "\n\n".join([*library.texts.values(), text])
    imports = "".join(line for word, line in _IMPORTS.items() if word in whole)
    arguments = tuple(map(_argument, function.scope.arguments))
    stated = f"{imports}\n\n{whole}\n".lstrip()
    return replace(empty, function=name, text=stated, arguments=arguments, outputs=tuple(outputs))


def _shortest(flow: Flow, outline: Outline, empty: Statement) -> Statement:
    """The equations opened; where a board is too small, torch's own calls, then a function a part, or a part of one.

    At last a function for what comes again with other weights.
    """
    found = _stated(flow, outline, empty)
    for in_parts, brief, repeated in _styles(flow, outline, empty) if _length(found.text) > _BOARD else ():
        other = _stated(flow, outline, empty, brief=brief, in_parts=in_parts, repeated=repeated)
        lengths = [_length(function) for function in other.text.split("\n\n")]
        if (max(lengths) if in_parts or repeated else sum(lengths)) <= _BOARD:
            return other
        found = min(found, other, key=lambda one: max(map(_length, one.text.split("\n\n"))))
    return found


def _styles(flow: Flow, outline: Outline, empty: Statement) -> Iterator[tuple[int, int, bool]]:
    """How far in parts, how brief, and whether what is repeated is: what makes a difference to these operations."""
    names = {flow.ops[op].name for op in empty.ops}
    briefs = [brief for brief, calls in enumerate(CLOSED, 1) if not names.isdisjoint(calls)]
    yield from ((0, brief, False) for brief in briefs)
    parted = [0]
    for in_parts in (_ONE_DEEP, _NESTED):
        if parts_of(flow, outline.zoom.block, boxes=in_parts == _NESTED):
            yield from ((in_parts, brief, False) for brief in (0, *briefs))
            parted.append(in_parts)
    if segments(flow, empty.ops, outline.zoom.block.leaves()):
        yield from ((in_parts, brief, True) for in_parts in parted for brief in (0, *briefs))


def _length(text: str) -> int:
    return sum(bool(line.strip()) for line in text.splitlines())
