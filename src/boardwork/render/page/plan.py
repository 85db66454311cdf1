"""Panels and the room of a page -> the panels placed so that they fill it, or None if they do not fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from boardwork.render.drawing.marks import Mark, Piece, moved
from boardwork.render.drawing.style import Type
from boardwork.render.page.room import area_of_text
from boardwork.render.panels.plans import (
    STEP,
    Draw,
    Height,
    Panel,
    Plan,
    Row,
    Stack,
    drawer,
    framed,
    heights,
    heights_at,
    parts_of,
    plans_of,
)

FULLEST = 1.0  # no plan fills more of a page than that


@dataclass(frozen=True)
class Fit:
    """`empty`: the share of the page that nothing fills, the measure of one plan against another."""

    plan: Plan
    empty: float


class Planner:
    """One set of panels on rooms of any size."""

    def __init__(self, panels: Sequence[Panel], type: Type) -> None:
        self.panels, self.type = panels, type
        self._at = heights_at(panels, type)
        self.height, self.exactly = (heights(panels, type, step, self._at) for step in (STEP, 0.01))
        self._least = [panel.least + 2 * type.pad for panel in panels]

    def best(self, room: float, height: float) -> Fit | None:
        """The plan with the least empty room among those that fit."""
        found = sorted(self.likely(room, height), key=lambda fit: fit.empty)
        return next((fit for fit in found if self.holds(fit.plan, height)), None)

    def likely(self, room: float, height: float) -> Iterator[Fit]:
        """Plans that fit by the rounded heights; most of them hold what they should."""
        if self._area() <= FULLEST * room * height:
            known = plans_of(self.panels, room, self.type)
            tall = cache(lambda stack: self._tall_of(known.stacks[stack]))
            left = cache(lambda below: self._left(below, room, height))
            for plan, columns in zip(known.plans, known.columns, strict=True):
                if all(tall(stack) <= left(plan.below) for stack in columns):
                    fit = self.fit(plan, height)
                    if fit is not None:
                        yield fit

    def _left(self, below: Row, room: float, height: float) -> float:
        """The height that is left to the columns."""
        return height - sum(self.height(i, room) + self.type.gap for i in below)

    def _tall_of(self, stack: Stack) -> float:
        """The height of a column of `plans_of`."""
        gap, at = self.type.gap, self._at
        beside = max((sum(at(i, wide) + gap for i, wide in part) for part in stack.beside), default=0.0)
        return beside + sum(at(i, wide) + gap for i, wide in stack.under) - gap

    def taken(self, plan: Plan) -> float:
        """The area that the panels take, with what is empty beside figures: what is left has room for text."""
        below = sum(self.height(i, plan.room) for i in plan.below) * plan.room
        return below + sum(self._tall(column, wide, self.height) * wide for wide, column in plan.columns)

    def holds(self, plan: Plan, height: float) -> bool:
        """Whether it fits by the exact heights."""
        gap = self.type.gap
        tall = max(self._tall(column, wide, self.exactly) for wide, column in plan.columns)
        return tall + sum(self.exactly(i, plan.room) + gap for i in plan.below) <= height

    def _area(self) -> float:
        """What all panels fill at least, about."""
        figures = [(self.height(i, wide), wide) for i, wide in enumerate(self._least) if self.panels[i].fixed]
        return sum(h * w for h, w in figures) + area_of_text([p for p in self.panels if not p.fixed], self.type)

    def fit(self, plan: Plan, height: float) -> Fit | None:
        """How well a plan fills the page; None if it does not fit."""
        room = self._left(plan.below, plan.room, height)
        tall: list[float] = []
        for wide, column in plan.columns:
            tall.append(self._tall(column, wide, self.height))
            if tall[-1] > room:
                return None
        empty = sum((max(tall) - t) * wide for t, (wide, _) in zip(tall, plan.columns, strict=True))
        empty += sum(self._empty(row, wide) for wide, column in plan.columns for row in column)
        empty += sum(self._empty((i,), plan.room) for i in plan.below)
        return Fit(plan, (empty + 0.5 * (room - max(tall)) * plan.room) / (plan.room * height))

    def _tall(self, column: Sequence[Row], wide: float, height: Height) -> float:
        gap, tall = self.type.gap, 0.0
        for row in column:
            if len(row) == 1:
                tall += height(row[0], wide) + gap
            else:
                tall += max(sum(height(i, w) + gap for i in part) for w, part in self._parts(row, wide))
        return tall - gap

    def _parts(self, row: Row, wide: float) -> tuple[tuple[float, Row], ...]:
        return parts_of(row, wide, self.panels, self.type)

    def _empty(self, row: Row, wide: float) -> float:
        """The room at the sides of a figure, or below the lower part of a row."""
        first = self.panels[row[0]]
        if len(row) == 1:
            least = first.least + 2 * self.type.pad
            return 0.7 * max(0.0, wide - least) * self.height(row[0], wide) if first.fixed else 0.0
        (left, right) = ((w, self._tall([(i,) for i in part], w, self.height)) for w, part in self._parts(row, wide))
        return max(left[1] - right[1], 0.0) * right[0] + max(right[1] - left[1], 0.0) * left[0]

    def built(self, plan: Plan, height: float, most_stretch: float) -> Piece:
        """The panels in their frames; what height is left is shared out among all, up to a share of each."""
        gap, draw = self.type.gap, drawer(self.panels, self.type)

        def exactly(index: int, wide: float) -> float:
            return draw(index, wide).height

        below = [exactly(i, plan.room) for i in plan.below]
        tops = [self._tall(column, wide, exactly) for wide, column in plan.columns]
        natural = max(tops) + sum(below) + gap * len(below)
        share = min(max(0.0, height - natural) / natural, most_stretch)
        top = max(tops) * (1 + share)
        marks: list[Mark] = []
        x = 0.0
        for wide, column in plan.columns:
            marks += moved(self._column(draw, column, wide, top), x, 0)
            x += wide + gap
        y = top + gap
        for index, tall in zip(plan.below, below, strict=True):
            more = share * (tall + gap)
            marks += moved(framed(draw(index, plan.room, more), plan.room, tall + more), 0, y)
            y += tall + more + gap
        return Piece(plan.room, y - gap, tuple(marks))

    def _column(self, draw: Draw, column: Sequence[Row], wide: float, height: float) -> tuple[Mark, ...]:
        """Rows one under the other, `height` in all; each takes of the spare height as it is high."""

        def exactly(index: int, wide: float) -> float:
            return draw(index, wide).height

        tall = [self._tall([row], wide, exactly) for row in column]
        spare = height - sum(tall) - self.type.gap * (len(column) - 1)
        marks: list[Mark] = []
        y = 0.0
        for row, natural in zip(column, tall, strict=True):
            high = natural + spare * natural / sum(tall)
            marks += moved(self._row(draw, row, wide, high), 0, y)
            y += high + self.type.gap
        return tuple(marks)

    def _row(self, draw: Draw, row: Row, wide: float, height: float) -> tuple[Mark, ...]:
        """A panel in its frame, or a figure with a column of texts beside it."""
        if len(row) == 1:
            more = height - draw(row[0], wide).height
            return framed(draw(row[0], wide, more), wide, height)
        (left, figure), (right, texts) = self._parts(row, wide)
        beside = self._column(draw, [(i,) for i in texts], right, height)
        return (*self._row(draw, figure, left, height), *moved(beside, left + self.type.gap, 0))
