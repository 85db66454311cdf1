"""The plain steps compute what torch's fused recurrent modules compute."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from boardwork.trace.cells import step_of


@pytest.mark.parametrize(
    "module",
    [
        nn.LSTM(3, 5),
        nn.GRU(3, 5),
        nn.RNN(3, 5),
        nn.RNN(3, 5, nonlinearity="relu"),
        nn.LSTM(3, 5, bias=False),
        nn.LSTMCell(3, 5),
        nn.GRUCell(3, 5),
        nn.RNNCell(3, 5, nonlinearity="relu"),
    ],
    ids=str,
)
def test_step_equals_torch(module: nn.Module) -> None:
    generator = torch.Generator().manual_seed(0)
    found = step_of(module)  # type: ignore[arg-type]
    assert found is not None
    step, arguments = found
    values = {name: torch.randn(2, t.shape[-1], generator=generator) for name, t in arguments.items()}
    x, *state = values.values()
    ours = list(step(**values).values())
    if isinstance(module, nn.RNNBase):
        carried = tuple(s[None] for s in state)
        _, theirs = module(x[None], carried if len(carried) > 1 else carried[0])
        theirs = [t[0] for t in theirs] if isinstance(theirs, tuple) else [theirs[0]]
    else:
        theirs = module(x, tuple(state) if len(state) > 1 else state[0])
        theirs = list(theirs) if isinstance(theirs, tuple) else [theirs]
    for mine, torchs in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, torchs)
