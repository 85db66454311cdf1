"""What an operation would need values for on meta -> a stand-in with the right shape, and the guess in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from boardwork.meta.nesting import tensors_in

# A full mask and a non-empty choice: what holds when nothing is padded.
_SCALARS: dict[str, tuple[Any, str]] = {
    "__bool__": (True, "a condition was taken to hold"),
    "item": (1, "a value was taken to be 1"),
    "__int__": (1, "a value was taken to be 1"),
    "__index__": (1, "a value was taken to be 1"),
    "__float__": (1.0, "a value was taken to be 1"),
    "__format__": ("1", "a value was taken to be 1"),
    "__contains__": (False, "a value was taken to be absent"),
    "equal": (True, "two tensors were taken to be equal"),
    "allclose": (True, "two tensors were taken to be equal"),
    "is_nonzero": (True, "a condition was taken to hold"),
}
_CHOICES = ("nonzero", "argwhere", "masked_select", "unique", "unique_consecutive", "_unique2")
_COUNTED = ("repeat_interleave", "where")
# What has no result on meta, but one on values.
NEEDS_VALUES = frozenset(
    [*_SCALARS, *_CHOICES, "__format__", "tolist", "numpy", "bincount", "repeat_interleave", "where"]
)
_RECURRENT = ("lstm", "gru", "rnn_tanh", "rnn_relu")
_FROM_SIZES = ("arange", "range", "linspace", "full", "zeros", "ones", "empty", "rand", "randn", "eye")
_MOVES = ("cuda", "cpu")
_ALL = "every element was taken to be selected"


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
    if name == "item" and (args[0].dtype is torch.bool or args[0].is_floating_point()):
        return _SCALARS["__bool__" if args[0].dtype is torch.bool else "__float__"]
    if name == "__format__" and args[0].dim():
        return None
    if name in _SCALARS:
        return _SCALARS[name]
    if name in _MOVES:
        return args[0], ""
    if name == "to" and any(_is_device(value) for value in (*args[1:], *kwargs.values())):
        rest = [v for v in args[1:] if not _is_device(v)]
        keep = {k: v for k, v in kwargs.items() if not _is_device(v)}
        return (args[0].to(*rest, **keep) if rest or keep else args[0]), ""
    if name == "tolist":
        return torch.ones(args[0].shape, device="cpu", dtype=args[0].dtype).tolist(), "values were taken to be 1"
    if name == "where" and len(args) == 1 and not kwargs:
        return tuple(_chosen(args[0], {"as_tuple": True})), _ALL
    if name in _CHOICES:
        guess = "values were taken to be all equal" if "unique" in name else _ALL
        return _choice(name, args, kwargs), guess
    if name == "_pack_padded_sequence" and args[1].is_meta:
        return _packed(*args), "the sequences were taken to be all of full length"
    if name == "nms":
        return args[1].new_empty(args[1].shape, dtype=torch.int64), "no box was taken to be suppressed"
    if name == "roi_align":
        return _regions(args), ""
    return None


Known = Callable[[torch.Tensor], "torch.Tensor | None"]


def without_values(
    name: str, func: Callable[..., Any], args: Any, kwargs: Any, known: Known, error: Exception
) -> tuple[Any, str]:
    """A second attempt after `error`: tensors of several devices are brought together, tensors as sizes become numbers.

    Raises:
        Exception: `error`, when neither is the case.
    """
    devices = {t.device for t in tensors_in((args, kwargs))}
    if len(devices) > 1 and torch.device("meta") in devices:
        args, kwargs = moved(args), moved(kwargs)
        try:
            return func(*args, **kwargs), ""
        except RuntimeError:
            pass
    guesses: list[str] = []
    start = 0 if name in _FROM_SIZES else 1
    sizes = [_numbers(value, known, guesses) for value in args[start:]]
    named = {key: _numbers(value, known, guesses) for key, value in kwargs.items()}
    before, after = [*args[start:], *kwargs.values()], [*sizes, *named.values()]
    if any(a is not b for a, b in zip(after, before, strict=True)):
        return func(*args[:start], *sizes, **named), "".join(guesses[:1])
    raise error


def _numbers(value: Any, known: Known, guesses: list[str]) -> Any:
    """Whole numbers that live in tensors, as Python's numbers; the same object where there are none."""
    if isinstance(value, torch.Tensor) and value.is_meta and value.dim() == 0 and not value.is_floating_point():
        real = known(value)
        if real is None:
            guesses.append("a size was taken to be 1")
        return 1 if real is None else real.item()
    if type(value) in (list, tuple) and any(isinstance(item, torch.Tensor) for item in value):
        return type(value)(_numbers(item, known, guesses) for item in value)
    if isinstance(value, slice) and any(isinstance(v, torch.Tensor) for v in (value.start, value.stop, value.step)):
        return slice(*(_numbers(v, known, guesses) for v in (value.start, value.stop, value.step)))
    return value


def moved(value: Any) -> Any:
    """The same nesting with every tensor on meta."""
    if isinstance(value, torch.Tensor):
        return value if value.is_meta else torch.empty_like(value, device="meta")
    if isinstance(value, dict):
        return {key: moved(item) for key, item in value.items()}
    return type(value)(map(moved, value)) if type(value) in (list, tuple) else value


def full_masks(index: Any, known: Known) -> tuple[Any, str]:
    """An index with masks as positions and bounds as numbers; the guess where one of them is not known."""
    parts: list[Any] = []
    guesses: list[str] = []
    for part in index if isinstance(index, tuple) else (index,):
        if isinstance(part, slice):
            parts.append(_numbers(part, known, guesses))
        elif not (isinstance(part, torch.Tensor) and part.is_meta and part.dtype in (torch.bool, torch.uint8)):
            parts.append(part)
        elif (real := known(part)) is not None:
            rows = int(real.sum())
            parts.extend(part.new_empty(rows, dtype=torch.int64) for _ in range(max(part.dim(), 1)))
        else:
            parts.extend(_chosen(part, {"as_tuple": True}))
            guesses.append(_ALL)
    return tuple(parts), "".join(guesses[:1])


def repeated(args: Any, kwargs: Any, known: Known) -> tuple[Any, str] | None:
    """torch.repeat_interleave with a tensor of counts: its length is their sum, one each where they are not known."""
    value, counts = args[0], args[1] if len(args) > 1 else kwargs.get("repeats")
    if counts is None and not value.is_floating_point():
        real = known(value)
        rows = int(real.sum()) if real is not None else value.numel()
        return value.new_empty(rows), "" if real is not None else "counts were taken to be 1"
    if not (isinstance(counts, torch.Tensor) and counts.is_meta):
        return None
    axis = args[2] if len(args) > 2 else kwargs.get("dim")
    value = value.flatten() if axis is None else value
    axis = 0 if axis is None else axis
    real = known(counts)
    rows = value.shape[axis] if real is None else int(real.sum()) * (value.shape[axis] if real.numel() == 1 else 1)
    shape = [rows if i == axis % value.dim() else n for i, n in enumerate(value.shape)]
    return value.new_empty(shape), "counts were taken to be 1" if real is None else ""


def _is_device(value: Any) -> bool:
    if isinstance(value, torch.device):
        return True
    return isinstance(value, str) and value.split(":")[0] in ("cpu", "cuda", "meta", "mps")


def _chosen(mask: torch.Tensor, kwargs: dict[str, Any]) -> Any:
    if kwargs.get("as_tuple"):
        return tuple(mask.new_empty(mask.numel(), dtype=torch.int64) for _ in range(max(mask.dim(), 1)))
    return mask.new_empty((mask.numel(), mask.dim()), dtype=torch.int64)


def _choice(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if name in ("nonzero", "argwhere"):
        return _chosen(args[0], kwargs)
    if name == "masked_select":
        return torch.masked_fill(args[0], args[1], 0).flatten()
    axis = kwargs.get("dim")  # one distinct value: whoever loops over them loops once
    found = args[0].new_empty(1) if axis is None else args[0].narrow(axis, 0, 1)
    further = []
    if kwargs.get("return_inverse"):
        shape = args[0].shape if axis is None else (args[0].shape[axis],)
        further.append(args[0].new_empty(shape, dtype=torch.int64))
    if kwargs.get("return_counts"):
        further.append(args[0].new_empty(1, dtype=torch.int64))
    return (found, *further) if further else found


def _regions(args: tuple[Any, ...]) -> torch.Tensor:
    """torchvision.ops.roi_align(input, boxes, scale, height, width, ...): (N, C, H, W) x (K, 5) -> (K, C, h, w)."""
    value, boxes = args[0], args[1]
    found: torch.Tensor = value.new_empty((boxes.shape[0], value.shape[1], int(args[3]), int(args[4])))
    return found


def _packed(padded: torch.Tensor, lengths: torch.Tensor, batch_first: bool) -> Any:
    full = torch.full(tuple(lengths.shape), padded.shape[1 if batch_first else 0], dtype=torch.int64, device="cpu")
    return torch._VF._pack_padded_sequence(padded, full, batch_first)


def _grouped(args: tuple[Any, ...]) -> torch.Tensor:
    """Tokens sorted by expert times one matrix an expert: (N, K) x (E, K, M) -> (N, M)."""
    left, right = args[0], args[1]
    shape = (*left.shape[:-1], right.shape[-1])
    return torch.zeros(shape, dtype=left.dtype, device=left.device)


def _recurrent(name: str, args: tuple[Any, ...]) -> tuple[torch.Tensor, ...]:
    """Shapes of a whole sequence at once; torch would take every step, one by one, to find them."""
    value, *rest = args
    packed = isinstance(rest[0], torch.Tensor) and rest[0].dim() == 1
    state, both = (rest[1], rest[7]) if packed else (rest[0], rest[6])  # a packed sequence has its sizes before them
    states = list(state) if isinstance(state, list | tuple) else [state]
    directions = 2 if both is True else 1
    out = value.new_empty((*value.shape[:-1], directions * states[0].shape[-1]))
    return (out, *(torch.empty_like(s) for s in states))
