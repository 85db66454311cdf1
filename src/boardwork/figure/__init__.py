"""Diagram and Metrics -> Figure: boxes, wires and texts with coordinates, the same geometry for every format."""

from __future__ import annotations

from functools import lru_cache

from boardwork.figure.blocks import Block
from boardwork.figure.clearer import clearest
from boardwork.figure.column import column
from boardwork.figure.inward import inward
from boardwork.figure.laid import Laid, placed
from boardwork.figure.metrics import CELLS, Metrics
from boardwork.figure.nested import nested
from boardwork.figure.place import Placer
from boardwork.figure.points import POINTS
from boardwork.figure.primitives import Figure
from boardwork.figure.reduce import reduce
from boardwork.figure.shapes import texts_of
from boardwork.figure.u_shape import u_shape
from boardwork.sheet import Diagram

__all__ = [
    "AS_IT_IS",
    "CELLS",
    "COLUMN",
    "RAILED",
    "STACKED",
    "Figure",
    "Metrics",
    "draw",
    "is_own",
    "nested",
]

# The forms of a figure.
AS_IT_IS, STACKED, RAILED, COLUMN = "as it is", "stacked", "railed", "column"
_CROSSED = "crossed"  # RAILED in points


def draw(
    diagram: Diagram,
    metrics: Metrics,
    form: str = AS_IT_IS,
    *,
    most_height: float | None = None,
) -> Figure:
    """Lay a diagram out. Any acyclic diagram works; edges that do not fit become numbered tags, or in
    points wires between rows of boxes where that reads better.

    `form`: in STACKED, towers that meet, as encoder and decoder, stand one under the other; RAILED is one box under
    the other, for little room, with rails at the sides for edges that are not between neighbours; in COLUMN all of
    these are tags.
    `most_height`: skips within skips are folded to a U, if the figure is higher or they are concatenated.
    """
    if not diagram.nodes:
        return Figure(0, 0, ())
    placer = Placer(metrics)
    found = nested(diagram) if most_height is not None else None
    if found is not None and not found.added:
        return _figure(u_shape(found, texts_of(diagram), placer), metrics)
    laid = placer.place(_shown(diagram, form, bool(metrics.unit)))
    if found is not None and most_height is not None and laid.height > most_height:
        laid = u_shape(found, texts_of(diagram), placer)
    return _figure(laid, metrics)


def _figure(laid: Laid, metrics: Metrics) -> Figure:
    return Figure(laid.left + laid.right + metrics.unit, laid.height, tuple(placed(laid.items, laid.left, 0)))


def is_own(diagram: Diagram, form: str) -> bool:
    """Whether a form differs from the diagram as it is, which one without towers, or without branches, does not."""
    return form == AS_IT_IS or (bool(diagram.nodes) and _block(diagram, form) != _block(diagram, AS_IT_IS))


@lru_cache(maxsize=8)
def _shown(diagram: Diagram, form: str, in_cells: bool) -> Block:
    """Kept, for the same diagram is tried at several widths; what is clearer is told at one of them for all.

    Wires from row to row need points, and there a crossing is seen to be one: in characters it looks like a fork.
    """
    railed = RAILED if in_cells else _CROSSED
    if form not in (AS_IT_IS, STACKED):
        return _block(diagram, railed if form == RAILED else form)
    block = _block(diagram, form)
    may_wire = not in_cells and block == _block(diagram, AS_IT_IS)
    tied = (lambda: _tied(diagram)) if may_wire else None
    return clearest(block, tied, lambda: _block(diagram, railed), Placer(CELLS if in_cells else POINTS))


@lru_cache(maxsize=8)
def _block(diagram: Diagram, form: str) -> Block:
    diagram = inward(diagram)
    texts = texts_of(diagram)
    if form in (RAILED, _CROSSED, COLUMN):
        return column(diagram, texts, {RAILED: 0, _CROSSED: 1}.get(form))
    return reduce(diagram, texts, stacked=form == STACKED)


def _tied(diagram: Diagram) -> Block:
    """The same with wires for tags, as far as frames let them through."""
    diagram = inward(diagram)
    return reduce(diagram, texts_of(diagram), tied=True)
