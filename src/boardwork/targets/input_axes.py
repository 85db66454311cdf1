"""The inputs of one forward -> a name for each of their axes; "" for an axis whose size is fixed."""

from __future__ import annotations

from collections.abc import Mapping

import torch

AXES_BY_RANK = {
    1: ("batch",),
    2: ("batch", ""),
    3: ("batch", "seq_len", ""),
    4: ("batch", "", "height", "width"),
    5: ("batch", "", "frames", "height", "width"),
}
ROWS = ("n_rows", "m_rows", "p_rows", "q_rows")
_ENDS = 2  # rows of a list of edges: from and to


def axes_of(tensor: torch.Tensor) -> tuple[str, ...]:
    """The usual names by rank and dtype: (batch, seq_len) for whole numbers, (batch, "", height, width) for images."""
    if not tensor.is_floating_point() and tensor.ndim == 2:
        return ("batch", "seq_len")
    return AXES_BY_RANK.get(tensor.ndim, ("",) * tensor.ndim)


def agreed(axes: Mapping[str, tuple[str, ...]], tensors: Mapping[str, torch.Tensor]) -> dict[str, tuple[str, ...]]:
    """`axes`, but inputs of different lengths are no one batch: rows that are as many get a name of their own.

    Of a pair of rows of whole numbers, as a graph's list of edges is, the length is counted. What has the shape of the
    tokens is a mask over them.
    """
    tokens = next((tensors[name].shape for name, own in axes.items() if own == ("batch", "seq_len")), None)
    axes = {n: ("batch", "seq_len") if own and tensors[n].shape == tokens else own for n, own in axes.items()}
    lengths = {tensors[name].shape[0] for name, own in axes.items() if own[:1] == ("batch",)}
    names: dict[int, str] = {}
    return {n: _own(own, tensors[n], names) for n, own in axes.items()} if len(lengths) > 1 else dict(axes)


def _own(axes: tuple[str, ...], tensor: torch.Tensor, names: dict[int, str]) -> tuple[str, ...]:
    """`names`: those given to lengths so far."""
    if axes[:1] != ("batch",) or len(axes) > 2 or len(names) == len(ROWS):  # more axes: a batch of something
        return axes
    place = 1 if axes == ("batch", "seq_len") and tensor.shape[0] == _ENDS else 0
    name = names.setdefault(tensor.shape[place], ROWS[len(names)])
    return ("", name) if place else (name, *axes[1:])
