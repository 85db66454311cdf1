"""A module without a forward that encodes -> its encode is drawn, and the module stays as it was."""

import pytest
from torch import nn

from boardwork.errors import TraceError
from boardwork.targets import from_module
from boardwork.targets.encoders import TOLD
from boardwork.trace import trace


class Tokens(nn.Module):
    def __init__(self):
        super().__init__()
        self.into, self.codes = nn.Linear(4, 3), nn.Linear(3, 8)

    def encode(self, image):
        return self.codes(self.into(image)).argmax(-1)

    def decode(self, tokens):
        return tokens


class Box(nn.Module):
    def __init__(self):
        super().__init__()
        self.part = nn.Linear(4, 4)


def test_encode_stands_for_a_forward_that_is_missing():
    module = Tokens()
    record = trace(from_module(module))
    assert [op.name for op in record.ops] == ["linear", "linear", "argmax"]
    assert [record.tensors[tensor].symbols for _, tensor in record.inputs] == [("batch", "4")]
    assert TOLD in record.guesses
    assert "forward" not in vars(module)


def test_a_box_of_modules_is_refused_as_before():
    with pytest.raises(TraceError, match="Box has no forward of its own"):
        trace(from_module(Box()))
