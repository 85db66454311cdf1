"""Equations -> pieces of maths and the numbers that prove them, for a column of a given width."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from boardwork.errors import KnowledgeError
from boardwork.figure.points import width
from boardwork.formula import Formula, draw_points, draw_rows
from boardwork.formula.font import measure
from boardwork.render.drawing.marks import (
    BOLD,
    MATHS,
    MATHS_ITALIC,
    PLAIN,
    Label,
    Mark,
    Piece,
    Stroke,
    line,
    moved,
    stacked,
)
from boardwork.render.drawing.style import ACCENT, ALARM, GREY, INK, LEAST_SIZE, Type
from boardwork.render.panels.paragraphs import BASELINE, Run, paragraph, reach
from boardwork.render.panels.texts import beside, named, small
from boardwork.render.words import cited, computed, differs, values
from boardwork.sheet import Check, Equation


@dataclass(frozen=True)
class Statement:
    """Maths on one line; `baseline`: the y of its main line."""

    drawn: Piece
    baseline: float


def equation(item: Equation, room: float, type: Type) -> Piece:
    """Name and source, the formula, the values, the checks; the source last where that saves a line."""
    source = cited(item.source)
    above = _stated(item, named(item.name, source, room, type), "", room, type)
    if not type.saves_lines or not source or beside(item.name, source, room, type):
        return above
    last = _stated(item, named(item.name, "", room, type), source, room, type)
    return min(above, last, key=lambda piece: piece.height)


def _stated(item: Equation, head: Piece, source: str, room: float, type: Type) -> Piece:
    """Below a heading; `source` stands behind the last numbers."""
    said = [[Run(values(item), PLAIN, GREY)]] if item.values else []
    said += [_checked(check, room, type) for check in item.checks]
    if source:
        said[-1:] = [[*(said[-1] if said else []), Run(f"· {source}" if said else source, PLAIN, GREY)]]
    numbers = [small(runs, room, type) for runs in said]
    statements = _fitting(item.latex, room, type)
    if statements is None:
        body = [paragraph([Run(item.text)], room, type.body, type.leading), *numbers]
    else:
        row = _row(statements, numbers, room, type) if type.saves_lines else None
        body = [_centred(statements, room, type), *numbers] if row is None else [row]
    return stacked([head, *body], 0.3 * type.small)


def _row(statements: Sequence[Statement], numbers: Sequence[Piece], room: float, type: Type) -> Piece | None:
    """A formula and the line of its numbers on one baseline, None if they are more or wider than a line."""
    if len(statements) != 1 or len(numbers) != 1 or numbers[0].height > 1.5 * type.leading * type.small:
        return None
    (formula,), (said,) = statements, numbers
    left = room - reach(said)
    if formula.drawn.width + 3 * type.formula > left:
        return None
    drawn = _centred(statements, left, type)
    down = _air(type) + formula.baseline - BASELINE * type.small
    return Piece(room, drawn.height, lambda: (*drawn.marks, *moved(said.marks, left, down)))


def _checked(check: Check, room: float, type: Type) -> list[Run]:
    """The claim and its numbers; the numbers on a line of their own rather than broken."""
    result = computed(check)
    if width(result, type.small) <= room:
        result = result.replace(" ", "\xa0")
    runs = [Run(f"{check.claim}:", PLAIN, GREY), Run(result)]
    if check.ok:
        return [Run("✓", BOLD, ACCENT), *runs]
    return [*runs, Run(f"but {differs(check)}", BOLD, ALARM)]


@lru_cache(maxsize=2000)
def _fitting(latex: str, room: float, type: Type) -> Sequence[Statement] | None:
    """On one line, else a statement a line, as large as fits, else broken; None if it cannot be, or be typeset."""
    ways = dict.fromkeys([(latex,), _statements(latex), _sides(latex)])
    size = type.formula
    while size >= type.least_formula:
        for parts in ways:
            try:
                if _width(parts, type.formula) * size / type.formula > room:
                    continue  # smaller letters are at least so wide, for scripts stay legible
                found = [_maths(part, size) for part in parts]
            except KnowledgeError:
                return None
            if max(statement.drawn.width for statement in found) <= room:
                return found
        size -= 0.4
    return _broken(latex, room, type)


def _broken(latex: str, room: float, type: Type) -> list[Statement] | None:
    """In one piece, flush left, broken before relations and signs."""
    tries = (draw_rows(latex, size, LEAST_SIZE, room) for size in (type.formula, type.least_formula))
    rows = next(filter(None, tries), None)
    if rows is None:
        return None
    whole = stacked([_drawn(row).drawn for row in rows], 0.25 * type.formula)
    return [Statement(whole, rows[0].baseline)]


def _width(parts: Iterable[str], size: float) -> float:
    return max(_maths(part, size).drawn.width for part in parts)


def _centred(statements: Sequence[Statement], room: float, type: Type) -> Piece:
    """One under the other in the middle, with air above and below."""
    whole = stacked([_in_the_middle(s.drawn, room) for s in statements], 0.4 * type.formula)
    return Piece(room, whole.height + 2 * _air(type), lambda: moved(whole.marks, 0, _air(type)))


def _in_the_middle(piece: Piece, room: float) -> Piece:
    return Piece(room, piece.height, lambda: moved(piece.marks, (room - piece.width) / 2, 0))


def _air(type: Type) -> float:
    return (0.2 if type.saves_lines else 0.3) * type.formula


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
def _maths(latex: str, size: float) -> Statement:
    return _drawn(draw_points(latex, size, LEAST_SIZE))


def _drawn(maths: Formula) -> Statement:
    marks: list[Mark] = []
    for text in maths.texts:
        face = MATHS_ITALIC if text.italic else MATHS
        marks.append(Label(text.x + _half(text.string, text.size, text.italic), text.y, text.string, text.size, face))
    marks += [line(rule.x1, rule.y1, rule.x2, rule.y2, INK, rule.width) for rule in maths.lines]
    marks += [Stroke(path.points, INK, path.width) for path in maths.paths]
    return Statement(Piece(maths.width, maths.height, tuple(marks)), maths.baseline)


def _half(string: str, size: float, italic: bool) -> float:
    return measure(string, italic).advance * size / 2
