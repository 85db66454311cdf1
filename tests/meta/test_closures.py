"""A forward that was replaced on the instance -> the same sheet as without, and the model as it was."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable

import pytest
import torch
from torch import nn

from boardwork.options import Options
from boardwork.pipeline import draw_subject
from boardwork.sheet import Sheet
from boardwork.targets import from_module
from boardwork.trace.prepare import on_cpu

TOKENS = torch.zeros(2, 16, 32)


def encoder() -> nn.Module:
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True)
    return nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)


def around(module: nn.Module) -> None:
    """What profilers and adapters do: keep the old forward, call it from the new one."""
    old = module.forward

    def wrapped(*args, **kwargs):
        return old(*args, **kwargs)

    module.forward = wrapped


def with_signature(module: nn.Module) -> None:
    around(module)
    module.forward = functools.wraps(type(module).forward.__get__(module))(module.forward)


def by_default_argument(module: nn.Module) -> None:
    module.forward = lambda *args, _old=module.forward, **kwargs: _old(*args, **kwargs)


def by_method(module: nn.Module) -> None:
    module.forward = types.MethodType(lambda self, src: type(self).forward(self, src), module)


def on_a_layer(module: nn.Module) -> None:
    around(module.layers[0].self_attn)
    around(module.layers[0])
    around(module.layers[0])


def in_a_notebook(module: nn.Module) -> None:
    """The old forward is a global of the cell."""
    cell = {"old": module.forward}
    exec("def new(*args, **kwargs):\n    return old(*args, **kwargs)", cell)
    module.forward = cell["new"]


@functools.cache
def plain() -> Sheet:
    return draw_subject(from_module(encoder(), (TOKENS,)), Options())


REPLACED = [around, with_signature, by_default_argument, by_method, on_a_layer, in_a_notebook]


@pytest.mark.parametrize("replace", REPLACED)
def test_a_replaced_forward_has_the_sheet_of_the_module(replace: Callable[[nn.Module], None]) -> None:
    module = encoder()
    replace(module)
    before = {name: (value, value.clone()) for name, value in module.state_dict(keep_vars=True).items()}
    own = module.forward
    assert draw_subject(from_module(module, (TOKENS,)), Options()) == plain()
    assert module.forward == own
    for name, tensor in module.state_dict(keep_vars=True).items():
        assert tensor is before[name][0]
        assert torch.equal(tensor, before[name][1])


def test_what_a_closure_collects_is_not_filled_by_the_trace() -> None:
    module, seen = encoder(), []
    old = module.forward

    def noting(src):
        seen.append(src)
        return old(src)

    module.forward = noting
    draw_subject(from_module(module, (TOKENS,)), Options())
    assert seen == []


def test_a_function_that_calls_itself() -> None:
    module = nn.Linear(4, 4)
    old = module.forward

    def twice(x, times=2):
        return old(x) if times == 1 else old(twice(x, times - 1))

    module.forward = twice
    twin = on_cpu(module)
    with torch.no_grad():
        twin.weight.zero_()
        twin.bias.fill_(1.0)
    assert torch.equal(twin(torch.zeros(1, 4)), torch.ones(1, 4))
    assert not torch.equal(module.bias, torch.ones(4))
