"""Sheet -> one page of paper as marks: the largest text at which all fits, then less detail, never smaller text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from boardwork.errors import DrawingError
from boardwork.figure.columns import in_columns
from boardwork.figure.metrics import Metrics
from boardwork.figure.points import COMPACT, NARROW, NARROWEST, POINTS
from boardwork.render.detail import Detail, Thing, left_out
from boardwork.render.diagram import figure_marks
from boardwork.render.edges import footer, header
from boardwork.render.marks import Mark, Piece, moved, scaled
from boardwork.render.page_plan import Fit, Planner
from boardwork.render.panel_contents import Contents, drawn, figure_of
from boardwork.render.paper import paper_size
from boardwork.render.style import DENSE, SCREEN, Type, enlarged
from boardwork.sheet import Diagram, Sheet

MARGIN = 24.0
SLACK = 6  # pairs of figures that cost so much more than the best are looked at closely
MOST_REFILLED = 5  # of them
TALL = 420.0  # a higher figure of skips within skips is drawn as a U
STRETCH = 0.35  # the page is left open below rather than loosened by a larger share
# Tried in order: sizes of text, of figures, and how much larger the figures are drawn.
SIZES: tuple[tuple[Type, Metrics, float], ...] = (
    (enlarged(SCREEN, 1.15), POINTS, 1.2),
    (SCREEN, POINTS, 1.0),
    (enlarged(DENSE, 1.08), COMPACT, 1.1),
    (DENSE, COMPACT, 1.0),
)
# Smaller figures: spacing, shape, and the price in things that are given up for it.
TIGHTER: tuple[tuple[Metrics, str, int], ...] = (
    (COMPACT, "", 0), (COMPACT, "stacked", 1), (NARROW, "", 1), (NARROW, "stacked", 2), (NARROWEST, "", 5),
    (COMPACT, "column", 16), (NARROW, "column", 18),
)  # fmt: skip
CUT = 2  # the price of a figure in several columns
WORTH = 12.0  # points that a form must save to be tried
WORDLESS = 10  # that of one without the words beside its wires
Turn = tuple[float, float]


@dataclass(frozen=True)
class Attempt:
    """A sheet at one size on one turn of the paper, with what it gives."""

    sheet: Sheet
    type: Type
    turn: Turn
    height: float
    planner: Planner
    fit: Fit


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
    """All of the sheet, in the largest size that holds it."""
    for type, metrics, factor in SIZES:
        figures = [scaled(drawn(d, metrics, most_height=TALL), factor) for d in _diagrams(sheet)]
        found = _best(sheet, turns, Contents(type), figures)
        if found is not None:
            return found
    return None


def _reduced(sheet: Sheet, turns: Sequence[Turn]) -> Attempt | None:
    """As much of the sheet as the page holds at the least size, with the figures that leave the most room."""
    detail, contents = Detail(sheet), Contents(DENSE)
    best = detail.price(detail.order) + 1000
    found: list[tuple[int, int, int, int, Attempt, list[Piece]]] = []
    for price, figures in _tight(sheet, turns):
        if price > best + SLACK:
            break
        count, attempt = _fewest(detail, detail.affordable(best - price + SLACK), turns, contents, figures)
        if attempt is not None:
            cost = detail.price(detail.order[:count]) + price
            best = min(best, cost)
            found.append((cost, len(found), price, count, attempt, figures))
    refilled = []
    for _, place, price, count, attempt, figures in sorted(found, key=lambda form: form[:2])[:MOST_REFILLED]:
        gone, full = _refilled(detail, count, attempt, contents, figures)
        refilled.append((detail.price(gone) + price, place, full))
    return min(refilled, key=lambda form: form[:2])[2] if refilled else None


def _fewest(
    detail: Detail, most: int, turns: Sequence[Turn], contents: Contents, figures: Sequence[Piece]
) -> tuple[int, Attempt | None]:
    """How many things must be given up, in order, and at most `most`; found by halving."""
    few, many = -1, most  # giving up `few` is too little, `many` is enough
    found = _best(detail.without(detail.order[:many]), turns, contents, figures) if many >= 0 else None
    while found is not None and many - few > 1:
        middle = (few + many) // 2
        attempt = _best(detail.without(detail.order[:middle]), turns, contents, figures)
        few, many = (few, middle) if attempt else (middle, many)
        found = attempt or found
    return many, found


def _refilled(
    detail: Detail, count: int, attempt: Attempt, contents: Contents, figures: Sequence[Piece]
) -> tuple[list[Thing], Attempt]:
    """What finds room after all in the plan as it is, last given up first."""
    gone = list(detail.order[:count])
    for thing in reversed(detail.order[:count]):
        sheet = detail.without([other for other in gone if other != thing])
        planner = Planner(contents.panels(sheet, figures), contents.type)
        height = attempt.turn[1] - _around(sheet, attempt.turn, contents)
        same = len(planner.panels) == len(attempt.planner.panels)
        fit = planner.fit(attempt.fit.plan, height) if same else None
        if fit is not None and planner.holds(fit.plan, height):
            gone.remove(thing)
            attempt = replace(attempt, sheet=sheet, planner=planner, fit=fit, height=height)
    return gone, attempt


def _tight(sheet: Sheet, turns: Sequence[Turn]) -> list[tuple[int, list[Piece]]]:
    """Pairs of figures that a page has room for, with their price, cheap ones first."""
    rooms = [(wide - 2 * MARGIN, high - 2 * MARGIN) for wide, high in turns]
    choices = [_smaller(form for form in _forms(d, rooms[0][1]) if _holds(rooms, form[1])) for d in _diagrams(sheet)]
    pairs = [(p + q, [first, second]) for (p, first), (q, second) in product(*choices)]
    return sorted((pair for pair in pairs if _holds(rooms, *pair[1])), key=lambda pair: pair[0])


def _smaller(forms: Iterable[tuple[int, Piece]]) -> list[tuple[int, Piece]]:
    """Those that are smaller one way than all that cost less."""
    kept: list[tuple[int, Piece]] = []
    for price, form in sorted(forms, key=lambda priced: priced[0]):
        if all(form.width < cheap.width - WORTH or form.height < cheap.height - WORTH for _, cheap in kept):
            kept.append((price, form))
    return kept


def _holds(rooms: Sequence[Turn], *figures: Piece) -> bool:
    area = sum(figure.width * figure.height for figure in figures)
    return any(
        all(f.width <= wide and f.height <= high for f in figures) and area <= wide * high for wide, high in rooms
    )


def _forms(diagram: Diagram, high: float) -> Iterator[tuple[int, Piece]]:
    """The diagram drawn looser and tighter, in one column and in several; at last without the words beside wires."""
    plain = replace(diagram, edges=tuple(replace(edge, shape=()) for edge in diagram.edges))
    bare = replace(plain, nodes=tuple(replace(node, detail="") for node in diagram.nodes))
    forms = [(diagram, *form) for form in TIGHTER]
    forms += [(plain, metrics, shape, price + WORDLESS) for metrics, shape, price in TIGHTER]
    forms += [(bare, NARROWEST, "column", 4 * WORDLESS)]
    for shown, metrics, shape, price in forms:
        figure = figure_of(shown, metrics, shape, TALL)
        yield price, figure_marks(figure, metrics)
        for number in (2, 3) if figure.height > 0.3 * high else ():
            cut = in_columns(figure, number, metrics)
            if cut is not None:
                yield price + CUT * (number - 1), figure_marks(cut, metrics)


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
    room, said = wide - 2 * MARGIN, left_out(whole, sheet)
    body = chosen.planner.built(chosen.fit.plan, chosen.height, STRETCH)
    marks: list[Mark] = []
    y = MARGIN
    for piece in (header(sheet, room, type), body, footer(sheet, room, type, [said] if said else [])):
        marks += moved(piece.marks, MARGIN, y)
        y += piece.height + type.gap
    return Piece(wide, high, tuple(marks))
