"""One page: nothing under 7 pt, over another text or outside; the same bytes; things are given up in order."""

import dataclasses
import re
import sys
from pathlib import Path

import pytest

from boardwork.errors import DrawingError, FormatError
from boardwork.options import Options
from boardwork.render import render, typeset
from boardwork.render.drawing.marks import Label, Piece
from boardwork.render.page.detail import Detail, left_out
from boardwork.render.page.inspection import inspect
from boardwork.render.page.sheet import page
from boardwork.render.paper import PAPERS, points
from boardwork.sheet import Diagram, Edge, Node, Sheet

GALLERY = Path(__file__).parents[2] / "diagrams"
SHEETS = sorted(GALLERY.rglob("sheet.json"))
LLAMA, LSTM = (
    Sheet.from_json(GALLERY / name / "sheet.json") for name in ("transformer/llama-3-8b", "recurrent/lstm-classifier")
)


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.parent.name)
def test_every_gallery_sheet_is_one_legible_page(path):
    drawn = page(Sheet.from_json(path), "a4")
    assert sorted((drawn.width, drawn.height)) == sorted(PAPERS["a4"])
    found = inspect(drawn)
    assert found.smallest >= 7
    assert not found.overlaps
    assert not found.outside


def test_letter_is_another_paper():
    drawn = page(LSTM, "letter")
    assert sorted((drawn.width, drawn.height)) == [612, 792]
    assert not inspect(drawn).outside


def test_overlaps_are_seen():
    pair = Piece(100, 100, (Label(50, 50, "one", 8), Label(52, 52, "two", 8)))
    assert inspect(pair).overlaps == (("one", "two"),)
    assert inspect(Piece(50, 100, pair.marks)).outside == ("one", "two")


def test_a_stack_too_deep_for_a_page_is_one_box_and_the_page_says_so():
    nodes = tuple(Node(f"n{i}", f"Step number {i}", "a detail") for i in range(400))
    edges = tuple(Edge(f"n{i}", f"n{i + 1}") for i in range(399))
    drawn = page(dataclasses.replace(LSTM, big_picture=Diagram(nodes, edges)), "a4")
    said = " ".join(mark.string for mark in drawn.marks if isinstance(mark, Label))
    assert "400 boxes" in said
    assert "Left out for room: the inside of" in said
    assert not inspect(drawn).outside


def test_more_inputs_than_a_page_holds_are_refused_with_a_way_out():
    nodes = (*(Node(f"x{i}", f"Input number {i}", role="input") for i in range(900)), Node("n", "Step"))
    crowded = dataclasses.replace(LSTM, big_picture=Diagram(nodes, tuple(Edge(f"x{i}", "n") for i in range(900))))
    with pytest.raises(DrawingError, match="--zoom"):
        page(crowded, "a4")


def test_a_tall_stack_goes_on_in_a_second_column():
    nodes = tuple(Node(f"n{i}", f"Step number {i}", "a detail") for i in range(34))
    edges = tuple(Edge(f"n{i}", f"n{i + 1}") for i in range(33))
    drawn = page(dataclasses.replace(LSTM, big_picture=Diagram(nodes, edges)), "a4")
    said = {mark.string for mark in drawn.marks if isinstance(mark, Label)}
    assert {node.label for node in nodes} <= said
    assert not inspect(drawn).outside


def test_a_title_that_is_too_long_keeps_the_end_of_its_path():
    zoom = dataclasses.replace(LSTM.zoom, path=".".join(["a_long_name_of_a_part"] * 9))
    drawn = page(dataclasses.replace(LSTM, zoom=zoom), "a4")
    assert not inspect(drawn).overlaps
    assert not inspect(drawn).outside
    (title,) = [m.string for m in drawn.marks if isinstance(m, Label) and m.string.startswith("Zoom")]
    assert title.endswith("…a_long_name_of_a_part") or title.count("a_long_name") > 1


def test_a_small_frame_is_one_box_before_the_large_one():
    drawn = page(Sheet.from_json(GALLERY / "transformer/llama-3-8b/sheet.json"), "a4")
    said = {mark.string for mark in drawn.marks if isinstance(mark, Label)}
    assert "Linear W_Q" in said


# -- what is given up -------------------------------------------------------------------------------------------------


def test_footnotes_go_first_and_the_first_equations_last():
    order = Detail(LLAMA).order
    kinds = list(dict.fromkeys(kind for kind, _ in order))
    assert kinds.index("note") < kinds.index("values") < kinds.index("decides") < kinds.index("fails")
    assert kinds.index("fails") < kinds.index("trade-off")
    assert {order[-1], order[-2]} == {("equation", 0), ("trade-off", 0)}
    assert len(set(order)) == len(order)


def test_all_given_up_leaves_the_figures_and_nothing_lost_is_hidden():
    detail = Detail(LLAMA)
    assert detail.without(()) == LLAMA
    bare = detail.without(detail.order)
    assert (bare.equations, bare.tradeoffs, bare.symbols, bare.footnotes) == ((), (), {}, ())
    assert bare.big_picture == LLAMA.big_picture
    assert left_out(LLAMA, LLAMA) == ""
    assert f"{len(LLAMA.equations)} equations" in left_out(LLAMA, bare)


def test_what_two_short_forms_share_is_one_object():
    detail = Detail(LLAMA)
    first, second = detail.without([("values", 0)]), detail.without([("values", 0), ("note", 1)])
    assert all(a is b for a, b in zip(first.equations, second.equations, strict=True))


def test_the_page_says_what_it_leaves_out():
    said = " ".join(mark.string for mark in page(LLAMA, "a4").marks if isinstance(mark, Label))
    assert "Left out for room" in said


# -- the files --------------------------------------------------------------------------------------------------------


def test_the_pdf_is_one_page_with_its_fonts_and_no_date():
    pdf = render(LSTM, "pdf")
    assert pdf == render(LSTM, "pdf")
    assert pdf.startswith(b"%PDF-")
    assert re.findall(rb"/Count (\d+)", pdf) == [b"1"]
    assert re.search(rb"/BaseFont\s*/[A-Z]{6}\+Inter", pdf)
    assert not re.search(rb"CreationDate|ModDate|CreateDate", pdf)


def test_the_png_is_a_picture_of_the_paper():
    png = render(LSTM, "png")
    assert png.startswith(b"\x89PNG")
    size = tuple(int.from_bytes(png[start : start + 4]) for start in (16, 20))
    assert sorted(size) == [round(side * typeset.PIXELS / 72) for side in PAPERS["a4"]]


def test_nasty_words_are_set_and_not_run():
    nasty = '#panic("x") $a$ \\n "q" // *b*'
    heading = dataclasses.replace(LSTM.subject, title=nasty)
    assert render(dataclasses.replace(LSTM, subject=heading), "pdf").startswith(b"%PDF-")


def test_without_typst_there_is_a_hint(monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(DrawingError, match="pip install typst"):
        render(LSTM, "pdf")


@pytest.mark.parametrize(("given", "meant"), [("3.5in", 252), ("10cm", 283.465), ("90mm", 255.118), ("300pt", 300)])
def test_lengths_have_units(given, meant):
    assert points(given) == meant


@pytest.mark.parametrize("given", ["wide", "3.5", "-1in", "0.1in", "1e3in", ""])
def test_what_is_no_length_is_refused(given):
    with pytest.raises(FormatError):
        points(given)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (Options(paper="a3"), "a4, letter"),
        (Options(theme="neon"), "paper"),
        (Options(panels=("footer",)), "big-picture"),
        (Options(picture_width=252.0), "--big-picture-only"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_what_can(options, said):
    with pytest.raises(FormatError, match=said):
        render(LSTM, "svg", options)
