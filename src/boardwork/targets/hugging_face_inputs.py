"""A model of transformers and its config -> the tensors that its forward needs, by the names transformers uses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from boardwork.targets.forward_arguments import weight_dtype
from boardwork.targets.layers import AXES_BY_RANK, IMAGE, TOKENS, Argument, argument

SPEECH_FRAMES = 3000  # 30 s of log-mel frames, 10 ms apart
SAMPLES = 16000  # one second of sound


def model_inputs(module: nn.Module, config: Any, names: Sequence[str]) -> list[Argument]:
    """The main input, the second tower's input where there are two, and the decoder's tokens; batch 1."""
    main = getattr(module, "main_input_name", None) or "input_ids"
    wanted = [main if main in names else names[0]]
    if _two_towers(module, config, names):
        wanted = ["input_ids", "pixel_values"]
    decoder = bool(getattr(config, "is_encoder_decoder", False)) and "decoder_input_ids" in names
    inputs = [_input(module, config, name, "src_len" if decoder else "seq_len") for name in wanted]
    if decoder:
        inputs.append(_tokens(config, "decoder_input_ids", "tgt_len"))
    return inputs


def _two_towers(module: nn.Module, config: Any, names: Sequence[str]) -> bool:
    both = "input_ids" in names and "pixel_values" in names and hasattr(config, "vision_config")
    generates = getattr(module, "can_generate", lambda: False)()
    return both and not generates and not hasattr(config, "image_token_id")


def _input(module: nn.Module, config: Any, name: str, axis: str) -> Argument:
    dtype = weight_dtype(module)
    if name == "pixel_values":
        return _image(config, dtype)
    if name == "input_features" and _entry(config, "input_feat_per_channel", 0):
        shape = (1, SPEECH_FRAMES, _entry(config, "input_feat_per_channel", 0))
        return argument(name, shape, ("batch", "", ""), dtype)
    if name == "input_features":
        bins = _entry(config, "num_mel_bins", 80)
        return argument(name, (1, bins, SPEECH_FRAMES), ("batch", "", ""), dtype)
    if name == "input_values" and _entry(config, "num_mel_bins", 0):
        shape = (1, _entry(config, "max_length", 1024), _entry(config, "num_mel_bins", 0))
        return argument(name, shape, ("batch", "", ""), dtype)
    if name == "input_values":
        channels = _entry(config, "audio_channels", 0)
        if channels:
            return argument(name, (1, channels, SAMPLES), ("batch", "", "length"), dtype)
        return argument(name, (1, SAMPLES), ("batch", "length"), dtype)
    return _tokens(config, name, axis)


def _tokens(config: Any, name: str, axis: str) -> Argument:
    limit = _entry(config, "max_position_embeddings", TOKENS)
    length = min(TOKENS, limit) if limit > 0 else TOKENS  # XLNet has no limit and says -1
    return argument(name, (1, length), ("batch", axis), torch.int64)


def _image(config: Any, dtype: torch.dtype) -> Argument:
    size = _entry(config, "image_size", IMAGE)
    if isinstance(size, dict):
        size = tuple(size.values())
    height, width = (size, size) if isinstance(size, int) else tuple(size)[-2:]
    channels = _entry(config, "num_channels", 3)
    return argument("pixel_values", (1, channels, height, width), AXES_BY_RANK[4], dtype)


def _entry(config: Any, name: str, default: Any) -> Any:
    """An entry of the config, or of the part of it for one kind of input."""
    parts = ("vision_config", "text_config", "audio_config", "backbone_config")
    for part in (config, *(getattr(config, part, None) for part in parts)):
        value = getattr(part, name, None)
        if value is not None:
            return value
    return default
