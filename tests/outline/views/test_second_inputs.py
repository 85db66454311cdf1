"""A block with two inputs: the stream is x, the other bears the name of the part that made it."""

from __future__ import annotations

from torch import nn

from boardwork.options import Options
from boardwork.pipeline import draw_subject
from boardwork.targets import from_module


def labels(zoom: str) -> set[str]:
    model = nn.Transformer(16, 2, 1, 1, 32, batch_first=True)
    sheet = draw_subject(from_module(model, input_size=[(1, 5, 16), (1, 3, 16)]), Options(zoom=zoom))
    return {node.label for node in sheet.zoom.diagram.nodes if node.role == "input"}


def test_memory_is_named_after_the_encoder() -> None:
    assert labels("decoder.layers.0") == {"tgt", "encoder"}


def test_one_input_alone_needs_no_name() -> None:
    assert labels("decoder.layers.0.linear1") == {"x"}
