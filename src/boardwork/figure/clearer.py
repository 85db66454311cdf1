"""Blocks of one diagram, with numbered tags, with wires, or with rails instead -> the picture that reads better.

A tag has to be looked for elsewhere; a wire that crosses others has to be followed. So wires are taken where they cross
at no more places than they save tags, and the picture stays within twice its room. Where many tags are left, one box
under the other with rails at the sides is clearer, though it hides what is side by side.

The rows of these wires are our own and not those of `dot`: in blocks of DPN, NASNet, HRNet, EfficientViT, RAFT and
Gemma 4's vision tower, laid out both ways with the same boxes, `dot` bent the main path, led edges slantwise through
the borders of frames and set shapes across wires. Where ours cross too often to be followed (HRNet, 25 times), so did
its splines, and numbers stay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations, pairwise

from boardwork.figure.blocks import Block, Framed, Knot, Op, Par, Railed, Seq, is_bare
from boardwork.figure.laid import Laid, placed
from boardwork.figure.place import Placer
from boardwork.figure.primitives import Point, Wire

_MOST = 20  # tags up to which wires are tried; more would be a thicket
_CROSSED = 1.0  # crossings for each tag that is saved
_ROOM = 2.0  # how much more room than with tags
_LONGER = 2.0  # how much wider or higher
_FEW, _SHARE = 3, 1 / 3  # tags that may be left where boxes are side by side; of more, the share that rails may leave
_TOUCH = 1.0  # nearer to an end than this, lines meet and do not cross
Run = tuple[Point, Point]


def clearest(tagged: Block, tied: Callable[[], Block] | None, railed: Callable[[], Block], placer: Placer) -> Block:
    """The others are made only where they may save tags; `tied` is None where wires have no room."""
    shown = _wired(tagged, tied(), placer) if tied and tags(tagged) else tagged
    left, few = tags(shown), _FEW if abreast(tagged) else 0
    return railed() if left > few and tags(railed()) <= _SHARE * left else shown


def _wired(tagged: Block, tied: Block, placer: Placer) -> Block:
    """The one with wires where it is clearer."""
    saved = tags(tagged) - tags(tied)
    if not 0 < saved <= _MOST:
        return tagged
    numbered, wired = placer.place(tagged), placer.place(tied)
    wires = [item for item in placed(wired.items, 0, 0) if isinstance(item, Wire)]
    return tied if _fits(wired, numbered) and crossings(wires) <= _CROSSED * saved else tagged


def _fits(wired: Laid, numbered: Laid) -> bool:
    """Whether it takes little more room, and is not much longer either way."""
    wider = (wired.left + wired.right) / max(numbered.left + numbered.right, 1)
    higher = wired.height / max(numbered.height, 1)
    return wider * higher <= _ROOM and max(wider, higher) <= _LONGER


def tags(block: Block) -> int:
    """How many edges end in a number."""
    if isinstance(block, Op):
        return len(block.tags_in)
    return sum(tags(part) for part in _parts(block))


def abreast(block: Block) -> bool:
    """Whether boxes stand side by side."""
    boxes = isinstance(block, Par) and sum(not is_bare(branch) for branch in block.branches) > 1
    return boxes or isinstance(block, Knot) or any(abreast(part) for part in _parts(block))


def _parts(block: Block) -> Sequence[Block]:
    if isinstance(block, Par):
        return block.branches
    if isinstance(block, Framed | Railed):
        return (block.body,)
    return block.parts if isinstance(block, Seq | Knot) else ()


def crossings(wires: Sequence[Wire]) -> int:
    """Places where one wire runs over another."""
    runs = [list(pairwise(wire.points)) for wire in wires]
    return sum(any(_cross(a, b) for a in one for b in other) for one, other in combinations(runs, 2))


def _cross(a: Run, b: Run) -> bool:
    """Whether a level and an upright line cross, and not only meet."""
    level, upright = (a, b) if abs(a[0][1] - a[1][1]) < abs(a[0][0] - a[1][0]) else (b, a)
    y, x = level[0][1], upright[0][0]
    left, right = sorted((level[0][0], level[1][0]))
    top, end = sorted((upright[0][1], upright[1][1]))
    return left + _TOUCH < x < right - _TOUCH and top + _TOUCH < y < end - _TOUCH
