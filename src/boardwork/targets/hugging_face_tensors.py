"""The name of an argument in transformers, the model and its config -> a tensor, with values where they matter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch import nn

from boardwork.targets.first_layer import first_layer
from boardwork.targets.forward_arguments import weight_dtype
from boardwork.targets.layers import AXES_BY_RANK, IMAGE, TOKENS, Argument, argument

SPEECH_FRAMES = 3000  # 30 s of log-mel frames, 10 ms apart
SAMPLES = 16000  # one second of sound
FRAMES = 16  # of a clip
GRID = 16  # patches along each side of an image that comes as a list of patches
LONGEST = 512  # steps of a time series: forward loops over its patches
HISTORY = 64  # steps of a time series whose config does not say

# Arguments that are optional in the signature and needed all the same, beside the one named first.
COMPANIONS: dict[str, tuple[str, ...]] = {
    "states": ("actions", "rewards", "returns_to_go", "timesteps", "attention_mask"),
    "past_time_features": ("future_values", "future_time_features"),
    "image": ("bbox",),
    "input_ids": ("bbox", "image", "visual_feats", "visual_pos"),
    "pixel_values": ("qformer_input_ids", "image_embeds_position_mask", "spatial_shapes"),
    "qformer_input_ids": ("input_ids",),
    "query_embeds": ("encoder_hidden_states",),
    "image_embeds_position_mask": ("input_ids",),
    "prompt_pixel_values": ("prompt_masks",),
    "input_features": ("input_features_mask",),
    "spatial_shapes": ("pixel_attention_mask",),
}


@dataclass(frozen=True)
class Maker:
    """What a tensor is made from: module, config, the arguments that forward gets, the name of the text axis."""

    module: nn.Module
    config: Any
    wanted: frozenset[str]
    axis: str

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
        return default

    def first(self, *kinds: type[nn.Module]) -> Any:
        """The first layer of these kinds, in the order of registration."""
        return next((layer for layer in self.module.modules() if isinstance(layer, kinds)), None)


def named_input(maker: Maker, name: str) -> Argument | None:
    """A tensor for the argument `name`, None if nothing is known of that name."""
    make = MAKERS.get(name) or (_tokens if name.endswith("input_ids") else None)
    return make(maker, name) if make else None


def _tokens(maker: Maker, name: str) -> Argument:
    limit = maker.entry("max_position_embeddings", default=TOKENS)
    limit = min(limit) if isinstance(limit, list | tuple) else limit
    length = min(TOKENS, limit) if limit > 0 else TOKENS  # XLNet has no limit and says -1
    axis = "tgt_len" if name.startswith("decoder") else maker.axis
    return argument(name, (1, length), ("batch", axis), torch.int64)


def _mask(maker: Maker, name: str) -> Argument:
    tokens = _tokens(maker, name)
    return Argument(name, torch.ones(tokens.tensor.shape, dtype=torch.int64, device="cpu"), tokens.axes)


def _boxes(maker: Maker, name: str) -> Argument:
    tokens = _tokens(maker, name)
    return argument(name, (*tokens.tensor.shape, 4), (*tokens.axes, ""), torch.int64)


def _sides(maker: Maker) -> tuple[int, int]:
    own = next((m.img_size for m in maker.module.modules() if hasattr(m, "img_size")), IMAGE)
    size = maker.entry("image_size", "crop_size", "img_size", "input_size", "max_img_size", default=own)
    if isinstance(size, dict):
        size = tuple(size.values())
    height, width = (size, size) if isinstance(size, int) else tuple(size)[-2:]
    return int(height), int(width)


def _image(maker: Maker, name: str) -> Argument:
    if maker.wanted & {"grid_thw", "spatial_shapes", "pixel_position_ids"}:
        return _patches(maker, name)
    height, width = _sides(maker)
    channels = maker.entry("num_channels", "in_channels", "in_chans", default=3)
    channels = channels if isinstance(channels, int) else 3
    if _is_video(maker):
        return _clip(maker, name)
    return argument(name, (1, channels, height, width), AXES_BY_RANK[4], maker.dtype)


def _is_video(maker: Maker) -> bool:
    return bool(getattr(maker.config, "num_frames", 0) or maker.entry("tubelet_size", "num_frames"))


def _clip(maker: Maker, name: str) -> Argument:
    frames = maker.entry("num_frames", "frames_per_clip", default=FRAMES)
    shape = (1, int(frames), maker.entry("num_channels", "in_chans", default=3), *_sides(maker))
    return argument(name, shape, ("batch", "", "", "", ""), maker.dtype)


def _patch_size(maker: Maker) -> int:
    """Numbers in one patch, as the layer that takes patches says."""
    layer = maker.first(nn.Conv2d, nn.Conv3d, nn.Linear)
    if isinstance(layer, nn.Linear):
        return layer.in_features
    return int(layer.in_channels * prod(layer.kernel_size))


def _patches(maker: Maker, name: str) -> Argument:
    shape: tuple[int, ...] = (GRID * GRID, _patch_size(maker))
    layer = maker.first(nn.Conv2d, nn.Conv3d, nn.Linear)
    if name == "pixel_values" and isinstance(layer, nn.Conv2d):
        shape = (GRID * GRID, layer.in_channels, *layer.kernel_size)
    if "grid_thw" in maker.wanted:
        return argument(name, shape, ("",) * len(shape), maker.dtype)
    return argument(name, (1, *shape), ("batch", *("" for _ in shape)), maker.dtype)


def _hidden(maker: Maker, name: str) -> Argument:
    if "grid_thw" in maker.wanted:
        return _patches(maker, name)
    layer = maker.first(nn.Conv1d)
    if layer is not None:
        return argument(name, (1, layer.in_channels, TOKENS), ("batch", "", ""), maker.dtype)
    return argument(name, (1, TOKENS, maker.entry("hidden_size", "d_model")), ("batch", "seq_len", ""), maker.dtype)


def _numbers(*rows: int) -> Callable[[Maker, str], Argument]:
    """One row of whole numbers whose values forward reads."""
    return lambda maker, name: Argument(name, torch.tensor([rows], device="cpu"), ("",) * 2)


def _positions(maker: Maker, name: str) -> Argument:
    grid = torch.arange(GRID, device="cpu")
    return Argument(name, torch.cartesian_prod(grid, grid).flip(-1)[None], ("batch", "", ""))


def _speech(maker: Maker, name: str) -> Argument:
    """Log-mel frames; the first layer says whether the bins come before the time axis or after it."""
    bins = maker.entry(
        "input_feat_per_channel",
        "num_mel_bins",
        "num_mel_channels",
        "input_feat_size",
        "feature_projection_input_dim",
        "feature_size",
        "input_dim",
    )
    found = first_layer(maker.module)
    layer = found[1] if found else None
    if isinstance(layer, nn.Conv1d) and (bins is None or layer.in_channels == bins) and not _frames_first(maker, bins):
        return argument(name, (1, layer.in_channels, SPEECH_FRAMES), ("batch", "", ""), maker.dtype)
    linear = maker.first(nn.Linear)
    wide = linear.in_features if isinstance(layer, nn.Linear) and linear is not None else 80
    bins = bins or (layer.in_features if isinstance(layer, nn.Linear) else wide)
    return argument(name, (1, SPEECH_FRAMES, bins), ("batch", "", ""), maker.dtype)


def _frames_first(maker: Maker, bins: int | None) -> bool:
    return bool(maker.entry("input_feat_per_channel", "num_mel_channels"))


def _speech_length(maker: Maker, name: str) -> Argument:
    speech = _speech(maker, name).tensor.shape
    length = SPEECH_FRAMES if SPEECH_FRAMES in speech else speech[1]
    return Argument(name, torch.ones(1, length, dtype=torch.int64, device="cpu"), ("batch", ""))


def _valid_length(maker: Maker, name: str) -> Argument:
    """A mask whose True means padding: none of it."""
    return Argument(name, torch.zeros(1, SPEECH_FRAMES, dtype=torch.bool, device="cpu"), ("batch", ""))


def _sound(maker: Maker, name: str) -> Argument:
    if bins := maker.entry("num_mel_bins", default=0):
        shape = (1, maker.entry("max_length", default=1024), bins)
        return argument(name, shape, ("batch", "", ""), maker.dtype)
    if channels := maker.entry("audio_channels", default=0) or ("input_features" in maker.wanted):
        return argument(name, (1, int(channels), SAMPLES), ("batch", "", "length"), maker.dtype)
    layer = maker.first(nn.Conv1d)
    if getattr(maker.module, "main_input_name", "") == "input_values" and _takes_channels(maker):
        return argument(name, (1, layer.in_channels, SAMPLES), ("batch", "", "length"), maker.dtype)
    return argument(name, (1, SAMPLES), ("batch", "length"), maker.dtype)


def _takes_channels(maker: Maker) -> bool:
    """An audio codec, which says how it samples, works on (batch, channel, time)."""
    return maker.entry("downsampling_ratios", "upsampling_ratios", "codebook_size") is not None


def _series_length(maker: Maker) -> int:
    length = maker.entry("context_length", "context_len", "prediction_length", default=HISTORY)
    lags = maker.entry("lags_sequence", default=[0])
    return min(int(length), LONGEST) + (max(lags) if "past_time_features" in maker.wanted else 0)


def _series(maker: Maker, name: str) -> Argument:
    channels = maker.entry("num_input_channels", "input_size", default=1)
    length = _ahead(maker) if name.startswith("future") else _series_length(maker)
    flat = maker.entry("num_input_channels") is None and channels == 1
    shape = (1, length) if flat else (1, length, channels)
    return argument(name, shape, ("batch", *[""] * (len(shape) - 1)), maker.dtype)


def _ahead(maker: Maker) -> int:
    return int(maker.entry("prediction_length", default=HISTORY))


def _time_features(maker: Maker, name: str) -> Argument:
    length = _ahead(maker) if name.startswith("future") else _series_length(maker)
    features = maker.entry("num_time_features", default=0) or 1
    return argument(name, (1, length, features), ("batch", "", ""), maker.dtype)


def _padding(maker: Maker, name: str) -> Argument:
    return Argument(name, torch.zeros(1, _series_length(maker), dtype=torch.int64, device="cpu"), ("batch", ""))


def _of_width(
    *entries: str, length: int = TOKENS, dtype: torch.dtype | None = None
) -> Callable[[Maker, str], Argument]:
    """(1, length, width) with the width from the config."""

    def make(maker: Maker, name: str) -> Argument:
        width = maker.entry(*entries, default=1)
        axis = "seq_len" if length == TOKENS else ""
        return argument(name, (1, length, int(width)), ("batch", axis, ""), dtype or maker.dtype)

    return make


def _of_length(length: int, dtype: torch.dtype) -> Callable[[Maker, str], Argument]:
    return lambda maker, name: argument(name, (1, length), ("batch", ""), dtype)


def _image_mask(maker: Maker, name: str) -> Argument:
    return argument(name, (1, *_sides(maker)), ("batch", "height", "width"), maker.dtype)


MAKERS: dict[str, Callable[[Maker, str], Argument]] = {
    "input_ids": _tokens,
    "decoder_input_ids": _tokens,
    "attention_mask": _mask,
    "classes_attention_mask": _mask,
    "tasks_attention_mask": _mask,
    "image_embeds_position_mask": _mask,
    "bbox": _boxes,
    "pixel_values": _image,
    "prompt_pixel_values": _image,
    "prompt_masks": _image,
    "image": _image,
    "pixel_mask": _image_mask,
    "pixel_values_videos": _clip,
    "videos": _clip,
    "pixel_attention_mask": lambda maker, name: Argument(
        name, torch.ones(1, GRID * GRID, dtype=torch.int64, device="cpu"), ("batch", "")
    ),
    "spatial_shapes": _numbers(GRID, GRID),
    "grid_thw": _numbers(1, GRID, GRID),
    "merge_sizes": lambda maker, name: Argument(name, torch.tensor([2], device="cpu"), ("",)),
    "pixel_position_ids": _positions,
    "hidden_states": _hidden,
    "input_features": _speech,
    "audio_mel": _speech,
    "input_features_mask": _speech_length,
    "audio_mel_mask": _valid_length,
    "input_values": _sound,
    "past_values": _series,
    "future_values": _series,
    "past_observed_mask": _series,
    "past_time_features": _time_features,
    "future_time_features": _time_features,
    "past_values_padding": _padding,
    "freq": lambda maker, name: Argument(name, torch.zeros(1, 1, dtype=torch.int64, device="cpu"), ("batch", "")),
    "inputs": _of_width("d_model", "hidden_size"),
    "query_embeds": _of_width("hidden_size", length=32),
    "encoder_hidden_states": _of_width("encoder_hidden_size", "cross_attention_dim", "hidden_size", length=256),
    "task_inputs": _of_length(77, torch.int64),
    "states": _of_width("state_dim", length=20),
    "actions": _of_width("act_dim", length=20),
    "rewards": _of_width(length=20),
    "returns_to_go": _of_width(length=20),
    "timesteps": _of_length(20, torch.int64),
    "visual_feats": _of_width("visual_feat_dim", length=36),
    "visual_pos": _of_width("visual_pos_dim", length=36),
}
