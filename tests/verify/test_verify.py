"""Statements of blocks run against the blocks: those that hold pass, a wrong one fails, the model stays as it was."""

import dataclasses

import pytest
import torch
from torch import nn

from boardwork import check
from boardwork.errors import CheckError
from boardwork.options import Options
from boardwork.outline import outline
from boardwork.pipeline import check_subject
from boardwork.statement import statement
from boardwork.targets import from_module
from boardwork.trace.forward import rehearsed
from boardwork.verify import TOLERANCES, compared
from boardwork.verify.block import Forward
from boardwork.verify.numbers import Numbers

SEQUENCE = torch.randn(2, 6, 32, generator=torch.Generator().manual_seed(1))
LAYERS = {
    "post-norm": (lambda: nn.TransformerEncoderLayer(32, 4, 64, batch_first=True), SEQUENCE),
    "pre-norm": (lambda: nn.TransformerEncoderLayer(32, 4, 64, norm_first=True, activation="gelu"), SEQUENCE),
    "LSTM": (lambda: nn.LSTM(32, 12, batch_first=True), SEQUENCE),
    "LSTM, both ways": (lambda: nn.LSTM(32, 12, num_layers=2, bidirectional=True), SEQUENCE),
    "GRU": (lambda: nn.GRU(32, 12, num_layers=2), SEQUENCE),
    "RNN": (lambda: nn.RNN(32, 12, nonlinearity="relu", bias=False), SEQUENCE),
    "linear": (lambda: nn.Sequential(nn.Linear(32, 8), nn.ReLU(), nn.Linear(8, 3)), SEQUENCE),
}


@pytest.mark.parametrize("name", LAYERS)
def test_layers_of_torch(name):
    build, value = LAYERS[name]
    found = check(build().eval(), (value,))
    assert found.passed, found.code


def test_given_weights_are_used_and_stay():
    model = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = torch.get_rng_state()
    assert check(model, (SEQUENCE,)).passed
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)


def prepared(dtype=torch.float64):
    model = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True).eval()
    trace, run = rehearsed(from_module(model, (SEQUENCE,)))
    found = statement(outline(trace, "self_attn"))
    return trace, found, Forward(trace, run, found, {}, Numbers(dtype))


def test_double_precision_agrees_to_a_billionth():
    trace, found, forward = prepared()
    assert compared(trace, found, forward, TOLERANCES[torch.float64]).passed


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("math.sqrt(8)", "math.sqrt(32)"),
        ("src @ W_K.T", "src @ W_V.T"),
        ("+ b_O", "- b_O"),
        ("dim=-1", "dim=-2"),
        ("view(B, T, 4, 8).transpose(1, 2)", "view(B, 4, T, 8)"),
    ],
)
def test_a_wrong_statement_fails(right, wrong):
    trace, found, forward = prepared(torch.float32)
    assert right in found.text
    mutated = dataclasses.replace(found, text=found.text.replace(right, wrong))
    assert not compared(trace, mutated, forward, TOLERANCES[torch.float32]).passed


def test_a_wrong_binding_fails():
    trace, found, forward = prepared(torch.float32)
    names = {"W_Q": "W_K", "W_K": "W_Q", "b_Q": "b_K", "b_K": "b_Q"}
    swapped = tuple(dataclasses.replace(a, name=names.get(a.name, a.name)) for a in found.arguments)
    mutated = dataclasses.replace(found, arguments=swapped)
    assert not compared(trace, mutated, forward, TOLERANCES[torch.float32]).passed


def test_what_does_not_run_is_told_in_one_message():
    trace, found, forward = prepared(torch.float32)
    broken = dataclasses.replace(found, text=found.text.replace("softmax", "no_such_function"))
    with pytest.raises(CheckError, match="does not run: AttributeError"):
        compared(trace, broken, forward, 1e-5)


def test_what_is_too_large_is_refused_before_it_is_made(monkeypatch):
    monkeypatch.setattr("boardwork.verify.block.LARGEST_ON_CPU", 1000)
    build, value = LAYERS["post-norm"]
    with pytest.raises(CheckError, match="than the 1,000 that are run"):
        check(build().eval(), (value,))


def test_a_norm_in_the_box_of_its_convolution_has_its_own_letters():
    model = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 2, 1)).eval()
    found = check(model, (torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(3)),))
    assert found.passed
    assert all(name in found.code for name in ("gamma", "beta", "W_1", "W_2", "mean", "variance"))


def test_a_block_is_run_small_where_its_module_takes_small_sizes():
    layer = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True).eval()
    subject = from_module(layer, (torch.empty(8, 128, 32, device="meta"),))
    found = check_subject(subject, Options())
    assert found.passed
    assert found.smaller == {"batch": (8, 2), "seq_len": (128, 16)}
    assert found.inputs == {"src": (2, 16, 32)}


def test_sizes_that_the_module_refuses_stay():
    class Fixed(nn.Module):
        def __init__(self):
            super().__init__()
            self.positions = nn.Parameter(torch.zeros(40, 8))
            self.out = nn.Linear(8, 8)

        def forward(self, x):
            return self.out(torch.relu(x + self.positions))

    found = check_subject(from_module(Fixed().eval(), (torch.empty(4, 40, 8, device="meta"),)), Options())
    assert found.passed
    assert found.inputs["x"][1] == 40


def test_rows_of_a_large_weight_are_unlike_though_they_share_memory(monkeypatch):
    monkeypatch.setattr("boardwork.verify.numbers._POOL", 997)
    made = Numbers().module(nn.Linear(64, 500, device="meta"), {})
    assert made.weight.untyped_storage().nbytes() < made.weight.numel() * 4
    assert len({row.numpy().tobytes() for row in made.weight}) == 500
    assert check(nn.Linear(64, 500, device="meta"), (torch.randn(3, 64),)).passed


def test_a_write_of_zeros_to_a_part_is_stated():
    class NoKeyBias(nn.Module):
        def __init__(self):
            super().__init__()
            self.fused = nn.Linear(8, 24)

        def forward(self, x):
            bias = self.fused.bias.clone()
            bias[8:16].zero_()
            return nn.functional.linear(x, self.fused.weight, bias).chunk(3, dim=-1)[1].relu()

    found = check(NoKeyBias().eval(), (torch.randn(2, 8, generator=torch.Generator().manual_seed(4)),))
    assert found.passed, found.code


def test_weights_in_one_byte_are_drawn():
    class Int8Linear(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("weight", torch.zeros(6, 8, dtype=torch.int8))
            self.register_buffer("scales", torch.ones(6))

        def forward(self, x):
            return torch.relu(nn.functional.linear(x, self.weight.to(x.dtype)) * self.scales)

    assert Numbers().module(Int8Linear(), {}).weight.unique().numel() > 10
    assert check(Int8Linear().eval(), (torch.randn(3, 8, generator=torch.Generator().manual_seed(5)),)).passed


def test_a_batch_norm_takes_its_four_weights_as_one_list():
    model = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4)
    ).eval()
    found = check(model, (torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(6)),))
    assert found.passed
    assert "def batch_norm(x, norm):" in found.code
    assert "norm_1, norm_2 4 x (4,)" in found.code


def test_a_length_that_is_written_often_has_a_name_and_queries_come_first():
    class Windows(nn.Module):
        def __init__(self):
            super().__init__()
            self.attention = nn.MultiheadAttention(16, 2, batch_first=True)

        def forward(self, x):
            rows = x.view(x.shape[0], -1, 4, 16).flatten(0, 1)
            return self.attention(rows, rows, rows, need_weights=False)[0].reshape(x.shape)

    found = check_subject(from_module(Windows().eval(), (torch.empty(2, 32, 16, device="meta"),)), Options())
    assert found.passed
    places = [found.code.index(f"    {name} = ") for name in ("q", "k", "v", "scores", "weights")]
    assert places == sorted(places)


def test_a_sum_written_to_a_part_is_stated():
    class Bordered(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Linear(8, 8), nn.Linear(8, 4)

        def forward(self, x):
            whole = self.first(x).relu()
            whole[:, 4:] += self.second(x)
            return whole

    found = check(Bordered().eval(), (torch.randn(3, 8, generator=torch.Generator().manual_seed(7)),))
    assert found.passed, found.code


class Filled(nn.Module):
    """Steps are filled up to a multiple of seven, mapped in windows, and the rest is cut off again."""

    def __init__(self) -> None:
        super().__init__()
        self.windows = nn.Linear(56, 56)

    def forward(self, steps: torch.Tensor) -> torch.Tensor:
        whole = torch.nn.functional.pad(steps, (0, 0, 0, -steps.shape[1] % 7))
        mapped = self.windows(whole.reshape(len(steps), whole.shape[1] // 7, 56))
        return steps + mapped.reshape(len(steps), whole.shape[1], 8)[:, : steps.shape[1]]


@pytest.mark.parametrize("steps", [20, 24])
def test_what_fills_up_to_a_multiple_is_no_fixed_offset(steps):
    found = check(Filled(), (torch.randn(2, steps, 8),))
    assert found.passed, found.code


class Long(nn.Module):
    """A part, and many steps that are all different."""

    def __init__(self) -> None:
        super().__init__()
        self.part = nn.Sequential(nn.Linear(8, 4), nn.Tanh(), nn.Linear(4, 8))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.part(x)
        y = x.cumsum(-1) * x.flip(-1)
        z = torch.sort(y, -1).values + y.roll(1, -1)
        return torch.cumprod(z, -1) - (z * y).softmax(-1) * z.exp()


def test_a_block_that_is_too_long_names_a_part_that_is_not(monkeypatch):
    monkeypatch.setattr("boardwork.statement._MOST_LINES", 5)
    long = nn.Sequential(Long())
    with pytest.raises(CheckError, match="too many for a board") as refused:
        check(long, (torch.randn(3, 8),), zoom="0")
    assert refused.value.hint == "--zoom 0.part"
    assert check(long, (torch.randn(3, 8),), zoom="0.part").passed


class Raised(nn.Module):
    """A part is added to in place; `moved`: another is then set to what stands there."""

    def __init__(self, moved: bool) -> None:
        super().__init__()
        self.mix, self.moved = nn.Linear(8, 8), moved

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.mix(x)
        y[:, 1:] += x[:, 1:]
        if self.moved:
            part = y[:, 1:]
            part += 1.0
            y[:, :-1] = part
        return y


@pytest.mark.parametrize(("moved", "writes"), [(False, 1), (True, 3)])
def test_what_is_added_in_place_is_written_once(moved, writes):
    found = check(Raised(moved), (torch.randn(2, 6, 8),))
    assert found.passed, found.code
    assert sum("] = " in line for line in found.code.splitlines()) == writes


class Drawing(nn.Module):
    """A number that no statement can give again."""

    def __init__(self) -> None:
        super().__init__()
        self.mix = nn.Linear(8, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.mix(x) + torch.randn_like(x)


def test_a_random_draw_has_no_statement():
    with pytest.raises(CheckError, match="a random draw has no statement"):
        check(Drawing(), (torch.randn(2, 8),))


class AnImageAtATime(nn.Module):
    """A part whose result its caller cuts into that of every image; no other module runs the cut."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 4))

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        maps = self.head(x)
        return [maps[0].sin(), maps[1].cos(), maps[2].sort(-1).values]


def test_what_its_caller_cuts_a_result_into_is_none_of_a_part():
    found = check(AnImageAtATime(), (torch.randn(3, 8),), zoom="head")
    assert found.passed
    assert "x[0]" not in found.code
    assert "return torch.relu(" in found.code, found.code


class Compiled(nn.Module):
    """A function that torch would compile when it is first called."""

    def __init__(self) -> None:
        super().__init__()
        self.mix = nn.Linear(8, 8)
        self.curve = torch.compile(lambda y: y.sin() * y.size()[0])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.curve(self.mix(x))


def test_what_torch_would_compile_is_run_as_it_is_written():
    found = check(Compiled(), (torch.randn(2, 8),))
    assert found.passed, found.code
