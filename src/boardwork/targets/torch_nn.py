"""`torch.nn:Linear(64, 10)` -> a layer of torch.nn and inputs of its own sizes."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from boardwork.targets.assemble import assemble
from boardwork.targets.build import build
from boardwork.targets.call import Call
from boardwork.targets.input_axes import AXES_BY_RANK
from boardwork.targets.input_spec import InputSpec
from boardwork.targets.layers import Argument, layer_arguments
from boardwork.targets.subject import Subject
from boardwork.targets.unknown import unknown


def load(call: Call, given: Sequence[InputSpec]) -> Subject:
    """Build the class of torch.nn that the call names. Raises TargetError."""
    cls = getattr(nn, call.name, None)
    if not (isinstance(cls, type) and issubclass(cls, nn.Module)):
        names = [name for name, value in vars(nn).items() if isinstance(value, type) and issubclass(value, nn.Module)]
        raise unknown("class in torch.nn", call.name, names, 'python -c "import torch; print(dir(torch.nn))"')
    layer = build(cls, call)
    known = layer_arguments(layer)
    if known is None and next(layer.parameters(), None) is None:
        known = (Argument("input", torch.empty(1, 64, device="meta"), AXES_BY_RANK[2]),)
    return assemble(layer, target=call.target, title=call.name, given=given, known=known)
