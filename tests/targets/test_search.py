"""Modules with several arguments, or one that the first layer does not tell -> arguments with which forward runs."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from boardwork.errors import TargetError
from boardwork.targets import from_module, load


class Twins(nn.Module):
    """Two images, of the one size that the linear layer takes."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 4, 5), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(4 * 50 * 50, 3))

    def forward(self, left, right):
        return (self.body(left) - self.body(right)).abs()


class Interleaved(nn.Module):
    """Three sequences of unlike widths and the step of each of their rows, as in a decision transformer."""

    def __init__(self):
        super().__init__()
        self.wide, self.narrow, self.step = nn.Linear(17, 32), nn.Linear(1, 32), nn.Embedding(99, 32)

    def forward(self, wide, narrow, step):
        batch, length, _ = wide.shape
        rows = torch.stack((self.wide(wide) + self.step(step), self.narrow(narrow) + self.step(step)), 2)
        return rows.reshape(batch, 2 * length, -1)


class Letters(nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.conv = nn.Embedding(60, 8), nn.Conv1d(8, 16, 3)

    def forward(self, letters):
        batch, words, width = letters.shape
        return F.relu(self.conv(self.table(letters.view(batch * words, width)).transpose(1, 2))).amax(2)


class Columns(nn.Module):
    """A weight for each column, and a table."""

    def __init__(self):
        super().__init__()
        self.weight, self.table = nn.Parameter(torch.zeros(8, 32)), nn.Embedding(10, 32)

    def forward(self, numbers, kinds):
        return torch.cat([numbers.unsqueeze(-1) * self.weight, self.table(kinds[:, :2])], 1)


class Noisy(nn.Module):
    """Points and a time for each of them."""

    def __init__(self):
        super().__init__()
        self.points, self.time = nn.Linear(2, 16), nn.Linear(6, 16)

    def forward(self, x, t):
        angle = t[:, None] * torch.arange(3, device=t.device)
        return self.points(x) + self.time(torch.cat([angle.sin(), angle.cos()], -1))


class Labelled(nn.Module):
    """One label an image, which is added to every pixel."""

    def __init__(self):
        super().__init__()
        self.label, self.body = nn.Embedding(10, 8), nn.Conv2d(3, 8, 3)

    def forward(self, image, label):
        return self.body(image) + self.label(label)[:, :, None, None]


class Series(nn.Module):
    """A recurrent layer takes what was made of each column."""

    def __init__(self):
        super().__init__()
        self.columns = nn.ModuleList(nn.Linear(1, 8) for _ in range(3))
        self.cell = nn.GRU(8, 8, batch_first=True)

    def forward(self, x):
        return self.cell(sum(column(x[..., i : i + 1]) for i, column in enumerate(self.columns)))[0]


class Critic(nn.Module):
    """What two arguments are side by side has a width, not each of them."""

    def __init__(self):
        super().__init__()
        self.value = nn.Sequential(nn.Linear(23, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, state, action):
        return self.value(torch.cat([state, action], -1))


class Bare(nn.Module):
    """No layer: a product with a weight."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(12, 7))

    def forward(self, x):
        return torch.tanh(x @ self.weight)


FOUND = {
    Twins: {"left": (1, 1, 104, 104), "right": (1, 1, 104, 104)},
    Interleaved: {"wide": (1, 128, 17), "narrow": (1, 128, 1), "step": (1, 128)},
    Letters: {"letters": (1, 128, 16)},
    Columns: {"numbers": (1, 8), "kinds": (1, 16)},
    Noisy: {"x": (1, 2), "t": (1,)},
    Labelled: {"image": (1, 3, 224, 224), "label": (1,)},
    Series: {"x": (1, 128, 3)},
    Critic: {"state": (1, 16), "action": (1, 7)},
    Bare: {"x": (1, 12)},
}
WHOLE = {"step", "letters", "kinds", "label"}


@pytest.mark.parametrize("kind", FOUND, ids=lambda kind: kind.__name__)
def test_arguments_are_found_with_which_forward_runs(kind):
    model = kind().train()
    subject = from_module(model)
    given = dict(zip(FOUND[kind], subject.args, strict=True))
    assert {name: tuple(tensor.shape) for name, tensor in given.items()} == FOUND[kind]
    assert {name for name, tensor in given.items() if not tensor.is_floating_point()} == WHOLE & given.keys()
    assert [told for told in subject.guesses if "found by calling forward on meta; give --input" in told]
    model(*(torch.zeros(tensor.shape, dtype=tensor.dtype) for tensor in subject.args))
    assert model.training
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in model.modules())


def test_half_precision_is_kept():
    subject = from_module(Noisy().to(torch.bfloat16))
    assert {tensor.dtype for tensor in subject.args} == {torch.bfloat16}


def test_what_is_not_found_is_asked_for():
    with pytest.raises(TargetError, match=r"needs scale; only graph is known(.|\n)*--input scale:SHAPE"):
        load("tests/data/nets.py:TakesAnObject")
