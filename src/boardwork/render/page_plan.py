"""Panels and the room of a page -> the panels placed so that they fill it, or None if they do not fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from boardwork.render.marks import Mark, Piece, moved
from boardwork.render.plans import Draw, Panel, Plan, drawer, framed, heights, plans_of
from boardwork.render.style import Type

FULLEST = 1.0  # no plan fills more of a page than that
STEP = 20.0  # heights are compared at widths rounded down to this


@dataclass(frozen=True)
class Fit:
    """`empty`: the share of the page that nothing fills, the measure of one plan against another."""

    plan: Plan
    empty: float


class Planner:
    """One set of panels on rooms of any size."""

    def __init__(self, panels: Sequence[Panel], type: Type) -> None:
        self.panels, self.type = panels, type
        self.height = heights(panels, type, STEP)
        self.exactly = heights(panels, type, 0.01)

    def best(self, room: float, height: float) -> Fit | None:
        """The plan with the least empty room among those that fit."""
        if self._area(room) > FULLEST * room * height:
            return None
        tried = (self.fit(plan, height) for plan in plans_of(self.panels, room, self.type))
        fits = sorted((fit for fit in tried if fit is not None), key=lambda fit: fit.empty)
        return next((fit for fit in fits if self.holds(fit.plan, height)), None)

    def holds(self, plan: Plan, height: float) -> bool:
        """Whether it fits by the exact heights."""
        gap = self.type.gap
        tall = max(sum(self.exactly(i, wide) + gap for i in column) - gap for wide, column in plan.columns)
        return tall + sum(self.exactly(i, plan.room) + gap for i in plan.below) <= height

    def _area(self, room: float) -> float:
        """What all panels fill at least; text is taken at half the width of the page."""
        wide = [p.least + 2 * self.type.pad if p.fixed else room / 2 for p in self.panels]
        return sum(self.height(i, w) * w for i, w in enumerate(wide))

    def fit(self, plan: Plan, height: float) -> Fit | None:
        """How well a plan fills the page; None if it does not fit."""
        gap, pad = self.type.gap, self.type.pad
        room = height - sum(self.height(i, plan.room) + gap for i in plan.below)
        tall: list[float] = []
        for wide, column in plan.columns:
            tall.append(sum(self.height(i, wide) for i in column) + gap * (len(column) - 1))
            if tall[-1] > room:
                return None
        rest = room - max(tall)
        empty = sum((max(tall) - t) * wide for t, (wide, _) in zip(tall, plan.columns, strict=True))
        for wide, column in (*plan.columns, *((plan.room, (i,)) for i in plan.below)):
            for i in column:
                if self.panels[i].fixed:
                    empty += 0.7 * max(0.0, wide - 2 * pad - self.panels[i].least) * self.height(i, wide)
        return Fit(plan, (empty + 0.5 * rest * plan.room) / (plan.room * height))

    def built(self, plan: Plan, height: float, most_stretch: float) -> Piece:
        """The panels in their frames; what height is left is shared out among all, up to a share of each."""
        gap, draw = self.type.gap, drawer(self.panels, self.type)
        below = [draw(i, plan.room).height for i in plan.below]
        tops = [sum(draw(i, wide).height for i in col) + gap * (len(col) - 1) for wide, col in plan.columns]
        natural = max(tops) + sum(below) + gap * len(below)
        share = min(max(0.0, height - natural) / natural, most_stretch)
        top = max(tops) * (1 + share)
        marks: list[Mark] = []
        x = 0.0
        for (wide, column), tall in zip(plan.columns, tops, strict=True):
            marks += moved(_column(draw, column, wide, top - tall, gap).marks, x, 0)
            x += wide + gap
        y = top + gap
        for index, tall in zip(plan.below, below, strict=True):
            more = share * (tall + gap)
            marks += moved(framed(draw(index, plan.room, more), plan.room, tall + more), 0, y)
            y += tall + more + gap
        return Piece(plan.room, y - gap, tuple(marks))


def _column(draw: Draw, column: Sequence[int], wide: float, spare: float, gap: float) -> Piece:
    """Panels one under the other; each takes of the spare height as it is high."""
    tall = [draw(index, wide).height for index in column]
    marks: list[Mark] = []
    y = 0.0
    for index, height in zip(column, tall, strict=True):
        more = spare * height / sum(tall)
        marks += moved(framed(draw(index, wide, more), wide, height + more), 0, y)
        y += height + more + gap
    return Piece(wide, y - gap, tuple(marks))
