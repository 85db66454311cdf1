"""Equations, trade-offs, symbols -> pieces of text and maths that fit a column of a given width."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from boardwork.errors import KnowledgeError
from boardwork.figure.points import width
from boardwork.formula import draw_points
from boardwork.numbers import count
from boardwork.render.svg_marks import (
    BOLD,
    MATHS,
    MATHS_ITALIC,
    PLAIN,
    Label,
    Mark,
    Piece,
    Stroke,
    label,
    label_to,
    line,
    moved,
    stacked,
)  # fmt: skip
from boardwork.render.svg_style import ACCENT, ALARM, BODY, GREY, INK, SMALL
from boardwork.render.svg_text import Run, paragraph
from boardwork.render.words import cited, computed, differs, reasons, values
from boardwork.sheet import Equation, Symbol, Tradeoff

FORMULA, LEAST_FORMULA = 10.5, 8.0
LOOSEST = 1.0  # a gap grows by at most this share


def equation(item: Equation, room: float) -> Piece:
    """Name and source, the formula, the values, the checks."""
    parts = [_named(item.name, cited(item.source), room), _formula(item, room)]
    if item.values:
        parts.append(paragraph([Run(values(item), PLAIN, GREY)], room, SMALL))
    for check in item.checks:
        result = computed(check)
        if width(result, SMALL) <= room:
            result = result.replace(" ", "\xa0")  # on a line of its own rather than broken
        runs = [Run(f"{check.claim}:", PLAIN, GREY), Run(result)]
        if check.ok:
            runs.insert(0, Run("✓", BOLD, ACCENT))
        else:
            runs.append(Run(f"but {differs(check)}", BOLD, ALARM))
        parts.append(paragraph(runs, room, SMALL))
    return stacked(parts, 2.5)


def _named(name: str, source: str, room: float) -> Piece:
    """A name in the accent colour with its source at the right, below if both do not fit."""
    if width(name, BODY + 0.4, True) + width(source, SMALL) + 12 > room:
        parts = [paragraph([Run(name, BOLD, ACCENT)], room, BODY + 0.4)]
        if source:
            parts.append(paragraph([Run(source, PLAIN, GREY)], room, SMALL))
        return stacked(parts, 0)
    marks = [label(0, BODY, name, BODY + 0.4, BOLD, ACCENT)]
    if source:
        marks.append(label_to(room, BODY, source, SMALL, PLAIN, GREY))
    return Piece(room, BODY * 1.4, tuple(marks))


def _formula(item: Equation, room: float) -> Piece:
    """Typeset as large as fits; as text if it never does."""
    size = FORMULA
    while size >= LEAST_FORMULA:
        try:
            drawn = _maths(item.latex, size)
        except KnowledgeError:
            break
        if drawn.width <= room:
            return Piece(room, drawn.height + 7, moved(drawn.marks, (room - drawn.width) / 2, 3))
        size -= 0.5
    return paragraph([Run(item.text)], room)


@lru_cache(maxsize=500)
def _maths(latex: str, size: float) -> Piece:
    drawn = draw_points(latex, size)
    marks: list[Mark] = []
    for text in drawn.texts:
        face = MATHS_ITALIC if text.italic else MATHS
        marks.append(Label(text.x + _half(text.string, text.size, text.italic), text.y, text.string, text.size, face))
    marks += [line(rule.x1, rule.y1, rule.x2, rule.y2, INK, rule.width) for rule in drawn.lines]
    marks += [Stroke(path.points, INK, path.width) for path in drawn.paths]
    return Piece(drawn.width, drawn.height, tuple(marks))


def _half(string: str, size: float, italic: bool) -> float:
    from boardwork.formula.font import measure

    return measure(string, italic).advance * size / 2


def tradeoff(item: Tradeoff, room: float) -> Piece:
    """Topic, why, alternative, when it fails, and the numbers that decide."""
    (_, why), *more, (_, decides) = reasons(item)
    parts = [_named(item.topic, "", room), paragraph([Run(why)], room)]
    parts += [paragraph([Run(f"{name}:", BOLD), Run(words)], room) for name, words in more if words]
    small = " · ".join(filter(None, (decides, cited(item.source))))
    if small:
        parts.append(paragraph([Run(small, PLAIN, GREY)], room, SMALL))
    return stacked(parts, 1.5)


def symbol(name: str, item: Symbol, room: float) -> Piece:
    """One row: the symbol, its value, what it means."""
    left, middle = room * 0.26, room * 0.2
    value = count(item.value) if isinstance(item.value, int | float) else str(item.value)
    rows = (
        paragraph([Run(name, BOLD)], left - 4, BODY),
        paragraph([Run(value)], middle - 4, BODY),
        paragraph([Run(item.meaning, PLAIN, GREY)], room - left - middle, BODY),
    )
    xs = (0.0, left, left + middle)
    marks = [m for x, row in zip(xs, rows, strict=True) for m in moved(row.marks, x, 0)]
    return Piece(room, max(row.height for row in rows), tuple(marks))


def columns(items: Sequence[Piece], number: int, gap: float, between: float, height: float = 0) -> Piece:
    """The pieces in order over some columns of one width, so that the tallest column is as short as can be.

    Columns shorter than the tallest, or than `height`, are loosened somewhat.
    """
    if not items:
        return Piece(0, 0)
    parts = [items[start:stop] for start, stop in _split([p.height + gap for p in items], number)]
    room = items[0].width
    marks: list[Mark] = []
    tallest = max(height, *(stacked(part, gap).height for part in parts))
    for place, part in enumerate(parts):
        spare = (tallest - stacked(part, gap).height) / max(1, len(part) - 1)
        column = stacked(part, gap + min(spare, LOOSEST * gap))
        marks += moved(column.marks, place * (room + between), 0)
    return Piece(number * room + (number - 1) * between, tallest, tuple(marks))


def _split(heights: list[float], number: int) -> list[tuple[int, int]]:
    """Ranges of neighbours; the limit grows through all sums until they fit."""
    sums = sorted({sum(heights[i:j]) for i in range(len(heights)) for j in range(i + 1, len(heights) + 1)})
    for limit in sums:
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
