"""A module on meta and some of its arguments -> all that forward requires, found by what it says to wrong ones.

Forward is called, and where it stops tells what an argument should have been: a layer knows its width and rank, two
tensors that do not fit share their axes, an unpacked shape has as many axes as there are names. That is mended and
forward called again. No name of an argument is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import chain

import torch
from torch import nn

from boardwork.targets.edges import edges, graph, is_graph, pairs
from boardwork.targets.forward_arguments import weight_dtype
from boardwork.targets.input_axes import AXES_BY_RANK
from boardwork.targets.layers import IMAGE, TOKENS, Argument, argument, hidden_arguments, layer_arguments, resized
from boardwork.targets.parts import root
from boardwork.targets.told import LARGEST, rank_told, size_told
from boardwork.targets.trial import Given, Refusal, trial

TRIALS = 48
ROWS = 5  # of no layer's width
FEATURES = 16  # of an axis that nothing has told
SIZES = {"": FEATURES, "batch": 1, "seq_len": TOKENS, "frames": 16, "height": IMAGE, "width": IMAGE}
SOLVED = (("height", "width"), ("seq_len",), ("length",), ("frames",), ("frames", "height", "width"), ("",))
FLAT = "same number of dimensions"
INDICES = r"used as indices|int64 for index|of integer type|integer tensors"

State = dict[str, Argument]


def searched(module: nn.Module, start: Sequence[Argument], free: Sequence[str]) -> list[Argument] | None:
    """Arguments that forward takes, None if they were not found. Those in `free` may change; `start` may hold some."""
    kept = {item.name: item for item in start if item.name not in free or len(free) == 1}
    begin = {name: argument(name, (1,), ("batch",), weight_dtype(module)) for name in free} | kept
    # Several rows, as a single one fits everywhere. Whole numbers are a sequence, or one a row: a step, a label.
    # What is unpacked is a tensor, or else a tuple.
    for apart in (False, True):
        for batch, tokens in ((ROWS, True), (ROWS, False), (1, True), (1, False)):
            search = _Search(module, set(free), batch, tokens, apart)
            if (found := search.run(begin)) is not None:
                if is_graph(found):
                    return graph(found)
                one = {name: item if name not in search.free else _rows(item, 1) for name, item in found.items()}
                return list((found if search.tried(one) else one).values())
        if not search.unpacked:
            return None
    return None


class _Search:
    def __init__(self, module: nn.Module, free: set[str], batch: int, tokens: bool, apart: bool) -> None:
        self.module, self.free, self.batch, self.tokens, self.apart = module, free, batch, tokens, apart
        self.unpacked = False
        self.rules: tuple[Callable[[State, Refusal], Argument | None], ...] = (
            self._index, self._sort, self._rank, self._width, self._named, self._axes, self._edges, self._agreed,
            self._fitted, self._sequence, self._deeper,
        )  # fmt: skip

    def run(self, state: State) -> State | None:
        state, seen = {name: self._row(item) for name, item in state.items()}, set()
        for _ in range(TRIALS):
            refusal = self.tried(state)
            if refusal is None:
                return state
            changes = (self._row(change) for rule in self.rules if (change := rule(state, refusal)) is not None)
            states = ({**state, change.name: change} for change in changes)
            state = next(
                (choice for choice in (*self._opened(state, refusal), *states) if self._key(choice) not in seen), {}
            )
            if not state:
                return None
            seen.add(self._key(state))
        return None

    def _row(self, item: Argument) -> Argument:
        return _rows(item, self.batch) if item.name in self.free else item

    def tried(self, state: State) -> Refusal | None:
        return trial(self.module, list(state.values()))

    def _key(self, state: State) -> tuple[object, ...]:
        return tuple((name, tuple(item.tensor.shape), item.tensor.dtype) for name, item in state.items())

    def _opened(self, state: State, refusal: Refusal) -> Iterator[State]:
        """An argument that forward takes apart as its parts: entries, fields, places; or else as rows of a tensor."""
        pair = self._pair(refusal)
        name, part = refusal.lacking or (pair, 2 if pair else "")
        if root(name) not in self.free:
            return
        self.unpacked |= isinstance(part, int)
        if isinstance(part, int) and not self.apart and not pair:
            yield {**state, name: pairs(name, part, weight_dtype(self.module))}
            return
        parts = [f"{name}.{each}" for each in ([part] if isinstance(part, str) else range(part))]
        self.free.update(parts)
        begin = {each: argument(each, (1,), ("batch",), weight_dtype(self.module)) for each in parts}
        yield {**{other: item for other, item in state.items() if other != name}, **begin}

    def _pair(self, refusal: Refusal) -> str:
        """The argument that is one tensor where a recurrent layer goes on from two."""
        two = refusal.layer is not None and len(hidden_arguments(refusal.layer)) == len(refusal.given) == 2
        names = refusal.given[1].names & self.free if two else frozenset()
        return min(names) if len(names) == 1 else ""

    def _index(self, state: State, refusal: Refusal) -> Argument | None:
        """Whole numbers where they choose rows."""
        if not re.search(INDICES, str(refusal.error)):
            return None
        given = sorted((given for given in refusal.given if given.floating), key=lambda given: -len(given.names))
        chosen = [name for item in given for name in sorted(item.names & self.free)]  # made from one argument: last
        now = next((state[name] for name in (*reversed(chosen), *sorted(refusal.asked & self.free))), None)
        return now and argument(now.name, tuple(now.tensor.shape), now.axes, torch.int64)

    def _needs(self, refusal: Refusal) -> Iterator[tuple[Argument, Given, str]]:
        """What the layer that stopped takes, what it was given, and the argument that this is made from."""
        layer = refusal.layer
        wanted = (*(layer_arguments(layer) or ()), *hidden_arguments(layer)) if layer is not None else ()
        for need, given in zip(wanted, refusal.given, strict=False):
            for name in sorted(given.names & self.free):
                yield need, given, name

    def _sort(self, state: State, refusal: Refusal) -> Argument | None:
        """Tokens where an embedding looks them up, numbers where a layer multiplies them."""
        for need, given, name in self._needs(refusal):
            now = state[name].tensor
            if need.tensor.is_floating_point() == given.floating or now.is_floating_point() != given.floating:
                continue
            if now.ndim > 1:
                return argument(name, tuple(now.shape), _axes(now.ndim, need.tensor.dtype), need.tensor.dtype)
            return _of_rank(state[name], 2 if self.tokens else 1, need.tensor.dtype)
        return None

    def _rank(self, state: State, refusal: Refusal) -> Argument | None:
        """As many axes as the layer takes."""
        for need, given, name in self._needs(refusal):
            lacking = need.tensor.ndim - len(given.shape)
            if lacking <= 0 and not (lacking < 0 and _spatial(need)):
                continue
            if tuple(state[name].tensor.shape) == given.shape:
                return Argument(name, need.tensor.to(state[name].tensor.dtype), need.axes)
            return _of_rank(state[name], state[name].tensor.ndim + lacking)
        return None

    def _width(self, state: State, refusal: Refusal) -> Argument | None:
        """The number of features or channels that the layer takes."""
        cases = []
        for need, given, name in self._needs(refusal):
            place = next((i for i in _fixed(need, len(given.shape)) if need.tensor.shape[i] != given.shape[i]), None)
            if place is not None:
                cases.append((state[name], place, given.shape[place], need.tensor.shape[place]))
        direct = (_widened(now, got, wanted) for now, _, got, wanted in cases)
        solved = (self._solved(state, now, refusal, place, wanted) for now, place, _, wanted in cases)
        return next(filter(None, chain(direct, solved)), None)

    def _solved(self, state: State, now: Argument, stop: Refusal, place: int, wanted: int) -> Argument | None:
        """The size of the image, or of another axis, with which as much as `wanted` arrives where forward stopped."""
        for axes in SOLVED:
            places = [i for i, axis in enumerate(now.axes) if axis in axes]
            if not places:
                continue
            low, high = 1, LARGEST
            while low < high:  # what arrives grows with the size
                middle = (low + high) // 2
                arrived = self._arrived(state, resized(now, dict.fromkeys(places, middle)), stop, place, wanted)
                low, high = (low, middle) if arrived >= wanted else (middle + 1, high)
            choice = resized(now, dict.fromkeys(places, low))
            if self._arrived(state, choice, stop, place, wanted) == wanted:
                return _frames_first(choice) if axes == ("frames",) else choice
        return None

    def _arrived(self, state: State, choice: Argument, stop: Refusal, place: int, wanted: int) -> int:
        """Features that arrive there; 0 where forward does not come that far."""
        refusal = self.tried({**state, choice.name: choice})
        if refusal is None or (stop.layer is not None and (id(stop.layer), choice.name) in refusal.passed):
            return wanted
        here = refusal.layer is stop.layer and refusal.operation == stop.operation
        given = (item.shape for item in refusal.given if choice.name in item.names)
        shape = next(given, ()) if here else ()
        return shape[place] if len(shape) >= abs(place) + (place >= 0) else 0

    def _named(self, state: State, refusal: Refusal) -> Argument | None:
        """The size that the model's own error asks for."""
        if not _is_own(refusal):
            return None
        changes = (size_told(state[name], str(refusal.error)) for name in sorted(refusal.asked & self.free))
        return next(filter(None, changes), None)

    def _axes(self, state: State, refusal: Refusal) -> Argument | None:
        """As many axes as the code unpacks, permutes or indexes."""
        of_rank = rank_told(str(refusal.error))
        more = isinstance(refusal.error, IndexError | AssertionError) or FLAT in str(refusal.error)
        one_number = any(item.shape == () and not item.floating for item in refusal.given)  # of a list: `_edges`
        if (not of_rank and not more) or (one_number and not of_rank):
            return None
        made = [item.names for item in refusal.given if item.names & self.free and len(item.shape) != of_rank]
        unpacked = isinstance(refusal.error, ValueError) or not made
        names = sorted((refusal.asked if unpacked else made[0]) & self.free)
        names = names or (list(self.free) if len(self.free) == 1 else [])
        if not names:
            return None
        now = state[names[-1]]
        rank = of_rank or now.tensor.ndim + 1
        if rank == now.tensor.ndim > now.tensor.shape[-1]:  # not the shape was unpacked, but pieces of the features
            return _widened(now, now.tensor.shape[-1], FEATURES)
        return _of_rank(now, rank) if rank in AXES_BY_RANK else None

    def _edges(self, state: State, refusal: Refusal) -> Argument | None:
        return edges(state, refusal, self.free)

    def _agreed(self, state: State, refusal: Refusal) -> Argument | None:
        """The axes of another argument, where two tensors do not fit."""
        unlike = [(a, b) for a in refusal.given for b in refusal.given if a.names - b.names and b.names - a.names]
        for model, other in sorted(
            unlike, key=lambda pair: (-len(pair[0].shape), *map(sorted, (p.names for p in pair)))
        ):
            for name in sorted((other.names - model.names) & self.free):
                like, now = state[min(model.names - other.names)], state[name]
                sizes = [size for size, axis in zip(like.tensor.shape, like.axes, strict=True) if axis]
                kept = [size for size, axis in zip(now.tensor.shape, now.axes, strict=True) if not axis]
                if len(other.shape) < len(model.shape) and not kept and "" in like.axes:
                    kept = [FEATURES]
                shape = [*sizes, *kept] if now.tensor.is_floating_point() else sizes
                if len(shape) in AXES_BY_RANK and tuple(shape) != tuple(now.tensor.shape):
                    axes = [axis for axis in like.axes if axis]
                    return argument(name, tuple(shape), (*axes, *[""] * (len(shape) - len(axes))), now.tensor.dtype)
        return None

    def _fitted(self, state: State, refusal: Refusal) -> Argument | None:
        """The size of a weight that a tensor does not fit."""
        weight = next((given.shape for given in refusal.given if not given.names), ())
        if refusal.operation in ("matmul", "mm"):
            weight = weight[-2:-1]
        for given in refusal.given:
            for name in sorted(given.names & self.free):
                sizes = zip(reversed(given.shape), reversed(weight), strict=False)
                unlike = [(got, wanted) for got, wanted in sizes if got != wanted and 1 not in (got, wanted)]
                now = state[name]
                direct = (_widened(now, got, wanted) for got, wanted in unlike)
                if (found := next(filter(None, direct), None)) is not None:
                    return found
                places = enumerate(zip(reversed(given.shape), reversed(weight), strict=False), 1)
                lengths = ((place, wanted) for place, (got, wanted) in places if got != wanted > 1)
                solved = (self._solved(state, now, refusal, -place, wanted) for place, wanted in lengths)
                if (found := next(filter(None, solved), None)) is not None:
                    return found
                if unlike and now.tensor.ndim + 1 in AXES_BY_RANK:
                    return _of_rank(now, now.tensor.ndim + 1)
        return None

    def _sequence(self, state: State, refusal: Refusal) -> Argument | None:
        """A row of features as one of a sequence, where nothing else that was tried fits."""
        names = sorted(frozenset().union(*(given.names for given in refusal.given)) & self.free)
        now = state[names[0]] if len(names) == 1 else None
        return _of_rank(now, 3) if now is not None and now.axes == ("batch", "") else None

    def _deeper(self, state: State, refusal: Refusal) -> Argument | None:
        """One axis more, where the model refuses in words that say nothing else."""
        asked = [state[name] for name in sorted(refusal.asked & self.free)] if _is_own(refusal) else []
        fits = (item for item in asked if item.tensor.ndim + 1 in AXES_BY_RANK)
        return next((_of_rank(item, item.tensor.ndim + 1) for item in fits), None)


def _is_own(refusal: Refusal) -> bool:
    """True where the model itself refuses, outside of every operation."""
    return not refusal.operation and isinstance(refusal.error, ValueError | AssertionError)


def _frames_first(now: Argument) -> Argument:
    """Frames before channels, where what stands behind them is as wide as a layer wants."""
    axes = {"frames": "", "": "frames"}
    return Argument(now.name, now.tensor, tuple(axes.get(axis, axis) for axis in now.axes))


def _fixed(need: Argument, rank: int) -> Iterator[int]:
    """Places of the axes whose size the layer sets; the last is counted from the end."""
    for place, axis in enumerate(need.axes):
        if not axis and rank >= need.tensor.ndim - place:
            yield place - need.tensor.ndim if place == need.tensor.ndim - 1 else place


def _spatial(need: Argument) -> bool:
    return any(axis in ("height", "length") for axis in need.axes)


def _widened(now: Argument, got: int, wanted: int) -> Argument | None:
    """The last axis of features of one size at another; None if it has none of that size."""
    same = [i for i, axis in enumerate(now.axes) if not axis and now.tensor.shape[i] == got]
    return resized(now, {same[-1]: wanted}) if same else None


def _of_rank(now: Argument, rank: int, dtype: torch.dtype | None = None) -> Argument:
    """The same features, if it has any, on `rank` axes."""
    dtype = dtype or now.tensor.dtype
    axes, sizes = _axes(rank, dtype), dict(SIZES)
    if now.axes[-1:] == ("",):
        sizes[""] = now.tensor.shape[-1]
    if sizes[""] == TOKENS:  # of two axes of one size it would not be seen which one does not fit
        sizes["seq_len"] = TOKENS // 2
    return argument(now.name, tuple(sizes[axis] for axis in axes), axes, dtype)


def _axes(rank: int, dtype: torch.dtype) -> tuple[str, ...]:
    return AXES_BY_RANK[rank] if dtype.is_floating_point else ("batch", "seq_len", "", "", "")[:rank]


def _rows(now: Argument, batch: int) -> Argument:
    return resized(now, {i: batch for i, axis in enumerate(now.axes) if axis == "batch"})
