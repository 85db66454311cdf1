"""The formulas of the topics on models of two sizes: each gives what the trace counts at both."""

from __future__ import annotations

from functools import cache

import pytest

from boardwork.knowledge import story as telling
from boardwork.knowledge import tell
from boardwork.measure import measure, summands
from boardwork.outline import outline
from boardwork.sheet import Equation
from boardwork.targets import load
from boardwork.trace import trace

LAYER = "torch.nn:TransformerEncoderLayer(d_model={0}, nhead={1}, batch_first=True)"
SIZES = {
    LAYER: [(64, 4), (96, 8)],
    "torch.nn:LSTM({}, {}, num_layers=2)": [(8, 16), (12, 10)],
    "torch.nn:GRU({}, {}, bidirectional=True)": [(8, 16), (12, 10)],
    "torch.nn:RNN({}, {})": [(8, 16), (12, 10)],
    "example:unet(width={}, levels={})": [(8, 2), (16, 3)],
    "example:vae(width={}, latent={})": [(8, 4), (12, 6)],
    "example:mlp": [(), ()],
    "torchvision:resnet{}": [(18,), (50,)],
    "torchvision:mobilenet_v3_{}": [("small",), ("large",)],
    "torchvision:densenet{}": [(121,), (169,)],
    "torchvision:vit_b_{}": [(16,), (32,)],
}


@cache
def equations(target: str) -> tuple[tuple[Equation, ...], tuple[str, ...]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(telling, "MOST_EQUATIONS", 99)
        found = outline(trace(load(target)))
        story = tell(measure(found), summands(found))
    return story.equations, story.notes


@pytest.mark.parametrize("pattern", SIZES)
def test_checks_hold_on_both_sizes(pattern: str) -> None:
    told = [equations(pattern.format(*sizes)) for sizes in SIZES[pattern]]
    checked = [{e.name for e in found if e.checks and all(check.ok for check in e.checks)} for found, _ in told]
    assert [notes for _, notes in told] == [(), ()]
    assert checked[0] & checked[1]
    assert "{" not in pattern or [e.checks for e in told[0][0]] != [e.checks for e in told[1][0]]
