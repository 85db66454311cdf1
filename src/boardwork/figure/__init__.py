"""Diagram and Metrics -> Figure: boxes, wires and texts with coordinates, the same geometry for every format."""

from __future__ import annotations

from functools import lru_cache

from boardwork.figure.blocks import Block
from boardwork.figure.clearer import clearer, tags
from boardwork.figure.column import column
from boardwork.figure.inward import inward
from boardwork.figure.laid import Laid, placed
from boardwork.figure.metrics import CELLS, Metrics
from boardwork.figure.nested import nested
from boardwork.figure.place import Placer
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
    "TAGGED",
    "Figure",
    "Metrics",
    "draw",
    "nested",
    "stacks",
    "tangled",
]

# The forms of a figure.
AS_IT_IS, TAGGED, STACKED, RAILED, COLUMN = "as it is", "tagged", "stacked", "railed", "column"


def draw(
    diagram: Diagram,
    metrics: Metrics,
    form: str = AS_IT_IS,
    *,
    most_height: float | None = None,
) -> Figure:
    """Lay a diagram out. Any acyclic diagram works; edges that do not fit become numbered tags, or in
    points wires between rows of boxes where that reads better.

    `form`: TAGGED keeps the tags, which take less room than wires; in STACKED, towers that meet, as encoder and
    decoder, stand one under the other; RAILED is one box under the other, for little room, with rails at the sides
    for edges that are not between neighbours; in COLUMN all of these are tags.
    `most_height`: skips within skips are folded to a U, if the figure is higher or they are concatenated.
    """
    if not diagram.nodes:
        return Figure(0, 0, ())
    placer = Placer(metrics)
    found = nested(diagram) if most_height is not None else None
    if found is not None and not found.added:
        return _figure(u_shape(found, texts_of(diagram), placer), metrics)
    laid = _clearer(diagram, form, placer) if form in (AS_IT_IS, STACKED) else placer.place(_block(diagram, form))
    if found is not None and most_height is not None and laid.height > most_height:
        laid = u_shape(found, texts_of(diagram), placer)
    return _figure(laid, metrics)


def _clearer(diagram: Diagram, form: str, placer: Placer) -> Laid:
    """In the form, where few tags are left; wires from row to row need points."""
    block = _block(diagram, form)
    may_wire = not placer.m.unit and block == _block(diagram, AS_IT_IS)
    return clearer(block, (lambda: _tied(diagram)) if may_wire else None, lambda: _block(diagram, RAILED), placer)


def _figure(laid: Laid, metrics: Metrics) -> Figure:
    return Figure(laid.left + laid.right + metrics.unit, laid.height, tuple(placed(laid.items, laid.left, 0)))


def tangled(diagram: Diagram) -> bool:
    """Whether wires may stand for tags, so that TAGGED is a form of its own."""
    return bool(diagram.nodes) and tags(_block(diagram, AS_IT_IS)) > tags(_tied(diagram))


def stacks(diagram: Diagram) -> bool:
    """Whether there are towers, so that STACKED is a form of its own."""
    return bool(diagram.nodes) and _block(diagram, STACKED) != _block(diagram, AS_IT_IS)


@lru_cache(maxsize=4)
def _block(diagram: Diagram, form: str) -> Block:
    """Kept, for the same diagram is tried at several widths."""
    diagram = inward(diagram)
    texts = texts_of(diagram)
    if form in (RAILED, COLUMN):
        return column(diagram, texts, rails=form == RAILED)
    return reduce(diagram, texts, stacked=form == STACKED)


@lru_cache(maxsize=4)
def _tied(diagram: Diagram) -> Block:
    """The same with wires for tags, as far as frames let them through."""
    diagram = inward(diagram)
    return reduce(diagram, texts_of(diagram), tied=True)
