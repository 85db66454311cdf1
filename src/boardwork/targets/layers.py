"""A layer of torch.nn -> the tensors its forward takes, read from its own sizes; None for other modules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

TOKENS = 128
IMAGE = 224
BATCHED = (  # layers that would take their input without a batch too
    nn.RNNBase, nn.MultiheadAttention, nn.TransformerEncoderLayer, nn.TransformerDecoderLayer,
    nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d,
)  # fmt: skip


@dataclass(frozen=True)
class Argument:
    """One tensor argument of forward: its parameter's name, a tensor on meta, a name for each axis ("": fixed)."""

    name: str
    tensor: torch.Tensor
    axes: tuple[str, ...]


def argument(name: str, shape: tuple[int, ...], axes: tuple[str, ...], dtype: torch.dtype | None = None) -> Argument:
    return Argument(name, torch.empty(shape, dtype=dtype or torch.float32, device="meta"), axes)


def resized(now: Argument, sizes: dict[int, int]) -> Argument:
    """The same argument with other sizes at some places of its shape."""
    shape = tuple(sizes.get(i, size) for i, size in enumerate(now.tensor.shape))
    return argument(now.name, shape, now.axes, now.tensor.dtype)


def layer_arguments(layer: nn.Module) -> tuple[Argument, ...] | None:
    """Arguments for a forward of `layer` with batch 1, in forward's order; None if it is no known layer of torch.nn."""
    for names, make in LAYERS.items():
        for name in names.split():
            cls = getattr(nn, name, None)
            if cls is not None and isinstance(layer, cls):
                return make(layer)
    return None


def hidden_arguments(layer: nn.Module) -> tuple[Argument, ...]:
    """What a recurrent layer goes on from, which its forward may be given after its input."""
    names = ("hx", "cx") if isinstance(layer, nn.LSTM | nn.LSTMCell) else ("hx",)
    if isinstance(layer, nn.RNNCellBase):
        return tuple(argument(name, (1, layer.hidden_size), ("batch", "")) for name in names)
    if isinstance(layer, nn.RNNBase):
        layers = layer.num_layers * (2 if layer.bidirectional else 1)
        sizes = {"hx": layer.proj_size or layer.hidden_size, "cx": layer.hidden_size}
        return tuple(argument(name, (layers, 1, sizes[name]), ("", "batch", "")) for name in names)
    return ()


def _sequence(name: str, features: int, batch_first: bool, axis: str = "seq_len") -> Argument:
    if batch_first:
        return argument(name, (1, TOKENS, features), ("batch", axis, ""))
    return argument(name, (TOKENS, 1, features), (axis, "batch", ""))


def _attention(layer: Any) -> tuple[Argument, ...]:
    sizes = {"query": layer.embed_dim, "key": layer.kdim, "value": layer.vdim}
    return tuple(_sequence(name, size, layer.batch_first) for name, size in sizes.items())


def _transformer(layer: Any) -> tuple[Argument, ...]:
    return (
        _sequence("src", layer.d_model, layer.batch_first, "src_len"),
        _sequence("tgt", layer.d_model, layer.batch_first, "tgt_len"),
    )


def _encoder_layer(layer: Any) -> tuple[Argument, ...]:
    return (_sequence("src", layer.self_attn.embed_dim, layer.self_attn.batch_first),)


def _decoder_layer(layer: Any) -> tuple[Argument, ...]:
    size, batch_first = layer.self_attn.embed_dim, layer.self_attn.batch_first
    return _sequence("tgt", size, batch_first, "tgt_len"), _sequence("memory", size, batch_first, "src_len")


def _tokens(_: Any) -> tuple[Argument, ...]:
    return (argument("input", (1, TOKENS), ("batch", "seq_len"), torch.int64),)


def _spatial(rank: int, size: int) -> Callable[[Any], tuple[Argument, ...]]:
    """Layers over `rank` spatial axes; the channels come from the layer, or are 64 where it does not say."""

    def arguments(layer: Any) -> tuple[Argument, ...]:
        names = [name for name in ("in_channels", "num_features", "num_channels") if hasattr(layer, name)]
        channels = getattr(layer, names[0]) if names else 64
        axes = {1: ("length",), 2: ("height", "width"), 3: ("frames", "height", "width")}[rank]
        sizes = (16, size, size) if rank == 3 else (size,) * rank
        return (argument("input", (1, channels, *sizes), ("batch", "", *axes)),)

    return arguments


def _features(attribute: str) -> Callable[[Any], tuple[Argument, ...]]:
    return lambda layer: (argument("input", (1, getattr(layer, attribute)), ("batch", "")),)


def _normalised(layer: Any) -> tuple[Argument, ...]:
    shape = tuple(layer.normalized_shape)
    return (argument("input", (1, TOKENS, *shape), ("batch", "seq_len", *("" for _ in shape))),)


def _bilinear(layer: Any) -> tuple[Argument, ...]:
    sizes = {"input1": layer.in1_features, "input2": layer.in2_features}
    return tuple(argument(name, (1, size), ("batch", "")) for name, size in sizes.items())


def _shuffled(layer: Any) -> tuple[Argument, ...]:
    return (argument("input", (1, 16 * layer.upscale_factor**2, 56, 56), ("batch", "", "height", "width")),)


# Class names of torch.nn, some of which older versions lack -> arguments. The first that fits is taken.
LAYERS: dict[str, Callable[[Any], tuple[Argument, ...]]] = {
    "Transformer": _transformer,
    "TransformerEncoderLayer": _encoder_layer,
    "TransformerDecoderLayer": _decoder_layer,
    "TransformerEncoder": lambda layer: _encoder_layer(layer.layers[0]),
    "TransformerDecoder": lambda layer: _decoder_layer(layer.layers[0]),
    "MultiheadAttention": _attention,
    "RNNBase": lambda layer: (_sequence("input", layer.input_size, layer.batch_first),),
    "RNNCellBase": _features("input_size"),
    "Embedding EmbeddingBag": _tokens,
    "Linear": _features("in_features"),
    "Bilinear": _bilinear,
    "Conv1d ConvTranspose1d": _spatial(1, 1024),
    "Conv2d": _spatial(2, IMAGE),
    "ConvTranspose2d": _spatial(2, 56),
    "Conv3d ConvTranspose3d": _spatial(3, 112),
    "LayerNorm RMSNorm": _normalised,
    "BatchNorm1d InstanceNorm1d MaxPool1d AvgPool1d AdaptiveAvgPool1d AdaptiveMaxPool1d LPPool1d": _spatial(1, 1024),
    "BatchNorm2d InstanceNorm2d GroupNorm MaxPool2d AvgPool2d LPPool2d": _spatial(2, 56),
    "AdaptiveAvgPool2d AdaptiveMaxPool2d": _spatial(2, 56),
    "BatchNorm3d InstanceNorm3d MaxPool3d AvgPool3d AdaptiveAvgPool3d AdaptiveMaxPool3d": _spatial(3, 56),
    "PixelShuffle": _shuffled,
    "Upsample Dropout2d LocalResponseNorm ChannelShuffle PixelUnshuffle ZeroPad2d ReflectionPad2d": _spatial(2, 56),
}
