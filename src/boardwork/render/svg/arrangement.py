"""Panels -> where each stands on a page of any size, with little empty room."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from boardwork.render.drawing.marks import Mark, Piece, moved
from boardwork.render.drawing.style import SCREEN as TYPE
from boardwork.render.panels.plans import Draw, Panel, Plan, drawer, framed, heights, plans

WIDTHS = tuple(range(570, 1121, 55))
MOST_STRETCH = 60.0  # a column is left open below rather than stretched by more
STEP = 25.0  # heights are compared at widths rounded to this


def arranged(panels: Sequence[Panel]) -> Piece:
    """The panels on a page; they are numbered as given."""
    draw = drawer(panels, TYPE)

    height = heights(panels, TYPE, STEP)
    widest = max(p.least for p in panels) + 2 * TYPE.pad
    rooms = sorted({*WIDTHS, *(() if widest <= WIDTHS[-1] else (widest,))})
    best: tuple[float, Plan] | None = None
    for plan in plans(panels, rooms, TYPE):
        if any(panels[i].fixed and panels[i].least + 2 * TYPE.pad > plan.room for i in plan.below):
            continue
        score = _score(panels, height, plan)
        if best is None or score < best[0] - 1e-6:
            best = (score, plan)
    assert best is not None
    return _built(panels, draw, best[1])


def _score(panels: Sequence[Panel], height_of: Callable[[int, float], float], plan: Plan) -> float:
    """Empty area as a share of the page, and how far the page is from the proportions of a sheet of paper."""
    room, pad, gap = plan.room, TYPE.pad, TYPE.gap
    heights = [sum(height_of(i, wide) for (i,) in column) + gap * (len(column) - 1) for wide, column in plan.columns]
    top = max(heights)
    empty = sum((top - height) * wide for height, (wide, _) in zip(heights, plan.columns, strict=True))
    for wide, column in plan.columns:
        empty += sum((wide - 2 * pad - panels[i].least) * height_of(i, wide) for (i,) in column if panels[i].fixed)
    for i in plan.below:
        if panels[i].fixed:
            empty += (room - panels[i].least) * height_of(i, room)
    height = top + sum(height_of(i, room) + gap for i in plan.below) + 90
    proportion = height / (room + 40)
    off = max(0.0, proportion - 1.45) * 0.25 + max(0.0, 0.9 - proportion) * 0.6
    return 1.4 * empty / (room * height) + off + 0.02 * max(0.0, room - 900) / 100 + height * room / 4e7


def _built(panels: Sequence[Panel], draw: Draw, plan: Plan) -> Piece:
    gap = TYPE.gap
    heights = [sum(draw(i, wide).height for (i,) in column) + gap * (len(column) - 1) for wide, column in plan.columns]
    top = max(heights)
    marks: list[Mark] = []
    x = 0.0
    for (wide, column), height in zip(plan.columns, heights, strict=True):
        y = 0.0
        for (i,) in column:
            spare = top - height if (i,) == column[-1] else 0.0
            stretch = spare if spare <= MOST_STRETCH or panels[i].fixed else 0.0
            marks += moved(framed(draw(i, wide, stretch), wide, draw(i, wide).height + stretch), x, y)
            y += draw(i, wide).height + gap
        x += wide + gap
    y = top + gap
    for i in plan.below:
        panel = draw(i, plan.room)
        marks += moved(framed(panel, plan.room, panel.height), 0, y)
        y += panel.height + gap
    return Piece(plan.room, y - gap, tuple(marks))
