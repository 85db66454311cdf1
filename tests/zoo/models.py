"""The installed libraries -> the names of the zoo's models, and the target that draws each."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

# Fast ones of every sort: what runs by default.
SLICE = (
    "torchvision:resnet18",
    "torchvision:squeezenet1_0",
    "torchvision:vit_b_16",
    "torchvision:googlenet",
    "timm:convnext_atto",
    "timm:test_vit",
    "hf:gpt2",
    "hf:bert",
    "hf:t5",
    "hf:clip",
    "hf:mixtral",
    "hf:whisper",
)


def all_models() -> list[str]:
    """Every model of torchvision, one of each module file of timm, every model type of transformers."""
    return [*torchvision_models(), *timm_models(), *transformers_models()]


def torchvision_models() -> list[str]:
    from boardwork.targets.build import library

    return [f"torchvision:{name}" for name in library("torchvision").models.list_models()]


def timm_models() -> list[str]:
    from boardwork.targets.build import library

    timm = library("timm")
    firsts = [timm.list_models(module=module)[:1] for module in sorted(timm.list_modules())]
    return [f"timm:{name}" for names in firsts for name in names]


def transformers_models() -> list[str]:
    """Every type whose config has defaults and leads to a model; parts of other models have no model of their own."""
    from boardwork.targets.build import library

    transformers = library("transformers")
    found = []
    for kind in transformers.CONFIG_MAPPING:
        with contextlib.suppress(Exception):
            config = transformers.CONFIG_MAPPING[kind]()
            if type(config) in transformers.MODEL_MAPPING:
                found.append(f"hf:{kind}")
    return found


def target_of(name: str, folder: Path) -> str:
    """What `boardwork draw` takes; a model type of transformers gets a folder with its default config."""
    library, _, kind = name.partition(":")
    if library != "hf":
        return name
    place = folder / kind
    if not place.exists():
        _default_config(kind).save_pretrained(place)
    return f"hf:{place}"


def _default_config(kind: str) -> Any:
    from boardwork.targets.build import library

    return library("transformers").CONFIG_MAPPING[kind]()
