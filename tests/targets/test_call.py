"""Target text -> names and literals; nothing is evaluated."""

import keyword

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

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


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
LITERALS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=8,
)
NAMES = st.from_regex(r"[a-z_]{1,8}", fullmatch=True).filter(lambda name: not keyword.iskeyword(name))


@given(st.lists(LITERALS, max_size=3), st.dictionaries(NAMES, LITERALS, max_size=3))
def test_every_literal_comes_back(args, kwargs):
    shown = [*map(repr, args), *(f"{name}={value!r}" for name, value in kwargs.items())]
    call = parse_call("x", f"Net({', '.join(shown)})")
    assert (list(call.args), call.kwargs) == (args, kwargs)


@given(st.text())
@example("\0")
@example("(\0)")
@example("\ud800(")
def test_any_text_is_read_or_told(text):
    for whole in (text, f"Net({text}", f"Net({text})"):
        try:
            parse_call("x", whole)
        except TargetError as error:
            str(error)
