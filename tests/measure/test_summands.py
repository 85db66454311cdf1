"""What adds up to a model: all of its parameters and multiply-adds, once; the formulas on two sizes."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from boardwork.knowledge import story as telling
from boardwork.knowledge import tell
from boardwork.measure import measure, summands
from boardwork.outline import outline
from boardwork.sheet import Equation
from boardwork.targets import from_module, load
from boardwork.trace import trace

NAMES = ("Parameters, term by term", "Multiply-adds, term by term")
TARGETS = (
    "torch.nn:TransformerEncoderLayer(d_model={}, nhead=4, batch_first=True)",
    "torch.nn:Transformer(d_model={}, nhead=4)",
    "torch.nn:LSTM({}, 16, num_layers=2, bidirectional=True)",
    "example:nanogpt(width={}, heads=4, layers=2)",
)


def told(subject: object) -> tuple[list[Equation], tuple[str, ...]]:
    found = outline(trace(subject))
    story = tell(measure(found), summands(found))
    return [e for e in story.equations if e.name in NAMES], story.notes


@pytest.mark.parametrize("size", [64, 96])
@pytest.mark.parametrize("target", TARGETS)
def test_every_term_and_their_sum_is_what_the_trace_counts(target: str, size: int) -> None:
    subject = load(target.format(size))
    equations, notes = told(subject)
    assert notes == ()
    assert [check for e in equations for check in e.checks if not check.ok] == []
    if equations:
        whole = equations[0].checks[-1]
        assert whole.measured == whole.expected == sum(p.numel() for p in subject.module.parameters())


class Odd(nn.Module):
    """Grouped, long and transposed kernels, a tied table, a bare parameter, weights on the left, one layer at rest."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(10, 8)
        self.mix = nn.Conv2d(8, 8, 3, padding=1, groups=4)
        self.long = nn.Conv2d(8, 12, (1, 3), bias=False)
        self.rise = nn.ConvTranspose2d(12, 8, 2, 2)
        self.left = nn.Parameter(torch.zeros(5, 8))
        self.gain = nn.Parameter(torch.ones(8))
        self.rest = nn.Linear(3, 3)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.table(tokens).transpose(1, 2)[..., None].expand(-1, -1, -1, 6)
        y = self.rise(self.long(self.mix(x))).mean((2, 3)) * self.gain
        return F.linear(y, self.table.weight) + (self.left @ y.T).T.sum(1, keepdim=True)


def test_what_is_shared_bare_or_at_rest_is_counted_once() -> None:
    model = Odd()
    found = outline(trace(from_module(model, (torch.zeros(2, 6, dtype=torch.long),))))
    parts = summands(found)
    assert sum(s.count * s.measured for s in parts.parameters) == sum(p.numel() for p in model.parameters())
    assert sum(s.count * s.measured for s in parts.multiply_adds) == sum(op.macs for op in found.trace.ops)
    assert [s.measured for s in parts.parameters if s.group == "not used here"] == [12]
    equations, notes = told(from_module(model, (torch.zeros(2, 6, dtype=torch.long),)))
    assert notes == ()
    assert [check.claim for check in equations[0].checks] == [
        "embeddings", "convolutions, 3 in 3 sizes", "linear layers", "other parameters", "not used here",
        "the whole model",
    ]  # fmt: skip


def test_a_sum_that_is_wrong_is_a_note() -> None:
    found = outline(trace(load("torch.nn:TransformerEncoderLayer(d_model=64, nhead=4, batch_first=True)")))
    story = tell(measure(found) | {"params.total": 1}, summands(found))
    assert any(note.startswith("Parameters, term by term: ") for note in story.notes)
    assert NAMES[0] not in {e.name for e in story.equations}


def test_a_model_of_one_part_is_no_sum() -> None:
    assert told(load("torch.nn:Linear(3, 4)")) == ([], ())


def test_both_sums_stand_on_a_sheet_that_has_more_equations_than_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "MOST_EQUATIONS", 3)
    found = outline(trace(load("example:nanogpt(width=64, heads=4, layers=2)")))
    names = [equation.name for equation in tell(measure(found), summands(found)).equations]
    assert set(NAMES) < set(names)
    assert len(names) == 3
