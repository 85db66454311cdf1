"""A box with its room: what is written beside it lies under no wire."""

from __future__ import annotations

from dataclasses import replace

import pytest

from boardwork.figure import CELLS, Metrics
from boardwork.figure.blocks import Op
from boardwork.figure.box import box_of, side_texts, wrap
from boardwork.figure.points import NARROW, NARROWEST, POINTS
from boardwork.figure.shapes import texts_of
from boardwork.sheet import Diagram, Edge, Node


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


@pytest.mark.parametrize(
    ("text", "most", "lines"),
    [
        ("12 heads, d_ff = 3072", 16, ["12 heads,", "d_ff = 3072"]),
        ("5632 → 4096 → 4096", 14, ["5632 → 4096", "→ 4096"]),
        ("softmax(Q Kᵀ / √d_k + causal mask) V", 35, ["softmax(Q Kᵀ / √d_k", "+ causal mask) V"]),
        ("64 → 64 → 256, 3×3; the first has a projection", 40, ["64 → 64 → 256, 3×3; the", "first has a projection"]),
        ("Linear gate, SiLU", 14, ["Linear gate,", "SiLU"]),
        ("Embedding, Position embedding ...", 31, ["Embedding, Position", "embedding ..."]),
        ("a_word_too_long_to_break and another", 12, ["a_word_too_long_to_break", "and another"]),
        ("(batch, 300, 8, 32)", 0, ["(batch,", "300,", "8, 32)"]),
    ],
)
def test_words_in_a_box_break_where_they_are_best_read(text: str, most: float, lines: list[str]) -> None:
    assert wrap(text, most, CELLS, "detail") == lines


def test_names_beside_a_circle_are_whole() -> None:
    op = Op(Node("a", "+", role="add"), tags_in=(1,))
    table = Node("b", "Position embedding", "577 × 768", "parameter")
    op = replace(op, side_inputs=((table, Edge("b", "a")),))
    for m in (CELLS, replace(CELLS, break_words=True, branch_label=14)):
        (side,) = side_texts(op, "in", m)
        assert " ".join(side.lines) == "Position embedding, ①"
        assert side.names == len(side.lines)


def test_the_shape_of_an_output_is_not_said_again_beside_it() -> None:
    wide = ("batch", "64")
    nodes = (Node("a", "Conv"), Node("b", "Linear"), Node("y", "y", role="output"), Node("z", "z", role="output"))
    edges = (Edge("a", "y", shape=wide), Edge("a", "b", shape=wide), Edge("b", "z", shape=("batch", "8")))
    assert texts_of(Diagram(nodes, edges)) == {}
    assert texts_of(Diagram(nodes, edges[1:])) == {edges[1]: ("(batch, 64)",)}
