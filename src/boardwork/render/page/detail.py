"""Sheet and what is given up -> the shorter sheet; and the order in which a page gives things up for room.

1. footnotes after the first, last first;
2. under an equation the numbers that its checks repeat, then the second and later checks;
3. what decides a trade-off, in numbers;
4. the second notes of trade-offs, last trade-off first: when it fails, then what there is instead;
5. questions, last first, down to two;
6. equations and trade-offs by turns, last first, down to two of each;
7. the rest of the questions, the symbols, the first footnote, and the rest of the equations and trade-offs.
Beside this the figures are drawn closer, folded, with fewer shapes beside their wires, at last with a frame drawn as
one box; each such form has a price in things (`page/forms.py`), and the cheapest whole is taken. The size of letters is
never given up.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, zip_longest

from boardwork.numbers import counted
from boardwork.sheet import Equation, Sheet, Tradeoff

Thing = tuple[str, int]  # ("equation", 3), or ("values", 3): those of equation 3
KEPT = 2  # equations, trade-offs and questions that stay until the end
PRICES = {"equation": 3, "trade-off": 3, "question": 3}  # other things are worth 1
DEAR = (40, 20)  # what each of the kept ones is worth more: a sheet without any of a kind lacks one of its steps
PART_OF = {
    "values": "equation", "checks": "equation", "decides": "trade-off", "fails": "trade-off", "instead": "trade-off",
}  # fmt: skip


class Detail:
    """A sheet that can be had with less in it; what two of its short forms share is the same object in both."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.order = tuple(_order(sheet))
        self._prices = [0, *accumulate(self.price((thing,)) for thing in self.order)]  # of so many, in order
        self._short: dict[frozenset[Thing], Sheet] = {}
        self._equations: dict[tuple[int, bool, bool], Equation] = {}
        self._tradeoffs: dict[tuple[int, bool, bool, bool], Tradeoff] = {}

    def without(self, things: Collection[Thing]) -> Sheet:
        """The sheet without these, the same object each time."""
        gone = frozenset(things)
        if gone not in self._short:
            self._short[gone] = self._without(gone)
        return self._short[gone]

    def _without(self, gone: frozenset[Thing]) -> Sheet:
        whole = self.sheet
        equations = [i for i in range(len(whole.equations)) if ("equation", i) not in gone]
        tradeoffs = [i for i in range(len(whole.tradeoffs)) if ("trade-off", i) not in gone]
        return replace(
            whole,
            equations=tuple(self._equation(i, ("values", i) in gone, ("checks", i) in gone) for i in equations),
            tradeoffs=tuple(
                self._tradeoff(i, ("decides", i) in gone, ("fails", i) in gone, ("instead", i) in gone)
                for i in tradeoffs
            ),
            questions=tuple(asked for i, asked in enumerate(whole.questions) if ("question", i) not in gone),
            symbols={} if ("symbols", 0) in gone else whole.symbols,
            footnotes=tuple(note for i, note in enumerate(whole.footnotes) if ("note", i) not in gone),
        )

    def price(self, things: Collection[Thing]) -> int:
        """What it is worth to keep these."""
        return sum(map(_worth, things))

    def affordable(self, price: float) -> int:
        """How many may be given up for no more than a price, -1 if not even none."""
        return bisect_right(self._prices, price) - 1

    def _equation(self, index: int, values: bool, checks: bool) -> Equation:
        item, key = self.sheet.equations[index], (index, values, checks)
        if key not in self._equations:
            short = replace(item, values={}) if values and item.checks else item
            self._equations[key] = replace(short, checks=item.checks[:1]) if checks else short
        return self._equations[key]

    def _tradeoff(self, index: int, decides: bool, fails: bool, instead: bool) -> Tradeoff:
        item, key = self.sheet.tradeoffs[index], (index, decides, fails, instead)
        if key not in self._tradeoffs:
            self._tradeoffs[key] = replace(
                item,
                decides={} if decides else item.decides,
                fails_when="" if fails else item.fails_when,
                alternative="" if instead else item.alternative,
            )
        return self._tradeoffs[key]


def _worth(thing: Thing) -> int:
    kind, index = thing
    return PRICES[kind] + (DEAR[index] if index < KEPT else 0) if kind in PRICES else 1


def has_place(thing: Thing, gone: Collection[Thing]) -> bool:
    """Whether what it is a part of is there."""
    kind, index = thing
    return (PART_OF.get(kind), index) not in gone


def left_out(whole: Sheet, shown: Sheet, others: Sequence[str] = ()) -> str:
    """What of a sheet is not on the page, "" if all of it is; `others`: what the page leaves out beside that."""
    pairs = (
        ("equation", len(whole.equations), len(shown.equations)),
        ("trade-off", len(whole.tradeoffs), len(shown.tradeoffs)),
        ("question", len(whole.questions), len(shown.questions)),
        ("symbol", len(whole.symbols), len(shown.symbols)),
        ("footnote", len(whole.footnotes), len(shown.footnotes)),
    )
    gone = [*others] + [counted(every - few, name) for name, every, few in pairs if few < every]
    if gone:
        return f"Left out for room: {', '.join(gone)}. The text sheet says all."
    return "" if shown == whole else "Some details are left out for room; the text sheet says all."


def _order(sheet: Sheet) -> Iterator[Thing]:
    equations, tradeoffs = range(len(sheet.equations)), range(len(sheet.tradeoffs))
    yield from (("note", i) for i in reversed(range(1, len(sheet.footnotes))))
    yield from (("values", i) for i in reversed(equations) if sheet.equations[i].checks)
    yield from (("checks", i) for i in reversed(equations) if len(sheet.equations[i].checks) > 1)
    yield from (("decides", i) for i in reversed(tradeoffs))
    for i in reversed(tradeoffs):
        yield from (("fails", i), ("instead", i))
    questions = [("question", i) for i in reversed(range(len(sheet.questions)))]
    yield from questions[:-KEPT]
    yield from _by_turns(equations[KEPT:], tradeoffs[KEPT:])
    yield from (*questions[-KEPT:], ("symbols", 0), ("note", 0))
    yield from _by_turns(equations[:KEPT], tradeoffs[:KEPT])


def _by_turns(equations: range, tradeoffs: range) -> Iterator[Thing]:
    for equation, tradeoff in zip_longest(reversed(equations), reversed(tradeoffs)):
        if tradeoff is not None:
            yield "trade-off", tradeoff
        if equation is not None:
            yield "equation", equation
