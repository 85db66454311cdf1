"""`--input` text -> name, shape, dtype."""

import pytest
import torch

from boardwork.errors import TargetError
from boardwork.targets.input_spec import InputSpec, parse_input


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("1,3,224,224", InputSpec("", (1, 3, 224, 224))),
        ("(1, 3, 8, 8)", InputSpec("", (1, 3, 8, 8))),
        ("tokens:1,128:int64", InputSpec("tokens", (1, 128), torch.int64)),
        ("1,128:long", InputSpec("", (1, 128), torch.int64)),
        ("x:1,2", InputSpec("x", (1, 2))),
        ("x:4:bf16", InputSpec("x", (4,), torch.bfloat16)),
        ("mask:1,1:bool", InputSpec("mask", (1, 1), torch.bool)),
    ],
)
def test_inputs_are_read(text, spec):
    assert parse_input(text) == spec


@pytest.mark.parametrize(
    "text", ["", "x", "1,a", "1,,2", "x:", "x:1:int99", "1,0", "1,-1", "a:b:c:d", "1:Tensor", "x:1:"]
)
def test_mistakes_are_told(text):
    with pytest.raises(TargetError):
        parse_input(text)
