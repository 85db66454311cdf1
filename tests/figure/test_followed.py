"""Random diagrams as text: whoever reads nothing but the characters finds every edge, and no other."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.figure.characters import hidden_words, read
from tests.figure.random_diagrams import KINDS, pairs, told, worded

from boardwork.figure import AS_IT_IS, CELLS, COLUMN, RAILED, STACKED, Metrics, draw
from boardwork.figure.points import NARROW, POINTS
from boardwork.render.drawing.diagram import figure_marks
from boardwork.render.page.inspection import inspect
from boardwork.render.text.raster import Raster
from boardwork.render.text.sheet import NARROWER, diagram_lines
from boardwork.sheet import Diagram, Edge, Node

FORMS = {
    "as it is": (AS_IT_IS, None),
    "folded": (AS_IT_IS, 0),
    "stacked": (STACKED, None),
    "railed": (RAILED, None),
    "column": (COLUMN, None),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_edge_can_be_followed_and_no_other(kind: str, form: str) -> None:
    name, most = FORMS[form]

    @settings(max_examples=25, deadline=None, derandomize=True)
    @given(KINDS[kind])
    def holds(diagram: Diagram) -> None:
        figure = draw(diagram, CELLS, name, most_height=most)
        assert read(diagram, figure) == pairs(diagram), "\n" + "\n".join(Raster(figure).lines())

    holds()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_no_words_lie_on_others_or_on_wires(kind: str, form: str) -> None:
    name, most = FORMS[form]

    @settings(max_examples=25, deadline=None, derandomize=True)
    @given(worded(KINDS[kind]), st.sampled_from([*NARROWER, replace(CELLS, tag="({})".format)]))
    def holds(diagram: Diagram, metrics: Metrics) -> None:
        figure = draw(diagram, metrics, name, most_height=most)
        assert not hidden_words(figure), "\n" + "\n".join(Raster(figure).lines())

    holds()


@pytest.mark.parametrize("kind", KINDS)
def test_no_two_labels_overlap_in_points_folded_or_not(kind: str) -> None:
    @settings(max_examples=25, deadline=None, derandomize=True)
    @given(KINDS[kind])
    def holds(diagram: Diagram) -> None:
        for metrics, form, most in ((POINTS, AS_IT_IS, None), (NARROW, AS_IT_IS, 100.0), (NARROW, RAILED, None)):
            figure = draw(diagram, metrics, form, most_height=most)
            found = inspect(figure_marks(figure, metrics))
            assert not found.overlaps
            assert not found.outside

    holds()


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_passes_the_width(kind: str) -> None:
    @settings(max_examples=25, deadline=None, derandomize=True)
    @given(worded(KINDS[kind]), st.sampled_from([60, 80, 120]), st.booleans())
    def holds(diagram: Diagram, width: int, ascii: bool) -> None:
        lines = diagram_lines(diagram, width, ascii=ascii)
        assert max(map(len, lines)) <= width, "\n" + "\n".join(lines)
        assert lines == [line.rstrip() for line in lines]
        assert "".join(lines).isascii() or not ascii

    holds()


def test_the_reader_sees_what_is_wrong() -> None:
    nodes = [Node(name, name.upper()) for name in "abc"]
    row = told(nodes, [Edge("a", "b"), Edge("b", "c")])
    skipping = told(nodes, [Edge("a", "b"), Edge("b", "c"), Edge("a", "c")])
    assert read(row, draw(row, CELLS)) == pairs(row) != pairs(skipping) == read(skipping, draw(skipping, CELLS))
