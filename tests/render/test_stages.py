"""The table of stages: a row a resolution, with what repeats and what it holds; nothing where there are no stages."""

from __future__ import annotations

from pathlib import Path

import pytest

from boardwork.options import Options
from boardwork.render import render
from boardwork.render.drawing.marks import Label, Piece
from boardwork.render.drawing.style import DENSE
from boardwork.render.page.inspection import inspect
from boardwork.render.panels.stage_table import table_lines, table_panel
from boardwork.render.stages import stages, table_rows
from boardwork.sheet import Diagram, Edge, Node, Sheet

GALLERY = Path(__file__).parents[2] / "diagrams"
RESNET = Sheet.from_json(GALLERY / "vision/resnet50/sheet.json")


def pyramid(*steps: tuple[str, str, int, int, int, int]) -> Diagram:
    """Boxes in a row: (label, role, repeat, params, channels, side of the square)."""
    nodes, edges = [Node("x", "x", "", "input")], [Edge("x", "n0", "data", ("batch", "3", "height"), (1, 3, 64))]
    for i, (label, role, repeat, params, channels, side) in enumerate(steps):
        nodes.append(Node(f"n{i}", label, "", role, repeat=repeat, params=params))
        shape = ("batch", str(channels), f"height/{64 // side}")
        edges.append(Edge(f"n{i}", f"n{i + 1}", "data", shape, (1, channels, side)))
    return Diagram((*nodes, Node(f"n{len(steps)}", "y", "", "output")), tuple(edges))


def test_resnet_has_a_stem_and_four_stages() -> None:
    found = stages(RESNET.big_picture)
    assert [(s.resolution, s.channels, s.blocks) for s in found] == [
        ((56, 56), 64, 1), ((56, 56), 256, 3), ((28, 28), 512, 4), ((14, 14), 1024, 6), ((7, 7), 2048, 3),
    ]  # fmt: skip
    assert sum(s.params for s in found) < RESNET.summary["params_total"]


def test_neighbours_of_one_shape_are_one_stage() -> None:
    merging = [("Merge", "block", 1, 5, c, s) for c, s in ((8, 32), (16, 16), (32, 8), (64, 4))]
    blocks = [("Layer", "block", 2, 90, c, s) for c, s in ((8, 32), (16, 16), (32, 8), (64, 4))]
    found = stages(pyramid(*(step for pair in zip(merging, blocks, strict=True) for step in pair)))
    assert [(s.name, s.blocks, s.params) for s in found] == [("Layer", 2, 95)] * 4


def test_a_count_in_the_name_of_a_stage_is_told_as_its_blocks() -> None:
    rows = [(f"Stage {i + 1}: 3 × Residual block", "stage", 1, 9, 4, side) for i, side in enumerate((32, 16, 8, 4))]
    assert [(s.name, s.blocks) for s in stages(pyramid(*rows))][-1] == ("Stage 4: Residual block", 3)


def test_a_concatenation_says_how_many_channels_a_stage_gives() -> None:
    rows = [("Dense", "block", 6, 9, 4, side) for side in (32, 16, 8, 4)]
    joins = [("cat", "concat", 1, 0, 50, side) for side in (32, 16, 8, 4)]
    found = stages(pyramid(*(step for pair in zip(rows, joins, strict=True) for step in pair)))
    assert [s.channels for s in found] == [50] * 4


@pytest.mark.parametrize("name", ["transformer/encoder-layer", "recurrent/lstm-classifier", "transformer/nanogpt"])
def test_what_has_no_stages_has_no_table(name: str) -> None:
    sheet = Sheet.from_json(GALLERY / name / "sheet.json")
    assert stages(sheet.big_picture) == ()
    assert "Channels" not in render(sheet, "text").decode()


def test_three_stages_are_seen_in_the_flow() -> None:
    assert stages(pyramid(*(("L", "block", 1, 1, 8, side) for side in (32, 16, 8)))) == ()


@pytest.mark.parametrize("format", ["text", "ascii", "markdown", "html", "svg"])
def test_every_format_shows_the_table(format: str) -> None:
    said = render(RESNET, format).decode()
    assert "Channels" in said
    assert "1024" in said
    assert "Channels" not in render(RESNET, format, Options(panels=("equations",))).decode()


def test_the_lines_are_no_wider_than_told() -> None:
    found = stages(RESNET.big_picture)
    assert max(map(len, table_lines(found, 50))) <= 50
    assert len(table_lines(found, 80)) == len(found) + 1
    for narrow in (12, 20, 30):
        assert max(map(len, table_lines(found, narrow))) <= narrow


def test_the_panel_keeps_its_texts_apart() -> None:
    panel = table_panel(stages(RESNET.big_picture), DENSE)
    piece = panel.content(panel.least, 0)
    assert not inspect(Piece(panel.least + 1, piece.height, piece.marks)).overlaps
    assert all(mark.size >= 7 for mark in piece.marks if isinstance(mark, Label))


def test_blocks_are_a_column_only_where_some_repeat() -> None:
    single = stages(pyramid(*(("Layer", "block", 1, 5, c, s) for c, s in ((8, 32), (16, 16), (32, 8), (64, 4)))))
    assert table_rows(single)[:2] == [("Stage", "Output", "Channels", "Parameters"), ("Layer", "32", "8", "5")]
    assert "Blocks" in table_rows(stages(RESNET.big_picture))[0]
    assert table_rows(()) == []


def test_a_long_name_is_broken_and_not_cut() -> None:
    rows = [("A stage with a long name", "block", 2, 5, c, s) for c, s in ((8, 32), (16, 16), (32, 8), (64, 4))]
    lines = table_lines(stages(pyramid(*rows)), 50)
    assert max(map(len, lines)) <= 50
    assert "name" in " ".join(lines)
