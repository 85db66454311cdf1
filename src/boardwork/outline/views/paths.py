"""A module path -> the block to open: of a container, of one copy of a folded layer, or of a single layer."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from difflib import get_close_matches

from boardwork.errors import BoardworkError
from boardwork.outline.blocks import Block
from boardwork.outline.flow import Flow


def at_path(flow: Flow, root: Block, path: str) -> Block:
    """What the module at `path` runs, as a block; of modules that repeat, one copy.

    Raises:
        BoardworkError: the model has no such module, or this forward does not run it.
    """
    ops = frozenset(op.id for op in flow.ops if _below(flow.trace.calls[op.call].path, path))
    found = list(_covering(flow, root, ops))
    if not found:
        raise _unknown(flow, path)
    if len(found) > 1:
        return Block(path.rpartition(".")[2], path=path, children=tuple(found))
    return dataclasses.replace(found[0], copies=(), again=())


def known(flow: Flow) -> list[str]:
    """Every path that runs something, containers too, in order of execution."""
    found: dict[str, None] = {}
    for op in flow.ops:
        words = flow.trace.calls[op.call].path.split(".")
        for depth in range(len(words)) if flow.is_data(op.id) else ():
            found.setdefault(".".join(words[: depth + 1]))
    return [path for path in found if path]


def _below(path: str, container: str) -> bool:
    return path == container or path.startswith(container + ".")


def _covering(flow: Flow, block: Block, ops: frozenset[int]) -> Iterator[Block]:
    """The largest blocks that run nothing but `ops`, and the leaves that run some of them."""
    own = block.all()
    computing = [op for op in own if not flow.is_shape(op)] or own
    if not ops.intersection(computing):
        return
    if ops.issuperset(computing) or not (block.children or block.copies):
        yield block
        return
    for part in (*block.children, *block.copies):
        yield from _covering(flow, part, ops)


def _unknown(flow: Flow, path: str) -> BoardworkError:
    paths = known(flow)
    where = "`boardwork tree TARGET` lists all paths"
    if any(row.path == path for row in flow.trace.rows):
        return BoardworkError(f"The module {path!r} runs nothing that is drawn in this forward.", hint=where)
    near = get_close_matches(path, paths, n=4, cutoff=0.5) or paths[:4]
    return BoardworkError(f"No module has the path {path!r}.", hint=f"{', '.join(near)}; {where}")
