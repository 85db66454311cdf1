"""A diagram -> the forms that a full page may show it in: tighter, folded, with fewer words; each with its price."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from boardwork.figure import AS_IT_IS, COLUMN, RAILED, STACKED, Figure, Metrics, draw, is_own
from boardwork.figure.closed import as_one_box, closable, closed
from boardwork.figure.columns import in_columns
from boardwork.figure.jumps import jumps
from boardwork.figure.points import COMPACT, NARROW, NARROWEST, SMALLEST
from boardwork.render.drawing.diagram import figure_marks
from boardwork.render.drawing.marks import Piece
from boardwork.sheet import Diagram

TALL = 420.0  # a higher figure of skips within skips is drawn as a U
Spaced = tuple[Metrics, str, int]  # spacing, form, and the price in things that are given up for it
TIGHTER: tuple[Spaced, ...] = (
    (COMPACT, AS_IT_IS, 0), (COMPACT, STACKED, 1), (NARROW, AS_IT_IS, 1), (NARROW, STACKED, 2),
    (NARROWEST, AS_IT_IS, 6), (SMALLEST, AS_IT_IS, 10),
)  # fmt: skip
ON_RAILS: tuple[Spaced, ...] = ((COMPACT, RAILED, 8), (NARROWEST, RAILED, 13), (SMALLEST, RAILED, 17))
LAST: tuple[Spaced, ...] = ((SMALLEST, RAILED, 17), (NARROWEST, COLUMN, 32))
# With frames drawn as boxes.
IN_FEWER: tuple[Spaced, ...] = (
    (replace(NARROW, branch_shapes=False), AS_IT_IS, 3), (SMALLEST, AS_IT_IS, 10),
    (replace(SMALLEST, shapes=False), AS_IT_IS, 24), (replace(SMALLEST, shapes=False), RAILED, 31),
)  # fmt: skip
ALIKE, BARE = 2, 14  # the prices of no shapes beside branches that are alike, and of none beside any wire
CUT, THREAD = 2, 3  # the price of a column more, and of each wire more than one that goes on to it
JUMP, MANY, LOST = 4, 4, 6  # that of each tag in the place of a wire; beyond so many, nobody finds them: that much more
TOWERS = 40  # that of towers one under the other, which are read side by side
CLOSED, HIDDEN = 3, 2  # that of a frame drawn as one box, and that of each box that is in it
MOST_FRAMES, LAST_CLOSED = 3, 30  # beside all, those that are thought of; the price of the last, with the most boxes
WORDLESS = 100  # that of boxes without their second line
NOTHING = 1000  # that of one box for all, which tells nothing
WORTH = 12.0  # points that a form must save to be tried
PORTS = ("input", "output")
Room = tuple[float, float]


@dataclass(frozen=True, eq=False)  # looked up by what it is, for figures are long to compare
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


def usual_forms(diagram: Diagram, rooms: Collection[Room]) -> Iterator[Form]:
    """Drawn looser and tighter; tightly, with fewer shapes and with frames closed; what one of the rooms holds."""
    spaced = [spaced for spaced in (*TIGHTER, *ON_RAILS) if is_own(diagram, spaced[1])]
    tight = [form for form in spaced if form[0] != COMPACT]
    forked = [form for form in tight if form[1] != RAILED]
    yield from _held(_folded(diagram, (*spaced, *_alike(forked), *_bare(tight)), rooms), rooms)
    for names, hidden in _frames(diagram):
        for form in _held(_folded(closed(diagram, names), IN_FEWER, rooms), rooms):
            yield replace(form, price=form.price + hidden, closed=len(names))


def last_forms(diagram: Diagram, rooms: Collection[Room]) -> Iterator[Form]:
    """In one column, box under box: bare, without facts, with all frames closed; at last as one box."""
    every = tuple(closable(diagram))
    ways = (
        (0, diagram, 0),
        (WORDLESS, _wordless(diagram, PORTS), 0),
        (2 * WORDLESS, _wordless(diagram), 0),
        (3 * WORDLESS, closed(_wordless(diagram), every), len(every)),
        (NOTHING, as_one_box(diagram), 1 + len(every)),
    )
    for price, shorter, number in ways:
        last = [(replace(metrics, shapes=False), form, more + BARE + price) for metrics, form, more in LAST]
        for form in _held(_folded(shorter, last, rooms), rooms):
            yield replace(form, closed=number)


def smaller(forms: Iterable[Form]) -> list[Form]:
    """Those that are smaller one way than all that cost less."""
    kept: list[Form] = []
    for form in sorted(forms, key=lambda form: form.price):
        wide, high = form.figure.width + WORTH, form.figure.height + WORTH
        if all(wide < cheap.figure.width or high < cheap.figure.height for cheap in kept):
            kept.append(form)
    return kept


def _held(forms: Iterable[Form], rooms: Collection[Room]) -> Iterator[Form]:
    """Those that one of the rooms is large enough for."""
    for form in forms:
        if any(form.figure.width <= wide and form.figure.height <= high for wide, high in rooms):
            yield form


def _frames(diagram: Diagram) -> Iterator[tuple[tuple[str, ...], int]]:
    """Frames that may be drawn as boxes, the smallest, then it and the next, and so on; with the price of each."""
    hidden = closable(diagram)
    names = sorted(hidden, key=lambda name: hidden[name])
    for number in (n for n in range(1, len(names) + 1) if n <= MOST_FRAMES or n == len(names)):
        price = sum(CLOSED + HIDDEN * hidden[name] for name in names[:number])
        yield tuple(names[:number]), price + (LAST_CLOSED if number == len(names) else 0)


def _wordless(diagram: Diagram, kept: Collection[str] = ()) -> Diagram:
    """Without the second line of the boxes whose role is not kept."""
    nodes = (node if node.role in kept else replace(node, detail="") for node in diagram.nodes)
    return replace(diagram, nodes=tuple(nodes))


def _alike(forms: Iterable[Spaced]) -> list[Spaced]:
    """Without shapes beside the branches of a fork, which are much alike."""
    return [(replace(metrics, branch_shapes=False), form, price + ALIKE) for metrics, form, price in forms]


def _bare(forms: Iterable[Spaced]) -> list[Spaced]:
    """Without shapes beside any wire."""
    return [(replace(metrics, shapes=False), form, price + BARE) for metrics, form, price in forms]


def _folded(diagram: Diagram, forms: Iterable[Spaced], rooms: Iterable[Room]) -> Iterator[Form]:
    """Each form in one column, and in several if it is tall."""
    high = max(tall for _, tall in rooms)
    apart = (STACKED, RAILED) if is_own(diagram, STACKED) else ()
    for metrics, form, price in forms:
        figure = draw(diagram, metrics, form, most_height=TALL)
        number = jumps(figure)
        price += JUMP * number + LOST * max(0, number - MANY) + (TOWERS if form in apart else 0)
        yield Form(price, figure, metrics)
        numbers = (2, 3, 4) if figure.height > 2 * high else (2, 3) if figure.height > 0.3 * high else ()
        for number, beside, threads in in_columns(figure, numbers, metrics) if numbers else ():
            yield Form(price + CUT * (number - 1) + THREAD * threads, beside, metrics)
