"""Tree -> the one block to open, by a written rule, and the reason in words.

Each block of two parts or more has a score: its share of the model (mean of parameters and FLOPs, all copies, and all
layers of its sort and size in a row), times 2 if it repeats or loops, times 2 if it holds a residual or another join,
times 5 if it mixes positions (attention, recurrence, state space). The highest score is opened. A block that stacks
repeated ones gives way to them, one that holds several levels of a U-Net to what is in a level. Of copies the first is
opened that has something before it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from itertools import pairwise

from boardwork.outline.blocks import ATTENTION, Block
from boardwork.outline.flow import Flow
from boardwork.outline.views.share import Share
from boardwork.outline.views.squeeze import SIGNS
from boardwork.outline.views.u_levels import levels_of_ends

_REPEATS, _JOINS, _MIXES = 2, 2, 5
_PARTS = {**dict.fromkeys(ATTENTION, "the part that mixes positions"), "moe": "the part that chooses experts"}
_LEVELS = 2  # of a U-Net, which the big picture tells
_Sort = tuple[str, str, str, str]  # class, kind, label and detail
_MIXERS = (*ATTENTION, "recurrent", "scan", "linear_recurrence", "delta_rule", "long_convolution", "message_passing")


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A block that the zoom could open, and why it should."""

    block: Block
    share: float
    times: int
    repeats: bool
    joins: bool
    mixes: bool

    @property
    def score(self) -> float:
        """The rule of the module's docstring."""
        factors = (_REPEATS if self.repeats else 1) * (_JOINS if self.joins else 1) * (_MIXES if self.mixes else 1)
        return self.share * factors

    def __str__(self) -> str:
        factors = [(self.repeats, f" × {_REPEATS} repeats"), (self.joins, f" × {_JOINS} holds a join")]
        factors.append((self.mixes, f" × {_MIXES} mixes positions"))
        told = "".join(words for holds, words in factors if holds)
        return f"{self.block.path or self.block.label} {self.share:.2f}{told} = {self.score:.2f}"


def candidates(flow: Flow, root: Block) -> list[Candidate]:
    """Every block that could be opened, the highest score first; of equal scores the first in the model."""
    share = Share(flow, root)
    cells = {cell.op for cell in flow.trace.cells}
    found = [
        _candidate(block, share, times)
        for block, times in _walk(flow, root)
        if block is not root and _opens(block, cells)
    ]
    levels = levels_of_ends(flow)
    single = [c for c in found if len({levels[op] for op in levels.keys() & c.block.one()}) < _LEVELS]
    return sorted((c for c in single or found if not _stacks(c, found)), key=lambda candidate: -candidate.score)


def _stacks(candidate: Candidate, others: list[Candidate]) -> bool:
    """True for a block that stacks repeated ones: they are opened in its place."""
    inside = {id(block) for child in candidate.block.children for block in child.walk()}
    within = [other for other in others if id(other.block) in inside]
    repeated = [other for other in within if other.times > candidate.times or other.block.again]
    little = sum(other.share for other in repeated) <= candidate.share / 2
    return candidate.block.kind == "in_turn" or not little or any(other.mixes for other in repeated)


def _opens(block: Block, cells: set[int]) -> bool:
    """True for a block of parts, and for a recurrent layer whose time step was traced."""
    return len(block.children) > 1 or bool(not block.children and cells.intersection(block.ops))


def _walk(flow: Flow, block: Block, times: int = 1) -> Iterator[tuple[Block, int]]:
    """Every block that is drawn, and how often layers in turn, or layers of its sort in a row, repeat it."""
    yield block, times
    within = times * block.repeat if block.kind == "in_turn" else times
    rows = _rows(flow, block.children)
    for child in block.children:
        yield from _walk(flow, child, within * rows.get(_sort(child), 1))


def _rows(flow: Flow, parts: Sequence[Block]) -> dict[_Sort, int]:
    """How many layers of one sort and one size follow one another; what runs between them keeps them from folding."""
    layers: dict[_Sort, list[Block]] = {}
    for part in parts:
        if part.kind and part.cls and part.children:
            layers.setdefault(_sort(part), []).append(part)
    return {sort: len(row) for sort, row in layers.items() if _is_row(flow, row)}


def _sort(layer: Block) -> _Sort:
    return layer.cls, layer.kind, layer.label, layer.detail


def _is_row(flow: Flow, layers: Sequence[Block]) -> bool:
    """True for modules that stand apart, each of which takes what the one before has made: experts are no row."""
    apart = len({layer.module for layer in layers}) == len(layers) and all(layer.repeat == 1 for layer in layers)
    return apart and len(layers) > 1 and all(_follows(flow, *pair) for pair in pairwise(layers))


def _follows(flow: Flow, one: Block, two: Block) -> bool:
    made, first = set(one.one()), min(one.one())
    return any(op.id in made for t in flow.taken(two.one()) for op in flow.makers(t, since=first - 1))


def _candidate(block: Block, share: Share, times: int) -> Candidate:
    return Candidate(
        block,
        share(block) * times,
        times=block.repeat * times,
        repeats=block.repeat * times > 1 or bool(block.again),
        joins=any(child.role in SIGNS for child in block.children),
        mixes=any(inside.kind in _MIXERS for inside in block.walk()),
    )


def choose(flow: Flow, root: Block) -> tuple[Block, str]:
    """The block with the highest score and the reason; the whole model where nothing can be opened."""
    best = next(iter(candidates(flow, root)), None)
    if best is None:
        return root, "the model has one level, shown whole"
    block, words = best.block, Share(flow, root).words(best.block, best.times // best.block.repeat)
    if best.times > 1:
        reason = f"one of {best.times} blocks that hold {words}"
    elif block.again:
        reason = f"run {block.runs} times, it holds {words}"
    else:
        reason = f"{_PARTS.get(block.kind, 'the block that tells most')}, with {words}"
    return dataclasses.replace(_typical(flow, block), copies=(), again=()), reason


def _typical(flow: Flow, block: Block) -> Block:
    """The block; its next copy or run where only the first has nothing before it, as what starts from zeros."""
    following = next(iter((*block.copies, *block.again)), block)
    return block if flow.taken(block.one()) - flow.taken(following.one()) else following
