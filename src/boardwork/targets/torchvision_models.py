"""`torchvision:resnet50` -> a model of torchvision without weights, and an image or clip of its size."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from torch import nn

from boardwork.targets.assemble import assemble
from boardwork.targets.build import build, library
from boardwork.targets.call import Call
from boardwork.targets.input_axes import AXES_BY_RANK
from boardwork.targets.input_spec import InputSpec
from boardwork.targets.layers import IMAGE, Argument, argument
from boardwork.targets.subject import Subject
from boardwork.targets.unknown import unknown

FRAMES = 16
DETECTION = 800  # the shorter side that torchvision's detectors resize to
FLOW = (520, 960)  # what torchvision's optical-flow references crop to


def load(call: Call, given: Sequence[InputSpec]) -> Subject:
    """Build the model that the call names. Raises TargetError."""
    models: ModuleType = library("torchvision").models
    name = call.name.lower()
    if name not in models.list_models():
        listing = 'python -c "import torchvision; print(torchvision.models.list_models())"'
        raise unknown("model in torchvision", call.name, models.list_models(), listing)
    builder = models.get_model_builder(name)
    # Each of these either fetches something or spends time on values that nobody sees.
    fixed = {"weights": None, "weights_backbone": None, "init_weights": False}
    module = build(builder, call, **{key: value for key, value in fixed.items() if _takes(builder, key)})
    known = _inputs(models, name, module)
    subject = assemble(module, target=call.target, title=name, given=given, known=known)
    if known[0].name == "images":  # a detector takes a list of images of any sizes
        return dataclasses.replace(subject, args=(list(subject.args),))
    return subject


def _takes(builder: Any, name: str) -> bool:
    if name == "init_weights":
        return builder.__name__ in ("inception_v3", "googlenet")
    return name in inspect.signature(builder).parameters


def _inputs(models: ModuleType, name: str, module: nn.Module) -> list[Argument]:
    package = type(module).__module__
    if ".optical_flow" in package:
        return [argument(side, (1, 3, *FLOW), AXES_BY_RANK[4]) for side in ("image1", "image2")]
    if ".detection" in package:
        return [argument("images", (3, DETECTION, DETECTION), ("", "height", "width"))]
    side = getattr(module, "image_size", None) or _crop(models, name)
    if ".video" in package:
        return [argument(_first(module), (1, 3, FRAMES, side, side), AXES_BY_RANK[5])]
    return [argument(_first(module), (1, 3, side, side), AXES_BY_RANK[4])]


def _crop(models: ModuleType, name: str) -> int:
    """The side that the preprocessing of the model's published weights crops to."""
    try:
        transforms = models.get_model_weights(name).DEFAULT.transforms
        crop = transforms.keywords.get("crop_size", IMAGE)
    except (AttributeError, ValueError):
        return IMAGE
    return int(crop if isinstance(crop, int) else crop[0])


def _first(module: nn.Module) -> str:
    return next(iter(inspect.signature(module.forward).parameters))
