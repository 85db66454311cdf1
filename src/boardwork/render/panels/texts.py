"""Trade-offs, questions, symbols, code -> pieces of text that fit a column of a given width."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, chain

from boardwork.figure.points import width
from boardwork.render.drawing.marks import (
    BOLD,
    CODE,
    PLAIN,
    Label,
    Mark,
    Piece,
    label,
    label_to,
    moved,
    stacked,
    wide,
)  # fmt: skip
from boardwork.render.drawing.style import ACCENT, GREY, INK, Type
from boardwork.render.panels.paragraphs import Run, paragraph, reach
from boardwork.render.words import cited, reasons
from boardwork.sheet import Code, Question, Symbol, Tradeoff

_AIR = 0.8  # between the columns of a row of symbols, in sizes


def small(runs: Sequence[Run], room: float, type: Type) -> Piece:
    return paragraph(runs, room, type.small, type.leading)


def named(name: str, source: str, room: float, type: Type) -> Piece:
    """A name in the accent colour with its source at the right, below if both do not fit."""
    size = type.body * 1.05
    if not beside(name, source, room, type):
        parts = [paragraph([Run(name, BOLD, ACCENT)], room, size, type.leading)]
        if source:
            parts.append(small([Run(source, PLAIN, GREY)], room, type))
        return stacked(parts, 0)
    marks = [label(0, type.body, name, size, BOLD, ACCENT)]
    if source:
        marks.append(label_to(room, type.body, source, type.small, PLAIN, GREY))
    return Piece(room, type.body * type.leading, tuple(marks))


def beside(name: str, source: str, room: float, type: Type) -> bool:
    """Whether a name and its source fit on one line."""
    return width(name, type.body * 1.05, True) + width(source, type.small) + 12 <= room


def tradeoff(item: Tradeoff, room: float, type: Type) -> Piece:
    """Topic, why, alternative, when it fails, and the numbers that decide; one paragraph where lines are saved."""
    (_, why), *more, (_, decides) = reasons(item)
    source = cited(item.source)
    above = not type.saves_lines and beside(item.topic, source, room, type)
    numbers = " · ".join(filter(None, (decides, "" if above else source)))
    second = [[Run(f"{name}:", BOLD), Run(words)] for name, words in more if words]
    if type.saves_lines:
        first = [Run(f"{item.topic}.", BOLD, ACCENT), Run(why)]
        return _written([*first, *chain(*second), Run(numbers, PLAIN, GREY)], room, type)
    parts = [named(item.topic, source if above else "", room, type)]
    parts += [_written(runs, room, type) for runs in ([Run(why)], *second)]
    if numbers:
        parts.append(small([Run(numbers, PLAIN, GREY)], room, type))
    return stacked(parts, 0.2 * type.small)


def _written(runs: Sequence[Run], room: float, type: Type) -> Piece:
    return paragraph(runs, room, type.body, type.leading)


def question(item: Question, room: float, type: Type) -> Piece:
    """What is asked, and the answer."""
    asked = [Run(item.ask, BOLD, ACCENT)]
    parts = [[*asked, Run(item.answer)]] if type.saves_lines else [asked, [Run(item.answer)]]
    return stacked([_written(runs, room, type) for runs in parts], 0.2 * type.small)


def code(item: Code, type: Type) -> Piece:
    """The note, then the lines: comments stand in a column of their own, as wide as they need."""
    size, step = type.body, type.body * type.leading
    rows = [_commented(line) for line in item.text.splitlines()]
    column = max((wide(text, size, CODE) for text, said in rows if said), default=0.0)
    marks: list[Label] = []
    for place, (text, said) in enumerate(rows, 1):
        colour = GREY if text.lstrip().startswith("#") else INK
        indent = wide(text[: len(text) - len(text.lstrip())], size, CODE)
        marks.append(label(indent, place * step, text.strip(), size, CODE, colour))
        marks.append(label(column + 2 * size, place * step, said, size, CODE, GREY))
    lines = Piece(0, len(rows) * step, tuple(mark for mark in marks if mark.string))
    lines = replace(lines, width=reach(lines))
    return stacked([small([Run(item.note, PLAIN, GREY)], max(lines.width, type.column), type), lines], 0.6 * size)


def _commented(line: str) -> tuple[str, str]:
    """A line of code and the comment that follows it; a comment alone is the line."""
    text, _, said = line.partition("  # ")
    return (text, said) if text.strip() else (line, "")


def symbol(name: str, item: Symbol, room: float, type: Type, widest: tuple[float, float]) -> Piece:
    """One row: the symbol, its value, what it means; `widest`: how wide the first two are."""
    left, middle = min(0.4 * room, widest[0]), widest[1]
    rows = (
        paragraph([Run(name, BOLD)], left - _AIR / 2 * type.body, type.body, type.leading),
        paragraph([Run(str(item.value))], middle, type.body, type.leading),
        paragraph([Run(item.meaning, PLAIN, GREY)], room - left - middle, type.body, type.leading),
    )
    placed = tuple(zip((0.0, left, left + middle), rows, strict=True))
    height = max(row.height for row in rows)
    return Piece(room, height, lambda: tuple(mark for x, row in placed for mark in moved(row.marks, x, 0)))


def symbol_widths(symbols: Mapping[str, Symbol], type: Type) -> tuple[float, float]:
    """Of the columns of names and of values, with the air behind them."""
    names = max((width(name, type.body, True) for name in symbols), default=0.0)
    numbers = max((width(str(item.value), type.body) for item in symbols.values()), default=0.0)
    return names + _AIR * type.body, numbers + _AIR * type.body


def columns(items: Sequence[Piece], number: int, gap: float, type: Type, height: float = 0) -> Piece:
    """The pieces in order over some columns of one width, so that the tallest column is as short as can be.

    Columns shorter than the tallest, or than `height`, are loosened somewhat.
    """
    if not items:
        return Piece(0, 0)
    parts = [items[start:stop] for start, stop in split([p.height + gap for p in items], number)]
    room = items[0].width
    marks: list[Mark] = []
    tallest = max(height, *(stacked(part, gap).height for part in parts))
    for place, part in enumerate(parts):
        spare = (tallest - stacked(part, gap).height) / max(1, len(part) - 1)
        column = stacked(part, gap + min(spare, type.loosest * gap))
        marks += moved(column.marks, place * (room + type.between), 0)
    return Piece(number * room + (number - 1) * type.between, tallest, tuple(marks))


def split(heights: list[float], number: int) -> list[tuple[int, int]]:
    """Ranges of neighbours; the limit grows through all sums until they fit."""
    ends = list(accumulate(heights, initial=0.0))
    sums = sorted({b - a for i, a in enumerate(ends) for b in ends[i + 1 :]})
    for limit in sums[bisect_left(sums, max(heights) - 1e-6) :]:
        ranges, start, filled = [], 0, 0.0
        for i, height in enumerate(heights):
            if filled + height > limit + 1e-6 and i > start:
                ranges.append((start, i))
                start, filled = i, 0.0
            filled += height
        ranges.append((start, len(heights)))
        if len(ranges) <= number and all(sum(heights[a:b]) <= limit + 1e-6 for a, b in ranges):
            return ranges
    return [(0, len(heights))]
