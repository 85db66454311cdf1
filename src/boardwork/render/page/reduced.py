"""Sheet that a page does not hold -> as much of it as one does, with the figures that leave the most room."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from boardwork.render.page.attempt import Attempt, Turn, best, fits, room_of, sparing
from boardwork.render.page.choice import Choice, choices
from boardwork.render.page.detail import Detail, Thing, has_place
from boardwork.render.page.plan import Planner
from boardwork.render.panels.contents import Contents
from boardwork.sheet import Sheet

SLACK = 3  # choices that cost so much more than the best are looked at closely
MOST_TRIED = 6  # of them, where some fit
MOST_REFILLED = 3  # of those that fit
MOST_PLANS = 3  # of each, that are filled up


@dataclass(frozen=True)
class Found:
    """A choice with which a page holds all but `count` things, given up in order; `cost`: the price of all that is."""

    cost: int
    choice: Choice
    count: int


def reduced(sheet: Sheet, turns: Sequence[Turn], contents: Contents) -> Attempt | None:
    """The page that costs least of all that fit; None if the figures are larger than the page in every form."""
    detail = Detail(sheet)
    found = sorted(_found(detail, turns, contents), key=lambda found: found.cost)
    filled = [full for one in found[:MOST_REFILLED] for full in _filled(detail, one, turns)]
    if not filled:
        return None
    _, full, choice = min(filled, key=lambda full: (full[0], full[1].fit.empty))
    return _loosened(full, choice, turns)


def _found(detail: Detail, turns: Sequence[Turn], contents: Contents) -> list[Found]:
    """Of the choices that are guessed to cost least, those that fit."""
    least, found = math.inf, list[Found]()
    for tried, choice in enumerate(choices(detail, turns, contents)):
        if found and (tried >= MOST_TRIED or choice.guess > least + SLACK):
            break
        most = detail.affordable(least - choice.price + SLACK)
        count = _fewest(detail, most, turns, choice)
        if count is not None:
            found.append(Found(detail.price(detail.order[:count]) + choice.price, choice, count))
            least = min(least, found[-1].cost)
    return found


def _fewest(detail: Detail, most: int, turns: Sequence[Turn], choice: Choice) -> int | None:
    """How many things must be given up, in order, and at most `most`; found by halving."""

    def enough(count: int) -> bool:
        return fits(detail.without(detail.order[:count]), turns, choice.contents, choice.figures)

    few, many = -1, most  # giving up `few` is too little, `many` is enough
    if many < 0 or not enough(many):
        return None
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if enough(middle) else (middle, many)
    return many


def _filled(detail: Detail, found: Found, turns: Sequence[Turn]) -> Iterator[tuple[int, Attempt, Choice]]:
    """The cost and the page of the plans that have the most room for more, filled up."""
    choice, sheet = found.choice, detail.without(detail.order[: found.count])
    for plan in islice(sparing(sheet, turns, choice.contents, choice.figures), MOST_PLANS):
        gone, full = _refilled(detail, found.count, plan, choice.contents)
        yield detail.price(gone) + choice.price, replace(full, omitted=choice.omitted), choice


def _refilled(detail: Detail, count: int, attempt: Attempt, contents: Contents) -> tuple[list[Thing], Attempt]:
    """What finds room after all in the plan as it is, last given up first."""
    gone = list(detail.order[:count])
    for thing in reversed(detail.order[:count]):
        if not has_place(thing, gone):
            continue
        sheet = detail.without([other for other in gone if other != thing])
        planner = Planner(contents.panels(sheet, attempt.figures), contents.type)
        _, height = room_of(sheet, attempt.turn, contents)
        same = len(planner.panels) == len(attempt.planner.panels)
        fit = planner.fit(attempt.fit.plan, height) if same else None
        if fit is not None and planner.holds(fit.plan, height):
            gone.remove(thing)
            attempt = replace(attempt, sheet=sheet, planner=planner, fit=fit, height=height)
    return gone, attempt


def _loosened(full: Attempt, choice: Choice, turns: Sequence[Turn]) -> Attempt:
    """All that is on the page, with figures that cost less where it has room for them after all."""
    for place in range(len(choice.forms)):
        for looser in _cheaper(choice, place):
            attempt = best(full.sheet, turns, looser.contents, looser.figures)
            if attempt is not None:
                full, choice = replace(attempt, omitted=looser.omitted), looser
                break
    return full


def _cheaper(choice: Choice, place: int) -> Iterator[Choice]:
    """With each form of a figure that costs less, the cheapest first."""
    before, after = choice.forms[:place], choice.forms[place + 1 :]
    for form in choice.others[place]:
        if form.price < choice.forms[place].price:
            yield replace(choice, forms=(*before, form, *after))
