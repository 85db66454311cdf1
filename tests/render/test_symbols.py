"""Shapes in long names, short ones, or numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from boardwork.errors import FormatError
from boardwork.options import Options
from boardwork.render import render
from boardwork.sheet import Sheet

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
