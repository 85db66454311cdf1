"""Sheet and pages -> the forms of its figures, those first with which a page gives up least, by area alone."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product

from boardwork.numbers import counted
from boardwork.render.drawing.marks import Piece
from boardwork.render.page.attempt import Turn, room_of
from boardwork.render.page.detail import Detail
from boardwork.render.page.forms import Form, last_forms, smaller, usual_forms
from boardwork.render.page.room import Size, area_of_text, left_for_text
from boardwork.render.panels.contents import Contents, pictures
from boardwork.render.panels.plans import heights
from boardwork.render.stages import stages

TABLE = 7  # the price of the table of stages
MUCH = 120  # where pages cost more, the forms that say least are drawn too
FULL = 0.85  # text fills that much of the area that is left for it


@dataclass(frozen=True)
class Choice:
    """`price`: of these forms and of no table; `guess`: what it costs with what must be given up beside it, about.

    `others`: all forms of each figure, the cheapest first.
    """

    forms: tuple[Form, ...]
    others: Sequence[Sequence[Form]]
    contents: Contents
    price: int
    guess: int

    @property
    def figures(self) -> list[Piece]:
        """Of the forms, drawn."""
        return [form.piece for form in self.forms]

    @property
    def omitted(self) -> tuple[str, ...]:
        """What is not drawn or listed."""
        closed = sum(form.closed for form in self.forms)
        frames = [f"the inside of {counted(closed, 'frame')}"] if closed else []
        return (*frames, *([] if self.contents.table else ["the table of stages"]))


def choices(detail: Detail, turns: Sequence[Turn], contents: Contents) -> list[Choice]:
    """All that have a place on one of the turns of the paper, the likely cheapest first."""
    sheet = detail.without(detail.order)
    pages = [room_of(sheet, turn, contents) for turn in turns]
    tables = [contents, contents.without_table()] if stages(sheet.big_picture) else [contents]
    estimates = [Estimate(detail, contents, pages) for contents in tables]
    forms = [list(usual_forms(diagram, pages)) for diagram in pictures(sheet)]
    found = _guessed(estimates, forms)
    if not found or found[0].guess > MUCH:
        last = (last_forms(diagram, pages) for diagram in pictures(sheet))
        found = _guessed(estimates, [[*some, *more] for some, more in zip(forms, last, strict=True)])
    return found


def _guessed(estimates: Iterable[Estimate], forms: Iterable[Iterable[Form]]) -> list[Choice]:
    """Of the combinations of forms, the likely cheapest first."""
    some = [smaller(every) for every in forms]
    found = (estimate.choice(pair, some) for estimate in estimates for pair in product(*some))
    return sorted((choice for choice in found if choice), key=lambda choice: (choice.guess, choice.price))


class Estimate:
    """What is given up beside figures, by area alone."""

    def __init__(self, detail: Detail, contents: Contents, pages: Sequence[Size]) -> None:
        self.detail, self.contents, self.pages = detail, contents, pages
        self._area, self._size = cache(self._area_without), cache(self._framed)

    def choice(self, forms: tuple[Form, ...], others: Sequence[Sequence[Form]]) -> Choice | None:
        """With the price of what must go, in order, for the text to have the area that is left, if there is any."""
        sizes = [self._size(place, form) for place, form in enumerate(forms)]
        left = max(left_for_text(sizes, page, self.contents.type) for page in self.pages)
        if left < 0:
            return None
        order = self.detail.order
        count = bisect_left(range(len(order)), -FULL * left, key=lambda count: -self._area(count))
        price = sum(form.price for form in forms) + (0 if self.contents.table else TABLE)
        return Choice(forms, others, self.contents, price, price + self.detail.price(order[:count]))

    def _framed(self, place: int, form: Form) -> Size:
        """Width and height of the panel of a figure."""
        type, sheet = self.contents.type, self.detail.sheet
        figure = self.contents.figure(sheet, place, Piece(form.figure.width, form.figure.height))
        wide = figure.least + 2 * type.pad
        return wide, heights([figure], type, 1)(0, wide)

    def _area_without(self, count: int) -> float:
        sheet = self.detail.without(self.detail.order[:count])
        return area_of_text(self.contents.panels(sheet, ()), self.contents.type)
