"""The hand-over of the third stage: a tree of blocks with roles and repeats, and the views chosen from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Any

from boardwork.outline.flow import Flow
from boardwork.trace.records import Trace

ATTENTION = ("attention", "deformable_attention")  # kinds of blocks


@dataclass(frozen=True)
class Block:
    """A part of the model. A leaf owns operations, any other block owns children in order of execution.

    `kind`: what recognition found ("attention", "feed_forward", "norm" ...), "" if nothing. `repeat` counts distinct
    copies; the block itself is one of them and `copies` holds the others.
    `ops`: of a leaf, in order. `again`: the later runs of the same weights; they are in the same box and are no copies.
    `facts`: what the recogniser measured, by the words of facts.toml without their prefix.
    """

    label: str
    role: str = "other"
    detail: str = ""
    path: str = ""
    cls: str = ""
    kind: str = ""
    ops: tuple[int, ...] = ()
    children: tuple[Block, ...] = ()
    copies: tuple[Block, ...] = ()
    again: tuple[Block, ...] = ()
    module: int = 0
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def repeat(self) -> int:
        """Number of distinct copies, 1 for a block that stands alone."""
        return 1 + len(self.copies)

    @property
    def runs(self) -> int:
        """How often its weights run."""
        return 1 + sum(later.runs for later in self.again)

    def one(self) -> tuple[int, ...]:
        """Operations of one copy with its later runs, in order; folded copies below it are included."""
        return self._one if self.children or self.again else self.ops

    def all(self) -> tuple[int, ...]:
        """Operations of every copy."""
        return self._all

    @cached_property
    def _one(self) -> tuple[int, ...]:
        """Kept, for every pass asks for it at every level."""
        below = (block for child in self.children for block in (child, *child.copies))
        again = (block for later in self.again for block in (later, *later.copies))
        own = () if self.children else self.ops
        return tuple(sorted(chain(own, *(block.one() for block in chain(below, again)))))

    @cached_property
    def _all(self) -> tuple[int, ...]:
        return tuple(chain(self.one(), *(copy.all() for copy in self.copies))) if self.copies else self.one()

    def leaves(self) -> Iterator[Block]:
        """Leaves of one copy with its later runs, folded copies below it included."""
        todo = [self]
        while todo:
            block = todo.pop()
            if not block.children:
                yield block
            for part in reversed((*block.children, *block.again)):
                todo += (*reversed(part.copies), part)

    def walk(self) -> Iterator[Block]:
        """This block and every block below it; of folded copies only the one that is drawn."""
        todo = [self]
        while todo:
            block = todo.pop()
            yield block
            todo += reversed(block.children)


@dataclass(frozen=True)
class Pattern:
    """Operations that mean one thing. `leaf`: drawn as one box; otherwise a frame round the boxes inside."""

    kind: str
    ops: frozenset[int]
    label: str
    role: str
    detail: str = ""
    leaf: bool = True
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Link:
    """A tensor that flows between two boxes of a view.

    `varies`: the first of several, one from each copy of the source, whose shapes differ.
    """

    source: int
    target: int
    tensor: int
    kind: str = "data"
    label: str = ""
    varies: bool = False


@dataclass(frozen=True)
class View:
    """A drawing to be: boxes (a Block each), frames over box numbers, and links between box numbers."""

    block: Block
    boxes: tuple[Block, ...]
    frames: tuple[tuple[Block, tuple[int, ...]], ...]
    links: tuple[Link, ...]


@dataclass(frozen=True)
class Outline:
    """What the model is made of. `root` unfolds to the trace; `hidden` holds operations left out, by reason.

    `log` tells what each step did, a line each; it is only written when it is asked for.
    """

    flow: Flow
    root: Block
    hidden: dict[str, tuple[int, ...]]
    big_picture: View
    zoom: View
    zoom_trace: Trace
    reason: str
    log: Callable[[], tuple[str, ...]] = tuple

    @property
    def trace(self) -> Trace:
        """What was outlined."""
        return self.flow.trace
