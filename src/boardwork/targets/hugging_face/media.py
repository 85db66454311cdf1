"""A model of transformers that reads images or sound beside text -> those inputs, and a prompt with their places."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from boardwork.meta.nesting import tensors_in
from boardwork.targets.hugging_face.forms import other_forms
from boardwork.targets.hugging_face.images import GRID, GRIDS
from boardwork.targets.hugging_face.maker import Maker, parts_of
from boardwork.targets.hugging_face.tensors import MAKERS, named_input
from boardwork.targets.layers import TOKENS, Argument, argument
from boardwork.targets.running import run_on_meta


@dataclass(frozen=True)
class Medium:
    """How transformers names what a model reads beside text.

    `config`: entries with the tower's config. `token`: entries with the placeholder. `features`: the method that
    makes embeddings of it; where there is none, the tower's forward is what reads it. `beside`: optional arguments
    that say how the main one is laid out. `masks`: those that forward alone may take beside it. `kind`: its number in
    the argument that tells each token's kind.
    """

    config: tuple[str, ...]
    token: tuple[str, ...]
    features: str
    beside: tuple[str, ...]
    masks: tuple[str, ...]
    kind: int


ALIASES = {"pixel_values": "image_patches"}  # where forward and the method that makes embeddings differ
ATTENDED = "cross_attention_mask"  # an argument of models whose text attends to images
KINDS = ("mm_token_type_ids", "moe_mm_token_type_ids")

IMAGES = Medium(
    ("vision_config",),
    ("image_token_id", "image_token_index"),
    "get_image_features",
    ("image_grid_thw", "image_sizes", "image_position_ids"),
    (),
    1,
)
SOUNDS = Medium(
    ("audio_config", "encoder_config"),
    ("audio_token_id", "audio_token_index"),
    "get_audio_features",
    ("input_features_mask", "feature_attention_mask"),
    ("feature_attention_mask",),
    3,
)


def media_inputs(module: nn.Module, config: Any, names: Sequence[str], *, added: bool = False) -> list[Argument]:
    """Images and sounds with a prompt that holds their places; nothing where text attends to them or has none.

    Each feature that a tower gives has one token in the prompt, as the model's processor would write it: the tower is
    run to count them. If `added`, what has no placeholder is added to the text, token by token.
    """
    inputs: list[Argument] = []
    places: list[int] = []
    kinds: list[int] = []
    for medium in (IMAGES, SOUNDS) if "input_ids" in names and ATTENDED not in names else ():
        token, reader = _entry(config, medium.token), _reader(module, config, medium)
        token = _plain(config) if added and token is None else token
        if token is None or reader is None:
            continue
        counted = ((made, _places(*reader, made)) for made in _attempts(module, reader[1], config, names, medium))
        made, count = next(((made, count) for made, count in counted if count), ([], 0))
        made = [*made, *_masks(module, reader[1], config, names, medium)] if made else []
        named = (_as_forward_names(item, names) for item in made if item.name != "input_ids")  # the prompt is yet to be
        inputs += [item for item in named if item.name in names]
        places += [int(token)] * count
        kinds += [medium.kind] * count
    if not places:
        return []
    text = [] if added else [_plain(config)] * TOKENS
    inputs += [_row(name, [*kinds, *[0] * len(text)]) for name in KINDS if name in names]
    return [_row("input_ids", [*places, *text]), *inputs]


def _as_forward_names(item: Argument, names: Sequence[str]) -> Argument:
    """The same tensor under the name that forward has for it."""
    name = item.name if item.name in names else ALIASES.get(item.name, item.name)
    return Argument(name, item.tensor, item.axes)


def _entry(config: Any, names: tuple[str, ...]) -> Any:
    found = (getattr(part, name, None) for part in parts_of(config) for name in names)
    return next((value for value in found if value is not None), None)


def _reader(module: nn.Module, config: Any, medium: Medium) -> tuple[nn.Module, Callable[..., Any]] | None:
    """What makes embeddings of a medium, with its module: a method that says what it takes, or else the tower.

    A module around it may have a method of the same name that only hands everything on.
    """
    owners = [part for part in module.modules() if hasattr(part, medium.features)]
    readers = [(owner, getattr(owner, medium.features)) for owner in owners]
    if not readers and (tower := _tower(module, config, medium)) is not None:
        readers = [(tower, tower.forward)]
    return next((reader for reader in readers if set(inspect.signature(reader[1]).parameters) & set(MAKERS)), None)


def _tower(module: nn.Module, config: Any, medium: Medium) -> nn.Module | None:
    """The outermost part of `module` that was built from the medium's own config."""
    part = _entry(config, medium.config)
    parts = (m for m in module.modules() if part is not None and m is not module)
    return next((m for m in parts if type(getattr(m, "config", None)) is type(part)), None)


def _attempts(
    module: nn.Module, reader: Callable[..., Any], config: Any, names: Sequence[str], medium: Medium
) -> Iterator[list[Argument]]:
    """The medium's arguments; with an axis for the number of images, flat patches, masks of truths; in other forms."""
    part = _entry(config, medium.config) or config
    tower = _tower(module, config, medium) or module
    parameters = inspect.signature(reader).parameters.values()
    wanted = [p.name for p in parameters if p.default is p.empty or (p.name in medium.beside and p.name in names)]
    if not set(wanted) & set(MAKERS):  # all of them may be left out: the first is the main one
        wanted = [next(p.name for p in parameters if p.name in MAKERS), *wanted]
    inside = inspect.signature(tower.forward).parameters
    maker = Maker(tower, part, frozenset([*wanted, *inside]), "seq_len", config)
    made = [item for item in (named_input(maker, name) for name in wanted) if item is not None]
    if made:
        yield made
        first = made[0]
        yield [Argument(first.name, first.tensor.unsqueeze(1), ("batch", "", *first.axes[1:])), *made[1:]]
        if maker.wanted & GRIDS:
            yield [Argument(first.name, first.tensor.flatten(1), first.axes[:2]), *made[1:]]
        if medium is IMAGES and (side := maker.entry("model_patch_size", "patch_size")):
            numbers = maker.entry("num_channels", default=3) * side**2
            rows = next((item.tensor.shape[1] for item in made[1:] if item.tensor.dim() == 3), GRID * GRID)
            yield [argument(first.name, (1, rows, numbers), ("batch", "", ""), maker.dtype), *made[1:]]
        if medium is IMAGES and (frames := maker.entry("temporal_patch_size")):  # patches with time, colours last
            shape = (GRID * GRID, int(frames), side, side, maker.entry("num_channels", default=3))
            yield [argument(first.name, shape, ("",) * len(shape), maker.dtype), *made[1:]]
        masks = {item.name for item in made if item.name.endswith("mask")}
        if masks:
            yield [Argument(i.name, i.tensor.bool() if i.name in masks else i.tensor, i.axes) for i in made]
        yield from (inputs for inputs, _ in other_forms(made))


def _masks(
    module: nn.Module, reader: Callable[..., Any], config: Any, names: Sequence[str], medium: Medium
) -> list[Argument]:
    """Masks that forward takes and the reader does not."""
    part = _entry(config, medium.config) or config
    maker = Maker(_tower(module, config, medium) or module, part, frozenset(), "seq_len", config)
    lone = [name for name in medium.masks if name in names and name not in inspect.signature(reader).parameters]
    return [item for item in (named_input(maker, name) for name in lone) if item is not None]


def _places(owner: nn.Module, reader: Callable[..., Any], made: Sequence[Argument]) -> int:
    """How many tokens stand for what the tower makes of these inputs; 0 if it does not run on them."""
    try:
        found = run_on_meta(reader, owner, {item.name: item.tensor for item in made})
    except Exception:  # whatever a tower raises
        return 0
    states = getattr(found, "last_hidden_state", None)
    features = next((f for f in (getattr(found, "pooler_output", None), states) if f is not None), found)
    tensors = [tensor for tensor in tensors_in(features) if tensor.dim() > 1]
    if features is found and hasattr(found, "hidden_states"):  # features for several layers of the text, each as many
        kept = {id(tensor) for tensor in tensors_in(found.hidden_states)}
        tensors = [tensor for tensor in tensors if id(tensor) not in kept][:1]
    width = getattr(states, "shape", (0,))[-1]
    return sum(tensor.numel() // _width(tensor, width) for tensor in tensors)


def _width(features: torch.Tensor, width: int) -> int:
    """Numbers of one place: the last axis, or of maps the one that is as long as the tower is wide."""
    return width if width in features.shape else features.shape[-1]


def _plain(config: Any) -> int:
    """A token that means nothing special."""
    entries = (entry for part in parts_of(config) for entry in vars(part).items())
    tokens = [value for name, value in entries if name.endswith(("token_id", "token_index"))]
    special = {value for value in tokens if isinstance(value, int)}
    return next(token for token in range(3, 1000) if token not in special)


def _row(name: str, values: list[int]) -> Argument:
    return Argument(name, torch.tensor([values], device="cpu"), ("batch", "seq_len"))
