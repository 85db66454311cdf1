"""A box with its room: what is written beside it lies under no wire."""

from __future__ import annotations

import pytest

from boardwork.figure import Metrics
from boardwork.figure.blocks import Op
from boardwork.figure.box import box_of
from boardwork.figure.points import NARROWEST, POINTS
from boardwork.sheet import Node


@pytest.mark.parametrize("metrics", [POINTS, NARROWEST])
def test_there_is_room_for_the_count_of_copies_behind_their_cards(metrics: Metrics) -> None:
    shape = box_of(Op(Node("a", "Encoder layer", repeat=48)), metrics)
    assert shape.extra >= metrics.rise + 3 + metrics.width_of("× 48", "port")
