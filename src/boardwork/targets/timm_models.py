"""`timm:vit_base_patch16_224` -> a model of timm without weights, and an image of its own size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from torch import nn

from boardwork.errors import TargetError
from boardwork.targets.assemble import assemble
from boardwork.targets.build import build, library
from boardwork.targets.call import Call
from boardwork.targets.forward_arguments import forward_parameters
from boardwork.targets.input_axes import AXES_BY_RANK
from boardwork.targets.input_spec import InputSpec
from boardwork.targets.layers import IMAGE, Argument, argument
from boardwork.targets.subject import Subject
from boardwork.targets.unknown import unknown


def load(call: Call, given: Sequence[InputSpec]) -> Subject:
    """Build the model that the call names, with or without a tag of weights. Raises TargetError."""
    timm = library("timm")
    if call.name.partition(".")[0] not in timm.list_models():
        listing = 'python -c "import timm; print(timm.list_models())"'
        raise unknown("model in timm", call.name, timm.list_models(), listing)
    if "pretrained" in call.kwargs or call.args:
        raise TargetError("timm models are built without weights, from named arguments.", where=call.target)
    module = build(_create(timm, call.name), call)
    known = [_image(module, call)]
    return assemble(module, target=call.target, title=call.name, given=given, known=known)


def _create(timm: ModuleType, name: str) -> Callable[..., nn.Module]:
    def create(**kwargs: Any) -> nn.Module:
        model: nn.Module = timm.create_model(name, pretrained=False, **kwargs)
        return model

    return create


def _image(module: nn.Module, call: Call) -> Argument:
    config = getattr(module, "pretrained_cfg", None) or {}
    channels, *sides = config.get("input_size", (3, IMAGE, IMAGE))
    channels = call.kwargs.get("in_chans", channels)
    size = call.kwargs.get("img_size", sides)
    height, width = (size, size) if isinstance(size, int) else size
    return argument(forward_parameters(module)[0].name, (1, channels, height, width), AXES_BY_RANK[4])
