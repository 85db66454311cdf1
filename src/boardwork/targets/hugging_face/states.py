"""A model of transformers whose forward goes on from a state -> that state: another model's keys, a video so far."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import nn

from boardwork.meta.nesting import named_tensors
from boardwork.targets.hugging_face.images import sides
from boardwork.targets.hugging_face.maker import Maker
from boardwork.targets.layers import TOKENS
from boardwork.targets.running import run_on_meta

KEYS = "shared_kv_states"
FRAMES = 2  # of a video: one with a click on an object, and the next, on which the object is followed


def states(module: nn.Module, config: Any, names: Sequence[str]) -> dict[str, Any]:
    """Arguments of forward that are neither tensors nor numbers, under their names; mostly none.

    Raises:
        Exception: whatever forward raises on the first frame of a video.
    """
    maker = Maker(module, config, frozenset(names), "seq_len")
    if KEYS in names:
        return {KEYS: _keys_and_values(maker)}
    name, kind = next(_sessions(module), ("", None))
    return {name: _session(maker, name, kind), "frame_idx": FRAMES - 1} if kind else {}


def state_axes(found: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """The axes of keys and values by the way to them; what a video has left is of fixed sizes."""
    return {path: ("batch", "", "src_len", "") for path, _ in named_tensors(found.get(KEYS), KEYS)}


def _keys_and_values(maker: Maker) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    """Keys and values of every sort of layer, (batch, key heads, length, head width), of a model that came before."""
    found = {}
    layers: list[Any] = [layer for layer in maker.module.modules() if hasattr(layer, "num_key_value_groups")]
    for layer in layers:
        heads = layer.q_proj.out_features // layer.head_dim // layer.num_key_value_groups
        keys = torch.empty(1, heads, TOKENS, layer.head_dim, dtype=maker.dtype, device="meta")
        found[layer.layer_type] = keys, torch.empty_like(keys)
    return found


def _sessions(module: nn.Module) -> Iterator[tuple[str, Any]]:
    """The arguments of forward whose class keeps what was clicked on in a video, with that class."""
    for name, parameter in inspect.signature(module.forward).parameters.items():
        if inspect.isclass(parameter.annotation) and hasattr(parameter.annotation, "add_point_inputs"):
            yield name, parameter.annotation


def _session(maker: Maker, name: str, kind: Any) -> Any:
    """A video with a click on its first frame, which the model has seen: what it remembers of it is in the session."""
    height, width = sides(maker)
    video = torch.empty(FRAMES, 3, height, width, dtype=maker.dtype, device="meta")
    devices = dict.fromkeys(("inference_device", "inference_state_device", "video_storage_device"), "meta")
    session = kind(video=video, video_height=height, video_width=width, dtype=maker.dtype, **devices)
    place = session.obj_id_to_idx(1)
    click = {"point_coords": torch.empty(1, 1, 1, 2), "point_labels": torch.ones(1, 1, 1, dtype=torch.int32)}
    session.add_point_inputs(place, 0, click)
    session.obj_with_new_inputs = [1]
    run_on_meta(maker.module.forward, maker.module, {name: session, "frame_idx": 0})
    return session
