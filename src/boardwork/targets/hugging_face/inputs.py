"""A model of transformers and its config -> the tensors that its forward needs, by the names transformers uses."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from torch import nn

from boardwork.targets.hugging_face.maker import Maker
from boardwork.targets.hugging_face.media import ATTENDED, IMAGES, SOUNDS, media_inputs
from boardwork.targets.hugging_face.tensors import COMPANIONS, MAKERS, named_input
from boardwork.targets.layers import Argument


def model_inputs(module: nn.Module, config: Any, names: Sequence[str], *, media: bool = True) -> list[Argument]:
    """The main input, all that forward insists on, a second tower's input, the decoder's tokens; batch 1.

    Without `media`, what is optional beside text is left out.
    """
    decoder = bool(getattr(config, "is_encoder_decoder", False)) and "decoder_input_ids" in names
    wanted = [*_main(module, names), *required(module)]
    wanted += _second_tower(config, names) if media else []
    for name in wanted:  # which grows: a companion may have companions
        wanted += [other for other in COMPANIONS.get(name, ()) if other in names and other not in wanted]
    if decoder:
        wanted.append("decoder_input_ids")
    maker = Maker(module, config, frozenset(wanted), "src_len" if decoder else "seq_len")
    made = {item.name: item for item in (media_inputs(module, config, names) if media else ())}
    inputs = (made.pop(name, None) or named_input(maker, name) for name in dict.fromkeys(wanted))
    return [*(item for item in inputs if item is not None), *made.values()]


def _main(module: nn.Module, names: Sequence[str]) -> list[str]:
    """The model's own word for its main input; where forward has no such argument, its first that can be made."""
    main = getattr(module, "main_input_name", None) or "input_ids"
    mains = [main] if isinstance(main, str) else list(main)
    if "inputs" in mains and "input_values" in names:  # "inputs" then is either of the two that follow
        mains = ["input_values"]
    known = [name for name in mains if name in names and name in MAKERS]
    return known or [name for name in names if name in MAKERS][:1]


def required(module: nn.Module) -> list[str]:
    """Arguments of forward without a default."""
    parameters = inspect.signature(module.forward).parameters.values()
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [p.name for p in parameters if p.default is p.empty and p.kind in named]


def _second_tower(config: Any, names: Sequence[str]) -> list[str]:
    """Text with an image or sound that has no place in the text, or that the text attends to."""
    attended = ATTENDED in names
    images = [(IMAGES, name) for name in ("pixel_values", "pixel_values_videos", "flattened_patches")]
    for medium, name in (*images, (SOUNDS, "input_features")):
        placed = any(hasattr(config, token) for token in medium.token) and not attended
        if "input_ids" in names and name in names and not placed:
            return ["input_ids", name]
    return []
