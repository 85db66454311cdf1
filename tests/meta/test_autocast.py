"""Code that turns autocast off for the device of its input runs on meta, and torch is as it was afterwards."""

import pytest
import torch
from torch import nn

import boardwork
from boardwork.meta.autocast import autocast_for_meta


class InFullPrecision(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(16, 8)

    def forward(self, x):
        with torch.autocast(x.device.type, enabled=False):
            return self.layer(x)


def test_a_model_that_turns_autocast_off_runs_on_meta():
    sheet = boardwork.draw(InFullPrecision(), input_size=(2, 5, 16))
    assert not any("CPU" in note for note in sheet.footnotes)
    assert [port.shape for port in sheet.subject.outputs] == [("batch", "seq_len", "8")]


def test_torch_is_as_it_was():
    before = torch.autocast.__init__
    with pytest.raises(ValueError, match="stop"), autocast_for_meta():
        raise ValueError("stop")
    assert torch.autocast.__init__ is before
