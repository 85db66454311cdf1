"""Equations, trade-offs, symbols -> pieces of text and maths that fit a column of a given width."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import accumulate

from boardwork.errors import KnowledgeError
from boardwork.figure.points import width
from boardwork.formula import draw_points
from boardwork.formula.font import measure
from boardwork.render.marks import (
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
from boardwork.render.paragraphs import Run, paragraph
from boardwork.render.style import ACCENT, ALARM, GREY, INK, LEAST_SIZE, Type
from boardwork.render.words import cited, computed, differs, reasons, values
from boardwork.sheet import Check, Code, Equation, Question, Symbol, Tradeoff


def equation(item: Equation, room: float, type: Type) -> Piece:
    """Name and source, the formula, the values, the checks."""
    parts = [_named(item.name, cited(item.source), room, type), _formula(item, room, type)]
    if item.values:
        parts.append(_small([Run(values(item), PLAIN, GREY)], room, type))
    parts += [_check(check, room, type) for check in item.checks]
    return stacked(parts, 0.3 * type.small)


def _check(check: Check, room: float, type: Type) -> Piece:
    """The claim and its numbers; the numbers on a line of their own rather than broken."""
    result = computed(check)
    if width(result, type.small) <= room:
        result = result.replace(" ", "\xa0")
    runs = [Run(f"{check.claim}:", PLAIN, GREY), Run(result)]
    if check.ok:
        runs.insert(0, Run("✓", BOLD, ACCENT))
    else:
        runs.append(Run(f"but {differs(check)}", BOLD, ALARM))
    return _small(runs, room, type)


def _small(runs: Sequence[Run], room: float, type: Type) -> Piece:
    return paragraph(runs, room, type.small, type.leading)


def _named(name: str, source: str, room: float, type: Type) -> Piece:
    """A name in the accent colour with its source at the right, below if both do not fit."""
    size = type.body * 1.05
    if not _beside(name, source, room, type):
        parts = [paragraph([Run(name, BOLD, ACCENT)], room, size, type.leading)]
        if source:
            parts.append(_small([Run(source, PLAIN, GREY)], room, type))
        return stacked(parts, 0)
    marks = [label(0, type.body, name, size, BOLD, ACCENT)]
    if source:
        marks.append(label_to(room, type.body, source, type.small, PLAIN, GREY))
    return Piece(room, type.body * type.leading, tuple(marks))


def _beside(name: str, source: str, room: float, type: Type) -> bool:
    """Whether a name and its source fit on one line."""
    return width(name, type.body * 1.05, True) + width(source, type.small) + 12 <= room


def _formula(item: Equation, room: float, type: Type) -> Piece:
    """Typeset on one line, else a statement a line, as large as fits; as text if it never does."""
    size = type.formula
    while size >= type.least_formula:
        for statements in ((item.latex,), _statements(item.latex), _sides(item.latex)):
            try:
                lines = [_maths(statement, size) for statement in statements]
            except KnowledgeError:
                return paragraph([Run(item.text)], room, type.body, type.leading)
            if max(line.width for line in lines) <= room:
                centred = [replace(m, width=room, marks=moved(m.marks, (room - m.width) / 2, 0)) for m in lines]
                drawn = stacked(centred, 0.4 * size)
                return Piece(room, drawn.height + 0.6 * size, moved(drawn.marks, 0, 0.3 * size))
        size -= 0.4
    return paragraph([Run(item.text)], room, type.body, type.leading)


def _statements(latex: str) -> tuple[str, ...]:
    """What `, \\quad` parts outside of a table, or the rows of an alignment, each by itself."""
    aligned = re.fullmatch(r"\\begin\{align\*\}(.*)\\end\{align\*\}", latex.strip(), re.DOTALL)
    if aligned and "\\begin" not in aligned[1]:
        return tuple(row.replace("&", "").strip() for row in aligned[1].split("\\\\"))
    parts = latex.split(", \\quad ")
    whole = all(part.count("\\begin") == part.count("\\end") for part in parts)
    return tuple(parts) if whole else (latex,)


def _sides(latex: str) -> tuple[str, ...]:
    """A single statement, broken before its first `=`."""
    left, equals, right = latex.partition(" = ")
    whole = "\\begin" not in latex and "quad" not in latex and left.count("{") == left.count("}")
    return (left, f"= {right}") if equals and whole and "\\left" not in left else (latex,)


@lru_cache(maxsize=500)
def _maths(latex: str, size: float) -> Piece:
    drawn = draw_points(latex, size, LEAST_SIZE)
    marks: list[Mark] = []
    for text in drawn.texts:
        face = MATHS_ITALIC if text.italic else MATHS
        marks.append(Label(text.x + _half(text.string, text.size, text.italic), text.y, text.string, text.size, face))
    marks += [line(rule.x1, rule.y1, rule.x2, rule.y2, INK, rule.width) for rule in drawn.lines]
    marks += [Stroke(path.points, INK, path.width) for path in drawn.paths]
    return Piece(drawn.width, drawn.height, tuple(marks))


def _half(string: str, size: float, italic: bool) -> float:
    return measure(string, italic).advance * size / 2


def tradeoff(item: Tradeoff, room: float, type: Type) -> Piece:
    """Topic, why, alternative, when it fails, and the numbers that decide."""
    (_, why), *more, (_, decides) = reasons(item)
    source = cited(item.source)
    above = _beside(item.topic, source, room, type)
    parts = [_named(item.topic, source if above else "", room, type)]
    for runs in ([Run(why)], *([Run(f"{name}:", BOLD), Run(words)] for name, words in more if words)):
        parts.append(paragraph(runs, room, type.body, type.leading))
    small = " · ".join(filter(None, (decides, "" if above else source)))
    if small:
        parts.append(_small([Run(small, PLAIN, GREY)], room, type))
    return stacked(parts, 0.2 * type.small)


def question(item: Question, room: float, type: Type) -> Piece:
    """What is asked, and the answer."""
    asked = paragraph([Run(item.ask, BOLD, ACCENT)], room, type.body, type.leading)
    return stacked([asked, paragraph([Run(item.answer)], room, type.body, type.leading)], 0.2 * type.small)


def code(item: Code, type: Type) -> Piece:
    """The note, then the lines: comments stand in a column of their own, as wide as they need."""
    size, step = type.body, type.body * type.leading
    rows = [_commented(line) for line in item.text.splitlines()]
    column = max((_indent(text, size) + width(text.strip(), size) for text, said in rows if said), default=0.0)
    marks: list[Label] = []
    for place, (text, said) in enumerate(rows, 1):
        colour = GREY if text.lstrip().startswith("#") else INK
        marks.append(label(_indent(text, size), place * step, text.strip(), size, PLAIN, colour))
        marks.append(label(column + 2 * size, place * step, said, size, PLAIN, GREY))
    wide = max((mark.x + width(mark.string, size) / 2 for mark in marks), default=0.0)
    lines = Piece(wide, len(rows) * step, tuple(mark for mark in marks if mark.string))
    return stacked([_small([Run(item.note, PLAIN, GREY)], max(wide, type.column), type), lines], 0.6 * size)


def _commented(line: str) -> tuple[str, str]:
    """A line of code and the comment that follows it; a comment alone is the line."""
    text, _, said = line.partition("  # ")
    return (text, said) if text.strip() else (line, "")


def _indent(text: str, size: float) -> float:
    return 0.5 * size * (len(text) - len(text.lstrip()))


def symbol(name: str, item: Symbol, room: float, type: Type, widest: int) -> Piece:
    """One row: the symbol, its value, what it means; the longest symbol has `widest` letters."""
    left, middle = min(0.3 * room, (0.6 * widest + 1) * type.body), 4.2 * type.body
    rows = (
        paragraph([Run(name, BOLD)], left - 4, type.body, type.leading),
        paragraph([Run(str(item.value))], middle - 4, type.body, type.leading),
        paragraph([Run(item.meaning, PLAIN, GREY)], room - left - middle, type.body, type.leading),
    )
    xs = (0.0, left, left + middle)
    marks = [m for x, row in zip(xs, rows, strict=True) for m in moved(row.marks, x, 0)]
    return Piece(room, max(row.height for row in rows), tuple(marks))


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
