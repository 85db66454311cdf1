"""A tree of maths -> texts, lines and curves in points: the layout measured with the bundled font, by TeX's rules."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from boardwork.formula.boxes import Box, Draw, Line, Path, Text, beside, overlay
from boardwork.formula.broken import broken
from boardwork.formula.curves import accent, fence, radical
from boardwork.formula.font import measure, table
from boardwork.formula.layout import lay
from boardwork.formula.linear import primed
from boardwork.formula.spacing import THIN, kind_of
from boardwork.formula.tree import BIG, EMPTY, Node, parse

SCALE = (1.0, 0.72, 0.58)  # of the size, by level of scripts
INDENT = 1.2  # em, of a row that goes on with the one above
AXIS, RULE = 0.259, 0.052  # em
SUP, SUB, SCRIPT_GAP, DROP = 0.36, 0.21, 0.16, 0.32  # em: least shifts, room between both scripts, fall from a tall top


@dataclass(frozen=True)
class Formula:
    """Drawn maths in points, y downwards from the top left; `baseline` is the y of the main line."""

    width: float
    height: float
    baseline: float
    texts: tuple[Text, ...]
    lines: tuple[Line, ...]
    paths: tuple[Path, ...]


def draw_points(latex: str, size: float, least: float = 0) -> Formula:
    """The formula at a font size in points; no script is smaller than `least`.

    Raises:
        KnowledgeError: outside the LaTeX subset, or a sign that the font lacks.
    """
    return _formula(lay(parse(latex), Points(size, least)))


def draw_rows(latex: str, size: float, least: float, most: float) -> list[Formula] | None:
    """The formula broken before relations and signs into rows at most so wide, None where a piece is wider.

    Raises:
        KnowledgeError: as `draw_points`.
    """
    rows = broken(parse(latex), most, lambda node: _laid(node, size, least), INDENT * size)
    return [_formula(row) for row in rows] if rows is not None else None


@lru_cache(maxsize=2000)
def _laid(node: Node, size: float, least: float) -> Box:
    """Kept, for a formula is broken at many widths."""
    return lay(node, Points(size, least))


def _formula(box: Box) -> Formula:
    marks = box.moved(0, box.ascent).marks

    def rounded(value: float) -> float:
        return round(value, 2) + 0.0

    texts = tuple(
        Text(rounded(m.x), rounded(m.y), m.string, rounded(m.size), m.italic) for m in marks if isinstance(m, Text)
    )
    lines = tuple(Line(*map(rounded, (m.x1, m.y1, m.x2, m.y2, m.width))) for m in marks if isinstance(m, Line))
    curves = [m for m in marks if isinstance(m, Path)]
    paths = tuple(Path(tuple((rounded(x), rounded(y)) for x, y in m.points), rounded(m.width)) for m in curves)
    width = max(box.width + box.lean, *(0.0, *(line.x2 for line in lines)))
    return Formula(rounded(width), rounded(box.height), rounded(box.ascent), texts, lines, paths)


class Points:
    """Metrics in points at one font size."""

    def __init__(self, size: float, least: float) -> None:
        self.size, self.least = size, min(size, least)

    def em(self, level: int) -> float:
        return max(self.least, self.size * SCALE[min(level, len(SCALE) - 1)])

    def axis(self, level: int) -> float:
        return AXIS * self.em(level)

    def clearance(self, level: int) -> float:
        return 0.17 * self.em(level)

    def snap(self, value: float) -> float:
        return value

    def strut(self) -> tuple[float, float]:
        return 0.7 * self.size, 0.22 * self.size

    def table_gaps(self, name: str, tall: bool) -> tuple[float, float, float]:
        return 0.9 * self.size, (0.55 if tall else 0.32) * self.size, 0.15 * self.size * (name != "align")

    def space(self, em: float, level: int) -> Box:
        return Box(em * self.em(level))

    def joint(self, left: Node, right: Node, em: float, level: int) -> Box:
        """A fence that grows may be drawn, and needs room for what follows: a glyph brings its own."""
        apart = left.kind == "fence" and left.stretch and kind_of(right) == "ordinary" and level == 0
        return self.space(max(em, THIN) if apart else em, level)

    def word(self, text: str, italic: bool, level: int) -> Box:
        return self._glyphs(text, italic and all(c in table()["italic"] for c in text), self.em(level))

    def _glyphs(self, text: str, italic: bool, em: float) -> Box:
        if not text:
            return Box()
        ink = measure(text, italic)
        lean = max(0.0, ink.right - ink.advance) * em
        return Box(ink.advance * em, ink.top * em, -ink.bottom * em, (Text(0, 0, text, em, italic),), lean)

    def big(self, text: str, level: int) -> Box:
        """A larger sign, centred on the axis."""
        box = self._glyphs(text, False, self.em(level) * (1.35 if level == 0 else 1.0))
        return box.moved(0, (box.ascent - box.depth) / 2 - self.axis(level))

    def bar(self, width: float, level: int) -> Box:
        thick, side = RULE * self.em(level), 0.1 * self.em(level)
        middle = self.axis(level)
        line = Line(0.5 * side, -middle, width + 1.5 * side, -middle, thick)
        return Box(width + 2 * side, middle + thick / 2, thick / 2 - middle, (line,))

    def root(self, node: Node, draw: Draw, level: int) -> Box:
        return radical(draw(node.kids[0], level), self.em(level), RULE)

    def accent(self, node: Node, draw: Draw, level: int) -> Box:
        return accent(draw(node.kids[0], level), node.text, self.em(level), RULE)

    def fence(self, sign: str, body: Box, stretch: bool, level: int) -> Box:
        """The glyph if it is tall enough, else a drawn one, symmetric round the axis."""
        em = self.em(level)
        glyph = self._glyphs(sign, False, em)
        half = max(body.ascent - self.axis(level), body.depth + self.axis(level))
        if not stretch or half <= glyph.height / 2 * 1.06:
            return glyph
        return fence(sign, half + 0.04 * em, em, RULE).moved(0, -self.axis(level))

    def script(self, node: Node, draw: Draw, level: int) -> Box:
        base, sub, sup = draw(node.kids[0], level), draw(node.kids[1], level + 1), draw(node.kids[2], level + 1)
        em, simple = self.em(level), node.kids[0].kind in ("id", "number", "name") or node.kids[0].text in BIG
        if primed(node.kids[2]):  # the font's primes are raised already
            sup, up = self.word(node.kids[2].text, False, level), 0.0
        else:
            up = max(SUP * em, 0.0 if simple else base.ascent - DROP * em, sup.depth + 0.12 * em)
        down = max(SUB * em, 0.0 if simple else base.depth + 0.08 * em, sub.ascent - 0.45 * em)
        if node.kids[1] != EMPTY and node.kids[2] != EMPTY:
            down = max(down, sub.ascent - (up - sup.depth) + SCRIPT_GAP * em * 0.6)
        after = Box(0.05 * em)
        low = beside(Box(base.width), sub).moved(0, down) if sub.ink else Box()
        high = beside(Box(base.width + base.lean + 0.02 * em), sup).moved(0, -up) if sup.ink else Box()
        return beside(replace(overlay(base, low, high), lean=0.0), after)
