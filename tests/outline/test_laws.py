"""The laws of the outline, on random modules: every operation drawn once, sums right, copies told from loops."""

from __future__ import annotations

import dataclasses

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from boardwork.compose import compose
from boardwork.knowledge import tell
from boardwork.measure import measure
from boardwork.options import Options
from boardwork.outline import outline
from boardwork.outline.blocks import Block, Outline
from boardwork.pipeline import draw_trace
from boardwork.sheet import Sheet
from boardwork.targets import from_module
from boardwork.trace import trace

WIDTH = 8


class Residual(nn.Module):
    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.inner(x)


class Gated(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two, self.three = nn.Linear(WIDTH, 16), nn.Linear(WIDTH, 16), nn.Linear(16, WIDTH)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.three(nn.functional.silu(self.one(x)) * self.two(x))


class Twice(nn.Module):
    """The same weights, run twice."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inner(self.inner(x))


def leaf(kind: int) -> nn.Module:
    return [
        lambda: nn.Linear(WIDTH, WIDTH),
        lambda: nn.LayerNorm(WIDTH),
        nn.ReLU,
        Gated,
        lambda: nn.TransformerEncoderLayer(WIDTH, 2, 16, batch_first=True),
        lambda: nn.Sequential(nn.Linear(WIDTH, 32), nn.GELU(), nn.Linear(32, WIDTH)),
    ][kind]()


modules = st.recursive(
    st.integers(0, 5).map(leaf),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: nn.Sequential(*parts)),
        inner.map(Residual),
        inner.map(Twice),
    ),
    max_leaves=5,
)


def outlined(module: nn.Module) -> Outline:
    return outline(trace(from_module(nn.Sequential(module, nn.Linear(WIDTH, 4)), (torch.empty(2, 3, WIDTH),))))


def every_leaf(block: Block) -> list[Block]:
    own = [block] if not block.children else [leaf for child in block.children for leaf in every_leaf(child)]
    return own + [leaf for other in (*block.copies, *block.again) for leaf in every_leaf(other)]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(modules)
def test_every_operation_is_in_one_box_or_a_footnote(module: nn.Module) -> None:
    found = outlined(module)
    drawn = [op for leaf in every_leaf(found.root) for op in leaf.ops]
    hidden = [op for ops in found.hidden.values() for op in ops]
    assert sorted(drawn + hidden) == [op.id for op in found.trace.ops]
    in_boxes = [op for box in found.big_picture.boxes for op in box.all()]
    assert sorted(in_boxes + hidden) == [op.id for op in found.trace.ops]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(modules)
def test_boxes_add_up_to_the_model(module: nn.Module) -> None:
    found = outlined(module)
    facts = measure(found)
    sheet = compose(found, facts, tell(facts))
    assert sum(node.params for node in sheet.big_picture.nodes) == sheet.summary["params_total"]
    assert sum(node.flops for node in sheet.big_picture.nodes) == sheet.summary["flops"]
    assert sheet.summary["params_total"] == sum(p.numel() for p in module.parameters()) + WIDTH * 4 + 4


@settings(max_examples=40, deadline=None, derandomize=True)
@given(modules)
def test_copies_are_distinct(module: nn.Module) -> None:
    found = outlined(module)
    for block in found.root.walk():
        modules_of = [block.module, *(copy.module for copy in block.copies)]
        assert len(set(modules_of)) == block.repeat


@settings(max_examples=20, deadline=None, derandomize=True)
@given(modules)
def test_the_sheet_reads_back_and_every_check_holds(module: nn.Module) -> None:
    record = outlined(module).trace
    sheet = draw_trace(record, Options())
    assert Sheet.from_json(sheet.to_json()).to_json() == sheet.to_json()
    assert [note for note in sheet.footnotes if "not printed" in note] == []


def test_the_sheet_has_the_note_of_a_formula_that_is_off() -> None:
    found = outlined(nn.TransformerEncoderLayer(WIDTH, 2, 16, batch_first=True))
    measured = measure(found)
    sheet = compose(found, measured, told := tell(measured | {"attention.params": 1}))
    assert told.notes == sheet.footnotes[-len(told.notes) :]
    assert Sheet.from_json(sheet.to_json()).footnotes == sheet.footnotes


@settings(max_examples=20, deadline=None, derandomize=True)
@given(modules)
def test_edges_follow_the_order_of_execution(module: nn.Module) -> None:
    view = outlined(module).big_picture
    for link in view.links:
        assert link.source < link.target


def test_renaming_changes_names_alone() -> None:
    class Zebra(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stripe, self.hoof = nn.Linear(WIDTH, 16), nn.Linear(16, WIDTH)

        def forward(self, grass: torch.Tensor) -> torch.Tensor:
            return grass + self.hoof(torch.relu(self.stripe(grass)))

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.up, self.down = nn.Linear(WIDTH, 16), nn.Linear(16, WIDTH)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x + self.down(torch.relu(self.up(x)))

    def shape(model: nn.Module) -> list[tuple[str, str, int, int]]:
        sheet = draw_trace(trace(from_module(model, (torch.empty(2, WIDTH),))), Options())
        boxes = [n for n in sheet.big_picture.nodes if n.role not in ("input", "output")]
        return [(n.label, n.detail, n.params, n.repeat) for n in boxes]

    assert shape(Zebra()) == shape(Block())


def test_weights_run_twice_are_not_copies() -> None:
    found = outlined(Twice(nn.TransformerEncoderLayer(WIDTH, 2, 16, batch_first=True)))
    assert all(block.repeat == 1 for block in found.root.walk())


def test_equal_layers_fold() -> None:
    layers = [nn.TransformerEncoderLayer(WIDTH, 2, 16, batch_first=True) for _ in range(4)]
    found = outlined(nn.Sequential(*layers))
    assert [block.repeat for block in found.big_picture.boxes if block.repeat > 1] == [4]
    assert dataclasses.asdict(found.trace)["cls"] == "Sequential"


def test_weights_run_again_are_one_box_that_says_so() -> None:
    class Loop(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.TransformerEncoderLayer(WIDTH, 2, 16, batch_first=True)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            for _ in range(3):
                x = self.layer(x)
            return x

    found = outline(
        trace(
            from_module(
                nn.Sequential(nn.Linear(WIDTH, WIDTH), Loop(), nn.Linear(WIDTH, 4)), (torch.empty(2, 3, WIDTH),)
            )
        )
    )
    (box,) = [b for b in found.big_picture.boxes if b.again]
    assert box.repeat == 1
    assert box.runs == 3
    sheet = compose(found, measure(found), tell(measure(found)))
    assert [n.detail for n in sheet.big_picture.nodes if "run 3 times, same weights" in n.detail]
