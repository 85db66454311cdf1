"""The installed libraries -> the names of the zoo's models, and the target that draws each."""

from __future__ import annotations

import functools
import json
import tomllib
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
    "hf:git",
    "hf:yolos",
    "hf:wav2vec2",
    "hf:mamba",
    "hf:llava",
    "hf:sam2",
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
    """Every type that an auto class of transformers leads to a model from.

    The rest are configs of parts: a tower, a decoder, a vocoder. They are drawn inside the models that they are
    parts of.
    """
    from boardwork.targets.build import library

    transformers = library("transformers")
    classes = [getattr(transformers, name) for name in dir(transformers) if name.startswith(("AutoModel", "AutoBack"))]
    mappings = [cls._model_mapping for cls in classes if getattr(cls, "_model_mapping", None) is not None]
    kinds = transformers.CONFIG_MAPPING
    return [f"hf:{kind}" for kind in kinds if any(kinds[kind] in mapping for mapping in mappings)]


def target_of(name: str, folder: Path) -> str:
    """What `boardwork draw` takes; a model type of transformers gets a folder with its default config.

    Where the defaults do not fit each other, or make a forward of more operations than a sheet takes, configs.toml
    has the entries that mend it.
    """
    library, _, kind = name.partition(":")
    if library != "hf":
        return name
    place = folder / kind
    if not place.exists():
        _write(kind, place)
    return f"hf:{place}"


def _write(kind: str, place: Path) -> None:
    """A config as the library writes it; the explicit entries alone where it asks the network for its defaults."""
    from boardwork.targets.build import library

    entries = _entries().get(kind, {})
    try:
        library("transformers").CONFIG_MAPPING[kind](**entries).save_pretrained(place)
    except Exception:
        place.mkdir(exist_ok=True)
        (place / "config.json").write_text(json.dumps({"model_type": kind, **entries}), encoding="utf-8")


@functools.cache
def _entries() -> dict[str, dict[str, Any]]:
    return tomllib.loads(Path(__file__).with_name("configs.toml").read_text(encoding="utf-8"))
