"""LaTeX -> drawn maths: lines of text, one line of text, or texts, lines and curves in points."""

from boardwork.formula.boxes import Line, Path, Text
from boardwork.formula.cells import draw_text
from boardwork.formula.font import FONT_FAMILY, FONT_FILE, FONT_FILES
from boardwork.formula.linear import linear
from boardwork.formula.points import Formula, draw_points, draw_rows

__all__ = [
    "FONT_FAMILY", "FONT_FILE", "FONT_FILES", "Formula", "Line", "Path", "Text", "draw_points", "draw_rows",
    "draw_text", "linear",
]  # fmt: skip
