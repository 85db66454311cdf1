"""Inputs that are given, known or inferred -> the arguments of forward."""

import pytest
import torch
from torch import nn

from boardwork.errors import TargetError
from boardwork.targets import from_module, load

NETS = "tests/data/nets.py:"


def sizes(subject):
    return [tuple(t.shape) for t in subject.args]


def test_the_first_layer_is_the_one_that_forward_reaches_first():
    subject = load(NETS + "HeadFirst")
    assert sizes(subject) == [(1, 3, 224, 224)]
    assert subject.guesses == (
        "Input (1, 3, 224, 224) inferred from the first layer, body.1: Conv2d(3, 16); give --input to set it.",
    )


def test_a_size_is_taken_with_which_forward_runs():
    assert sizes(load(NETS + "LeNet")) == [(1, 1, 28, 28)]


def test_wrappers_are_off_before_inputs_are_looked_for():
    for name in ("parallel", "compiled"):
        subject = load(NETS + name)
        assert (type(subject.module).__name__, sizes(subject)) == ("Sequential", [(1, 8)])


def test_inputs_are_given_by_position_and_by_name():
    for inputs in (["1,8", "1,6"], ["b:1,6", "a:1,8"], ["b:1,6", "1,8"], ["a:1,8", "1,6"]):
        subject = load(NETS + "TwoInputs", inputs)
        assert sizes(subject) == [(1, 8), (1, 6)]
        assert list(subject.kwargs) == []
        assert not subject.guesses


def test_a_given_input_takes_the_place_of_a_known_one_and_its_dtype():
    subject = load("example:lstm-classifier", ["2,64"])
    assert subject.args[0].dtype == torch.int64
    assert subject.axes == {"tokens": ("batch", "seq_len")}
    attention = load("torch.nn:MultiheadAttention(8, 2, batch_first=True)", ["key:1,9,8", "value:1,9,8"])
    assert sizes(attention) == [(1, 128, 8), (1, 9, 8), (1, 9, 8)]


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        (["1,8", "1,6", "1", "1"], "takes fewer than the 4 inputs"),
        (["1,8", "1,6", "scle:1"], "no argument 'scle'"),
    ],
)
def test_inputs_that_do_not_fit_forward_are_told(inputs, said):
    with pytest.raises(TargetError) as caught:
        load(NETS + "TwoInputs", inputs)
    assert said in str(caught.value)
    assert "TwoInputs.forward(a, b, scale)" in str(caught.value)


def test_what_is_not_given_is_found_beside_what_is():
    subject = load(NETS + "TwoInputs", ["3,8"])
    assert sizes(subject) == [(3, 8), (1, 6)]
    assert subject.guesses == ("Input b (1, 6) found by calling forward on meta; give --input to set it.",)


def test_open_ended_forwards_take_inputs_by_position():
    assert load(NETS + "Random").axes == {"inputs_0": ("batch", "")}


def test_a_live_module_is_referred_to_and_left_alone():
    model = nn.Sequential(nn.Linear(4, 8), nn.Dropout(), nn.Linear(8, 2)).train()
    weights = [p.detach().clone() for p in model.parameters()]
    subject = from_module(model, (torch.randn(2, 4),))
    assert subject.module is model
    assert model.training
    assert subject.axes == {"input": ("batch", "")}
    assert (subject.title, subject.guesses) == ("Sequential", ())
    assert all(torch.equal(a, b) for a, b in zip(weights, model.parameters(), strict=True))


def test_a_call_may_be_given_as_export_or_as_torchinfo_take_it():
    layer = nn.LSTM(4, 8)
    x, state = torch.randn(5, 2, 4), (torch.zeros(1, 2, 8), torch.zeros(1, 2, 8))
    assert from_module(layer, (x, state)).axes == {"input": ("seq_len", "batch", "")}
    assert from_module(layer, x).args == (x,)
    assert from_module(layer, kwargs={"input": x}).kwargs == {"input": x}
    assert sizes(from_module(layer, input_size=(5, 2, 4))) == [(5, 2, 4)]
    pair = from_module(nn.Bilinear(2, 3, 4), input_size=[(1, 2), (1, 3)], dtypes=[torch.float64, torch.float64])
    assert sizes(pair) == [(1, 2), (1, 3)]
    assert pair.args[0].dtype == torch.float64
    assert sizes(from_module(nn.Sequential(nn.Linear(6, 2)))) == [(1, 6)]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ({"args": (torch.ones(1), torch.ones(1))}, "takes 1 arguments, 2 given"),
        ({"args": (torch.ones(1),), "input_size": (1,)}, "not both"),
        ({"input_size": ((1, 2), (3,))}, "takes fewer"),
        ({"input_size": ("a",)}, "no size"),
        ({"input_size": (1, 2), "dtypes": [torch.int64] * 2}, "one dtype for each size"),
        ({"kwargs": {"other": torch.ones(1)}}, "needs input"),
    ],
)
def test_calls_that_do_not_fit_are_told(call, said):
    with pytest.raises(TargetError) as caught:
        from_module(nn.Linear(2, 2), **call)
    assert said in str(caught.value)


def test_what_is_no_module_is_told():
    with pytest.raises(TargetError, match="int is no"):
        from_module(3)


def test_a_target_may_be_called_with_arguments_too():
    assert sizes(from_module("torch.nn:Linear(2, 3)", input_size=(7, 2))) == [(7, 2)]
    assert sizes(from_module("torch.nn:Linear(2, 3)", (torch.ones(5, 2),), title="mine")) == [(5, 2)]


def test_features_of_edges_may_come_before_the_edges():
    assert sizes(load(NETS + "EdgeFeaturesFirst")) == [(32, 11), (128, 7), (2, 128)]
