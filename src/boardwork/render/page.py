"""Sheet -> one page of paper as marks: the largest text at which all fits, then less detail, never smaller text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from boardwork.errors import DrawingError
from boardwork.figure.metrics import Metrics
from boardwork.figure.points import COMPACT, POINTS
from boardwork.numbers import counted
from boardwork.render.detail import Detail, Thing, left_out
from boardwork.render.edges import footer, header
from boardwork.render.marks import Piece, moved, scaled, stacked
from boardwork.render.page_forms import TALL, Form, pairs_of
from boardwork.render.page_plan import Fit, Planner
from boardwork.render.panel_contents import Contents, drawn
from boardwork.render.paper import paper_size
from boardwork.render.stages import stages
from boardwork.render.style import DENSE, SCREEN, Type, enlarged
from boardwork.sheet import Diagram, Sheet

MARGIN = 20.0  # 7 mm, which every printer leaves room for
SLACK = 3  # pairs of figures that cost so much more than the best are looked at closely
MOST_REFILLED = 3  # of them
MOST_PLANS = 12  # of each, that are filled up
TABLE = 7  # the price of the table of stages
STRETCH = 0.35  # the page is left open below rather than loosened by a larger share
# Tried in order: sizes of text, of figures, and how much larger the figures are drawn.
SIZES: tuple[tuple[Type, Metrics, float], ...] = (
    (enlarged(SCREEN, 1.15), POINTS, 1.2),
    (SCREEN, POINTS, 1.0),
    (enlarged(DENSE, 1.08), COMPACT, 1.1),
    (DENSE, COMPACT, 1.0),
)
Turn = tuple[float, float]


@dataclass(frozen=True)
class Attempt:
    """A sheet at one size on one turn of the paper, with what it gives; `omitted`: what is not drawn or listed."""

    sheet: Sheet
    type: Type
    turn: Turn
    height: float
    planner: Planner
    fit: Fit
    figures: Sequence[Piece] = ()
    omitted: tuple[str, ...] = ()


def page(sheet: Sheet, paper: str) -> Piece:
    """The sheet on one page, portrait or landscape as it fits best.

    Raises:
        FormatError: no such paper. DrawingError: a figure alone is larger than the page.
    """
    across, along = paper_size(paper)
    turns = ((across, along), (along, across))
    found = _whole(sheet, turns) or _reduced(sheet, turns)
    if found is None:
        raise DrawingError(
            "A figure of this sheet is larger than the page, at the smallest text that can be read.",
            hint="draw another block with --zoom, one step with --panel, or the whole as SVG",
        )
    return _composed(sheet, found)


def _whole(sheet: Sheet, turns: Sequence[Turn]) -> Attempt | None:
    """All of the sheet, in the largest size that holds it; the least is tried first, for what it does not hold."""
    *larger, least = SIZES
    found = _at_size(sheet, turns, *least)
    tried = (_at_size(sheet, turns, *size) for size in larger) if found else ()
    return next((attempt for attempt in tried if attempt is not None), found)


def _at_size(sheet: Sheet, turns: Sequence[Turn], type: Type, metrics: Metrics, factor: float) -> Attempt | None:
    figures = [scaled(drawn(d, metrics, most_height=TALL), factor) for d in _diagrams(sheet)]
    return _best(sheet, turns, Contents(type), figures)


def _reduced(sheet: Sheet, turns: Sequence[Turn]) -> Attempt | None:
    """As much of the sheet as the page holds at the least size, with the figures that leave the most room."""
    pairs = pairs_of(_diagrams(sheet), [(wide - 2 * MARGIN, high - 2 * MARGIN) for wide, high in turns])
    contents = Contents(DENSE)
    found = _cheapest(sheet, turns, pairs, contents)
    if stages(sheet.big_picture):
        most = found[0] if found else None
        found = _cheapest(sheet, turns, pairs, contents.without_table(), most) or found
    return found[1] if found else None


def _cheapest(
    sheet: Sheet, turns: Sequence[Turn], pairs: Sequence[tuple[Form, ...]], contents: Contents, most: int | None = None
) -> tuple[int, Attempt] | None:
    """The forms of the figures that cost least, less than `most`, with what is given up for them."""
    detail, extra = Detail(sheet), 0 if contents.table else TABLE
    best = most or detail.price(detail.order) + 1000
    found: list[tuple[int, int, int, int, Attempt]] = []
    for forms in pairs:
        price = sum(form.price for form in forms) + extra
        if price > best + SLACK:
            break
        figures = [form.piece for form in forms]
        count, attempt = _fewest(detail, detail.affordable(best - price + SLACK), turns, contents, figures)
        if attempt is not None:
            cost = detail.price(detail.order[:count]) + price
            best = min(best, cost)
            omitted = tuple(_omitted(sum(form.closed for form in forms), contents.table))
            found.append((cost, len(found), price, count, replace(attempt, figures=figures, omitted=omitted)))
    refilled = []
    for _, place, price, count, attempt in sorted(found, key=lambda form: form[:2])[:MOST_REFILLED]:
        for plan in _plans(attempt):
            gone, full = _refilled(detail, count, plan, contents)
            refilled.append((detail.price(gone) + price, place, full))
    refilled.sort(key=lambda form: form[:2])
    if not refilled or (most is not None and refilled[0][0] >= most):
        return None
    cost, _, full = refilled[0]
    return cost, full


def _omitted(closed: int, table: bool) -> Iterator[str]:
    if closed:
        yield f"the inside of {counted(closed, 'frame')}"
    if not table:
        yield "the table of stages"


def _fewest(
    detail: Detail, most: int, turns: Sequence[Turn], contents: Contents, figures: Sequence[Piece]
) -> tuple[int, Attempt | None]:
    """How many things must be given up, in order, and at most `most`; found by halving."""

    def fits(count: int) -> bool:
        return _fits(detail.without(detail.order[:count]), turns, contents, figures)

    few, many = -1, most  # giving up `few` is too little, `many` is enough
    if many < 0 or not fits(many):
        return many, None
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if fits(middle) else (middle, many)
    return many, _best(detail.without(detail.order[:many]), turns, contents, figures)


def _plans(attempt: Attempt) -> list[Attempt]:
    """The same on the plans that take the least of the page, which have the most room for more."""
    planner = attempt.planner
    fits = planner.fits(attempt.turn[0] - 2 * MARGIN, attempt.height)
    sparing = sorted(fits, key=lambda fit: planner.taken(fit.plan))
    return [replace(attempt, fit=fit) for fit in (attempt.fit, *sparing[:MOST_PLANS])]


def _refilled(detail: Detail, count: int, attempt: Attempt, contents: Contents) -> tuple[list[Thing], Attempt]:
    """What finds room after all in the plan as it is, last given up first."""
    gone = list(detail.order[:count])
    for thing in reversed(detail.order[:count]):
        sheet = detail.without([other for other in gone if other != thing])
        planner = Planner(contents.panels(sheet, attempt.figures), contents.type)
        height = attempt.turn[1] - _around(sheet, attempt.turn, contents)
        same = len(planner.panels) == len(attempt.planner.panels)
        fit = planner.fit(attempt.fit.plan, height) if same else None
        if fit is not None and planner.holds(fit.plan, height):
            gone.remove(thing)
            attempt = replace(attempt, sheet=sheet, planner=planner, fit=fit, height=height)
    return gone, attempt


def _best(sheet: Sheet, turns: Sequence[Turn], contents: Contents, figures: Sequence[Piece]) -> Attempt | None:
    """The turn of the paper that leaves the least empty."""
    type, found = contents.type, []
    planner = Planner(contents.panels(sheet, figures), type)
    for turn in turns:
        height = turn[1] - _around(sheet, turn, contents)
        fit = planner.best(turn[0] - 2 * MARGIN, height)
        if fit is not None:
            found.append(Attempt(sheet, type, turn, height, planner, fit))
    return min(found, key=lambda attempt: attempt.fit.empty, default=None)


def _fits(sheet: Sheet, turns: Sequence[Turn], contents: Contents, figures: Sequence[Piece]) -> bool:
    """Whether there is any plan that fits, which is found sooner than the best."""
    planner = Planner(contents.panels(sheet, figures), contents.type)
    return any(planner.any(turn[0] - 2 * MARGIN, turn[1] - _around(sheet, turn, contents)) for turn in turns)


def _around(sheet: Sheet, turn: Turn, contents: Contents) -> float:
    """The height of all but the panels, with a line for what is left out."""
    room, type = turn[0] - 2 * MARGIN, contents.type
    top = contents.once(("header", room), lambda: header(sheet, room, type))
    bottom = contents.once((sheet.footnotes, room), lambda: footer(sheet, room, type))
    return 2 * MARGIN + top.height + bottom.height + 2 * type.gap + 1.6 * type.small


def _diagrams(sheet: Sheet) -> tuple[Diagram, Diagram]:
    return sheet.big_picture, sheet.zoom.diagram


def _composed(whole: Sheet, chosen: Attempt) -> Piece:
    """Header, panels, footer."""
    type, sheet, (wide, high) = chosen.type, chosen.sheet, chosen.turn
    room, said = wide - 2 * MARGIN, left_out(whole, sheet, chosen.omitted)
    body = chosen.planner.built(chosen.fit.plan, chosen.height, STRETCH)
    pieces = (header(sheet, room, type), body, footer(sheet, room, type, [said] if said else []))
    return Piece(wide, high, moved(stacked(pieces, type.gap).marks, MARGIN, MARGIN))
