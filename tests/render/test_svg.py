"""The laws of a drawn page: it is XML, repeatable, legible, and says what the sheet says."""

import dataclasses
import re
import xml.etree.ElementTree as ET

import pytest

from boardwork.errors import DrawingError
from boardwork.figure import draw
from boardwork.figure.lettering import advances
from boardwork.figure.points import POINTS, SIZES, in_font, width
from boardwork.figure.primitives import Box
from boardwork.options import Options
from boardwork.render.drawing.marks import BOLD, CODE, MATHS, MATHS_ITALIC, Label, Piece, wide
from boardwork.render.drawing.style import SCREEN
from boardwork.render.drawing.theme import theme
from boardwork.render.panels.texts import code
from boardwork.render.svg import pinned
from boardwork.render.svg.finish import finished
from boardwork.render.svg.sheet import page, svg
from boardwork.sheet import (
    Check,
    Code,
    Diagram,
    Edge,
    Equation,
    Group,
    Heading,
    Node,
    Port,
    Sheet,
    Symbol,
    Tradeoff,
    Zoom,
)

SVG = "{http://www.w3.org/2000/svg}"
NASTY = 'a<b & "c" \\n d\\'
SHAPE = ("batch", "seq_len", "64")


def block(label="Linear"):
    nodes = (
        Node("n0", "x", "(batch, seq_len, 64)", "input"),
        Node("n1", "LayerNorm", role="norm", parent="g0"),
        Node("n2", label, "64 → 256", "linear", parent="g0"),
        Node("n3", "GELU", role="activation", repeat=3),
        Node("n4", "+", role="add"),
        Node("n5", "y", "(batch, seq_len, 64)", "output"),
    )
    links = [("n0", "n1"), ("n1", "n2"), ("n2", "n3"), ("n3", "n4"), ("n4", "n5")]
    edges = (*(Edge(a, b, shape=SHAPE) for a, b in links), Edge("n0", "n4", "residual", SHAPE))
    return Diagram(nodes, edges, (Group("g0", "Half", "64 → 256", repeat=2),))


@pytest.fixture(scope="module")
def sheet():
    ports = (Port("x", SHAPE, (1, 8, 64), "float32"),)
    check = Check("all of <them>", "64 · 256", 16384, 16384, True)
    latex = r"P = \frac{d_k}{\sqrt{2}} \cdot \left(\frac{a}{b}\right)"
    return Sheet(
        Heading("tests:Net", NASTY, "Net", ports, ports),
        {"params_total": 16384, "params_bytes": 65536, "params_trainable": 16384, "macs": 1, "flops": 2},
        {"batch": Symbol(1, "sequences at once")},
        block(),
        Zoom("net.block", "Block", "the largest <block>", block(NASTY)),
        tuple(Equation(f"Weights {i}", latex, "P = d_k / √2", {"d_k": 64}, (check,), "arXiv:1") for i in range(4)),
        tuple(Tradeoff(f"This & that {i}", "because " * 20, "other", "never", {"d": 2.0}, "arXiv:2") for i in range(3)),
        ("Nothing is hidden.",),
    )


@pytest.fixture(scope="module")
def root(sheet):
    return ET.fromstring(svg(sheet, Options()))


def test_the_same_sheet_gives_the_same_bytes_without_traces_of_the_machine(sheet):
    drawn = svg(sheet, Options())
    assert drawn == svg(sheet, Options())
    assert not re.search(rb"<!--|<!DOCTYPE|/work|/usr|/home|graphviz version", drawn)


def test_it_describes_itself(root):
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == NASTY
    assert "Key equations" in root.findtext(f"{SVG}desc")
    assert "font/woff2;base64," in root.findtext(f"{SVG}style")


def test_labels_survive(root):
    said = [text.text for text in root.iter(f"{SVG}text")]
    assert said.count(NASTY) >= 2  # the title and a box
    assert any("<block>" in text for text in said)


def test_no_text_is_small_or_without_a_colour(root):
    texts = list(root.iter(f"{SVG}text"))
    maths = [t for t in texts if t.get("class") in ("m", "i")]
    assert min(float(t.get("font-size")) for t in texts if t not in maths) >= 7
    assert maths
    assert all((t.get("fill") or "").startswith("#") for t in texts)


def test_text_lies_on_the_page_and_has_glyphs(sheet):
    whole = page(sheet)
    labels = [m for m in whole.marks if isinstance(m, Label)]
    for item in labels:
        if item.face in (MATHS, MATHS_ITALIC):
            continue
        half = width(item.string, item.size, item.face == BOLD) / 2
        assert item.x - half > 0
        assert item.x + half < whole.width
        assert set(in_font(item.string)) <= set(advances()["bold" if item.face == BOLD else "regular"])


def test_boxes_hold_their_text():
    for box in (p for p in draw(block("A rather long label that has to be broken"), POINTS).primitives):
        if isinstance(box, Box):
            for i, line in enumerate(box.lines):
                kind = "label" if i < box.label_lines else "detail"
                assert width(line, SIZES[kind]) <= box.width - POINTS.pad_x


def test_graphviz_moves_nothing(sheet):
    whole = page(sheet)
    drawn = ET.fromstring(svg(sheet, Options()))
    wanted = [(round(m.x, 1), round(m.y - whole.height, 1)) for m in whole.marks if isinstance(m, Label)]
    found = [(float(t.get("x")), float(t.get("y"))) for t in drawn.iter(f"{SVG}text")]
    assert len(wanted) == len(found)
    shift = {(round(a - c), round(b - d)) for (a, b), (c, d) in zip(wanted, found, strict=True)}
    assert len(shift) == 1


def test_a_line_is_as_long_as_measured_though_a_viewer_takes_its_floor_from_a_wider_font():
    said = "⌊(14 + 2) / 2⌋ < 9"
    marks = (Label(90, 20, said, 8), Label(90, 40, said, 8, BOLD), Label(90, 60, "14", 8), Label(9, 60, "⌊", 8, MATHS))
    paints = theme("paper")
    drawn = finished(pinned.draw(Piece(200, 80, marks), paints), "", "", paints)
    texts = [item for item in ET.fromstring(drawn).iter() if item.tag.endswith("text")]
    assert {(item.text.strip(), item.get("textLength")) for item in texts} == {
        (said, f"{width(said, 8):.2f}"), (said, f"{width(said, 8, True):.2f}"), ("14", None), ("⌊", None),
    }  # fmt: skip


def test_a_page_needs_no_equations(sheet):
    bare = dataclasses.replace(sheet, equations=(), tradeoffs=(), symbols={}, footnotes=())
    assert b"Key equations" not in re.sub(rb"<desc>.*?</desc>", b"", svg(bare, Options()), flags=re.DOTALL)


def test_without_graphviz_there_is_a_hint(monkeypatch):
    pinned.binary.cache_clear()
    monkeypatch.setattr(pinned.importlib.metadata, "files", lambda name: None)
    monkeypatch.setattr(pinned.shutil, "which", lambda name: None)
    with pytest.raises(DrawingError, match="pip install graphviz-pure"):
        pinned.draw(Piece(10, 10), theme("paper"))
    pinned.binary.cache_clear()


def test_code_is_set_in_a_font_of_one_width_that_is_sent_along_only_then(sheet):
    text = "def block(x):\n    scores = x @ x.T  # (B, T, T)\n    y = x  # (B, T)"
    coded = dataclasses.replace(sheet, code=Code("Block", text, "as run"))
    drawn = svg(coded, Options(panels=("code",)))
    assert b"Boardwork Mono" in drawn
    assert b"Boardwork Mono" not in svg(sheet, Options(panels=("zoom",)))
    lines = [mark for mark in code(coded.code, SCREEN).marks if mark.face == CODE]
    starts = {mark.string: mark.x - wide(mark.string, mark.size, CODE) / 2 for mark in lines}
    assert starts["scores = x @ x.T"] == pytest.approx(starts["y = x"])
    assert starts["(B, T, T)"] == pytest.approx(starts["(B, T)"])
    assert starts["y = x"] - starts["def block(x):"] == pytest.approx(wide("    ", lines[0].size, CODE))
