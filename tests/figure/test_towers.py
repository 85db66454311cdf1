"""Two towers that meet: side by side, or one under the other where there is little room."""

from __future__ import annotations

from dataclasses import replace

from boardwork.figure import CELLS, COLUMN, STACKED, draw, is_own
from boardwork.figure.jumps import jumps
from boardwork.figure.points import NARROW
from boardwork.figure.primitives import Box, Figure
from boardwork.sheet import Diagram, Edge, Node

TOWERS = Diagram(
    (
        Node("a", "image", "", "input"),
        Node("b", "Image encoder"),
        Node("c", "text", "", "input"),
        Node("d", "Text encoder"),
        Node("e", "Product"),
        Node("f", "y", "", "output"),
    ),
    tuple(Edge(*ends) for ends in (("a", "b"), ("c", "d"), ("b", "e"), ("d", "e"), ("e", "f"))),
)


def boxes(figure: Figure) -> dict[str, Box]:
    return {item.node: item for item in figure.primitives if isinstance(item, Box)}


def test_towers_stand_side_by_side() -> None:
    found = boxes(draw(TOWERS, CELLS))
    assert found["b"].y == found["d"].y
    assert found["e"].y > found["d"].y


def test_towers_stand_one_under_the_other() -> None:
    figure = draw(TOWERS, CELLS, STACKED)
    found = boxes(figure)
    assert found["b"].y < found["d"].y < found["e"].y
    assert figure.width < draw(TOWERS, CELLS).width


def test_a_tag_is_looked_for_once() -> None:
    assert jumps(draw(TOWERS, NARROW)) == 0
    assert jumps(draw(TOWERS, NARROW, COLUMN)) == 1


def test_what_takes_no_input_is_no_tower() -> None:
    nodes = (replace(TOWERS.nodes[0], role="other"), *TOWERS.nodes[1:])
    assert not is_own(replace(TOWERS, nodes=nodes), STACKED)
    assert is_own(TOWERS, STACKED)
