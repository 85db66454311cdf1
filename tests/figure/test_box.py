"""A box with its room: what is written beside it lies under no wire."""

from __future__ import annotations

from dataclasses import replace

import pytest

from boardwork.figure import Metrics
from boardwork.figure.blocks import Op
from boardwork.figure.box import box_of, wrap
from boardwork.figure.points import NARROW, NARROWEST, POINTS
from boardwork.sheet import Node


@pytest.mark.parametrize("metrics", [POINTS, NARROWEST])
def test_there_is_room_for_the_count_of_copies_behind_their_cards(metrics: Metrics) -> None:
    shape = box_of(Op(Node("a", "Encoder layer", repeat=48)), metrics)
    assert shape.extra >= metrics.rise + 3 + metrics.width_of("× 48", "port")


def test_a_word_is_broken_by_its_width_in_points() -> None:
    m = replace(NARROW, break_words=True)
    lines = wrap("text_model_output.last_hidden_state", 100, m, "port")
    assert "".join(lines) == "text_model_output.last_hidden_state"
    assert len(lines) == 2
    assert all(m.width_of(line, "port") <= 100 for line in lines)
