"""Modules that bare meta refuses -> a trace all the same, exact where numbers are known and with a guess where not."""

from __future__ import annotations

import logging
import threading

import pytest
import torch
from torch import nn

from boardwork.errors import TraceError
from boardwork.targets import from_module
from boardwork.targets.build import build
from boardwork.targets.call import Call
from boardwork.trace import forward, long_forward, trace
from boardwork.trace.records import Trace


class Written(nn.Module):
    """A linear layer and what `work` does with it, so that each test is one line."""

    def __init__(self, work, **attributes):
        super().__init__()
        self.linear = nn.Linear(4, 4)
        self.work = work
        for name, value in attributes.items():
            setattr(self, name, value)

    def forward(self, x):
        return self.work(self, x)


def drawn(work, x=None, **attributes) -> Trace:
    return trace(from_module(Written(work, **attributes), (torch.randn(2, 4) if x is None else x,)))


def out_shape(record: Trace) -> tuple[int, ...]:
    return record.tensors[record.outputs[0][1]].shape


EXACT = {
    "item of a known sum": (lambda m, x: m.linear(x) * torch.arange(3).sum().item(), (2, 4)),
    "repeats in a tensor": (lambda m, x: m.linear(x.repeat(torch.tensor(3), 1)), (6, 4)),
    "a bound in a tensor": (lambda m, x: m.linear(x)[: torch.tensor(1)], (1, 4)),
    "a named size in tensors": (
        lambda m, x: nn.functional.interpolate(m.linear(x)[None], size=(torch.tensor([6, 2])[0],)),
        (1, 2, 6),
    ),
    "a length in a tensor": (lambda m, x: m.linear(x)[torch.arange(torch.tensor([1, 1]).sum())], (2, 4)),
    "a known mask": (lambda m, x: m.linear(x)[torch.arange(2) > 0], (1, 4)),
    "a mask written to": (lambda m, x: m.linear(x)[torch.zeros(2).index_fill_(0, torch.tensor([1]), 1) > 0], (1, 4)),
    "counts": (lambda m, x: m.linear(x).repeat_interleave(torch.tensor([2, 3]), dim=0), (5, 4)),
    "a value in a list": (lambda m, x: m.linear(x).split(torch.tensor([1, 3]).tolist(), dim=1)[1], (2, 3)),
    "a constant on CPU": (lambda m, x: m.linear(x) + torch.ones(4, device="cpu"), (2, 4)),
}


@pytest.mark.parametrize("case", EXACT)
def test_known_numbers_are_exact(case) -> None:
    work, shape = EXACT[case]
    record = drawn(work)
    assert out_shape(record) == shape
    assert record.guesses == ()


GUESSED = {
    "a condition": (lambda m, x: m.linear(x) if x.sum() > 0 else x, (2, 4)),
    "where": (lambda m, x: m.linear(x)[torch.where(x[:, 0] > 0)[0]], (2, 4)),
    "a mask": (lambda m, x: m.linear(x[x[:, 0] > 0]), (2, 4)),
    "masked_select": (lambda m, x: m.linear(x).masked_select(x > 0), (8,)),
    "unique": (lambda m, x: torch.stack([m.linear(x) for _ in torch.unique(x.long())]), (1, 2, 4)),
    "absence": (lambda m, x: m.linear(x) if 0 not in x else x, (2, 4)),
}


@pytest.mark.parametrize("case", GUESSED)
def test_unknown_numbers_are_guessed_and_told(case) -> None:
    work, shape = GUESSED[case]
    record = drawn(work)
    assert out_shape(record) == shape
    assert any(op.name == "linear" for op in record.ops)
    assert len(record.guesses) == 1


def test_the_numbers_of_a_users_argument_count() -> None:
    class Net(nn.Module):
        def forward(self, x, mask):
            return x[mask]

    record = trace(from_module(Net(), (torch.randn(3, 4), torch.tensor([True, False, False]))))
    assert out_shape(record) == (1, 4)
    assert record.guesses == ()


def test_buffers_of_a_module_built_on_meta_keep_their_numbers() -> None:
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("length", torch.tensor(0))
            self.length.copy_(torch.tensor(3))

        def forward(self, x):
            return x[: self.length]

    net = build(Net, Call("Net", "Net"))
    assert net.length.is_meta
    assert out_shape(trace(from_module(net, (torch.randn(5, 4),)))) == (3, 4)


def test_what_needs_numbers_runs_on_cpu_and_says_so() -> None:
    record = drawn(lambda m, x: m.linear(torch.from_numpy(m.linear(x).detach().numpy())))
    assert [op.name for op in record.ops if op.name == "linear"] == ["linear", "linear"]
    assert "run on CPU" in record.guesses[0]


def test_the_first_refusal_is_told_for_what_is_too_large_for_cpu(monkeypatch) -> None:
    monkeypatch.setattr("boardwork.trace.prepare.LARGEST_ON_CPU", 1)
    with pytest.raises(TraceError, match="Written"):
        drawn(lambda m, x: m.linear(x).numpy())


def test_locks_are_shared_with_the_copy() -> None:
    lock = threading.Lock()
    model = Written(lambda m, x: m.linear(x), lock=lock)
    assert len(trace(from_module(model, (torch.randn(2, 4),))).ops) == 1
    assert model.lock is lock


def test_lazy_weights_find_their_shapes_in_the_copy() -> None:
    model = nn.Sequential(nn.LazyLinear(8), nn.LazyLinear(2))
    record = trace(from_module(model, (torch.randn(2, 4),)))
    assert [w.shape for w in record.weights if w.names[0].endswith("weight")] == [(8, 4), (2, 8)]
    assert nn.parameter.is_lazy(model[0].weight)


def test_wrappers_are_taken_off() -> None:
    subject = from_module(nn.DataParallel(nn.Linear(4, 2)), (torch.randn(2, 4),))
    assert subject.title == "Linear"
    assert [op.name for op in trace(subject).ops] == ["linear"]


def test_compiled_children_are_traced_through() -> None:
    model = nn.Sequential(torch.compile(nn.Linear(4, 2)), nn.ReLU())
    record = trace(from_module(model, (torch.randn(2, 4),)))
    assert [op.name for op in record.ops] == ["linear", "relu"]
    assert [call.path for call in record.calls] == ["", "0", "1"]


def test_scripted_modules_are_traced_on_their_own_operations() -> None:
    record = trace(from_module(torch.jit.script(nn.Sequential(nn.Linear(4, 2))), (torch.randn(2, 4),)))
    assert out_shape(record) == (2, 2)
    used = {record.tensors[t].name for op in record.ops for t in op.inputs}
    assert used >= {"0.weight", "0.bias"}  # the script transposes its weight out of sight


def test_a_loop_over_the_sequence_is_shortened(monkeypatch) -> None:
    class Loop(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding, self.linear = nn.Embedding(10, 4), nn.Linear(4, 4)

        def forward(self, tokens):
            state = torch.zeros(tokens.shape[0], 4)
            for x in self.embedding(tokens).unbind(1):
                state = torch.tanh(x @ self.linear.weight + state)
            return state

    monkeypatch.setattr(long_forward, "LOOP", 60)
    record = trace(from_module(Loop(), (torch.zeros(1, 128, dtype=torch.int64),)))
    assert record.axes["seq_len"] == forward.SHORT
    assert any("loops over the sequence" in guess for guess in record.guesses)


def test_endless_work_is_refused(monkeypatch) -> None:
    monkeypatch.setattr(long_forward, "LOOP", 20)
    monkeypatch.setattr(long_forward, "LARGEST", 50)
    with pytest.raises(TraceError, match="more than 50 operations"):
        drawn(lambda m, x: sum(m.linear(x) for _ in range(100)))


def first_row_written(m, x, value):
    out = m.linear(x)
    out[:1] = value
    return out


def test_a_write_of_guessed_rows_is_taken_to_fit() -> None:
    record = drawn(lambda m, x: first_row_written(m, x, x[x[:, 0] > 0]))
    assert any("a write was taken to fit" in guess for guess in record.guesses)


def test_a_write_that_does_not_fit_is_an_error_even_after_a_guess() -> None:
    inner = Written(lambda m, x: (x[x[:, 0] > 0], first_row_written(m, x, x.new_ones(3, 4))))
    with pytest.raises(TraceError, match="expanded size") as caught:
        trace(from_module(nn.Sequential(inner), (torch.ones(2, 4),)))
    assert caught.value.where == "0"


class Settles(nn.Module):
    """Chooses its layer at the first call, as models that adapt to a short input do."""

    def __init__(self):
        super().__init__()
        self.layer = None

    def forward(self, x):
        if self.layer is None:
            self.layer = nn.Linear(x.shape[-1], 5)
        return self.layer(x)


def test_a_model_that_makes_layers_is_drawn_as_it_is_after():
    model = Settles()
    record = trace(from_module(model, (torch.zeros(2, 3),)))
    assert [op.name for op in record.ops] == ["linear"]
    assert [weight.names for weight in record.weights] == [("layer.weight",), ("layer.bias",)]
    assert any("later call" in guess for guess in record.guesses)
    assert model.layer is None


class Ensemble(nn.Module):
    """Four layers at once."""

    def __init__(self):
        super().__init__()
        self.weights, self.last = nn.Parameter(torch.randn(4, 3, 5)), nn.Linear(5, 2)

    def forward(self, x):
        return self.last(torch.vmap(lambda weight: x @ weight)(self.weights).mean(0))


def test_what_runs_under_vmap_is_joined_and_counted_for_all_rows():
    record = trace(from_module(Ensemble(), (torch.zeros(2, 3),)))
    product, mean, _ = record.ops
    assert [record.tensors[tensor].kind for tensor in product.inputs] == ["input", "parameter"]
    assert record.tensors[product.outputs[0]].symbols == ("4", "batch", "5")
    assert product.outputs == mean.inputs
    assert product.macs == 4 * 2 * 3 * 5


class Sparse(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(7, 5)
        self.register_buffer("adjacency", torch.eye(6).to_sparse())

    def forward(self, x):
        return torch.sparse.mm(self.adjacency, self.layer(x))


def test_a_sparse_buffer_is_read_as_it_is():
    record = trace(from_module(Sparse(), (torch.zeros(6, 7),)))
    assert len(record.ops) == 2
    assert record.tensors[record.outputs[0][1]].shape == (6, 5)


class Talkative(nn.Module):
    """A layer of a library that logs what it does, as transformers' do."""

    def forward(self, x):
        logging.getLogger("transformers.models").warning("another kind of attention is used")
        return x + 1


def test_what_libraries_log_is_kept_from_the_terminal(caplog):
    trace(from_module(Talkative(), (torch.zeros(2),)))
    assert not caplog.records
    Talkative()(torch.zeros(2))
    assert len(caplog.records) == 1
