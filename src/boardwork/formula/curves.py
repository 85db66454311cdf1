"""A body and a size -> the drawn signs round it: roots, tall fences, accents.

All lengths are in points, `em` is the font size. Strokes have one width, so a swelling
parenthesis is two arcs that part in the middle.
"""

from __future__ import annotations

from itertools import pairwise

from boardwork.formula.boxes import Box, Line, Mark, Path, Text, beside, overlay
from boardwork.formula.font import measure


def polyline(points: list[tuple[float, float]], width: float) -> Path:
    """Straight strokes as a cubic path, so that corners are joined."""
    out = [points[0]]
    for start, end in pairwise(points):
        out += [start, end, end]
    return Path(tuple(out), width)


def radical(body: Box, em: float, rule: float) -> Box:
    """The root sign: a thin hook and rise, a heavy fall, a bar over the body."""
    thin, gap = rule * em, 0.13 * em
    top, bottom = -max(body.ascent, 0.5 * em) - gap, max(body.depth, 0.04 * em) + 0.02 * em
    tall = bottom - top
    hook, foot, rise = 0.12 * em, 0.32 * em, 0.36 * em + min(0.2 * em, 0.08 * tall)
    end = rise + 0.18 * em + body.width + body.lean
    knee = bottom - 0.5 * tall if tall < 1.3 * em else bottom - 0.7 * em
    stroke = [(0.02 * em, knee + 0.07 * em), (hook, knee), (foot, bottom), (rise + 0.12 * em, top), (end, top)]
    heavy = polyline([(hook + 0.02 * em, knee + 0.02 * em), (foot, bottom - 0.03 * em)], 1.9 * thin)
    sign = Box(end, -top + thin / 2, bottom, (polyline(stroke, thin), heavy))
    return beside(overlay(sign, body.moved(rise + 0.15 * em, 0)), Box(0.04 * em))


def accent(body: Box, sign: str, em: float, rule: float) -> Box:
    """A bar as wide as the body, or the font's own sign over its middle."""
    middle = (body.width + body.lean) / 2 + 0.03 * em
    if sign == "¯":
        y, half = -body.ascent - 0.11 * em, max(0.17 * em, body.width / 2 - 0.08 * em)
        marks: tuple[Mark, ...] = (Line(middle - half, y, middle + half, y, rule * em),)
        return overlay(body, Box(0, -y + rule * em, 0, marks))
    ink = measure(sign, False)
    lift = max(0.0, body.ascent + 0.05 * em - ink.bottom * em)
    mark = Text(middle - ink.advance * em / 2, -lift, sign, em, False)
    return overlay(body, Box(0, ink.top * em + lift, 0, (mark,)))


def fence(sign: str, half: float, em: float, rule: float) -> Box:
    """A tall fence round y = 0, `half` high and deep, opening or closing."""
    thin = rule * em
    wide = 0.37 * em + min(0.12 * em, 0.04 * half)
    left, right, bow = 0.16 * em, wide - 0.05 * em, 0.55 * half
    opening = sign in "([{⌊⌈⟨"
    match sign:
        case "(" | ")":
            curves = [_arc(right, left - 0.07 * em, half, bow, thin), _arc(right, left - 0.01 * em, half, bow, thin)]
        case "{" | "}":
            curves = [_brace(left, right, half, thin * 1.25)]
        case "⟨" | "⟩":
            curves = [polyline([(right, -half), (left, 0), (right, half)], thin)]
        case "|":
            curves = [polyline([(wide / 2, -half), (wide / 2, half)], thin)]
        case "‖":
            curves = [polyline([(x, -half), (x, half)], thin) for x in (wide / 2 - 0.09 * em, wide / 2 + 0.09 * em)]
        case _:
            stem = left + 0.03 * em
            ends = [(stem, -half), (stem, half)]
            ends = [(right, -half), *ends] if sign not in "⌊⌋" else ends
            curves = [polyline([*ends, (right, half)] if sign not in "⌈⌉" else ends, thin * 1.15)]
    paths = tuple(c if opening else _mirrored(c, wide) for c in curves)
    return Box(wide, half, half, paths)


def _arc(end: float, control: float, half: float, bow: float, width: float) -> Path:
    return Path(((end, -half), (control, -half + bow), (control, half - bow), (end, half)), width)


def _brace(left: float, right: float, half: float, width: float) -> Path:
    middle, turn = (left + right) / 2, min(half / 2, 0.25 * half + (right - left))
    top = ((right, -half), (middle, -half), (middle, -half + turn / 3), (middle, -half + turn))
    down = ((middle, -half + turn), (middle, -turn), (middle, -turn))
    half_way = ((middle, -turn / 3), (middle, 0.0), (left, 0.0))
    back = ((middle, 0.0), (middle, turn / 3), (middle, turn))
    rest = ((middle, turn), (middle, half - turn), (middle, half - turn))
    return Path((*top, *down, *half_way, *back, *rest, (middle, half - turn / 3), (middle, half), (right, half)), width)


def _mirrored(path: Path, width: float) -> Path:
    return Path(tuple((width - x, y) for x, y in path.points), path.width)
