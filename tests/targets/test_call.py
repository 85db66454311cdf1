"""Target text -> names and literals; nothing is evaluated."""

import pytest

from boardwork.errors import TargetError
from boardwork.targets.call import parse_call


@pytest.mark.parametrize(
    ("text", "name", "args", "kwargs"),
    [
        ("resnet50", "resnet50", (), {}),
        ("vit.augreg_in21k", "vit.augreg_in21k", (), {}),
        ("Linear(3, 4)", "Linear", (3, 4), {}),
        ("Net(hidden=64, bias=False, name='a(b')", "Net", (), {"hidden": 64, "bias": False, "name": "a(b"}),
        ("Net((1, 2), [3], {'a': -1.5e-3}, None)", "Net", ((1, 2), [3], {"a": -1.5e-3}, None), {}),
        ("Net()", "Net", (), {}),
    ],
)
def test_literals_are_read(text, name, args, kwargs):
    call = parse_call("x:" + text, text)
    assert (call.name, call.args, call.kwargs) == (name, args, kwargs)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Linear(3, os.getcwd())", "Argument 2 is no literal: os.getcwd()"),
        ("Linear(bias=open('x'))", "Argument bias is no literal"),
        ("Linear(__import__('os').system('true'))", "Argument 1 is no literal"),
        ("Linear(2**70)", "Argument 1 is no literal"),
        ("Linear(*[1])", "Argument 1 is no literal"),
        ("Linear(**{})", "instead of **"),
        ("Linear(3", "never closed"),
        ("Linear(3)(4)", "only one call"),
        ("Linear(3) + 1", "only one call"),
        ("Linear(" + "(" * 5000, "Cannot read the arguments"),
        ("(3)", "names no class"),
        ("", "names no class"),
    ],
)
def test_anything_else_is_an_error_that_says_which_argument(text, said):
    with pytest.raises(TargetError, match=r"(?s).*") as caught:
        parse_call("x:" + text, text)
    assert said in str(caught.value)
