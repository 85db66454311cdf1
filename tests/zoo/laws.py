"""An outline and its sheet -> the laws that they break, a sentence each."""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.outline.blocks import Block, Outline
from boardwork.outline.views.choose import MOST_BOXES, MOST_IN_ZOOM
from boardwork.sheet import Diagram, Sheet

FEWEST = 2  # boxes of a picture that shows something
SIGNS = ("add", "multiply", "subtract", "concat", "input", "output", "parameter")


def broken_laws(found: Outline, sheet: Sheet) -> list[str]:
    """Every operation in one box or a footnote; boxes add up to the model; copies are distinct; not too many boxes."""
    return [*_unfolding(found), *_sums(found, sheet), *_copies(found.root), *_crowded(sheet, len(found.trace.ops))]


def _unfolding(found: Outline) -> Iterator[str]:
    hidden = [op for ops in found.hidden.values() for op in ops]
    everything = [op.id for op in found.trace.ops]
    if sorted([op for leaf in _leaves(found.root) for op in leaf.ops] + hidden) != everything:
        yield "the outline does not unfold to the trace"
    if sorted([op for box in found.big_picture.boxes for op in box.all()] + hidden) != everything:
        yield "the big picture does not hold every operation once"


def _leaves(block: Block) -> Iterator[Block]:
    yield from (block,) if not block.children else (leaf for child in block.children for leaf in _leaves(child))
    yield from (leaf for other in (*block.copies, *block.again) for leaf in _leaves(other))


def _sums(found: Outline, sheet: Sheet) -> Iterator[str]:
    nodes = sheet.big_picture.nodes
    drawn = {"params_total": sum(node.params for node in nodes) + _idle(found), "flops": sum(n.flops for n in nodes)}
    for name, size in drawn.items():
        if size != sheet.summary[name]:
            yield f"{name}: the boxes add up to {size:,}, the model to {sheet.summary[name]:,}"


def _idle(found: Outline) -> int:
    """Parameters that take no part in what the forward gives, which a footnote counts."""
    hidden = {op for ops in found.hidden.values() for op in ops}
    taken = (found.trace.tensors[tensor] for op in found.trace.ops if op.id not in hidden for tensor in op.inputs)
    used = {tensor.name for tensor in taken if tensor.kind == "parameter"}
    return sum(w.size for w in found.trace.weights if w.parameter and not used & set(w.names))


def _copies(root: Block) -> Iterator[str]:
    for block in root.walk():
        if len({block.module, *(copy.module for copy in block.copies)}) != block.repeat:
            yield f"{block.label} at {block.path or 'the root'} says {block.repeat} copies of fewer modules"


def _crowded(sheet: Sheet, operations: int) -> Iterator[str]:
    """Too many boxes, or one where there is more to show."""
    drawn, opened = _boxes(sheet.big_picture), _boxes(sheet.zoom.diagram)
    if drawn > MOST_BOXES or (drawn < FEWEST and operations > FEWEST * drawn):
        yield f"{drawn} boxes in the big picture"
    if opened > MOST_IN_ZOOM:
        yield f"{opened} boxes in the zoom"


def _boxes(diagram: Diagram) -> int:
    return sum(node.role not in SIGNS for node in diagram.nodes)
