"""What an operation would need values for on meta -> a stand-in with the right shape, and the guess in words."""

from __future__ import annotations

from typing import Any

import torch

# A full mask and a non-empty choice: what holds when nothing is padded.
_SCALARS: dict[str, tuple[Any, str]] = {
    "__bool__": (True, "a condition was taken to hold"),
    "item": (1, "a value was taken to be 1"),
    "__int__": (1, "a value was taken to be 1"),
    "__index__": (1, "a value was taken to be 1"),
    "__float__": (1.0, "a value was taken to be 1"),
    "__contains__": (False, "a value was taken to be absent"),
    "equal": (True, "two tensors were taken to be equal"),
    "allclose": (True, "two tensors were taken to be equal"),
    "is_nonzero": (True, "a condition was taken to hold"),
}
_RECURRENT = ("lstm", "gru", "rnn_tanh", "rnn_relu")
_MOVES = ("cuda", "cpu")


def on_meta_only(args: tuple[Any, ...]) -> bool:
    """True when the first argument is a tensor without values."""
    return bool(args) and isinstance(args[0], torch.Tensor) and args[0].is_meta


def stand_in(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, str] | None:
    """A result for `name` that needs no values, with the guess made ("" if it is exact); None when torch can do it."""
    if name in ("_grouped_mm", "grouped_mm"):
        return _grouped(args), ""
    if not on_meta_only(args):
        return None
    if name in _RECURRENT and len(args) > 2 and isinstance(args[2], list | tuple):
        return _recurrent(name, args), ""
    if name in _SCALARS:
        return _SCALARS[name]
    if name in _MOVES:
        return args[0], ""
    if name == "to" and any(_is_device(value) for value in (*args[1:], *kwargs.values())):
        rest = [v for v in args[1:] if not _is_device(v)]
        keep = {k: v for k, v in kwargs.items() if not _is_device(v)}
        return (args[0].to(*rest, **keep) if rest or keep else args[0]), ""
    if name in ("nonzero", "argwhere"):
        rows = args[0].numel()
        return args[0].new_empty((rows, args[0].dim()), dtype=torch.int64), "every element was taken to be selected"
    return None


def _is_device(value: Any) -> bool:
    if isinstance(value, torch.device):
        return True
    return isinstance(value, str) and value.split(":")[0] in ("cpu", "cuda", "meta", "mps")


def _grouped(args: tuple[Any, ...]) -> torch.Tensor:
    """Tokens sorted by expert times one matrix an expert: (N, K) x (E, K, M) -> (N, M)."""
    left, right = args[0], args[1]
    shape = (*left.shape[:-1], right.shape[-1])
    return torch.empty(shape, dtype=left.dtype, device=left.device)


def _recurrent(name: str, args: tuple[Any, ...]) -> tuple[torch.Tensor, ...]:
    """Shapes of a whole sequence at once; torch would take every step, one by one, to find them."""
    value, state = args[0], args[1]
    states = list(state) if isinstance(state, list | tuple) else [state]
    directions = 2 if args[7] is True else 1
    out = value.new_empty((*value.shape[:-1], directions * states[0].shape[-1]))
    return (out, *(torch.empty_like(s) for s in states))
