"""Values of constants -> what they say: each table as a model would make it, and tables that say nothing."""

from __future__ import annotations

import json
import math

import pytest
import torch
from torch import Tensor, nn

from boardwork.targets import from_module
from boardwork.trace import trace
from boardwork.trace.records import Trace
from boardwork.trace.tables import readings

PLACE = torch.arange(12)
DISTANCE = PLACE[:, None] - PLACE[None, :]
ANGLES = torch.outer(PLACE.float(), 500.0 ** (-torch.arange(4) / 4))
GROUPS = PLACE[:, None] // 4 == PLACE[None, :] // 4
DECAY = (torch.tensor([0.5, 0.75]).view(2, 1, 1) ** DISTANCE).tril()
STRETCHED = torch.outer(PLACE.float(), torch.tensor([1.0, 0.1, 0.01, 0.0001]))


@pytest.mark.parametrize(
    ("table", "kind", "numbers"),
    [
        (DISTANCE >= 0, "band", (-math.inf, 0)),
        (DISTANCE < 0, "band", (-math.inf, 0)),  # True where nothing is seen
        (torch.tril(torch.ones(1, 1, 12, 12)), "band", (-math.inf, 0)),
        (torch.full((12, 12), -math.inf).triu(1), "band", (-math.inf, 0)),
        ((DISTANCE >= 0) & (DISTANCE < 3), "band", (-2, 0)),
        (DISTANCE.abs() <= 2, "band", (-2, 2)),
        (GROUPS, "blocks", (4.0,)),
        (torch.where(GROUPS, 0.0, -100.0), "blocks", (4.0,)),
        (-DISTANCE * torch.tensor([0.5, 0.25]).view(2, 1, 1), "slopes", (0.5, 0.25)),
        (DECAY, "decay", (0.0, 0.5, 0.75)),
        (DECAY**9, "decay", (0.0, 0.001953, 0.075085)),  # keys far back count nothing in this precision
        (DECAY / DECAY.sum(-1, keepdim=True).sqrt(), "decay", (1.0, 0.5, 0.75)),
        (ANGLES.sin(), "angles", (500.0, 4.0, 0.0)),
        (torch.cat((ANGLES, ANGLES), -1).sin(), "angles", (500.0, 4.0, 0.0)),
        (ANGLES.repeat_interleave(2, -1).sin(), "angles", (500.0, 4.0, 1.0)),
        (torch.polar(torch.ones(12, 4), ANGLES), "angles", (500.0, 4.0, 0.0)),
        (torch.stack((ANGLES.sin(), ANGLES.cos()), -1).flatten(1), "waves", (500.0, 8.0, 1.0)),
        (torch.cat((ANGLES.sin(), ANGLES.cos()), -1)[:, None], "waves", (500.0, 8.0, 0.0)),
        (torch.tensor(8.0), "number", (8.0,)),
        (torch.ones(12, 12), "open", ()),
        (torch.zeros(12, 12), "open", ()),
    ],
)
def test_what_a_table_says(table: Tensor, kind: str, numbers: tuple[float, ...]) -> None:
    assert (kind, pytest.approx(numbers, rel=1e-3)) in list(readings(table))


@pytest.mark.parametrize(
    "table",
    [
        torch.rand(12, 12, generator=torch.Generator().manual_seed(0)),
        (DISTANCE >= 0) & (PLACE[None, :] != 5),
        STRETCHED.sin(),
        torch.cat((ANGLES.sin(), (ANGLES + 0.1 * (ANGLES > 3)).cos()), -1),
    ],
)
def test_tables_that_say_nothing(table: Tensor) -> None:
    assert list(readings(table)) == []


class Masked(nn.Module):
    """A mask in a buffer and frequencies in an attribute, both used in part."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mask", torch.tril(torch.ones(32, 32)))
        self.angles = torch.outer(torch.arange(32).float(), 100.0 ** (-torch.arange(4) / 4))

    def forward(self, x: Tensor) -> Tensor:
        length = x.shape[1]
        scores = (x * self.angles[:length].sin()) @ x.mT
        return scores.masked_fill(self.mask[:length, :length] == 0, -math.inf).softmax(-1)


def test_only_what_meets_unknown_values_is_read() -> None:
    record = trace(from_module(Masked(), (torch.randn(2, 8, 4),)))
    kinds = {table.kind: table.numbers for table in record.tables}
    assert kinds["band"] == (-math.inf, 0)
    assert kinds["angles"] == pytest.approx((100.0, 4.0, 0.0))
    assert len(record.tables) == 2
    assert Trace.from_dict(json.loads(json.dumps(record.to_dict()))) == record


def test_an_empty_table_says_nothing() -> None:
    assert list(readings(torch.empty(0, 4, 4))) == []


class MaskedLayers(nn.Module):
    """Layers that make the same mask again, as long as the input and expanded over heads."""

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(3):
            mask = torch.full((x.shape[1],) * 2, -math.inf).triu(1)[None].expand(2, -1, -1)
            x = ((x @ x.mT)[None] + mask).softmax(-1)[0] @ x
        return x


def test_the_same_mask_again_says_the_same() -> None:
    record = trace(from_module(MaskedLayers(), (torch.randn(2, 8, 4),)))
    assert [(table.kind, table.numbers) for table in record.tables] == [("band", (-math.inf, 0))] * 3
