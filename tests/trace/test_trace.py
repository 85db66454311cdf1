"""One forward -> a trace that is right about data flow and leaves the model as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from boardwork.errors import TraceError
from boardwork.meta import endless
from boardwork.targets import from_module
from boardwork.trace import trace
from boardwork.trace.records import Trace


def traced(model: nn.Module, *args: torch.Tensor, **kwargs: torch.Tensor) -> Trace:
    return trace(from_module(model, args, kwargs))


def names(record: Trace) -> list[str]:
    return [op.name for op in record.ops]


def test_functional_calls_and_operators_are_seen() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.randn(4, 4))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return F.relu(F.linear(x, self.weight)) + x

    record = traced(Net(), torch.randn(2, 4))
    assert names(record) == ["linear", "relu", "add"]
    assert record.tensors[record.ops[0].inputs[1]].name == "weight"
    assert record.ops[0].macs == 2 * 4 * 4


@pytest.mark.parametrize("in_place", [nn.ReLU(inplace=True), nn.LeakyReLU(0.1, inplace=True), nn.SiLU(inplace=True)])
def test_work_in_place_makes_a_new_value(in_place: nn.Module) -> None:
    record = traced(nn.Sequential(nn.Linear(4, 4), in_place), torch.randn(2, 4))
    assert len(record.ops) == 2
    assert record.outputs[0][1] in record.ops[1].outputs


def test_write_through_a_view_reaches_the_reader() -> None:
    class Net(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = x * 2
            y[:, 0].add_(x[:, 1])
            return y + 1

    record = traced(Net(), torch.randn(2, 4))
    last = record.ops[-1]
    writer = record.tensors[last.inputs[0]].producer
    assert last.name == "add"
    assert record.ops[writer].name == "add"
    assert writer != last.id


@pytest.mark.parametrize("batch_first", [True, False])
def test_multi_head_attention_is_opened(batch_first: bool) -> None:
    layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=batch_first)
    assert "scaled_dot_product_attention" in names(traced(layer, torch.randn(3, 5, 16)))


def test_the_model_stays_as_it_was() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout())
    model.train()
    model[1].eval()
    before = {name: (id(t), t.data_ptr(), t.sum().item()) for name, t in model.state_dict(keep_vars=True).items()}
    state, modes = torch.get_rng_state(), [m.training for m in model.modules()]
    hooks = [len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules()]
    traced(model, torch.randn(2, 4, generator=torch.Generator().manual_seed(0)))
    after = {name: (id(t), t.data_ptr(), t.sum().item()) for name, t in model.state_dict(keep_vars=True).items()}
    assert before == after
    assert modes == [m.training for m in model.modules()]
    assert hooks == [len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules()]
    assert torch.equal(state, torch.get_rng_state())


def test_nothing_stays_installed_after_a_failure() -> None:
    class Broken(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            raise ValueError("no such luck")

    registered = len(nn.modules.module._global_forward_hooks), len(nn.modules.module._global_forward_pre_hooks)
    with pytest.raises(TraceError, match="no such luck") as caught:
        traced(nn.Sequential(nn.Linear(4, 4), Broken()), torch.randn(2, 4))
    assert caught.value.where == "1"
    assert registered == (
        len(nn.modules.module._global_forward_hooks),
        len(nn.modules.module._global_forward_pre_hooks),
    )


def test_tied_weights_are_one() -> None:
    first, second = nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False)
    second.weight = first.weight
    record = traced(nn.Sequential(first, second), torch.randn(2, 4))
    assert [w.names for w in record.weights] == [("0.weight", "1.weight")]


def test_rows_are_those_of_torchinfo() -> None:
    record = traced(nn.Sequential(nn.Linear(4, 8), nn.Sequential(nn.Linear(8, 2))), torch.randn(3, 4))
    assert [(r.path, r.cls, r.depth, r.params) for r in record.rows] == [
        ("", "Sequential", 0, 58),
        ("0", "Linear", 1, 40),
        ("1", "Sequential", 1, 18),
        ("1.0", "Linear", 2, 18),
    ]
    assert record.rows[1].output_size == (3, 8)


def test_symbols_of_strides_and_products() -> None:
    model = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.Flatten(2))
    record = traced(model, torch.randn(2, 3, 224, 224))
    assert record.tensors[record.ops[0].outputs[0]].symbols == ("batch", "8", "height/2", "width/2")
    assert record.tensors[record.ops[1].outputs[0]].symbols == ("batch", "8", "(height/2)*(width/2)")


def test_a_batch_of_one_is_still_called_batch() -> None:
    record = traced(nn.Linear(4, 4), torch.randn(1, 4))
    assert record.tensors[record.ops[0].outputs[0]].symbols == ("batch", "4")


def test_a_trace_reads_back_from_json() -> None:
    record = traced(nn.LSTM(4, 8), torch.randn(5, 2, 4))
    assert Trace.from_dict(json.loads(json.dumps(record.to_dict()))) == Trace.from_dict(record.to_dict())
    assert record.cells[0].trace.ops


def test_dropouts_are_told_though_they_do_nothing_in_evaluation() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5), nn.Dropout(0.0), nn.AlphaDropout(p=0.25), nn.Linear(4, 2))
    record = traced(model, torch.zeros(2, 4))
    assert record.dropouts == (0.5, 0.25)
    assert [op.name for op in record.ops] == ["linear", "linear"]


def test_what_has_no_forward_is_told_with_its_parts() -> None:
    class Box(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(4, 4)

    with pytest.raises(TraceError, match="no forward") as caught:
        trace(from_module(Box(), (torch.zeros(1, 4),)))
    assert "layer (Linear)" in str(caught.value)


class Yielding(nn.Module):
    """Gives the results of its layers one after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(4, 4) for _ in range(3))

    def forward(self, x: Tensor) -> Iterator[Tensor]:
        for layer in self.layers:
            x = layer(x).relu()
            yield x


def test_what_a_forward_yields_is_asked_for() -> None:
    found = traced(Yielding(), torch.zeros(2, 4))
    assert [op.name for op in found.ops] == ["linear", "relu"] * 3
    assert [name for name, _ in found.outputs] == ["output 0", "output 1", "output 2"]


def test_a_forward_that_does_not_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(nn.Sequential):
        def forward(self, x: Tensor) -> Tensor:
            while True:
                x = super().forward(x)

    monkeypatch.setattr(endless, "ENDLESS", 100)
    for args in ((torch.zeros(2, 4),), ()):  # given, or searched
        with pytest.raises(TraceError, match="it may not end"):
            traced(Endless(nn.Linear(4, 4)), *args)
