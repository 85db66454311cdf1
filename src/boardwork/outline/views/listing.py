"""Outline -> a line a block: the path that `--zoom` takes, what the block is, and its part of the parameters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from boardwork.numbers import count
from boardwork.outline.blocks import Block, Outline
from boardwork.outline.flow import Flow

_MARK = "◀ opened by default"


@dataclass(frozen=True)
class Row:
    """One line: `path` indented by `depth`, the box, its class, its parameters with all copies."""

    depth: int
    path: str
    label: str
    cls: str
    params: int
    opened: bool


def listing(found: Outline) -> Iterator[str]:
    """The blocks as an indented table; of folded copies one is shown with the paths of the first and the last."""
    flow = found.flow
    rows = list(_rows(flow, found.root, found.zoom.block.path))
    paths = ["  " * row.depth + row.path for row in rows]
    wide = max(map(len, paths), default=0)
    middle = max((len(row.label) for row in rows), default=0)
    for path, row in zip(paths, rows, strict=True):
        words = f"{path:<{wide}}  {row.label:<{middle}}  {count(row.params) if row.params else '':>8}  {row.cls}"
        yield f"{words}  {_MARK if row.opened else ''}".rstrip()


def _rows(flow: Flow, block: Block, opened: str, depth: int = 0, above: str = "") -> Iterator[Row]:
    own = bool(block.path) and block.path != above
    if own:
        yield Row(depth, block.path, _words(block), block.cls, flow.parameters(block.all()), block.path == opened)
    for child in block.children:
        yield from _rows(flow, child, opened, depth + own, block.path or above)


def _words(block: Block) -> str:
    if block.again:
        return f"{block.label}, run {block.runs} times"
    if block.repeat == 1:
        return block.label
    members = sorted((block, *block.copies), key=lambda copy: min(copy.one()))
    return f"{block.label} × {block.repeat} ({members[0].path} … {members[-1].path.rpartition('.')[2]})"
