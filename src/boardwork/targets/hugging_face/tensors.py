"""The name of an argument in transformers, the model and its config -> a tensor, with values where they matter."""

from __future__ import annotations

from collections.abc import Callable

import torch

from boardwork.targets.hugging_face.images import (
    GRID,
    clip,
    flattened,
    hidden,
    image,
    image_mask,
    image_sizes,
    large_image,
    positions,
    tiles,
)
from boardwork.targets.hugging_face.maker import Maker
from boardwork.targets.hugging_face.series import (
    padding,
    series,
    sound,
    speech,
    speech_length,
    time_features,
    valid_length,
)
from boardwork.targets.layers import TOKENS, Argument, argument

# Arguments that are optional in the signature and needed all the same, beside the one named first.
COMPANIONS: dict[str, tuple[str, ...]] = {
    "states": ("actions", "rewards", "returns_to_go", "timesteps"),
    "past_time_features": ("future_values", "future_time_features"),
    "image": ("bbox",),
    "state": ("noise", "timestep", "pixel_attention_mask"),
    "input_values": ("pixel_values_videos",),
    "pixel_values_videos": ("input_values",),
    "input_ids": ("bbox", "image", "visual_feats", "visual_pos", "shared_kv_states"),
    "pixel_values": (
        "qformer_input_ids",
        "image_embeds_position_mask",
        "spatial_shapes",
        "target_sizes",
        "aspect_ratio_ids",
        "image_attention_mask",
    ),
    "flattened_patches": ("image_embeds_position_mask",),
    "aspect_ratio_ids": ("aspect_ratio_mask", "cross_attention_mask"),
    "qformer_input_ids": ("input_ids",),
    "query_embeds": ("encoder_hidden_states",),
    "image_embeds_position_mask": ("input_ids",),
    "prompt_pixel_values": ("prompt_masks",),
    "input_features": ("input_features_mask",),
    "spatial_shapes": ("pixel_attention_mask",),
    "shared_kv_states": ("inputs_embeds",),
}


def named_input(maker: Maker, name: str) -> Argument | None:
    """A tensor for the argument `name`, None if nothing is known of that name."""
    make = MAKERS.get(name) or (_tokens if name.endswith("input_ids") else None)
    return make(maker, name) if make else None


def _tokens(maker: Maker, name: str) -> Argument:
    limit = maker.entry("max_position_embeddings", default=TOKENS)
    limit = min(limit) if isinstance(limit, list | tuple) else limit
    length = min(TOKENS, limit) if limit > 0 else TOKENS  # XLNet has no limit and says -1
    axis = "tgt_len" if name.startswith("decoder") else maker.axis
    streams = maker.entry_of("decoder_config", "num_channels") if axis == "tgt_len" else None
    if streams:  # a decoder of sound writes several streams of codes at once
        return argument(name, (1, length, streams), ("batch", axis, ""), torch.int64)
    rows = maker.entry_of("decoder", "num_codebooks") if axis == "tgt_len" else None
    if rows:
        return argument(name, (rows, length), ("", axis), torch.int64)
    return argument(name, (1, length), ("batch", axis), torch.int64)


def _mask(maker: Maker, name: str) -> Argument:
    tokens = _tokens(maker, name)
    return Argument(name, torch.ones(tokens.tensor.shape, dtype=torch.int64, device="cpu"), tokens.axes)


def _boxes(maker: Maker, name: str) -> Argument:
    tokens = _tokens(maker, name)
    return argument(name, (*tokens.tensor.shape, 4), (*tokens.axes, ""), torch.int64)


def _tile_mask(maker: Maker, name: str) -> Argument:
    return Argument(name, torch.ones(1, 1, tiles(maker), dtype=torch.int64, device="cpu"), ("batch", "", ""))


def _sight(maker: Maker, name: str) -> Argument:
    """Which tiles of the image each token of the text sees: all."""
    tokens = _tokens(maker, name)
    shape = (*tokens.tensor.shape, 1, tiles(maker))
    return Argument(name, torch.ones(shape, dtype=torch.int64, device="cpu"), (*tokens.axes, "", ""))


def _seen_images(maker: Maker, name: str) -> Argument:
    """Which of the images each token of the text sees: the only one."""
    tokens = _tokens(maker, name)
    return Argument(name, torch.ones((*tokens.tensor.shape, 1), dtype=torch.int64, device="cpu"), (*tokens.axes, ""))


def _real_patches(maker: Maker, name: str) -> Argument:
    """Which patches are no padding, or which cameras of a robot there are: all."""
    if "state" in maker.wanted:
        return Argument(name, torch.ones(1, 1, dtype=torch.bool, device="cpu"), ("batch", ""))
    return Argument(name, torch.ones(1, GRID * GRID, dtype=torch.int64, device="cpu"), ("batch", ""))


def _numbers(*rows: int) -> Callable[[Maker, str], Argument]:
    """One row of whole numbers whose values forward reads."""
    return lambda maker, name: Argument(name, torch.tensor([rows], device="cpu"), ("",) * 2)


def _merged(maker: Maker, name: str) -> Argument:
    """Patches along each side of what becomes one token."""
    return Argument(name, torch.tensor([2], device="cpu"), ("",))


def _of_width(
    *entries: str, length: int = TOKENS, dtype: torch.dtype | None = None
) -> Callable[[Maker, str], Argument]:
    """(1, length, width) with the width from the config."""

    def make(maker: Maker, name: str) -> Argument:
        width = maker.entry(*entries, default=1)
        axis = "seq_len" if length == TOKENS else ""
        return argument(name, (1, length, int(width)), ("batch", axis, ""), dtype or maker.dtype)

    return make


def _context(maker: Maker, name: str) -> Argument:
    """What several layers of another model made, side by side."""
    layers = maker.entry("target_layer_ids", default=[0])
    width = len(layers) * int(maker.entry("hidden_size"))
    return argument(name, (1, TOKENS, width), ("batch", "seq_len", ""), maker.dtype)


def _before_projection(maker: Maker, name: str) -> Argument:
    """An embedding and a hidden state of a larger model, side by side."""
    return argument(name, (1, TOKENS, 2 * int(maker.entry("backbone_hidden_size"))), ("batch", "seq_len", ""))


def _vector(entry: str) -> Callable[[Maker, str], Argument]:
    """(1, width) with the width from the config."""
    return lambda maker, name: argument(name, (1, int(maker.entry(entry, default=1))), ("batch", ""), maker.dtype)


def _of_length(length: int, dtype: torch.dtype) -> Callable[[Maker, str], Argument]:
    return lambda maker, name: argument(name, (1, length), ("batch", ""), dtype)


MAKERS: dict[str, Callable[[Maker, str], Argument]] = {
    "input_ids": _tokens,
    "decoder_input_ids": _tokens,
    "attention_mask": _mask,
    "classes_attention_mask": _mask,
    "tasks_attention_mask": _mask,
    "image_embeds_position_mask": _mask,
    "bbox": _boxes,
    "pixel_values": image,
    "prompt_pixel_values": image,
    "prompt_masks": image,
    "image": image,
    "pixel_mask": image_mask,
    "pixel_values_images": image,
    "high_res_pixel_values": large_image,
    "pixel_values_videos": clip,
    "videos": clip,
    "pixel_attention_mask": _real_patches,
    "image_attention_mask": _seen_images,
    "spatial_shapes": _numbers(GRID, GRID),
    "grid_thw": _numbers(1, GRID, GRID),
    "image_grid_thw": _numbers(1, GRID, GRID),
    "image_grid_hw": _numbers(GRID, GRID),
    "image_sizes": image_sizes,
    "target_sizes": _numbers(GRID, GRID),
    "classes_structure": lambda maker, name: Argument(name, torch.tensor([1], device="cpu"), ("",)),
    "context_hidden_states": _context,
    "noise_embeds": _of_width("hidden_size"),
    "inputs_embeds": _before_projection,
    "merge_sizes": _merged,
    "image_merge_sizes": _merged,
    "aspect_ratio_ids": _numbers(1),
    "aspect_ratio_mask": _tile_mask,
    "cross_attention_mask": _sight,
    "pixel_position_ids": positions,
    "image_position_ids": positions,
    "hidden_states": hidden,
    "input_features": speech,
    "audio_mel": speech,
    "input_features_mask": speech_length,
    "feature_attention_mask": speech_length,
    "audio_mel_mask": valid_length,
    "input_values": sound,
    "past_values": series,
    "future_values": series,
    "past_observed_mask": series,
    "past_time_features": time_features,
    "future_time_features": time_features,
    "past_values_padding": padding,
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
    "flattened_patches": flattened,
    "state": _vector("max_state_dim"),
    "noise": _of_width("max_action_dim", length=50),
    "timestep": lambda maker, name: argument(name, (1,), ("batch",), maker.dtype),
    "visual_feats": _of_width("visual_feat_dim", length=36),
    "visual_pos": _of_width("visual_pos_dim", length=36),
}
