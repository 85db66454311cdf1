"""Every format of a comparison: the same bytes again, the same story, marks that need no colour."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from tests.comparison.sheets import LAYER, PRE, RESNET, VIT, sheet_of

from boardwork.cli import main
from boardwork.comparison import Comparison, compared
from boardwork.errors import FormatError
from boardwork.figure.lettering import lettered_in
from boardwork.figure.metrics import CELLS
from boardwork.figure.primitives import Box, Wire
from boardwork.options import Options
from boardwork.render.comparison import FORMATS, render
from boardwork.render.comparison.page import page
from boardwork.render.comparison.svg import sheet_of as svg_page
from boardwork.render.comparison.towers import side_by_side
from boardwork.render.drawing.marks import Label

BINARY = ("pdf", "png")


def of(*targets: str) -> Comparison:
    return compared([sheet_of(target) for target in targets])


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_says_the_names_and_gives_the_same_bytes(format: str) -> None:
    found = of(PRE, LAYER)
    first, second = render(found, format), render(found, format)
    assert first == second
    if format not in BINARY:
        assert b"TransformerEncoderLayer" in first


@pytest.mark.parametrize("width", [60, 72, 80, 100, 120, 160])
@pytest.mark.parametrize("targets", [(PRE, LAYER), (RESNET, VIT), (LAYER, RESNET)])
def test_text_keeps_its_width(width: int, targets: tuple[str, str]) -> None:
    lines = render(of(*targets), "text", Options(width=width)).decode().splitlines()
    assert max(map(len, lines)) <= width


def test_text_is_side_by_side_from_80_columns_and_stacked_below() -> None:
    wide = render(of(PRE, LAYER), "text", Options(width=80)).decode()
    narrow = render(of(PRE, LAYER), "text", Options(width=79)).decode()
    both = re.compile(r"Multi-head attention.*Multi-head attention")
    assert both.search(wide)
    assert not both.search(narrow)


def test_ascii_is_ascii() -> None:
    said = render(of(RESNET, VIT), "ascii")
    assert max(said) < 128
    assert b"+*" in said  # the mark in the border of a box


def test_boxes_of_one_row_have_one_height_and_gaps_a_wire_through() -> None:
    found = of(PRE, LAYER)
    figure = side_by_side(found, CELLS)
    boxes = [item for item in figure.primitives if isinstance(item, Box)]
    tops: dict[str, list[float]] = {}
    for box in boxes:
        tops.setdefault(box.lines[0], []).append(box.y)
    assert len(set(tops["Multi-head attention"])) == 1
    assert len(set(tops["Feed-forward"])) == 1
    assert len(set(tops["LayerNorm"])) == 3  # one alone, two side by side, one alone
    assert sorted(box.mark for box in boxes) == ["", "", "", "", "", "", "+", "+"]
    assert max(y for wire in figure.primitives if isinstance(wire, Wire) for _, y in wire.points) <= figure.height


def test_packed_towers_are_lower_and_hold_the_same_boxes() -> None:
    found = of(RESNET, VIT)
    loose, packed = (side_by_side(found, CELLS, packed=packed) for packed in (False, True))
    assert packed.height < loose.height
    assert {b.node for b in loose.primitives if isinstance(b, Box)} == {
        b.node for b in packed.primitives if isinstance(b, Box)
    }


def test_no_text_on_a_page_is_too_small_or_outside() -> None:
    for targets in ((PRE, LAYER), (RESNET, VIT), (LAYER, PRE, RESNET)):
        found = of(*targets)
        for piece in (page(found, "a4"), svg_page(found)):
            labels = [mark for mark in piece.marks if isinstance(mark, Label)]
            assert min(mark.size for mark in labels) >= 7
            assert all(0 <= mark.x <= piece.width and 0 <= mark.y <= piece.height for mark in labels)


def test_a_page_says_what_it_leaves_out() -> None:
    said = " ".join(mark.string for mark in page(of(RESNET, VIT), "a4").marks if isinstance(mark, Label))
    assert "Left out for room" in said


def test_svg_is_well_formed_and_described_by_its_text() -> None:
    found = of(PRE, LAYER)
    tree = ElementTree.fromstring(render(found, "svg"))
    said = next(node.text or "" for node in tree.iter() if node.tag.endswith("desc"))
    assert "What changed and why" in said
    assert "≠" in ElementTree.tostring(tree, encoding="unicode")


def test_html_has_the_table_and_needs_nothing_else() -> None:
    said = render(of(PRE, LAYER), "html").decode()
    assert said.count("<svg") == 2 + len(of(PRE, LAYER).curves)
    assert '<tr class="differs"><td>≠</td><th scope="row">Norm</th>' in said
    assert not re.search(r"(?:src|href)=\"https?:", said)


def test_markdown_has_a_table_row_for_every_fact() -> None:
    found = of(PRE, LAYER)
    rows = [line for line in render(found, "markdown").decode().splitlines() if line.startswith("| ")]
    assert len(rows) == len(found.rows) + 1


def test_graphs_have_a_cluster_for_each_model() -> None:
    found = of(PRE, LAYER)
    assert render(found, "dot").decode().count("subgraph cluster_") == 2
    assert render(found, "mermaid").decode().count("subgraph ") == 2
    assert "+ LayerNorm" in render(found, "dot").decode()


def test_the_command_writes_files_by_their_suffix(tmp_path) -> None:
    for name, target in (("a", PRE), ("b", LAYER)):
        sheet_of(target).save(tmp_path / f"{name}.json")
    arguments = ["compare", str(tmp_path / "a.json"), str(tmp_path / "b.json")]
    result = CliRunner().invoke(main, [*arguments, "-o", str(tmp_path / "c.json"), "-o", str(tmp_path / "c.md")])
    assert result.exit_code == 0, result.output
    data = json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))
    assert [row["topic"] for row in data["rows"] if row["differs"]] == ["Norm"]
    assert (tmp_path / "c.md").read_text(encoding="utf-8").startswith("# TransformerEncoderLayer against")


def test_mistakes_are_one_message(tmp_path) -> None:
    path = tmp_path / "a.json"
    sheet_of(LAYER).save(path)
    for arguments, message in (
        ([str(path)], "1 are given"),
        ([str(path), str(path), "--zoom", "nowhere"], "was drawn with"),
        ([str(path), str(path), *["--zoom", "x"] * 3], "3 zooms are given"),
        ([str(path), str(tmp_path / "no.json")], "Cannot read a sheet"),
        ([str(path), str(path), "-o", str(tmp_path / "x.xyz")], "No format is known"),
    ):
        result = CliRunner().invoke(main, ["compare", *arguments])
        assert result.exit_code == 2
        assert message in result.output


def test_a_sketch_is_measured_in_the_font_that_it_is_lettered_in() -> None:
    found = of(PRE, LAYER)
    wide, narrow = (render(found, "svg", Options(theme=name)).decode() for name in ("paper", "sketch"))
    with lettered_in("Boardwork Hand"):
        expected = svg_page(found).height
    assert page_height(narrow) == pytest.approx(expected, abs=1)
    assert page_height(narrow) < page_height(wide)


def page_height(svg: str) -> float:
    """In points, as the page itself says."""
    said = re.search(r'<svg[^>]* viewBox="\S+ \S+ \S+ ([\d.]+)"', svg)
    assert said
    return float(said[1])


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(FormatError, match="no format 'word'"):
        render(of(PRE, LAYER), "word")
