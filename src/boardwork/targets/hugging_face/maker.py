"""A model of transformers and its config -> answers to what a maker of tensors asks: an entry, a layer, a dtype."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from boardwork.targets.forward_arguments import weight_dtype


def parts_of(config: Any) -> Iterator[Any]:
    """A config and those inside it."""
    yield config
    for value in list(vars(config).values()):
        if hasattr(value, "model_type"):
            yield from parts_of(value)


@dataclass(frozen=True)
class Maker:
    """What a tensor is made from: module, config, the arguments that forward gets, the name of the text axis.

    `whole` is the config of the model that `module` is a part of, if it is one.
    """

    module: nn.Module
    config: Any
    wanted: frozenset[str]
    axis: str
    whole: Any = None

    @property
    def dtype(self) -> torch.dtype:
        return weight_dtype(self.module)

    def entry(self, *names: str, default: Any = None) -> Any:
        """The first of these entries in the config, or in the part of it for one kind of input."""
        parts = (
            "vision_config",
            "text_config",
            "audio_config",
            "backbone_config",
            "encoder_config",
            "audio_encoder_config",
            "semantic_config",
            "semantic_model_config",
        )
        for name in names:
            for part in (self.config, *(getattr(self.config, part, None) for part in parts)):
                value = getattr(part, name, None)
                if value is not None:
                    return value
        found = (getattr(part, name, None) for name in names for part in parts_of(self.config))
        return next((value for value in found if value is not None), default)

    def entry_of(self, part: str, name: str) -> Any:
        """An entry of one part of the config."""
        return getattr(getattr(self.config, part, None), name, None)

    def first(self, *kinds: type[nn.Module]) -> Any:
        """The first layer of these kinds, in the order of registration."""
        return next((layer for layer in self.module.modules() if isinstance(layer, kinds)), None)
