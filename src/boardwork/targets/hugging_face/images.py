"""The name of an image, clip or list of patches in transformers -> a tensor for it, of the size the config says."""

from __future__ import annotations

from math import prod
from typing import Any

import torch
from torch import nn

from boardwork.targets.hugging_face.maker import Maker
from boardwork.targets.input_axes import AXES_BY_RANK
from boardwork.targets.layers import IMAGE, TOKENS, Argument, argument

FRAMES = 16  # of a clip
GRID = 16  # patches along each side of an image that comes as a list of patches
GRIDS = frozenset(["grid_thw", "image_grid_hw"])  # what says how the patches of all images, in one list, lie


def sides(maker: Maker) -> tuple[int, int]:
    """Height and width of an image."""
    own = next((m.img_size for m in maker.module.modules() if hasattr(m, "img_size")), IMAGE)
    size = maker.entry("image_size", "crop_size", "img_size", "input_size", "max_img_size", default=own)
    if isinstance(size, dict):
        size = tuple(size.values())
    height, width = (size, size) if isinstance(size, int) else tuple(size)[-2:]
    if "prompt_pixel_values" in maker.wanted:  # forward puts the prompt above the image
        height //= 2
    return int(height), int(width)


def image(maker: Maker, name: str) -> Argument:
    if maker.wanted & {*GRIDS, "spatial_shapes", "pixel_position_ids", "image_position_ids"}:
        return _patches(maker, name)
    height, width = sides(maker)
    channels = maker.entry("num_channels", "in_channels", "in_chans", default=3)
    channels = channels if isinstance(channels, int) else 3
    if "target_sizes" in maker.wanted:  # patches side by side, in one row
        side = int(maker.entry("patch_size"))
        return argument(name, (1, channels, side, GRID * GRID * side), ("batch", "", "", ""), maker.dtype)
    if "aspect_ratio_ids" in maker.wanted:
        shape = (1, 1, tiles(maker), channels, height, width)
        return argument(name, shape, ("batch", *[""] * 5), maker.dtype)
    if _is_video(maker):
        return clip(maker, name)
    if (tiled := _tiled(maker)) is not None:
        count = 1 + (tiled[0] // height) * (tiled[1] // width)  # the whole image once, small, and its tiles
        return argument(name, (1, count, channels, height, width), ("batch", *[""] * 4), maker.dtype)
    return argument(name, (1, channels, height, width), AXES_BY_RANK[4], maker.dtype)


def tiles(maker: Maker) -> int:
    """Tiles that an image is cut into, at most."""
    return int(maker.entry("max_num_tiles", default=1))


def _tiled(maker: Maker) -> tuple[int, int] | None:
    """The first size that images are cut into tiles from, where the config lists such sizes."""
    found = getattr(maker.whole, "image_grid_pinpoints", None) or getattr(maker.config, "image_grid_pinpoints", None)
    return (int(found[0][0]), int(found[0][1])) if found else None


def image_sizes(maker: Maker, name: str) -> Argument:
    height, width = _tiled(maker) or sides(maker)
    return Argument(name, torch.tensor([[height, width]], device="cpu"), ("batch", ""))


def large_image(maker: Maker, name: str) -> Argument:
    """For a second tower that sees the image in full resolution."""
    part = getattr(maker.whole, "high_res_vision_config", None) or maker.config
    return image(Maker(maker.module, part, maker.wanted, maker.axis), name)


def _is_video(maker: Maker) -> bool:
    return bool(getattr(maker.config, "num_frames", 0) or maker.entry("tubelet_size", "num_frames"))


def clip(maker: Maker, name: str) -> Argument:
    frames = maker.entry("num_frames", "frames_per_clip", default=FRAMES)
    shape = (1, int(frames), maker.entry("num_channels", "in_chans", default=3), *sides(maker))
    return argument(name, shape, ("batch", "", "", "", ""), maker.dtype)


def _patch_layer(maker: Maker) -> Any:
    """The first convolution whose steps are as long as its kernel; without one the first layer of all."""
    convolutions = (layer for layer in maker.module.modules() if isinstance(layer, nn.Conv2d | nn.Conv3d))
    cuts = (layer for layer in convolutions if layer.kernel_size == layer.stride != (1,) * len(layer.stride))
    return next(cuts, None) or maker.first(nn.Conv2d, nn.Conv3d, nn.Linear)


def _patch_size(maker: Maker) -> int:
    """Numbers in one patch, as the layer that takes patches says."""
    layer = _patch_layer(maker)
    if isinstance(layer, nn.Linear):
        return layer.in_features
    return int(layer.in_channels * prod(layer.kernel_size))


def _grid(maker: Maker) -> int:
    """Patches along each side, a multiple of those that are pooled into one."""
    pooled = maker.entry("pooling_kernel_size", default=1)
    return -(-GRID // int(pooled)) * int(pooled)


def _patches(maker: Maker, name: str) -> Argument:
    count = _grid(maker) ** 2
    shape: tuple[int, ...] = (count, _patch_size(maker))
    layer = _patch_layer(maker)
    if "hidden_states" not in maker.wanted and isinstance(layer, nn.Conv2d):
        shape = (count, layer.in_channels, *layer.kernel_size)
    if maker.wanted & GRIDS:
        return argument(name, shape, ("",) * len(shape), maker.dtype)
    return argument(name, (1, *shape), ("batch", *("" for _ in shape)), maker.dtype)


def flattened(maker: Maker, name: str) -> Argument:
    """Patches with their row and column in front."""
    numbers = maker.entry("num_channels", default=3) * maker.entry("patch_size", default=GRID) ** 2
    return argument(name, (1, GRID * GRID, 2 + numbers), ("batch", "", ""), maker.dtype)


def hidden(maker: Maker, name: str) -> Argument:
    if "grid_thw" in maker.wanted:
        return _patches(maker, name)
    layer = maker.first(nn.Conv1d, nn.Conv2d)
    if isinstance(layer, nn.Conv2d):
        return argument(name, (1, layer.in_channels, GRID, GRID), AXES_BY_RANK[4], maker.dtype)
    if layer is not None:
        return argument(name, (1, layer.in_channels, TOKENS), ("batch", "", ""), maker.dtype)
    return argument(name, (1, TOKENS, maker.entry("hidden_size", "d_model")), ("batch", "seq_len", ""), maker.dtype)


def positions(maker: Maker, name: str) -> Argument:
    grid = torch.arange(_grid(maker), device="cpu")
    return Argument(name, torch.cartesian_prod(grid, grid).flip(-1)[None], ("batch", "", ""))


def image_mask(maker: Maker, name: str) -> Argument:
    return argument(name, (1, *sides(maker)), ("batch", "height", "width"), maker.dtype)
