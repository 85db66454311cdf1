"""Outline -> text: names by roles, one view for many moves, loops for what repeats, no torch needed."""

from pathlib import Path

import pytest
import torch
from tests.outline import written
from torch import nn

from boardwork.outline import outline
from boardwork.statement import statement
from boardwork.targets import from_module
from boardwork.trace import trace

FAMILIES = Path(__file__).parents[1] / "outline" / "families"


def stated(model, *inputs, zoom=""):
    found = statement(outline(trace(from_module(model.eval(), inputs)), zoom))
    assert not found.unstated
    return found


class Scan(nn.Module):
    """h = a h + x, step by step."""

    def __init__(self):
        super().__init__()
        self.decay, self.into = nn.Parameter(torch.ones(8)), nn.Linear(8, 8)

    def forward(self, series):
        state, states = torch.zeros(series.shape[0], 8), []
        for step in self.into(series).unbind(1):
            state = self.decay * state + step
            states.append(state)
        return torch.stack(states, 1)


class Experts(nn.Module):
    """Every expert sees every token, weighed by a router."""

    def __init__(self):
        super().__init__()
        self.router = nn.Linear(8, 4)
        self.experts = nn.ModuleList(nn.Linear(8, 8) for _ in range(4))

    def forward(self, tokens):
        shares = self.router(tokens).softmax(-1)
        total = torch.zeros_like(tokens)
        for place, expert in enumerate(self.experts):
            total = total + shares[..., place, None] * torch.relu(expert(tokens))
        return total


class LateViews(Scan):
    """What each step gives is cut before it is stacked."""

    def forward(self, series):
        state, states = torch.zeros(series.shape[0], 8), []
        steps, readers = self.into(series), series[..., None]
        for place in range(series.shape[1]):
            state = self.decay * state + steps[:, place]
            states.append((state[:, None] @ readers[:, place])[:, :, 0])
        return torch.stack(states, 1)


class SortedByExpert(nn.Module):
    """Tokens in the order of the two experts that each is for, and back."""

    def __init__(self):
        super().__init__()
        self.router = nn.Linear(8, 4, bias=False)
        self.matrices = nn.ParameterList(nn.Parameter(torch.randn(4, 8, 8)) for _ in range(2))

    def forward(self, tokens):
        weights, top = self.router(tokens).softmax(-1).topk(2, dim=-1)
        top, order = top.reshape(-1).sort()
        ends = torch.histc(top.int(), bins=4, min=0, max=3).cumsum(0, dtype=torch.int32)
        rows = tokens[order // 2]
        for matrix in self.matrices:
            rows = torch.relu(torch._grouped_mm(rows, matrix, offs=ends))
        rows = rows * (weights / weights.sum(-1, keepdim=True)).reshape(-1)[order, None]
        back = torch.empty_like(order)
        back[order] = torch.arange(order.numel())
        return rows[back].view(-1, 2, 8).sum(1)


class Chosen(nn.Module):
    """`where` as a method, of what is kept."""

    def forward(self, series):
        return torch.relu(series).where(series > -1, torch.zeros(()))


def test_names_follow_roles_and_not_attributes():
    layer = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True)
    text = stated(layer, torch.zeros(2, 6, 32), zoom="self_attn").text
    assert "def multi_head_attention(src, W_Q, b_Q, W_K, b_K, W_V, b_V, W_O, b_O):" in text
    assert "q = (src @ W_Q.T + b_Q).view(B, T, 4, 8).transpose(1, 2)" in text
    assert "in_proj" not in text


def test_rows_of_a_fused_weight_are_arguments_of_their_own():
    found = stated(nn.MultiheadAttention(32, 4, batch_first=True), *(torch.zeros(2, 6, 32) for _ in range(3)))
    picked = {argument.name: argument.picks for argument in found.arguments if argument.picks}
    assert {name: pick[0].start for name, pick in picked.items()} == {
        "W_Q": 0, "b_Q": 0, "W_K": 32, "b_K": 32, "W_V": 64, "b_V": 64,
    }  # fmt: skip


def test_steps_of_a_scan_are_a_loop():
    text = stated(Scan(), torch.zeros(2, 6, 8)).text
    assert "for i in range(T):" in text
    assert text.count("\n") < 20


def test_weights_of_experts_are_lists_in_a_loop():
    found = stated(Experts(), torch.zeros(2, 6, 8))
    assert "for i in range(" in found.text
    assert [len(argument.members) for argument in found.arguments if argument.members] == [4, 4]


def test_views_of_what_steps_give_are_in_the_loop():
    text = stated(LateViews(), torch.zeros(2, 6, 8)).text
    assert "for i in range(T):" in text
    assert text.count("\n") < 20


def test_a_router_is_weights_and_places_and_the_order_of_experts():
    text = stated(SortedByExpert(), torch.zeros(6, 8)).text
    assert "weights, top = torch.softmax(tokens @ W_router.T, dim=-1).topk(2, dim=-1)" in text
    assert "top, order = top.flatten().sort()" in text
    assert "ends = top.bincount(minlength=4).cumsum(" in text
    assert "[order.argsort()]" in text


def test_the_method_where_has_its_condition_second():
    found = stated(Chosen(), torch.zeros(2, 3))
    space = {}
    exec(found.text, space)
    series = torch.tensor([-2.0, 0.5])
    assert torch.equal(space[found.function](series), torch.tensor([0.0, 0.5]))
    assert "torch.where(series > -1, " in found.text


@pytest.mark.parametrize(("limit", "words"), [("_MOST_OPERATIONS", "operations are"), ("_MOST_LINES", "lines are")])
def test_what_is_too_long_is_not_stated(limit, words, monkeypatch):
    monkeypatch.setattr(f"boardwork.statement.{limit}", 8)
    layer = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True).eval()
    found = statement(outline(trace(from_module(layer, (torch.zeros(2, 6, 32),)))))
    assert "too many for a board" in found.unstated
    assert words in found.unstated
    assert not found.text


class Weighted(nn.Module):
    """A running mean, weighed by exponentials whose largest exponent is kept; the last state is not used."""

    def __init__(self):
        super().__init__()
        self.key, self.value, self.decay = nn.Linear(8, 8), nn.Linear(8, 8), nn.Parameter(torch.ones(8))

    def forward(self, series):
        keys, values = self.key(series), self.value(series)
        top, bottom, largest = torch.zeros(2, 8), torch.zeros(2, 8), torch.full((2, 8), -1e30)
        found = torch.zeros_like(values)
        for step in range(series.shape[1]):
            kept = torch.maximum(largest - self.decay, keys[:, step])
            old, new = torch.exp(largest - self.decay - kept), torch.exp(keys[:, step] - kept)
            found[:, step] = (top * old + values[:, step] * new) / (bottom * old + new)
            top, bottom, largest = top * old + new * values[:, step], bottom * old + new, kept
        return found


def test_a_loop_whose_last_state_is_not_used_runs_to_the_end():
    text = stated(Weighted(), torch.zeros(2, 6, 8)).text
    assert "for i in range(T):" in text
    assert text.count("torch.exp") == 2
    assert text.count("\n") < 30


class Filled(nn.Module):
    """Two halves are written side by side, one row of another tensor is overwritten."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(8, 4), nn.Linear(8, 4)

    def forward(self, x):
        whole = x.new_empty(x.shape)
        whole[..., :4] = self.first(x)
        whole[..., 4:] = self.second(x)
        mixed = torch.relu(whole)
        mixed[:, 0] = x[:, 0]
        return mixed


def test_writes_that_fill_a_tensor_put_pieces_side_by_side_and_others_are_lines():
    text = stated(Filled(), torch.zeros(2, 6, 8)).text
    assert "torch.cat([x @ W_1.T + b_1, x @ W_2.T + b_2], dim=-1)" in text
    assert "[:, 0] = x[:, 0]" in text
    assert "empty" not in text


class HalfGated(nn.Module):
    """One half of the channels opens the other."""

    def __init__(self):
        super().__init__()
        self.conv, self.out = nn.Conv1d(8, 16, 3, padding=1), nn.Conv1d(8, 8, 1)

    def forward(self, sound):
        half, gate = self.conv(sound).chunk(2, 1)
        return sound + self.out(half * torch.sigmoid(gate))


def test_a_half_times_the_sigmoid_of_the_other_is_no_activation_of_one_tensor():
    text = stated(HalfGated(), torch.zeros(2, 8, 12)).text
    assert "silu" not in text
    assert "h[:, :8] * torch.sigmoid(h[:, 8:])" in text


def test_waves_that_are_made_elsewhere_are_cosines_and_sines():
    model = written.models(FAMILIES / "local_attention.py").TurnedAsTold()
    text = stated(model, torch.zeros(2, 16, 32), torch.zeros(2, 16, 2)).text
    assert "def rotate(x, cos, sin):" in text
    assert "(tokens, cos, sin, W_Q," in text


def test_a_column_of_the_softmax_that_takes_weight_alone_is_a_sink():
    text = stated(written.models(FAMILIES / "attention.py").WithSink(), torch.zeros(2, 16, 32)).text
    assert "W_V, sink, W_O):" in text


def test_latents_have_the_names_of_their_paper():
    model = written.models(FAMILIES / "attention.py").LatentKeys()
    text = stated(model, torch.zeros(2, 6, 64)).text
    assert "W_DQ, gamma_1, W_UQ, W_QR, W_DKV," in text.replace("\n", "")
    assert "W_KR, gamma_2, W_UK, W_UV, W_O):" in text


def test_the_first_of_the_experts_is_in_their_loop():
    """Its tokens are laid out and its sum begun before the first expert works."""
    found = stated(written.models(FAMILIES / "experts.py").SharedExperts(), torch.zeros(2, 6, 32))
    assert [len(argument.members) for argument in found.arguments if argument.members] == [8, 8, 8]


def test_defaults_of_a_pool_are_not_told_and_a_loop_starts_from_what_was_there():
    layers = [nn.Conv2d(4, 8, 5, padding=1), nn.MaxPool2d(2, 2, ceil_mode=True)]
    for _ in range(4):
        layers += [nn.Conv2d(8, 8, 3, padding=1), nn.ReLU()]
    text = stated(nn.Sequential(nn.Sequential(*layers)), torch.zeros(2, 4, 9, 9)).text
    assert "F.max_pool2d(F.conv2d(input, W_1, b_1, padding=1), 2, ceil_mode=True)" in text
    assert "for i in range(4):" in text


class Waves(nn.Module):
    def forward(self, series):
        return torch.relu(torch.fft.fft(series).real)


def test_the_real_part_is_taken_by_a_function():
    assert "torch.real(torch.fft.fft(series))" in stated(Waves(), torch.zeros(2, 16, 32)).text


class Reach(nn.Module):
    """Layers in a row, all added at the end: one result."""

    def __init__(self, depth):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(8, 8) for _ in range(depth))

    def forward(self, x):
        found = [x]
        for place, layer in enumerate(self.layers):
            found.append(torch.sin(layer(found[-1])) * (place + 2))
        return sum(found)


class Inside(nn.Module):
    """Two parts, the result of the first cut for those outside."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.norm = Reach(11), Reach(12), nn.LayerNorm(8)

    def forward(self, x):
        return self.norm(self.second(self.first(x)))


class Around(nn.Module):
    def __init__(self):
        super().__init__()
        self.part, self.last = Inside(), nn.Linear(8, 8)

    def forward(self, x):
        y = self.part(x)
        return torch.relu(self.last(y[:, :1])) + y[:, 1:]


def test_a_part_that_is_too_long_is_made_of_parts():
    found = stated(nn.Sequential(Around(), nn.ReLU()), torch.zeros(2, 4, 8), zoom="0")
    functions = [text for text in found.text.split("\n\n") if text.lstrip().startswith("def ")]
    assert max(text.strip().count("\n") + 1 for text in functions) <= 30
    assert len(functions) >= 4
    assert "def around(input, W_1" in found.text


class InBlocks(nn.Module):
    """A film cut into blocks of positions, which takes more axes than a line holds."""

    def __init__(self) -> None:
        super().__init__()
        self.mix = nn.Linear(8, 8)

    def forward(self, film: torch.Tensor) -> torch.Tensor:
        b, t, h, w, c = film.shape
        blocks = film.view(b, t // 2, 2, h // 2, 2, w // 2, 2, c).permute(0, 1, 3, 5, 2, 4, 6, 7).reshape(-1, 8, c)
        return self.mix(blocks)


def test_a_chain_too_long_for_a_line_stands_on_two() -> None:
    found = stated(InBlocks(), torch.zeros(2, 4, 6, 8, 8))
    assert max(map(len, found.text.splitlines())) <= 120
    assert "?" not in found.text
    assert ".permute(0, 1, 3, 5, 2, 4, 6, 7)\n" in found.text


def test_gates_and_states_of_a_cell_have_the_letters_of_papers() -> None:
    cell = written.models(FAMILIES / "recurrent.py").EXAMPLES["lstm_loop"]
    text = stated(cell[0](), *cell[1]).text
    assert "def lstm_cell(series, h, c, " in text
    assert "    c = f * c + i * g " in text
    assert "return c, o * torch.tanh(c)" in text
