"""Panels that are figures of fixed size or text of any width -> where each stands, with little empty room."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from boardwork.render.svg_marks import BOLD, PLAIN, Label, Mark, Piece, Shape, label, line, moved
from boardwork.render.svg_style import ACCENT, GAP, GREY, HEAD, HEADING, INK, PAD, PALE, SMALL
from boardwork.render.svg_text import Run, paragraph

WIDTHS = tuple(range(570, 1121, 55))
MOST_STRETCH = 60.0  # a column is left open below rather than stretched by more
STEP = 25.0  # heights are compared at widths rounded to this
LEAST_TEXT = 220.0  # no column of text is narrower


@dataclass(frozen=True)
class Panel:
    """`content(room, height)` draws what is inside, loosened to a height if it can be.

    `least` is the narrowest room; `fixed` panels, the figures, do not use a wider one.
    """

    title: str
    note: str
    content: Callable[[float, float], Piece]
    least: float
    fixed: bool


Plan = tuple[tuple[float, tuple[int, ...]], ...]  # columns: width, panels from the top


def arranged(panels: Sequence[Panel]) -> Piece:
    """The panels on a page; they are numbered as given."""
    draw = _drawer(panels)

    def roughly(index: int, room: float, more: float = 0) -> Piece:
        return draw(index, max(panels[index].least + 2 * PAD, room // STEP * STEP))

    best: tuple[float, float, Plan, tuple[int, ...]] | None = None
    for room, columns, below in _plans(panels):
        score = _score(panels, roughly, room, columns, below)
        if best is None or score < best[0] - 1e-6:
            best = (score, room, columns, below)
    assert best is not None
    return _built(panels, draw, *best[1:])


class Draw(Protocol):
    """Draws a panel at a width, without its frame, `more` higher than it needs."""

    def __call__(self, index: int, room: float, more: float = 0) -> Piece: ...


def _drawer(panels: Sequence[Panel]) -> Draw:
    @cache
    def draw(index: int, room: float, more: float = 0) -> Piece:
        panel = panels[index]
        content = panel.content(room - 2 * PAD, 0)
        if more and not panel.fixed:
            content = panel.content(room - 2 * PAD, content.height + more)
        return _panel(index, panel, content, room, more / 2 if panel.fixed else 0.0)

    return draw


def _plans(panels: Sequence[Panel]) -> Iterator[tuple[float, Plan, tuple[int, ...]]]:
    """Ways to put the panels: in up to three columns, and the last ones below across the page."""
    count = len(panels)
    widest = max(p.least for p in panels) + 2 * PAD
    for room in sorted({*WIDTHS, *(() if widest <= WIDTHS[-1] else (widest,))}):
        for stop in range(1, count + 1):
            for split in _splits(stop):
                for widths in _widths(panels, split, room):
                    yield room, tuple(zip(widths, split, strict=True)), tuple(range(stop, count))


def _splits(count: int) -> Iterator[tuple[tuple[int, ...], ...]]:
    """Columns of the first panels: figures 0 and 1 head them, text goes under any or makes the last column."""
    text = tuple(range(2, count))
    heads: list[list[tuple[int, ...]]] = [[(0,), (1,)], [(0, 1)]] if count > 1 else [[(0,)]]
    for head in heads:
        for choice in range((len(head) + 1) ** len(text)):
            columns = [*head, ()]
            rest = choice
            for index in text:
                rest, place = divmod(rest, len(columns))
                columns[place] = (*columns[place], index)
            yield tuple(c for c in columns if c)


def _widths(panels: Sequence[Panel], split: tuple[tuple[int, ...], ...], room: float) -> Iterator[list[float]]:
    """The least widths, with what is left over given to the text, or shared."""
    least = [max(panels[i].least for i in column) + 2 * PAD for column in split]
    spare = room - sum(least) - GAP * (len(split) - 1)
    if spare < -1e-6:
        return
    flowing = [sum(not panels[i].fixed for i in column) for column in split]
    for weights in ([1] * len(split), flowing, least):
        if sum(weights):
            yield [wide + spare * w / sum(weights) for wide, w in zip(least, weights, strict=True)]


def _score(panels: Sequence[Panel], draw: Draw, room: float, columns: Plan, below: tuple[int, ...]) -> float:
    """Empty area as a share of the page, and how far the page is from the proportions of a sheet of paper."""
    heights = [sum(draw(i, wide).height for i in column) + GAP * (len(column) - 1) for wide, column in columns]
    top = max(heights)
    empty = sum((top - height) * wide for height, (wide, _) in zip(heights, columns, strict=True))
    for wide, column in columns:
        empty += sum((wide - 2 * PAD - panels[i].least) * draw(i, wide).height for i in column if panels[i].fixed)
    for i in below:
        if panels[i].fixed:
            empty += (room - panels[i].least) * draw(i, room).height
    height = top + sum(draw(i, room).height + GAP for i in below) + 90
    proportion = height / (room + 40)
    off = max(0.0, proportion - 1.45) * 0.25 + max(0.0, 0.9 - proportion) * 0.6
    return 1.4 * empty / (room * height) + off + 0.02 * max(0.0, room - 900) / 100 + height * room / 4e7


def _built(panels: Sequence[Panel], draw: Draw, room: float, columns: Plan, below: tuple[int, ...]) -> Piece:
    heights = [sum(draw(i, wide).height for i in column) + GAP * (len(column) - 1) for wide, column in columns]
    top = max(heights)
    marks: list[Mark] = []
    x = 0.0
    for (wide, column), height in zip(columns, heights, strict=True):
        y = 0.0
        for i in column:
            spare = top - height if i == column[-1] else 0.0
            stretch = spare if spare <= MOST_STRETCH or panels[i].fixed else 0.0
            marks += moved(_frame(wide, draw(i, wide).height + stretch), x, y)
            marks += moved(draw(i, wide, stretch).marks, x, y)
            y += draw(i, wide).height + GAP
        x += wide + GAP
    y = top + GAP
    for i in below:
        panel = draw(i, room)
        marks += moved((*_frame(room, panel.height), *panel.marks), 0, y)
        y += panel.height + GAP
    return Piece(room, y - GAP, tuple(marks))


def _frame(wide: float, height: float) -> tuple[Mark, ...]:
    return (Shape(0, 0, wide, height, "#ffffff", PALE, style="rounded,filled", pen=0.8),)


def _panel(index: int, panel: Panel, content: Piece, room: float, down: float) -> Piece:
    """The heading with its number, a rule, the content centred below."""
    middle, number = PAD + 6.0, str(index + 1)
    start = PAD + 18
    marks: list[Mark] = [
        Shape(PAD - 1, middle - 7 - 3, 14, 14, ACCENT, ACCENT, form="ellipse", pen=0.5),
        Label(PAD + 6, middle - 3 + 3, number, 8.5, BOLD, "#ffffff"),
        label(start, middle + 1, panel.title, HEADING, BOLD, INK),
        line(PAD, HEAD, room - PAD, HEAD, PALE, 0.7),
    ]
    y = HEAD + 8
    if panel.note:
        note = paragraph([Run(panel.note, PLAIN, GREY)], room - 2 * PAD, SMALL + 0.6)
        marks += moved(note.marks, PAD, y - 3)
        y += note.height + 2
    left = PAD + (room - 2 * PAD - content.width) / 2 if panel.fixed else PAD
    marks += moved(content.marks, left, y + down)
    return Piece(room, y + content.height + PAD, tuple(marks))
