"""A call of the Python API -> its tensors with the names of their arguments, and its scalars."""

from __future__ import annotations

from typing import Any

import torch

from boardwork.meta.nesting import tensors_in

# Positional names of operations that the outline reads; torch's builtins carry no signature to ask.
_CONV = ("input", "weight", "bias", "stride", "padding", "dilation", "groups")
_CONV_T = ("input", "weight", "bias", "stride", "padding", "output_padding", "groups", "dilation")
_POOL = ("input", "kernel_size", "stride", "padding", "dilation")
POSITIONAL: dict[str, tuple[str, ...]] = {
    "linear": ("input", "weight", "bias"),
    "addmm": ("bias", "input", "weight"),
    "conv1d": _CONV,
    "conv2d": _CONV,
    "conv3d": _CONV,
    "conv_transpose1d": _CONV_T,
    "conv_transpose2d": _CONV_T,
    "conv_transpose3d": _CONV_T,
    "max_pool1d": _POOL,
    "max_pool2d": _POOL,
    "max_pool3d": _POOL,
    "avg_pool1d": _POOL[:4],
    "avg_pool2d": _POOL[:4],
    "avg_pool3d": _POOL[:4],
    "adaptive_avg_pool1d": ("input", "output_size"),
    "adaptive_avg_pool2d": ("input", "output_size"),
    "adaptive_avg_pool3d": ("input", "output_size"),
    "mean": ("input", "dim", "keepdim"),
    "softmax": ("input", "dim"),
    "log_softmax": ("input", "dim"),
    "layer_norm": ("input", "normalized_shape", "weight", "bias", "eps"),
    "rms_norm": ("input", "normalized_shape", "weight", "eps"),
    "group_norm": ("input", "num_groups", "weight", "bias", "eps"),
    "batch_norm": ("input", "running_mean", "running_var", "weight", "bias", "training", "momentum", "eps"),
    "instance_norm": ("input", "running_mean", "running_var", "weight", "bias", "use_input_stats", "momentum", "eps"),
    "embedding": ("input", "weight"),
    "scaled_dot_product_attention": ("query", "key", "value", "attn_mask", "dropout_p", "is_causal"),
    "cat": ("tensors", "dim"),
    "concat": ("tensors", "dim"),
    "chunk": ("input", "chunks", "dim"),
    "split": ("input", "split_size", "dim"),
    "unflatten": ("input", "dim", "sizes"),
    "flatten": ("input", "start_dim", "end_dim"),
    "transpose": ("input", "dim0", "dim1"),
    "getitem": ("input", "index"),
    "leaky_relu": ("input", "negative_slope"),
    "gelu": ("input", "approximate"),
    "interpolate": ("input", "size", "scale_factor", "mode"),
    "pow": ("input", "exponent"),
    "einsum": ("equation",),
    "lstm": ("input", "hx", "weights", "bias", "num_layers", "dropout", "training", "bidirectional", "batch_first"),
    "gru": ("input", "hx", "weights", "bias", "num_layers", "dropout", "training", "bidirectional", "batch_first"),
    "rnn_tanh": ("input", "hx", "weights", "bias", "num_layers", "dropout", "training", "bidirectional", "batch_first"),
    "rnn_relu": ("input", "hx", "weights", "bias", "num_layers", "dropout", "training", "bidirectional", "batch_first"),
}


def named(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[list[tuple[str, Any]], dict[str, Any]]:
    """Return (slots with their tensors in order, scalar attributes)."""
    known = POSITIONAL.get(name, ())
    pairs = [(known[i] if i < len(known) else str(i), value) for i, value in enumerate(args)]
    slots: list[tuple[str, Any]] = []
    attrs: dict[str, Any] = {}
    for slot, value in (*pairs, *kwargs.items()):
        if isinstance(value, torch.Tensor):
            slots.append((slot, value))
        elif tensors := list(tensors_in(value)):
            slots.extend((slot, tensor) for tensor in tensors)
        else:
            attrs[slot] = plain(value)
    return slots, attrs


def plain(value: Any) -> Any:
    """A scalar argument as JSON can hold it."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, slice):
        return {"slice": [plain(value.start), plain(value.stop), plain(value.step)]}
    return "..." if value is Ellipsis else str(value)
