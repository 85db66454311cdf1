"""Shapes in long names, short ones, or numbers."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from boardwork.errors import FormatError
from boardwork.options import Options
from boardwork.render import render
from boardwork.render.symbols import written
from boardwork.sheet import Diagram, Edge, Node, Port, Sheet, Symbol

SHEET = Sheet.from_json(Path(__file__).parents[2] / "diagrams/transformer/encoder-layer/sheet.json")


@pytest.mark.parametrize(
    ("way", "shape"), [("long", "(batch, seq_len, d_model)"), ("short", "(B, T, d)"), ("numbers", "(1, 128, 512)")]
)
def test_each_way(way: str, shape: str) -> None:
    big_picture = render(SHEET, "text", Options(symbols=way)).decode().partition("3  Key equations")[0]
    assert f"src {shape}" in big_picture


def test_an_unknown_way_is_refused() -> None:
    with pytest.raises(FormatError, match="tiny"):
        render(SHEET, "text", Options(symbols="tiny"))


def test_two_things_never_get_the_same_letter() -> None:
    symbols = {"height": Symbol(32, "rows"), "hidden_size": Symbol(64, "state"), "H": Symbol(64, "features")}
    edges = (Edge("a", "b", "data", ("height/2", "hidden_size"), (16, 64)),)
    diagram = Diagram((Node("a", "A"), Node("b", "B")), edges)
    sheet = dataclasses.replace(SHEET, symbols=symbols, big_picture=diagram)
    short = written(sheet, "short")
    values = {name: symbol.value for name, symbol in short.symbols.items()}
    assert [eval(axis, {}, values) for axis in short.big_picture.edges[0].shape] == [16, 64]


def test_the_heading_is_written_the_same_way() -> None:
    port = Port("x", ("batch", "height/2"), (2, 16), "float32")
    heading = dataclasses.replace(SHEET.subject, inputs=(port,), outputs=(port,))
    sheet = dataclasses.replace(
        SHEET, subject=heading, symbols={"batch": Symbol(2, "images"), "height": Symbol(32, "rows")}
    )
    assert written(sheet, "short").subject.inputs[0].shape == ("B", "H/2")
    assert written(sheet, "numbers").subject.outputs[0].shape == ("2", "16")
