"""LaTeX -> text, one line and points: golden cases in cases.txt, and what must hold for every formula."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boardwork.errors import KnowledgeError
from boardwork.formula import FONT_FILES, Line, Text, draw_points, draw_rows, draw_text, linear
from boardwork.formula.cells import Cells, width_of
from boardwork.formula.font import TTF_FILES, table
from boardwork.formula.layout import lay
from boardwork.formula.signs import ascii_text
from boardwork.formula.tree import parse
from boardwork.knowledge.topics import topics

CASES = Path(__file__).parent / "cases.txt"
LATEX = sorted({e["latex"] for t in topics() for e in t.equations})


def cases() -> list[tuple[str, list[str]]]:
    """Blocks of a line "# LaTeX" and the drawings in Unicode, ASCII and on one line."""
    blocks = CASES.read_text(encoding="utf-8").split("\n# ")
    return [(b.split("\n", 1)[0].removeprefix("# "), b.split("\n", 1)[1].split("\n--\n")) for b in blocks]


@pytest.mark.parametrize(("latex", "expected"), cases())
def test_golden(latex: str, expected: list[str]) -> None:
    drawn = ["\n".join(draw_text(latex)), "\n".join(draw_text(latex, ascii=True)), linear(latex)]
    assert [part.rstrip("\n") for part in drawn] == [part.rstrip("\n") for part in expected]


@pytest.mark.parametrize("latex", LATEX + [latex for latex, _ in cases()])
def test_every_formula_draws(latex: str) -> None:
    for line in draw_text(latex):
        assert line == line.rstrip()
    assert all("?" not in line and line.isascii() for line in draw_text(latex, ascii=True))
    assert linear(latex, ascii=True).isascii()
    formula = draw_points(latex, 11)
    assert 0 < formula.baseline <= formula.height
    for text in formula.texts:
        style = table()["italic" if text.italic else "regular"]
        assert all(c in style for c in text.string)
        assert text.x >= 0
        assert text.x + sum(style[c].advance for c in text.string) * text.size <= formula.width + 0.1
        assert text.y <= formula.height + 0.1


def test_points_are_typeset() -> None:
    formula = draw_points(r"d_{\text{model}} = \frac{512}{h}", 10)
    look = {t.string: (t.italic, t.size) for t in formula.texts}
    assert look == {"d": (True, 10), "model": (False, 7.2), "=": (False, 10), "512": (False, 10), "h": (True, 10)}
    assert [type(line) for line in formula.lines] == [Line]
    assert draw_points("x", 20).width == pytest.approx(2 * draw_points("x", 10).width, abs=0.02)


def test_the_advance_table_is_the_fonts() -> None:
    fonttools = pytest.importorskip("fontTools.ttLib")
    for style, path in zip(("regular", "italic"), TTF_FILES, strict=True):
        font = fonttools.TTFont(path)
        advances = {chr(c): font["hmtx"][g][0] for c, g in font.getBestCmap().items()}
        assert advances == {c: round(ink.advance * 1000) for c, ink in table()[style].items()}
    assert sum(path.stat().st_size for path in FONT_FILES.values()) < 60_000


@pytest.mark.parametrize("latex", [r"\frac{a", r"\nosuchcommand x", r"\begin{bmatrix} 1 \end{bmatrix}^{2}"])
def test_what_cannot_be_drawn_is_one_clear_error(latex: str) -> None:
    with pytest.raises(KnowledgeError):
        draw_text(latex)


def test_ascii_text() -> None:
    assert ascii_text("dₖ = 4 · 512² ≥ √(σ² + ϵ), xₜ₋₁") == "d_k = 4 * 512^2 >= sqrt(sigma^2 + eps), x_(t-1)"


def test_combining_accents_take_no_cell() -> None:
    first = draw_text(r"\hat{x} + \frac{1}{2}")
    assert [sum(not unicodedata.combining(c) for c in line) for line in first] == [6, 7, 6]


ATOMS = st.sampled_from(["x", "Q", "12", r"\alpha", r"\text{heads}", r"\operatorname{softmax}", r"\infty", r"x'"])
SHAPES = [
    r"\frac{%s}{%s}", r"{%s}_{%s}", r"{%s}^{%s}", r"\left(%s \cdot %s\right)^2", r"\sqrt{%s - %s}",
    r"\sum_{i=%s}^{n} %s",
    r"\left\lfloor %s \right\rfloor + %s", r"\begin{align*} a &= %s \\ b &= %s \end{align*}", r"\bar{x} %s = (%s)",
    r"\begin{pmatrix} %s & 1 \\ 0 & %s \end{pmatrix}", r"\begin{cases} %s & a \\ %s & b \end{cases}",
]  # fmt: skip


@given(st.recursive(ATOMS, lambda inner: st.builds(lambda s, a, b: s % (a, b), st.sampled_from(SHAPES), inner, inner)))
def test_no_two_marks_share_a_cell(latex: str) -> None:
    """Nothing that nests is drawn over its neighbour, in text or in points."""
    for ascii in (False, True):
        box = lay(parse(latex), Cells(ascii))
        cells = [(m.x + i, m.y) for m in box.marks if isinstance(m, Text) for i in range(width_of(m.string))]
        assert len(cells) == len(set(cells))
        assert all(0 <= x < box.width and -box.ascent < y <= box.depth for x, y in cells)
    formula = draw_points(latex, 10)
    assert all(0 <= t.x <= formula.width and 0 <= t.y <= formula.height + 0.1 for t in formula.texts)


def test_a_formula_without_room_goes_on_below() -> None:
    two = r"y = \frac{a}{b}, \quad z = x"
    assert draw_text(two) == ["     a", "y = ───,   z = x", "     b"]
    assert draw_text(two, most=12) == ["     a", "y = ───,", "     b", "", "z = x"]
    assert draw_text("y = aaaa + bbbb + cccc", most=12) == ["y = aaaa", "    + bbbb", "    + cccc"]
    assert draw_text(r"\begin{align*} xxxx &= y \\ z &= uuuu \end{align*}", most=8) == ["xxxx = y", "z = uuuu"]
    assert draw_text("aaaaaaaaaa", most=5) == ["aaaaaaaaaa"]


def test_a_formula_in_points_is_broken_at_the_same_places() -> None:
    latex = "y = aaaa + bbbb + cccc"
    whole = draw_points(latex, 10)
    assert [row.width for row in draw_rows(latex, 10, 7, whole.width + 1) or []] == [whole.width]
    rows = draw_rows(latex, 10, 7, 0.6 * whole.width)
    assert rows is not None
    assert "".join(text.string for row in rows for text in row.texts) == "".join(t.string for t in whole.texts)
    assert len(rows) == 3
    assert max(row.width for row in rows) <= 0.6 * whole.width
    assert draw_rows(latex, 10, 7, 10) is None


def test_terms_of_a_broken_sum_stand_under_one_another() -> None:
    latex = r"\begin{align*} P &= \sum a \\ &+ \sum b + cccccccc \\ &+ d \end{align*}"
    assert draw_text(latex, most=16) == ["P = ∑ a", "    + ∑ b", "    + cccccccc", "    + d"]


def test_a_tall_fence_stands_off_what_follows() -> None:
    def free(latex: str) -> float:
        formula = draw_points(latex, 10)
        last = max(formula.texts, key=lambda text: text.x)
        assert last.string == "V"
        return last.x - max(x for path in formula.paths for x, _ in path.points)

    assert free(r"\left(\frac{QK^{\top}}{\sqrt{d_k}}\right)V") > 1.6
