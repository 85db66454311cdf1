"""Boxes on common rows: like beside like, gaps for the rest, frames with frames."""

from __future__ import annotations

import itertools

import pytest
from tests.comparison.sheets import LAYER, PRE, RESNET, VIT, WIDE, sheet_of

from boardwork.comparison.align import aligned, items, likeness
from boardwork.comparison.record import BOX, CLOSES, OPENS
from boardwork.comparison.towers import tower
from boardwork.sheet import Diagram, Edge, Group, Node


def chain(*roles: str, labels: dict[int, str] | None = None) -> Diagram:
    nodes = tuple(Node(f"n{i}", (labels or {}).get(i, role), role=role) for i, role in enumerate(roles))
    return Diagram(nodes, tuple(Edge(a.id, b.id) for a, b in itertools.pairwise(nodes)))


def rows(*diagrams: Diagram) -> list[tuple[str, ...]]:
    roles = [{box.id: box.role for box in (*d.nodes, *d.groups)} for d in diagrams]
    return [
        tuple(held.get(box, "") for held, box in zip(roles, match.boxes, strict=True)) for match in aligned(diagrams)
    ]


def test_norms_before_and_after_leave_gaps() -> None:
    pre = chain("input", "norm", "attention", "add", "norm", "feed_forward", "add", "output")
    post = chain("input", "attention", "add", "norm", "feed_forward", "add", "norm", "output")
    assert rows(pre, post) == [
        ("input", "input"),
        ("norm", ""),
        ("attention", "attention"),
        ("add", "add"),
        ("norm", "norm"),
        ("feed_forward", "feed_forward"),
        ("add", "add"),
        ("", "norm"),
        ("output", "output"),
    ]


def test_recurrence_stands_beside_attention_and_an_activation_beside_nothing() -> None:
    assert rows(chain("recurrent"), chain("activation", "attention")) == [
        ("", "activation"),
        ("recurrent", "attention"),
    ]


def test_a_third_model_joins_the_rows_of_two() -> None:
    one, two, three = (
        chain("input", "norm", "output"),
        chain("input", "pool", "output"),
        chain("input", "pool", "output"),
    )
    assert rows(one, two, three) == [
        ("input", "input", "input"),
        ("norm", "", ""),
        ("", "pool", "pool"),
        ("output", "output", "output"),
    ]


def test_a_frame_is_aligned_with_a_frame_and_then_what_it_holds() -> None:
    def framed(*roles: str) -> Diagram:
        nodes = tuple(Node(f"n{i}", role, role=role, parent="g") for i, role in enumerate(roles))
        return Diagram(nodes, (), (Group("g", "Layer", repeat=len(roles)),))

    found = aligned([framed("norm", "attention"), framed("attention", "norm")])
    assert [match.kind for match in found] == [OPENS, BOX, BOX, BOX, CLOSES]
    assert [match.boxes for match in found[1:4]] == [("n0", ""), ("n1", "n0"), ("", "n1")]
    assert not found[0].differs  # both hold two


def test_a_box_may_stand_beside_a_frame() -> None:
    framed = Diagram((Node("n", "x", role="norm", parent="g"),), (), (Group("g", "Layer", role="block"),))
    found = aligned([chain("recurrent"), framed])
    assert [(match.kind, match.boxes) for match in found] == [
        (OPENS, ("n0", "g")),
        (BOX, ("", "n")),
        (CLOSES, ("", "g")),
    ]


@pytest.mark.parametrize("other", [LAYER, WIDE, PRE, VIT, RESNET])
def test_every_box_is_in_one_row_in_its_order(other: str) -> None:
    towers = [tower(sheet_of(target)) for target in (LAYER, other)]
    found = aligned(towers)
    for place, diagram in enumerate(towers):
        boxes = [m.boxes[place] for m in found if m.boxes[place] and m.kind != CLOSES]
        spine = [box.id for box in _walked(items(diagram))]
        assert boxes == spine


def _walked(found):
    for item in found:
        yield item.box
        yield from _walked(item.inner)


def test_a_model_is_like_itself() -> None:
    for target in (LAYER, VIT, RESNET):
        picture = tower(sheet_of(target))
        assert not any(match.differs for match in aligned([picture, picture]))


def test_likeness_is_the_same_from_both_sides() -> None:
    found = [*items(tower(sheet_of(LAYER))), *items(tower(sheet_of(RESNET)))]
    assert all(likeness(a, b) == likeness(b, a) for a in found for b in found)


def test_stages_of_one_size_of_the_map_stand_beside_each_other() -> None:
    towers = [tower(sheet_of(target)) for target in ("torchvision:vgg11", RESNET)]
    labels = [{n.id: n.label for n in (*t.nodes, *t.groups)} for t in towers]
    pairs = {tuple(held.get(b, "")[:7] for held, b in zip(labels, m.boxes, strict=True)) for m in aligned(towers)}
    assert {("Stage 2", "Stage 1"), ("Stage 5", "Stage 4")} <= pairs
