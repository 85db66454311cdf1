"""`hf:DIR` with a config.json in DIR -> the model of transformers that it describes, without weights."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn

from boardwork.errors import TargetError
from boardwork.targets.assemble import assemble
from boardwork.targets.build import build, library
from boardwork.targets.call import Call
from boardwork.targets.forward_arguments import arrange, forward_parameters
from boardwork.targets.hugging_face.forms import other_forms
from boardwork.targets.hugging_face.held_models import drawn_part
from boardwork.targets.hugging_face.inputs import model_inputs, required
from boardwork.targets.hugging_face.maker import parts_of
from boardwork.targets.hugging_face.media import SOUNDS, media_inputs
from boardwork.targets.hugging_face.states import state_axes, states
from boardwork.targets.input_spec import InputSpec
from boardwork.targets.layers import Argument
from boardwork.targets.state import global_state_kept
from boardwork.targets.subject import Subject

ADDED = (
    "The forward takes as many tokens as the sound has frames after its layers with strides; give --input to set them."
)
TEXT_ALONE = "The forward refused images and sounds made for it: it was run on text alone; give --input to set them."


def load(call: Call, given: Sequence[InputSpec]) -> Subject:
    """Build the model of a folder; arguments replace entries of its config. Raises TargetError."""
    folder = Path(call.name).expanduser()
    folder = folder.parent if folder.name == "config.json" else folder
    if not (folder / "config.json").is_file():
        raise TargetError(f"There is no config.json in {call.name!r}.", hint="hf:DIR, where DIR holds a config.json")
    if call.args:
        raise TargetError("hf: takes named arguments only, entries of config.json.", where=call.target)
    transformers = library("transformers")
    config = _config(transformers, folder, call)
    cls = _model_class(transformers, config, folder)
    part, module, told = drawn_part(build(_constructor(cls, config), Call(call.target, cls.__name__)))
    config = module.config if part else config
    names = [p.name for p in forward_parameters(module)]
    before = states(module, config, names)
    extra = {**({"use_cache": False} if "use_cache" in names else {}), **before}
    known = model_inputs(module, config, names)
    title = ".".join(filter(None, (folder.resolve().name, part)))
    subject = assemble(module, target=call.target, title=title, given=given, known=known, extra=extra)
    subject = replace(subject, axes={**subject.axes, **state_axes(before)}, guesses=(*told, *subject.guesses))
    if given:
        return subject
    alone = model_inputs(module, config, names, media=False)
    tried = [*_added(module, config, names), *other_forms(known, getattr(config, "num_codebooks", 0))]
    tried += _unmasked(module, known)
    tried += [(alone, TEXT_ALONE)] if len(alone) < len(known) else []
    forms = [(arrange(module, inputs, extra), why) for inputs, why in tried]
    others = (replace(subject, **vars(arguments), guesses=(*told, why)) for arguments, why in forms)
    return replace(subject, others=tuple(others))


def _added(module: nn.Module, config: Any, names: Sequence[str]) -> list[tuple[list[Argument], str]]:
    """Text as long as the sound, where a config with a sound tower has no token that stands for it."""
    placed = any(getattr(part, name, None) is not None for part in parts_of(config) for name in SOUNDS.token)
    made = [] if placed or "input_features" not in names else media_inputs(module, config, names, added=True)
    return [(made, ADDED)] if made else []


def _unmasked(module: nn.Module, known: Sequence[Argument]) -> list[tuple[list[Argument], str]]:
    """The same inputs without the masks that forward does not insist on, whose form differs from model to model."""
    kept = [item for item in known if not item.name.endswith("mask") or item.name in required(module)]
    left = ", ".join(item.name for item in known if item not in kept)
    return [(kept, f"The forward refused {left}: it was run without.")] if left else []


def _config(transformers: ModuleType, folder: Path, call: Call) -> Any:
    try:
        json.loads((folder / "config.json").read_text(encoding="utf-8"))
        with global_state_kept():
            config = transformers.AutoConfig.from_pretrained(folder, local_files_only=True)
    except Exception as error:  # transformers and its validators raise many sorts
        raise TargetError(f"Cannot read {folder / 'config.json'}: {error}", where=call.target) from error
    for name, value in call.kwargs.items():
        if not hasattr(config, name):
            raise TargetError(f"{type(config).__name__} has no entry {name!r}.", where=call.target)
        setattr(config, name, value)
    for part in (config, getattr(config, "text_config", None)):
        if part is not None and getattr(part, "use_cache", False):
            part.use_cache = False  # a cache is an object that forward returns, and no part of the picture
    return config


def _model_class(transformers: ModuleType, config: Any, folder: Path) -> Any:
    for name in config.architectures or ():
        if hasattr(transformers, name):
            return getattr(transformers, name)
        raise TargetError(f"transformers {transformers.__version__} has no class {name!r}.", where=str(folder))
    for name in _auto_classes(transformers, config):
        found = _mapped(getattr(transformers, name)._model_mapping, type(config))
        if found is not None:
            return found
    raise TargetError(f"transformers has no model for {type(config).__name__}.", where=str(folder))


def _mapped(mapping: Any, kind: type) -> Any:
    if kind not in mapping:
        return None
    try:
        found = mapping[kind]
    except ValueError:  # the mapping names a class that this transformers does not have
        return None
    return found[0] if isinstance(found, tuple) else found


def _auto_classes(transformers: ModuleType, config: Any) -> list[str]:
    """Where to look for a class when the config names none: the model with its head, the bare one, any other."""
    multimodal, bare = "AutoModelForMultimodalLM", "AutoModel"
    if getattr(config, "is_encoder_decoder", False):
        first = ["AutoModelForSeq2SeqLM", "AutoModelForSpeechSeq2Seq", multimodal, bare]
    else:
        first = [multimodal, "AutoModelForCausalLM", bare]
    rest = [name for name in dir(transformers) if name.startswith("AutoModelFor") and name not in first]
    return [*first, *rest, "AutoBackbone"]


def _constructor(cls: Any, config: Any) -> Callable[[], nn.Module]:
    def construct() -> nn.Module:
        torch.set_default_dtype(_dtype(config))  # the caller puts it back
        try:
            config._attn_implementation = "sdpa"
            return cls(config)  # type: ignore[no-any-return]
        except ValueError:  # this architecture has no such attention
            config._attn_implementation = "eager"
            return cls(config)  # type: ignore[no-any-return]

    return construct


def _dtype(config: Any) -> torch.dtype:
    dtype = getattr(config, "dtype", None)
    dtype = getattr(torch, dtype, None) if isinstance(dtype, str) else dtype
    return dtype if isinstance(dtype, torch.dtype) and dtype.is_floating_point else torch.float32
