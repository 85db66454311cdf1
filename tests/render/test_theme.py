"""Themes: each names every paint, text can be read on what is behind it, lines seen (WCAG 2.2, 1.4.3, 1.4.11)."""

import re
from pathlib import Path

import pytest

from boardwork.errors import FormatError
from boardwork.figure.lettering import FONTS, advances, lettered_in
from boardwork.figure.points import width
from boardwork.options import Options
from boardwork.render import render
from boardwork.render.drawing.marks import Label, Piece, Shape, Stroke
from boardwork.render.drawing.sketch import sketched
from boardwork.render.drawing.style import ACCENT, ALARM, GREY, INK, PAPER, STYLES, WIRE
from boardwork.render.drawing.theme import theme, theme_names
from boardwork.sheet import Sheet

NAMES = theme_names()
LSTM = Sheet.from_json(Path(__file__).parents[2] / "diagrams/recurrent/lstm-classifier/sheet.json")
FILLS = sorted({style.fill for style in STYLES.values()} - {"none"})
STROKES = sorted({style.stroke for style in STYLES.values()} - {"none"})


def luminance(colour):
    """Relative luminance, as WCAG defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first, second):
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def test_the_four_themes_are_there():
    assert {"paper", "mono", "dark", "sketch"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_text_can_be_read(name):
    paints = theme(name).paints
    for text in (INK, GREY):
        for behind in (PAPER, "frame-fill", "repeat-fill", *FILLS):
            assert contrast(paints[text], paints[behind]) >= 4.5, (text, behind)
    for text in (ACCENT, ALARM):
        assert contrast(paints[text], paints[PAPER]) >= 4.5, text


@pytest.mark.parametrize("name", NAMES)
def test_lines_can_be_seen(name):
    paints = theme(name).paints
    for line in (*STROKES, WIRE, "residual", "frame", ACCENT):
        assert contrast(paints[line], paints[PAPER]) >= 3, line


def test_mono_has_no_colour():
    assert all(len({colour[i : i + 2] for i in (1, 3, 5)}) == 1 for colour in theme("mono").paints.values())


def test_roles_differ_in_form_and_not_only_in_colour():
    forms = [(s.form, s.rings, s.bars, s.pen) for role, s in STYLES.items() if role not in ("input", "output")]
    kinds = {
        (s.form, s.rings, s.bars, s.pen)
        for role, s in STYLES.items()
        if role in ("linear", "conv", "attention", "norm", "activation", "pool", "embedding")
    }
    assert len(kinds) == 7
    assert len(set(forms)) > len(forms) / 2


def test_each_colour_of_the_paper_has_one_in_the_dark():
    light, dark = theme("paper"), theme("dark")
    pairs = {(light.paints[paint], dark.paints[paint]) for paint in light.paints}
    assert len({old for old, _ in pairs}) == len(pairs), "one light colour would have to become two dark ones"


def test_the_svg_turns_dark_for_who_prefers_it():
    svg = render(LSTM, "svg").decode()
    assert "prefers-color-scheme:dark" in svg
    dark = render(LSTM, "svg", Options(theme="dark")).decode()
    assert "prefers-color-scheme" not in dark
    drawn = re.sub(r"<style>.*?</style>", "", dark, flags=re.DOTALL)
    assert set(re.findall(r"#[0-9a-f]{6}", drawn)) <= set(theme("dark").paints.values())


def test_a_theme_of_the_users_own(tmp_path, monkeypatch):
    (tmp_path / "themes").mkdir()
    (tmp_path / "themes" / "teal.toml").write_text('based_on = "paper"\n[paints]\naccent = "#006666"\n')
    (tmp_path / "themes" / "torn.toml").write_text("[paints]\nink = '#000000'\n")
    monkeypatch.setenv("BOARDWORK_TEMPLATES", str(tmp_path))
    assert theme("teal").paints["accent"] == "#006666"
    assert theme("teal").paints["ink"] == theme("paper").paints["ink"]
    with pytest.raises(FormatError, match="no colour for"):
        theme("torn")
    theme.cache_clear()


def test_a_theme_is_no_path():
    with pytest.raises(FormatError, match="There is no theme"):
        theme("../page")


def test_a_sketch_keeps_its_words_and_its_hand():
    marks = (
        Shape(10, 10, 80, 30, "blue-fill", "blue"),
        Label(50, 28, "Linear", 9),
        Stroke(((50, 40), (50, 40), (50, 80), (50, 80)), "wire", arrow=True),
    )
    piece = Piece(100, 100, marks)
    drawn = sketched(piece, 1.5)
    assert drawn == sketched(piece, 1.5)
    assert marks[1] in drawn.marks
    (arrow,) = [m for m in drawn.marks if isinstance(m, Stroke) and m.arrow]
    assert arrow.points[-1] == (50, 80)
    lines = [m for m in drawn.marks if isinstance(m, Stroke) and not m.arrow]
    assert all(abs(x - min(max(x, 10), 90)) < 3 for line in lines for x, _ in line.points)
    assert lines[0] != lines[1]


def test_a_sketch_is_lettered_by_hand_and_measured_so():
    drawn = render(LSTM, "svg", Options(theme="sketch")).decode()
    assert "Boardwork Hand" in drawn
    assert "'Inter'" not in drawn
    assert "Boardwork Hand" not in render(LSTM, "svg").decode()
    with lettered_in("Boardwork Hand"):
        narrower = width("the quick brown fox", 10)
    assert narrower < width("the quick brown fox", 10)
    assert re.search(rb"/BaseFont\s*/[A-Z]{6}\+BoardworkHand", render(LSTM, "pdf", Options(theme="sketch")))


def test_every_font_has_the_same_signs_and_floors_among_them():
    tables = [advances(family) for family in FONTS]
    for style in ("regular", "bold"):
        assert len({frozenset(table[style]) for table in tables}) == 1
        assert set("⌊⌋⌈⌉→αᵀ") <= set(tables[0][style])


def test_a_theme_with_a_font_that_is_not_there_is_refused(tmp_path, monkeypatch):
    (tmp_path / "themes").mkdir()
    (tmp_path / "themes" / "lettered.toml").write_text('based_on = "paper"\nfont = "Comic Sans"\n', encoding="utf-8")
    monkeypatch.setenv("BOARDWORK_TEMPLATES", str(tmp_path))
    with pytest.raises(FormatError, match="Boardwork Hand"):
        theme("lettered")


def test_a_sketch_keeps_the_lines_that_tell_an_activation():
    box = Shape(0, 0, 60, 30, "red-fill", "red", style="filled,diagonals")
    strokes = [mark for mark in sketched(Piece(60, 30, (box,)), 1.0).marks if isinstance(mark, Stroke)]
    across = [mark for mark in strokes if len(mark.points) == 4]
    assert len(across) == 4
    assert all(a[0] != b[0] and a[1] != b[1] for a, *_, b in (mark.points for mark in across))
