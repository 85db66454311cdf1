"""A tree of maths -> lines of text: the layout measured in character cells."""

from __future__ import annotations

import unicodedata

from boardwork.formula.boxes import Box, Draw, Text, beside, overlay
from boardwork.formula.broken import broken
from boardwork.formula.layout import lay
from boardwork.formula.linear import combining, flat, parted, primed, root, script
from boardwork.formula.signs import ascii_name, raised
from boardwork.formula.tree import EMPTY, Node, parse

INDENT = 3  # of a row that goes on with the one above
FENCES = {
    "(": "⎛⎜⎝", ")": "⎞⎟⎠", "[": "⎡⎢⎣", "]": "⎤⎥⎦", "⌊": "⎢⎢⎣", "⌋": "⎥⎥⎦", "⌈": "⎡⎢⎢", "⌉": "⎤⎥⎥",
    "{": "⎧⎪⎩", "}": "⎫⎪⎭", "|": "│││", "‖": "‖‖‖",
}  # fmt: skip
PLAIN_FENCES = {
    "(": "/|\\", ")": "\\|/", "[": "[[[", "]": "]]]", "⌊": "||L", "⌋": "||J", "⌈": "r||", "⌉": "7||",
    "{": "/|\\", "}": "\\|/", "|": "|||", "‖": "|||", "⟨": "/|\\", "⟩": "\\|/",
}  # fmt: skip


def draw_text(latex: str, ascii: bool = False, most: int | None = None) -> list[str]:
    """The formula in lines of text, Unicode or bytes below 128, without trailing spaces.

    `most`: a wider formula goes on below, where it has a place to break.

    Raises:
        KnowledgeError: outside the LaTeX subset.
    """
    tree, cells = parse(latex), Cells(ascii)
    box = lay(tree, cells)
    if most is None or box.width <= most:
        return _rows(box)
    lines, tall = list[str](), False
    for row in broken(tree, most, lambda node: lay(node, cells), INDENT) or [box]:
        drawn = _rows(row)
        lines += [""] * bool(lines and (len(drawn) > 1 or tall)) + drawn
        tall = len(drawn) > 1
    return lines


def _rows(box: Box) -> list[str]:
    rows: list[dict[int, str]] = [{} for _ in range(int(box.height))]
    for mark in box.marks:
        assert isinstance(mark, Text)
        row, x = rows[int(mark.y + box.ascent) - 1], int(mark.x)
        for char in mark.string:
            if unicodedata.combining(char):
                row[x - 1] += char
            else:
                row[x], x = char, x + 1
    return ["".join(row.get(x, " ") for x in range(max(row, default=-1) + 1)).rstrip() for row in rows]


def width_of(text: str) -> int:
    return sum(not unicodedata.combining(c) for c in text)


class Cells:
    """Metrics in character cells: a sign is one row over the baseline, which a fraction bar shares."""

    def __init__(self, ascii: bool) -> None:
        self.ascii = ascii

    def axis(self, level: int) -> float:
        return 0.5

    def clearance(self, level: int) -> float:
        return 0.0

    def snap(self, value: float) -> float:
        return float(int(value + 0.5)) if value >= 0 else -float(int(0.5 - value))

    def strut(self) -> tuple[float, float]:
        return 1.0, 0.0

    def table_gaps(self, name: str, tall: bool) -> tuple[float, float, float]:
        return (1.0 if name == "align" else 3.0), float(tall), float(name != "align")

    def space(self, em: float, level: int) -> Box:
        return Box(float(round(em * 3) if em > 0.4 else em > 0.1))

    def joint(self, left: Node, right: Node, em: float, level: int) -> Box:
        bars = right.kind == "fraction" and (left.kind in ("fraction", "operator") and left.text not in FENCES)
        return Box(float(bars or parted(left, right, em, self.ascii, level)))

    def word(self, text: str, italic: bool, level: int) -> Box:
        text = ascii_name(text) if self.ascii else text
        return Box(width_of(text), 1.0 if text else 0.0, 0.0, (Text(0, 0, text, 1, False),) if text else ())

    def big(self, text: str, level: int) -> Box:
        return self.word(text, False, level)

    def bar(self, width: float, level: int) -> Box:
        return self.word(("-" if self.ascii else "─") * (int(width) + 2), False, level)

    def root(self, node: Node, draw: Draw, level: int) -> Box:
        body = draw(node.kids[0], level)
        if body.height <= 1:
            return self.word(root(node, self.ascii), False, level)
        opening, closing = (self.fence(sign, body, True, level) for sign in ("(", ")"))
        return beside(self.word("√", False, level) if not self.ascii else self._plain("sqrt"), opening, body, closing)

    def accent(self, node: Node, draw: Draw, level: int) -> Box:
        base = flat(node.kids[0], self.ascii, level)
        return self._plain(base + (ascii_name(node.text) if self.ascii else combining(node.text)))

    def _plain(self, text: str) -> Box:
        return Box(width_of(text), 1.0, 0.0, (Text(0, 0, text, 1, False),))

    def fence(self, sign: str, body: Box, stretch: bool, level: int) -> Box:
        if body.height <= 1 or not stretch:
            return self.word(sign, False, level)
        top, middle, bottom = tuple((PLAIN_FENCES if self.ascii else FENCES).get(sign, sign * 3))
        rows = [top, *[middle] * (int(body.height) - 2), bottom]
        if sign in "{}" and len(rows) > 2:
            rows[len(rows) // 2] = sign if self.ascii else {"{": "⎨", "}": "⎬"}[sign]
        marks = tuple(Text(0, i + 1 - body.ascent, char, 1, False) for i, char in enumerate(rows))
        return Box(1.0, body.ascent, body.depth, marks)

    def script(self, node: Node, draw: Draw, level: int) -> Box:
        """Small letters or `_x` on the line where that is short; else the script stands a row higher or lower."""
        base = draw(node.kids[0], level)
        if primed(node.kids[2]):
            base = beside(base, self.word(node.kids[2].text, False, level))
        sup = EMPTY if primed(node.kids[2]) else node.kids[2]
        low, high = (self._script(kid, sign, base, draw, level) for kid, sign in ((node.kids[1], "_"), (sup, "^")))
        on_line = bool(low.ink) and low.height == 1 and low.depth == 0
        right = base.width + (low.width if on_line and high.depth == 0 and high.height == 1 else 0)
        parts = [base, low.moved(base.width, 0), high.moved(right if base.ascent == 1 else base.width, 0)]
        return overlay(*parts)

    def _script(self, kid: Node, sign: str, base: Box, draw: Draw, level: int) -> Box:
        if kid == EMPTY:
            return Box()
        box, text = draw(kid, level + 1), flat(kid, self.ascii, 1)
        short = self.ascii or raised(text, sign) or (sign == "_" and text.isalnum()) or text in "*∗"
        if base.height > 1:  # beside the top or bottom row of a tall base
            small = self.word(raised(text, sign) or text, False, 1) if box.height <= 1 and not self.ascii else box
            return small.moved(0, 1 - base.ascent if sign == "^" else base.depth)
        if box.height <= 1 and short:
            return self._plain(script(kid, sign, self.ascii))
        return box.moved(0, -base.ascent - box.depth if sign == "^" else base.depth + box.ascent)
