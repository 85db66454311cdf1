"""A diagram -> the forms that a full page may show it in: tighter, folded, with fewer words; each with its price."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations, product

from boardwork.figure import AS_IT_IS, COLUMN, STACKED, Figure, Metrics, draw
from boardwork.figure.closed import as_one_box, closable, closed
from boardwork.figure.columns import in_columns
from boardwork.figure.points import COMPACT, NARROW, NARROWEST
from boardwork.render.diagram import figure_marks
from boardwork.render.marks import Piece
from boardwork.sheet import Diagram

TALL = 420.0  # a higher figure of skips within skips is drawn as a U
Spaced = tuple[Metrics, str, int]  # spacing, form, and the price in things that are given up for it
TIGHTER: tuple[Spaced, ...] = (
    (COMPACT, AS_IT_IS, 0), (COMPACT, STACKED, 1), (NARROW, AS_IT_IS, 1), (NARROW, STACKED, 2),
    (NARROWEST, AS_IT_IS, 6), (COMPACT, COLUMN, 30), (NARROW, COLUMN, 32),
)  # fmt: skip
ALIKE, BARE = 2, 6  # the prices of no shapes beside branches that are alike, and of none beside any wire
CUT = 2  # the price of a figure in several columns
CLOSED, HIDDEN = 3, 2  # that of a frame drawn as one box, and that of each box that is in it
MOST_FRAMES = 3  # that are thought of; the one with the most boxes stays open
WORDLESS = 60  # that of boxes without their second line
WORTH = 12.0  # points that a form must save to be tried
PORTS = ("input", "output")
Room = tuple[float, float]


@dataclass(frozen=True)
class Form:
    """A figure with its price; `closed`: how many of its frames are drawn as one box."""

    price: int
    figure: Figure
    metrics: Metrics
    closed: int = 0

    @cached_property
    def piece(self) -> Piece:
        """Its marks are made when they are first asked for: most forms are measured and never drawn."""
        figure = self.figure
        return Piece(figure.width, figure.height, lambda: figure_marks(figure, self.metrics).marks)


def pairs_of(diagrams: Iterable[Diagram], rooms: Collection[Room]) -> list[tuple[Form, ...]]:
    """Forms of the diagrams that one of the rooms holds together, cheap ones first."""
    high = max(tall for _, tall in rooms)
    choices = [_smaller(form for form in _forms(d, high) if holds(rooms, form.figure)) for d in diagrams]
    pairs = [pair for pair in product(*choices) if holds(rooms, *(form.figure for form in pair))]
    return sorted(pairs, key=lambda pair: sum(form.price for form in pair))


def holds(rooms: Iterable[Room], *figures: Figure) -> bool:
    """Whether a room is as wide and as high as each of the figures, and has their area."""
    area = sum(figure.width * figure.height for figure in figures)
    return any(
        all(f.width <= wide and f.height <= high for f in figures) and area <= wide * high for wide, high in rooms
    )


def _smaller(forms: Iterable[Form]) -> list[Form]:
    """Those that are smaller one way than all that cost less."""
    kept: list[Form] = []
    for form in sorted(forms, key=lambda form: form.price):
        wide, high = form.figure.width + WORTH, form.figure.height + WORTH
        if all(wide < cheap.figure.width or high < cheap.figure.height for cheap in kept):
            kept.append(form)
    return kept


def _forms(diagram: Diagram, high: float) -> Iterator[Form]:
    """Drawn looser and tighter, with fewer shapes, with frames closed; at last in one column, without facts."""
    bare = [(replace(metrics, shapes=False), form, price + BARE) for metrics, form, price in TIGHTER]
    yield from _folded(diagram, TIGHTER, high)
    yield from _folded(diagram, _alike(TIGHTER), high)
    yield from _folded(diagram, bare, high)
    yield from _closed(diagram, high)
    nodes = tuple(node if node.role in PORTS else replace(node, detail="") for node in diagram.nodes)
    last = (replace(NARROWEST, shapes=False), COLUMN, WORDLESS)
    yield from _folded(replace(diagram, nodes=nodes), (last,), high)
    names = tuple(replace(node, detail="") for node in diagram.nodes)
    yield from _folded(replace(diagram, nodes=names), ((*last[:2], 2 * WORDLESS),), high)
    every = tuple(closable(diagram))
    for form in _folded(closed(replace(diagram, nodes=names), every), ((*last[:2], 3 * WORDLESS),), high):
        yield replace(form, closed=len(every))
    for form in _folded(as_one_box(diagram), ((*last[:2], 4 * WORDLESS),), high):
        yield replace(form, closed=1 + len(every))


def _closed(diagram: Diagram, high: float) -> Iterator[Form]:
    """With some of the frames drawn as one box."""
    hidden = closable(diagram)
    frames = sorted(hidden, key=lambda name: hidden[name])[:-1][:MOST_FRAMES]
    few = (*TIGHTER[:4:2], *_alike(TIGHTER[:4:2]), (replace(NARROWEST, shapes=False), COLUMN, WORDLESS))
    for number in range(1, len(frames) + 1):
        for some in combinations(frames, number):
            more = sum(CLOSED + HIDDEN * hidden[name] for name in some)
            for form in _folded(closed(diagram, some), few, high):
                yield replace(form, price=form.price + more, closed=number)


def _alike(forms: Iterable[Spaced]) -> list[Spaced]:
    """Without shapes beside the branches of a fork, which are much alike."""
    return [(replace(metrics, branch_shapes=False), form, price + ALIKE) for metrics, form, price in forms]


def _folded(diagram: Diagram, forms: Iterable[Spaced], high: float) -> Iterator[Form]:
    """Each form in one column, and in several if it is tall."""
    for metrics, form, price in forms:
        figure = draw(diagram, metrics, form, most_height=TALL)
        yield Form(price, figure, metrics)
        for number in (2, 3) if figure.height > 0.3 * high else ():
            cut = in_columns(figure, number, metrics)
            if cut is not None:
                yield Form(price + CUT * (number - 1), cut, metrics)
