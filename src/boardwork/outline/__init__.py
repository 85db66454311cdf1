"""Trace -> Outline: passes that find meaning in the data flow, each a plain function."""

from __future__ import annotations

from boardwork.outline.attention import attentions
from boardwork.outline.blocks import Block, Outline, Pattern, View
from boardwork.outline.choose import big_picture, parts
from boardwork.outline.chunked_scan import chunked_scans
from boardwork.outline.codebook import codebooks
from boardwork.outline.excitation import excitations
from boardwork.outline.experts import mixtures
from boardwork.outline.feed_forward import feed_forwards
from boardwork.outline.flow import Flow
from boardwork.outline.fold import fold
from boardwork.outline.functions import functions
from boardwork.outline.graph_convolution import graph_convolutions
from boardwork.outline.layers import layers
from boardwork.outline.long_convolution import long_convolutions
from boardwork.outline.loops import loops
from boardwork.outline.low_rank import low_ranks
from boardwork.outline.message_passing import message_passings
from boardwork.outline.modulation import modulations
from boardwork.outline.name import name
from boardwork.outline.norms import norms
from boardwork.outline.patch_merging import patch_mergings
from boardwork.outline.paths import at_path
from boardwork.outline.plumbing import absorb
from boardwork.outline.recurrent_cells import recurrent_cells
from boardwork.outline.sampling import samplings
from boardwork.outline.scan import scans
from boardwork.outline.similarity import similarities
from boardwork.outline.sinusoid import sinusoids
from boardwork.outline.tree import gather, grow
from boardwork.outline.view import view
from boardwork.outline.zoom import candidates, choose
from boardwork.trace.records import Trace

__all__ = ["outline"]


def outline(trace: Trace, wanted: str = "") -> Outline:
    """Outline a trace; `wanted` is the module path to open, "" to choose.

    Raises:
        BoardworkError: no block has the path `wanted`.
    """
    flow = Flow(trace)
    patterns = recognise(flow)
    log = [f"recognise: {_tally(patterns)}"]
    root = gather(flow, grow(flow), patterns)
    log.append(f"grow, gather: {_size(root)}")
    for step in (functions, absorb, fold, loops, name):
        root = step(flow, root)
        log.append(f"{step.__name__}: {_size(root)}")
    shown = big_picture(flow, root)
    log.append(f"big picture: {len(shown)} boxes")
    opened, reason = _opened(flow, root, wanted)
    log.append(f"zoom: {opened.path or opened.label}: {reason}")
    log += [f"zoom score: {candidate}" for candidate in candidates(flow, root)[:_TOLD]]
    zoom_flow, zoom_view = _zoom_view(flow, root, opened, wanted)
    return Outline(
        trace=trace,
        root=root,
        hidden=_hidden(flow, root),
        big_picture=view(flow, root, shown),
        zoom=zoom_view,
        zoom_trace=zoom_flow.trace,
        reason=reason if zoom_flow is flow else "one time step of the recurrent layer",
        log=tuple(log),
    )


_TOLD = 3  # scores that the log tells
_SPECIAL = (
    mixtures,
    excitations,
    low_ranks,
    samplings,
    modulations,
    graph_convolutions,
    sinusoids,
    scans,
    patch_mergings,
    recurrent_cells,
    message_passings,
    codebooks,
    long_convolutions,
    similarities,
    chunked_scans,
)


def recognise(flow: Flow) -> list[Pattern]:
    """Every pattern in the data flow; what a larger one explains in other words is left out."""
    special = [group for find in _SPECIAL for group in find(flow)]
    explained = {
        op for group in special for pattern in group if pattern.leaf or pattern.kind != "moe" for op in pattern.ops
    }
    plain = [group for group in feed_forwards(flow) if not group[-1].ops & explained]
    groups = [*special, *attentions(flow), *plain]
    found = [pattern for group in groups for pattern in group]
    claimed = {op for pattern in found if pattern.leaf for op in pattern.ops}
    for pattern in (*(p for p in norms(flow) if len(p.ops) > 1), *layers(flow)):
        if not pattern.ops & claimed:
            found.append(pattern)
            claimed |= pattern.ops
    return found


def _opened(flow: Flow, root: Block, wanted: str) -> tuple[Block, str]:
    if wanted:
        return at_path(flow, root, wanted), f"opened because --zoom asks for {wanted}"
    return choose(flow, root)


def _zoom_view(flow: Flow, root: Block, opened: Block, wanted: str) -> tuple[Flow, View]:
    """The opened block; a recurrent model without blocks opens one time step instead."""
    recurrent = next((b for b in opened.walk() if b.kind == "recurrent" and not wanted), None)
    cell = next((c for c in flow.trace.cells if recurrent is not None and c.op in recurrent.ops), None)
    if cell is None or any(b.kind in ("attention", "transformer_layer") for b in opened.walk()):
        return flow, view(flow, opened, parts(flow, root, opened))
    inner = Flow(cell.trace)
    drawn = [pattern for pattern in recognise(inner) if pattern.kind not in ("recurrent", "cell")]
    step = absorb(inner, gather(inner, grow(inner), drawn))
    return inner, view(inner, recurrent or opened, parts(inner, step, step))


def _hidden(flow: Flow, root: Block) -> dict[str, tuple[int, ...]]:
    drawn = set(root.all())
    rest = [op.id for op in flow.ops if op.id not in drawn]
    unused = tuple(op for op in rest if op not in flow.live)
    tables = tuple(op for op in rest if op in flow.live)
    found = {"made from sizes alone: masks, positions, tables": tables, "no output depends on them": unused}
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
