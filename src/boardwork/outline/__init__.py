"""Trace -> Outline: passes that find meaning in the data flow, each a plain function."""

from __future__ import annotations

from boardwork.outline.blocks import Block, Outline, Pattern, View
from boardwork.outline.flow import Flow
from boardwork.outline.recognise import recognise
from boardwork.outline.tree.fold import fold
from boardwork.outline.tree.functions import functions
from boardwork.outline.tree.grow import gather, grow
from boardwork.outline.tree.loops import loops
from boardwork.outline.tree.name import name
from boardwork.outline.tree.plumbing import absorb
from boardwork.outline.views.choose import big_picture, parts
from boardwork.outline.views.paths import at_path
from boardwork.outline.views.view import view
from boardwork.outline.views.zoom import candidates, choose
from boardwork.trace.records import Trace

__all__ = ["outline"]


def outline(trace: Trace, wanted: str = "") -> Outline:
    """Outline a trace; `wanted` is the module path to open, "" to choose.

    Raises:
        BoardworkError: no block has the path `wanted`.
    """
    flow = Flow(trace)
    patterns = recognise(flow)
    root = gather(flow, grow(flow), patterns)
    trees = {"grow, gather": root}
    for step in (functions, absorb, fold, loops, name):
        root = trees[step.__name__] = step(flow, root)
    shown = big_picture(flow, root)
    opened, reason = _opened(flow, root, wanted)
    zoom_flow, zoom_view = _zoom_view(flow, root, opened, wanted)
    return Outline(
        flow=flow,
        root=root,
        hidden=_hidden(flow, root),
        big_picture=view(flow, root, shown),
        zoom=zoom_view,
        zoom_trace=zoom_flow.trace,
        reason=reason if zoom_flow is flow else "one time step of the recurrent layer",
        log=lambda: (
            f"recognise: {_tally(patterns)}",
            *(f"{step}: {_size(tree)}" for step, tree in trees.items()),
            f"big picture: {len(shown)} boxes",
            f"zoom: {opened.path or opened.label}: {reason}",
            *(f"zoom score: {candidate}" for candidate in candidates(flow, root)[:_TOLD]),
        ),
    )


_TOLD = 3  # scores that the log tells


def _opened(flow: Flow, root: Block, wanted: str) -> tuple[Block, str]:
    if wanted:
        return at_path(flow, root, wanted), f"opened because --zoom asks for {wanted}"
    return choose(flow, root)


def _zoom_view(flow: Flow, root: Block, opened: Block, wanted: str) -> tuple[Flow, View]:
    """The opened block; a recurrent model without blocks opens one time step instead."""
    recurrent = next((b for b in opened.walk() if b.kind == "recurrent" and not wanted), None)
    cell = next((c for c in flow.trace.cells if recurrent is not None and c.op in recurrent.ops), None)
    if recurrent is None or cell is None or _has_more(root, opened):
        return flow, view(flow, opened, parts(flow, root, opened))
    inner = Flow(cell.trace)
    drawn = [pattern for pattern in recognise(inner) if pattern.kind not in ("recurrent", "cell", "map_cell")]
    step = absorb(inner, gather(inner, grow(inner), drawn))
    return inner, view(inner, recurrent, parts(inner, step, step))


def _has_more(root: Block, opened: Block) -> bool:
    """True for a block that is more than a recurrent layer: it attends, or it is the body of a loop."""
    runs = (run for block in root.walk() if block.again for run in (block, *block.again))
    looped = any(run.children and run.children is opened.children for run in runs)
    return looped or any(block.kind in ("attention", "transformer_layer") for block in opened.walk())


def _hidden(flow: Flow, root: Block) -> dict[str, tuple[int, ...]]:
    drawn = set(root.all())
    rest = [op.id for op in flow.ops if op.id not in drawn]
    unused = tuple(op for op in rest if op not in flow.live)
    tables = tuple(op for op in rest if op in flow.live)
    found = {"on constants alone: masks, positions, tables, buffers": tables, "no output depends on them": unused}
    return {reason: ops for reason, ops in found.items() if ops}


def _size(root: Block) -> str:
    blocks = list(root.walk())
    folded = sum(b.repeat > 1 for b in blocks)
    return (
        f"{len(blocks)} blocks, {len(root.one())} operations in {sum(1 for _ in root.leaves())} leaves, {folded} folded"
    )


def _tally(patterns: list[Pattern]) -> str:
    counts: dict[str, int] = {}
    for pattern in patterns:
        counts[pattern.kind] = counts.get(pattern.kind, 0) + 1
    return ", ".join(f"{n} {kind}" for kind, n in sorted(counts.items())) or "nothing"
