"""The cost at other sizes: what the polynomials say is what another trace counts."""

from __future__ import annotations

import json

import pytest
import torch
from torch import nn

from boardwork.facts import Facts
from boardwork.measure import measure
from boardwork.measure.growth import Growth
from boardwork.measure.polynomials import crossing, fitted, valued
from boardwork.outline import outline
from boardwork.outline.flow import Flow
from boardwork.targets import from_module, load
from boardwork.trace import trace
from boardwork.trace.records import Trace

LAYER = "torch.nn:TransformerEncoderLayer(d_model=64, nhead=4, batch_first=True)"
SWIN = (
    "torchvision.models.swin_transformer:SwinTransformer(patch_size=[4, 4], embed_dim=24, depths=[2, 2], "
    "num_heads=[2, 4], window_size=[7, 7])"
)
MODELS = {  # target; target, input and n of another size
    "attention": (LAYER, LAYER, ("src:1,300,64",), 300),
    "recurrence": ("torch.nn:LSTM(16, 32)", "torch.nn:LSTM(16, 32)", ("input:77,1,16",), 77),
    "windows, of which the last map is one": (SWIN, SWIN, ("x:1,3,112,224",), 112 * 224),
    "convolution": ("torchvision:resnet18", "torchvision:resnet18", ("x:1,3,320,160",), 320 * 160),
    "a class token beside the patches": ("timm:test_vit", "timm:test_vit(img_size=320)", (), 320 * 320),
}
DEGREES = ("fixed", "linear", "square")


def traced(target: str, *inputs: str) -> Trace:
    return trace(load(target, inputs))


def told(facts: Facts, part: str, place: int) -> float:
    return float(valued([facts.get(f"growth.{part}_{degree}", 0) for degree in DEGREES], place))


@pytest.mark.parametrize("case", MODELS)
def test_polynomials_give_what_two_traces_count(case: str) -> None:
    target, other, inputs, place = MODELS[case]
    facts, larger = (measure(outline(t)) for t in (traced(target), traced(other, *inputs)))
    assert larger["growth.size"] == place != facts["growth.size"]
    assert told(facts, "macs", facts["growth.size"]) == facts["macs.total"]
    assert told(facts, "macs", place) == larger["macs.total"]


@pytest.mark.parametrize("case", MODELS)
def test_parts_add_up(case: str) -> None:
    facts = measure(outline(traced(MODELS[case][0])))
    parts = ("scores", "projections", "feed_forward", "rest")
    assert sum(told(facts, part, 1000) for part in parts) == pytest.approx(told(facts, "macs", 1000))


def test_scores_overtake_what_the_formulas_say() -> None:
    """Scores cost 2 T^2 d, four projections 4 T d^2, a feed-forward of width f 2 T d f (arXiv 1706.03762)."""
    facts = measure(outline(traced("torch.nn:TransformerEncoderLayer(d_model=64, nhead=4, dim_feedforward=256)")))
    assert facts["growth.axis"] == "seq_len"
    assert facts["growth.scores_square"] == 2 * 64
    assert facts["growth.projections_linear"] == 4 * 64**2
    assert facts["growth.feed_forward_linear"] == 2 * 64 * 256
    assert facts["growth.scores_over_feed_forward"] == 256 + 1
    assert facts["growth.scores_over_others"] == 256 + 2 * 64 + 1


class Steps(nn.Module):
    """Runs as many operations as the sequence has steps."""

    def __init__(self) -> None:
        super().__init__()
        self.step = nn.Linear(8, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        state = x[:, 0]
        for t in range(x.shape[1]):
            state = torch.tanh(self.step(state) + x[:, t])
        return state


def test_a_forward_whose_operations_depend_on_the_length_has_no_growth() -> None:
    facts = measure(outline(trace(from_module(Steps(), (torch.empty(2, 6, 8),)))))
    assert not [word for word in facts if word.startswith("growth")]


def test_growth_is_the_same_after_json() -> None:
    record = traced(LAYER)
    again = Trace.from_dict(json.loads(json.dumps(record.to_dict())))
    first, second = (Growth(Flow(r), outline(r)) for r in (record, again))
    assert first.macs(first.at(1000)) == second.macs(second.at(1000))


def test_a_size_that_no_stride_divides_is_refused() -> None:
    record = traced("timm:test_vit")
    known = Growth(Flow(record), outline(record))
    with pytest.raises(ValueError, match="height"):
        known.macs(known.at(known.drawn + 1))


def test_points_off_the_polynomial_are_told() -> None:
    assert fitted([1, 2, 3, 4], [1, 4, 9, 17], 2) is None
    assert fitted([1, 2, 3, 4], [1, 4, 9, 16], 2) == (0, 0, 1)


@pytest.mark.parametrize(
    ("first", "second", "place"),
    [
        ((0, 0, 1), (0, 10, 0), 11),
        ((5, 1, 0), (0, 2, 0), None),
        ((0, 2, 0), (5, 1, 0), 6),
        ((1, 0, 0), (0, 0, 0), 1),
        ((0, 0, 1), (0, 0, 1), None),
    ],
)
def test_crossing(first: tuple[int, ...], second: tuple[int, ...], place: int | None) -> None:
    assert crossing(first, second) == place


@pytest.mark.parametrize(("target", "stretched"), [("example:vae", True), ("torchvision:resnet18", None)])
def test_a_size_that_forward_does_not_take_is_told(target: str, stretched: bool | None) -> None:
    assert measure(outline(traced(target))).get("growth.stretched") is stretched
