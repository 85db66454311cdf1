"""Diagrams wider than the page: shapes go before wires do, and what stands beside a box is broken over lines."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from boardwork.figure import CELLS, draw
from boardwork.options import Options
from boardwork.render.text.filled import filled
from boardwork.render.text.raster import Raster
from boardwork.render.text.sheet import diagram_lines, text
from boardwork.sheet import Diagram, Edge, Group, Node, Sheet

LONG = ("batch·(height/112)(width/112)", "heads", "49", "d_k")


def prongs(count: int, parent: str = "") -> Diagram:
    """One box to `count` boxes side by side to one box, with long shapes."""
    nodes = [Node("x", "x", "", "input"), Node("a", "Linear", "384 → 3 × 384", parent=parent)]
    nodes += [Node(f"p{i}", "QKVUW"[i], "12 heads × 32", parent=parent) for i in range(count)]
    nodes += [Node("s", "Attention", "softmax", parent=parent), Node("y", "y", "", "output")]
    edges = [Edge("x", "a"), *(Edge("a", f"p{i}") for i in range(count))]
    edges += [Edge(f"p{i}", "s", "data", LONG, label="QKVUW"[i]) for i in range(count)] + [Edge("s", "y")]
    return Diagram(tuple(nodes), tuple(edges), (Group(parent, "Frame"),) if parent else ())


def test_shapes_of_branches_go_before_their_wires() -> None:
    lines = diagram_lines(prongs(4, "g"), 80)
    said = "\n".join(lines)
    assert max(map(len, lines)) <= 80
    assert not re.search("[①②③]|height/112", said)
    assert all(f"│ {name}" in said for name in "QKVU")


@pytest.mark.parametrize(("width", "has_numbers"), [(40, False), (34, True)])
def test_what_nothing_else_fits_is_one_column_with_rails_then_with_numbers(width: int, has_numbers: bool) -> None:
    lines = diagram_lines(prongs(5, "g"), width)
    assert max(map(len, lines)) <= width
    assert ("①" in "\n".join(lines)) == has_numbers


def test_long_names_beside_a_box_are_broken_over_lines() -> None:
    shape = "(batch·(height/8)(width/8), 1, height/8, width/8)"
    nodes = [Node(name, name.upper()) for name in "zabc"]
    nodes += [Node("late", "a name of several words", shape, "input"), Node("early", "early", shape, "output")]
    edges = [Edge(*ends) for ends in ("za", "ab", "zb", "bc")] + [Edge("late", "b"), Edge("b", "early")]
    lines = diagram_lines(Diagram(tuple(nodes), tuple(edges)), 60)
    assert max(map(len, lines)) <= 60
    assert any("(height/8)" in line and "(width/8)" not in line for line in lines)  # cut between factors
    assert any(re.search("several words ─+►┌", line) for line in lines)


def test_wires_into_one_box_have_an_arrow_head_each() -> None:
    nodes = tuple(Node(name, name.upper()) for name in "abcd")
    edges = tuple(Edge(*ends) for ends in ("ab", "bc", "cd", "bd", "ad"))
    drawn = "\n".join(Raster(draw(Diagram(nodes, edges), CELLS)).lines())
    assert drawn.count("▼") + drawn.count("◄") == len(edges)
    assert re.search(r"│ D │◄─┘ +│\n *│   │◄─+┘", drawn)  # inner skips end above outer ones, so that none cross


def test_the_count_of_a_box_keeps_off_the_wire_into_its_side() -> None:
    nodes = (Node("a", "A"), Node("b", "B"), Node("c", "C", repeat=3))
    edges = (Edge("a", "b"), Edge("b", "c"), Edge("a", "c"))
    lines = Raster(draw(Diagram(nodes, edges), CELLS)).lines()
    (counted,) = [line for line in lines if "× 3" in line]
    assert "◄" not in counted


@pytest.mark.parametrize("ascii", [False, True])
def test_prose_is_never_wider_than_its_room(ascii: bool) -> None:
    said = "scores · √d_k²: 1 / √128 ✓ (model.encoder.layers.0.self_attn.longformer_self_attn.query_global)"
    for width in range(24, 90, 7):
        lines = filled(said, width, "- ", "  ", ascii=ascii)
        assert max(map(len, lines)) <= width
        assert "".join(lines).isascii() or not ascii
    assert filled("model.encoder.layers", 16) == ["model.encoder.", "layers"]


def test_a_whole_sheet_keeps_its_width_however_it_is_written() -> None:
    sheet = Sheet.from_json(Path(__file__).parents[2] / "diagrams/transformer/llama-3-8b/sheet.json")
    for width in (60, 80, 120):
        for ascii, compact in ((False, False), (True, False), (True, True)):
            lines = text(sheet, Options(width=width, ascii=ascii, compact=compact)).splitlines()
            assert max(map(len, lines)) <= width
            assert "?" * 9 not in "".join(lines)


def test_pictures_stand_beside_one_another_where_both_have_room() -> None:
    sheet = Sheet.from_json(Path(__file__).parents[2] / "diagrams/vision/resnet50/sheet.json")
    for width, beside in ((80, False), (120, True)):
        drawn = text(sheet, Options(width=width, panels=("big-picture", "zoom")))
        assert bool(re.search("1  Big picture +2  Zoom", drawn)) == beside
        assert sum(line.count("┌") for line in drawn.splitlines()) > 8  # the boxes of both
    empty = replace(sheet, zoom=replace(sheet.zoom, diagram=Diagram((), ())))
    assert "2  Zoom" not in text(empty, Options(width=120))
