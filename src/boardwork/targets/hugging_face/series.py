"""The name of a sound or a time series in transformers -> a tensor for it, of the length the config says."""

from __future__ import annotations

import torch
from torch import nn

from boardwork.targets.first_layer import first_layer
from boardwork.targets.hugging_face.maker import Maker
from boardwork.targets.layers import Argument, argument

SPEECH_FRAMES = 3000  # 30 s of log-mel frames, 10 ms apart
SAMPLES = 16000  # one second of sound
SAMPLES_A_FRAME = 320  # where a model takes the sound and frames of it
LONGEST = 512  # steps of a time series: forward loops over its patches
HISTORY = 64  # steps of a time series whose config does not say


def speech(maker: Maker, name: str) -> Argument:
    """Log-mel frames; the first layer says whether the bins come before the time axis or after it."""
    bins = maker.entry(
        "input_feat_per_channel",
        "input_size",
        "num_chroma",
        "num_mel_bins",
        "num_mel_channels",
        "input_feat_size",
        "feature_projection_input_dim",
        "feature_size",
        "audio_embed_dim",
        "input_dim",
    )
    found = first_layer(maker.module)
    layer = found[1] if found else None
    if isinstance(layer, nn.Conv1d) and (bins is None or layer.in_channels == bins) and not _frames_first(maker, bins):
        return argument(name, (1, layer.in_channels, SPEECH_FRAMES), ("batch", "", ""), maker.dtype)
    if isinstance(layer, nn.Linear) and bins and layer.in_features % bins == 0:
        bins = layer.in_features  # several frames are stacked into one
    linear = maker.first(nn.Linear)
    wide = linear.in_features if isinstance(layer, nn.Linear) and linear is not None else 80
    bins = bins or (layer.in_features if isinstance(layer, nn.Linear) else wide)
    frames = SAMPLES // SAMPLES_A_FRAME if "input_values" in maker.wanted else SPEECH_FRAMES
    return argument(name, (1, frames, bins), ("batch", "", ""), maker.dtype)


def _frames_first(maker: Maker, bins: int | None) -> bool:
    return bool(maker.entry("input_feat_per_channel", "num_mel_channels"))


def speech_length(maker: Maker, name: str) -> Argument:
    shape = speech(maker, name).tensor.shape
    length = SPEECH_FRAMES if SPEECH_FRAMES in shape else shape[1]
    return Argument(name, torch.ones(1, length, dtype=torch.int64, device="cpu"), ("batch", ""))


def valid_length(maker: Maker, name: str) -> Argument:
    """A mask whose True means padding: none of it."""
    return Argument(name, torch.zeros(1, SPEECH_FRAMES, dtype=torch.bool, device="cpu"), ("batch", ""))


def sound(maker: Maker, name: str) -> Argument:
    if (bins := maker.entry("num_mel_bins", default=0)) and maker.entry("conv_kernel") is None:
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


def series(maker: Maker, name: str) -> Argument:
    channels = maker.entry("num_input_channels", "input_size", default=1)
    length = _ahead(maker) if name.startswith("future") else _series_length(maker)
    flat = maker.entry("num_input_channels") is None and channels == 1
    shape = (1, length) if flat else (1, length, channels)
    return argument(name, shape, ("batch", *[""] * (len(shape) - 1)), maker.dtype)


def _ahead(maker: Maker) -> int:
    return int(maker.entry("prediction_length", default=HISTORY))


def time_features(maker: Maker, name: str) -> Argument:
    length = _ahead(maker) if name.startswith("future") else _series_length(maker)
    features = maker.entry("num_time_features", default=0) or 1
    return argument(name, (1, length, features), ("batch", "", ""), maker.dtype)


def padding(maker: Maker, name: str) -> Argument:
    return Argument(name, torch.zeros(1, _series_length(maker), dtype=torch.int64, device="cpu"), ("batch", ""))
