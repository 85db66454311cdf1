"""A U: the boxes of both arms keep apart, however narrow the drawing."""

from pathlib import Path

import pytest

from boardwork.figure import draw
from boardwork.figure.points import COMPACT, NARROW, NARROWEST, POINTS
from boardwork.figure.primitives import Box
from boardwork.sheet import Sheet

UNET = Sheet.from_json(Path(__file__).parents[2] / "diagrams" / "vision" / "unet" / "sheet.json")


@pytest.mark.parametrize("metrics", [POINTS, COMPACT, NARROW, NARROWEST])
def test_boxes_of_a_u_keep_apart(metrics):
    figure = draw(UNET.big_picture, metrics, most_height=100)
    boxes = [item for item in figure.primitives if isinstance(item, Box)]
    assert len({box.x + box.width / 2 for box in boxes}) > 1  # it is no tower
    for number, a in enumerate(boxes):
        for b in boxes[number + 1 :]:
            assert a.x + a.width <= b.x or b.x + b.width <= a.x or a.y + a.height <= b.y or b.y + b.height <= a.y, (
                a.label,
                b.label,
            )
