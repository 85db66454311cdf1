"""Every format: valid in its own language, the same bytes each time, and only the panels that were asked for."""

import dataclasses
import re
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from boardwork.errors import DrawingError, FormatError
from boardwork.options import Options
from boardwork.render import FORMATS, format_of, render
from boardwork.render.lone import lone
from boardwork.render.page.inspection import inspect
from boardwork.render.svg.pinned import binary
from boardwork.sheet import Diagram, Edge, Node, Question, Sheet

GALLERY = Path(__file__).parents[2] / "diagrams"
SHEETS = sorted(GALLERY.rglob("sheet.json"))
SHEET = Sheet.from_json(GALLERY / "transformer/encoder-layer/sheet.json")
SVG = "{http://www.w3.org/2000/svg}"
each_sheet = pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.parent.name)


def text(format, **options):
    return render(SHEET, format, Options(**options)).decode()


@pytest.mark.parametrize("format", [name for name in FORMATS if name not in ("pdf", "png")])
def test_the_same_sheet_gives_the_same_bytes(format):
    drawn = render(SHEET, format)
    assert drawn == render(SHEET, format)
    assert not re.search(rb"/work|/usr|/home|/tmp", drawn)


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("a.md", "markdown"),
        ("a.html", "html"),
        ("a.PDF", "pdf"),
        ("a.gv", "dot"),
        ("a.mmd", "mermaid"),
        ("a.png", "png"),
    ],
)
def test_a_suffix_names_a_format(name, format):
    assert format_of(name) == format


@each_sheet
@pytest.mark.parametrize("compact", [False, True])
def test_ascii_is_ascii(path, compact):
    sheet, options = Sheet.from_json(path), Options(compact=compact)
    plain = render(sheet, "ascii", options)
    assert plain.isascii()
    assert plain.count(b"?") == render(sheet, "text", options).count(b"?")  # which stands for a sign without a name


@each_sheet
def test_dot_is_what_graphviz_reads(path):
    drawn = subprocess.run(
        [binary(), "-Tplain"], input=render(Sheet.from_json(path), "dot"), capture_output=True, check=True
    )
    nodes = {line.split()[1] for line in drawn.stdout.decode().splitlines() if line.startswith("node ")}
    sheet = Sheet.from_json(path)
    assert len(nodes) == len(sheet.big_picture.nodes) + len(sheet.zoom.diagram.nodes)


@each_sheet
def test_mermaid_names_each_box_and_edge_once(path):
    sheet = Sheet.from_json(path)
    lines = render(sheet, "mermaid").decode().splitlines()
    assert lines[0] == "flowchart TD"
    arrows = [line for line in lines if re.search(r" (-->|-\.->)", line)]
    assert len(arrows) == len(sheet.big_picture.edges) + len(sheet.zoom.diagram.edges)
    opened = sum(line.strip().startswith("subgraph") for line in lines)
    assert opened == sum(line.strip() == "end" for line in lines)
    for line in lines:
        inside = re.findall(r'\["(.*)"\]|\(\("(.*)"\)\)|\|"(.*?)"\|', line)
        assert all('"' not in word for words in inside for word in words)


def test_markdown_shows_all_steps_with_formulas():
    said = text("markdown")
    for part in ("## 1 Big picture", "## 2 Zoom", "## 3 Key equations", "## 4 Trade-offs", "## Symbols", "## Notes"):
        assert part in said
    assert said.count("\n$$\n") == 2 * len(SHEET.equations)
    assert "\n\n\n" not in said


@each_sheet
def test_html_is_one_file_that_fetches_nothing(path):
    said = render(Sheet.from_json(path), "html").decode()
    assert "prefers-color-scheme: dark" in said
    assert not re.search(r"""(?:src|href)=["']?http|<script|<link|url\((?!data:)""", said)
    for svg in re.findall(r"<svg.*?</svg>", said, re.DOTALL):
        assert ET.fromstring(svg).findtext(f"{SVG}desc")
    for maths in re.findall(r"<math.*?</math>", said, re.DOTALL):
        ET.fromstring(maths.replace("&nbsp;", " "))


def test_names_in_formulas_have_no_backslash_in_a_browser():
    said = "".join(render(Sheet.from_json(path), "html").decode() for path in SHEETS)
    assert "<mtext>seq_len" in said
    assert "\\_" not in "".join(re.findall(r"<math.*?</math>", said, re.DOTALL))


# -- single steps -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["text", "markdown", "html"])
def test_one_panel_alone(format):
    said = text(format, panels=("equations",))
    assert "Key equations" in said
    assert not re.search(r"Big picture|Trade-offs|Symbols", said)


def test_panels_stand_in_the_order_of_the_sheet():
    said = text("text", panels=("trade-offs", "big-picture"))
    assert 0 < said.index("1  Big picture") < said.index("4  Trade-offs")


def test_a_panel_alone_in_svg_keeps_its_number():
    root = ET.fromstring(text("svg", panels=("zoom",)))
    said = [t.text for t in root.iter(f"{SVG}text")]
    assert "2" in said
    assert "Zoom: self_attn" in said
    assert "Big picture" not in said


def test_graphs_have_diagrams_only():
    assert "zoom_n0" not in text("dot", panels=("big-picture",))
    with pytest.raises(FormatError, match="diagrams only"):
        text("mermaid", panels=("equations",))


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.parent.name)
def test_a_lone_figure_has_the_width_of_a_column(path):
    drawn = lone(Sheet.from_json(path), Options(bare=True, picture_width=252.0))
    assert drawn.width == 252
    assert inspect(drawn).smallest >= 7
    assert not inspect(drawn).outside


def test_a_width_that_cannot_be_read_is_refused_with_one_that_can():
    with pytest.raises(DrawingError, match=r"needs a width of \d\.\din"):
        lone(SHEET, Options(bare=True, picture_width=72.0))


def test_compact_text_is_shorter_and_has_every_topic():
    whole, short = text("text"), text("text", compact=True)
    assert len(short) < 0.6 * len(whole)
    assert all(f"- {tradeoff.topic}:" in short for tradeoff in SHEET.tradeoffs)


def test_quotes_and_signs_of_other_languages_survive():
    nasty = 'a "b" <c> #d `e` |f| \\g $h$ *i*'
    diagram = Diagram((Node("n0", nasty), Node("n1", "end")), (Edge("n0", "n1", label=nasty),))
    sheet = dataclasses.replace(SHEET, big_picture=diagram)
    for format in ("dot", "mermaid", "markdown", "html", "svg", "pdf"):
        assert render(sheet, format)
    assert "<c>" not in render(sheet, "mermaid").decode()


ASKED = dataclasses.replace(SHEET, questions=(Question("Why divide by √d_k?", "Variance.", "junior"),))


@pytest.mark.parametrize("format", ["text", "markdown", "html", "svg", "json"])
def test_questions_are_in_every_format_of_a_sheet_that_has_them(format):
    assert b"Variance." in render(ASKED, format)
    assert b"Variance." not in render(SHEET, format)
    assert Sheet.from_json(ASKED.to_json()) == ASKED


@pytest.mark.parametrize("format", ["text", "markdown", "html", "svg"])
def test_questions_alone(format):
    drawn = render(ASKED, format, Options(panels=("questions",))).decode()
    assert "Variance." in drawn
    assert "5" in drawn
    assert SHEET.equations[0].name not in drawn


def test_a_source_in_html_stands_after_its_title_and_gives_way_to_it():
    said = "".join(render(Sheet.from_json(path), "html").decode() for path in SHEETS)
    assert "</cite></h3>" in said
    assert "<h3><cite>" not in said
    assert "float" not in said


def test_equations_stand_below_the_figure_that_is_much_lower_than_the_other():
    sheets = [Sheet.from_json(path) for path in SHEETS]
    higher = [sheet for sheet in sheets if ".zoom { grid-row" in render(sheet, "html").decode()]
    assert higher
    assert all(len(sheet.zoom.diagram.nodes) > len(sheet.big_picture.nodes) for sheet in higher)
    alone = Options(panels=("zoom", "equations"))
    assert not any("{ grid-row" in render(sheet, "html", alone).decode() for sheet in sheets)


def test_phi_in_formulas_is_the_phi_of_the_words_beside_them():
    sheets = [Sheet.from_json(path) for path in SHEETS]
    assert any("\\phi" in equation.latex for sheet in sheets for equation in sheet.equations)
    for format in ("html", "markdown"):
        said = "".join(render(sheet, format).decode() for sheet in sheets)
        assert "\\phi" not in said
        assert not re.search("ϕ|&#x003D5;", said)
        assert "\\varphi" in said or "&#x003C6;" in said
