"""A forward at its own sizes -> beside each tensor a double of other sizes: a model of fixed sizes tells its laws.

Python sees the true sizes, so assertions and tables of positions hold; every operation runs on the doubles as well.
Sizes that the code computes with carry the double's size through the arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import islice, product
from math import prod
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from boardwork.meta.nesting import tensors_in
from boardwork.meta.repeats import Repeats
from boardwork.meta.signature import layout, signature
from boardwork.meta.standin import moved
from boardwork.meta.values import LARGEST

_ARITHMETIC = ("add", "sub", "mul", "floordiv", "mod", "radd", "rsub", "rmul", "rfloordiv", "rmod", "neg", "pow")
_RESHAPES = ("view", "reshape")
_MOST_SPLITS = 1000  # ways to split an axis that are tried
_TENSOR: Any = torch.Tensor  # a property of a tensor reaches a mode as its getter
# What a tensor and its double have in common, and what is read off either at once: most calls are one of these.
_ALIKE = frozenset(
    [*(getattr(_TENSOR, name).__get__ for name in ("is_meta", "dtype", "device", "layout")), _TENSOR.untyped_storage]
)
_READ = frozenset([_TENSOR.shape.__get__, _TENSOR.size, _TENSOR.numel])


class Size(int):
    """The length of an axis, with the length of the double's axis in `other`."""

    other: int

    def __new__(cls, first: int, other: int) -> Size:
        size = super().__new__(cls, first)
        size.other = other
        return size


def other_size(length: int) -> int:
    """The double's length of an axis."""
    return length.other if isinstance(length, Size) else int(length)


def _on_both(name: str) -> Callable[..., Any]:
    plain = getattr(int, name)

    def operator(*numbers: Any) -> Any:
        first = plain(*(int(n) if isinstance(n, Size) else n for n in numbers))
        if type(first) is not int:
            return first
        try:
            return Size(first, plain(*(n.other if isinstance(n, Size) else n for n in numbers)))
        except (ArithmeticError, ValueError):
            return first

    return operator


for _name in _ARITHMETIC:
    setattr(Size, f"__{_name}__", _on_both(f"__{_name}__"))


class Doubles(TorchFunctionMode):
    """Runs every operation twice: on the tensors, and on their doubles. What differs in shape has a double."""

    def __init__(self) -> None:
        super().__init__()
        self._of: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}
        self._seen: dict[int, list[int]] = {}
        self._results: dict[Hashable, Any] = {}
        self._repeats = Repeats()

    def give(self, tensor: torch.Tensor, double: torch.Tensor) -> None:
        """`double` stands for `tensor` at the other sizes; of a large one only the shape is kept."""
        if not double.is_meta and double.numel() > LARGEST:
            double = torch.empty_like(double, device="meta")
        self._of[id(tensor)] = (tensor, double)
        for length, other in zip(tensor.shape, double.shape, strict=False):
            if length != other and other not in (known := self._seen.setdefault(length, [])):
                known.append(other)

    def __torch_function__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func in _ALIKE:
            return func(*args, **kwargs)
        if not self._varies((args, kwargs)):
            return self._repeats.run(func, args, kwargs)
        if func in _READ:
            return self._paired(func(*args, **kwargs), func(*_mapped(args, self._double), **kwargs))
        key = self._key(func, args, kwargs)  # before the call, which may change a shape in place
        out = self._repeats.run(func, _mapped(args, _first), _mapped(kwargs, _first))
        if key is None:
            return self._paired(out, self._on_doubles(func, args, kwargs, out))
        if key not in self._results:
            self._results[key] = _mapped(self._on_doubles(func, args, kwargs, out), _handle)
        return self._paired(out, _mapped(self._results[key], _handle))

    def _key(self, func: Callable[..., Any], args: Any, kwargs: Any) -> Hashable | None:
        """Calls with the same key have doubles of the same shapes: equal layers run on doubles once."""
        try:
            key = func, signature((args, kwargs), self._leaf_key)
            hash(key)
        except (TypeError, RuntimeError):  # what cannot be hashed, a tensor without strides
            return None
        return key

    def _leaf_key(self, leaf: Any) -> Hashable:
        if isinstance(leaf, torch.Tensor):
            return layout(leaf), layout(self._double(leaf))
        key: Hashable = (int(leaf), leaf.other) if isinstance(leaf, Size) else leaf
        return key

    def _varies(self, value: Any) -> bool:
        if isinstance(value, torch.Tensor):
            return id(value) in self._of
        if isinstance(value, dict):
            return any(map(self._varies, value.values()))
        if isinstance(value, slice):
            return any(isinstance(n, Size) for n in (value.start, value.stop, value.step))
        return isinstance(value, Size) or (isinstance(value, list | tuple) and any(map(self._varies, value)))

    def _double(self, value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return self._of[id(value)][1] if id(value) in self._of else value
        return other_size(value) if isinstance(value, Size) else value

    def _without_numbers(self, value: Any) -> Any:
        """For a call that brings together a double with numbers and one without."""
        double = self._double(value)
        return moved(double) if isinstance(double, torch.Tensor) else double

    def _on_doubles(self, func: Callable[..., Any], args: Any, kwargs: Any, out: Any) -> Any:
        """`func` on the doubles; where a table is too short for that, on a longer one; None where nothing fits."""
        attempts = [self._double, self._without_numbers, *self._stretched((args, kwargs))]
        for attempt in attempts:
            try:
                double = func(*_mapped(args, attempt), **_mapped(kwargs, attempt))
            except Exception:  # whatever torch says of shapes that do not fit
                continue
            return self._regrouped(args, out, double) if getattr(func, "__name__", "") in _RESHAPES else double
        return self._regrouped(args, out)

    def _stretched(self, value: Any) -> Iterator[Callable[[Any], Any]]:
        """Doubles where fixed axes follow an axis of the same length: first one at the same place, then any."""
        pairs = [(tensor.shape, self._double(tensor).shape) for tensor in tensors_in(value)]
        changed = [
            (place - len(first), length, double)
            for first, second in pairs
            for place, (length, double) in enumerate(zip(first, second, strict=False))
            if length != double and length != 1
        ]

        def stretch(leaf: Any, aligned: bool) -> Any:
            if not isinstance(leaf, torch.Tensor):
                return self._double(leaf)
            shape = list(self._double(leaf).shape)
            for axis, length in enumerate(shape):
                longer = (m for at, n, m in changed if n == length and (not aligned or at == axis - len(shape)))
                shape[axis] = next(longer, length)
            return self._double(leaf).new_empty(shape)

        if changed:
            yield lambda leaf: stretch(leaf, aligned=True)
            yield lambda leaf: stretch(leaf, aligned=False)

    def _regrouped(self, args: Any, out: Any, double: Any = None) -> Any:
        """A reshape to lengths written as numbers: axes that multiply to the double's, of lengths seen before.

        `double`: what torch makes of it, right if its axes hold those before that the true result's axes hold: a -1
        beside a number of tokens takes up what these grew by.
        """
        source = next(tensors_in(args), None)
        if source is None or not isinstance(out, torch.Tensor) or not out.numel() == source.numel() > 0:
            return double
        axes = list(zip(source.shape, self._double(source).shape, strict=False))
        given = list(_groups(axes, list(out.shape)))
        shape = [length for before, after in given for length in self._split(before, after)]
        if isinstance(double, torch.Tensor):
            ways = given, list(_groups(axes, list(out.shape), ones_join_the_last=True))
            if prod(shape) != double.numel() or any(_is_grouped(way, double.shape) for way in ways):
                return double
        return self._double(source).new_empty(shape)

    def _split(self, before: list[tuple[int, int]], after: list[int]) -> tuple[int, ...]:
        """The double's lengths for axes that those `before` are split into or joined to, each with its double."""
        whole = prod(double for _, double in before)
        if len(after) == 1:
            return (whole,)
        choices = product(*([*self._seen.get(length, ()), length] for length in after))
        return next((c for c in islice(choices, _MOST_SPLITS) if prod(c) == whole), tuple(after))

    def _paired(self, out: Any, double: Any) -> Any:
        """What `func` gave, its sizes paired with the double's and its tensors known to have one."""
        if isinstance(out, torch.Tensor):
            if isinstance(double, torch.Tensor) and out.shape != double.shape:
                self.give(out, double)
        elif type(out) is int and type(double) is int:
            return Size(out, double) if out != double else out
        elif isinstance(out, list | tuple) and isinstance(double, list | tuple) and len(out) == len(double):
            parts = [self._paired(one, two) for one, two in zip(out, double, strict=True)]
            if type(out) in (list, tuple, torch.Size):
                return type(out)(parts)
        return out


def _first(value: Any) -> Any:
    return int(value) if isinstance(value, Size) else value


def _handle(leaf: Any) -> Any:
    """Another handle on a double: what changes its shape in place leaves the one that is kept."""
    return leaf.detach() if isinstance(leaf, torch.Tensor) else leaf


def _mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """The same nesting with every leaf changed."""
    if isinstance(value, dict):
        return {key: _mapped(item, change) for key, item in value.items()}
    if isinstance(value, slice):
        return slice(change(value.start), change(value.stop), change(value.step))
    if type(value) in (list, tuple, torch.Size):
        return type(value)(_mapped(item, change) for item in value)
    return change(value)


def _is_grouped(groups: list[tuple[list[tuple[int, int]], list[int]]], shape: Sequence[int]) -> bool:
    """Whether each run of a double's shape holds as many elements as the doubles of the axes that it is made of."""
    lengths = iter(shape)
    return all(prod(n for _, n in before) == prod(islice(lengths, len(after))) for before, after in groups)


def _groups(
    before: list[tuple[int, int]], after: list[int], ones_join_the_last: bool = False
) -> Iterator[tuple[list[tuple[int, int]], list[int]]]:
    """The shortest runs of axes with the same number of elements on both sides of a reshape.

    An axis of one, as a batch is, may belong to the run before it or to the one behind it.
    """
    while before or after:
        left, right = before[:1], after[:1]
        before, after = before[1:], after[1:]
        while prod(length for length, _ in left) != prod(right):
            if prod(length for length, _ in left) < prod(right) or not after:
                left, before = left + before[:1], before[1:]
            else:
                right, after = right + after[:1], after[1:]
        while ones_join_the_last and before and before[0][0] == 1:
            left, before = left + before[:1], before[1:]
        while ones_join_the_last and after and after[0] == 1:
            right, after = right + after[:1], after[1:]
        yield left, right
