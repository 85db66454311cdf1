"""Sheet, figures, turns of the paper -> the plan of its panels on one of them, if there is one that holds them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from boardwork.render.drawing.marks import Piece
from boardwork.render.drawing.style import Type
from boardwork.render.page.plan import Fit, Planner
from boardwork.render.panels.contents import Contents
from boardwork.render.panels.edges import footer, header
from boardwork.sheet import Sheet

MARGIN = 20.0  # 7 mm, which every printer leaves room for
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


def best(sheet: Sheet, turns: Sequence[Turn], contents: Contents, figures: Sequence[Piece]) -> Attempt | None:
    """The plan that leaves the least empty, on either turn of the paper."""
    found = sorted(_likely(sheet, turns, contents, figures), key=lambda attempt: attempt.fit.empty)
    return next(filter(_holds, found), None)


def sparing(sheet: Sheet, turns: Sequence[Turn], contents: Contents, figures: Sequence[Piece]) -> Iterator[Attempt]:
    """The plans that take the least of the page first: they have the most room for more."""
    found = _likely(sheet, turns, contents, figures)
    return filter(_holds, sorted(found, key=lambda attempt: attempt.planner.taken(attempt.fit.plan)))


def fits(sheet: Sheet, turns: Sequence[Turn], contents: Contents, figures: Sequence[Piece]) -> bool:
    """Whether there is any plan that fits, which is found sooner than the best."""
    return any(map(_holds, _likely(sheet, turns, contents, figures)))


def _likely(sheet: Sheet, turns: Sequence[Turn], contents: Contents, figures: Sequence[Piece]) -> Iterator[Attempt]:
    planner = Planner(contents.panels(sheet, figures), contents.type)
    for turn in turns:
        room, height = room_of(sheet, turn, contents)
        for fit in planner.likely(room, height):
            yield Attempt(sheet, contents.type, turn, height, planner, fit, figures)


def _holds(attempt: Attempt) -> bool:
    return attempt.planner.holds(attempt.fit.plan, attempt.height)


def room_of(sheet: Sheet, turn: Turn, contents: Contents) -> tuple[float, float]:
    """Width and height of what header, footer and a line for what is left out leave to the panels."""
    room, type = turn[0] - 2 * MARGIN, contents.type
    top = contents.once(("header", room), lambda: header(sheet, room, type))
    bottom = contents.once((sheet.footnotes, room), lambda: footer(sheet, room, type))
    return room, turn[1] - (2 * MARGIN + top.height + bottom.height + 2 * type.gap + 1.6 * type.small)
