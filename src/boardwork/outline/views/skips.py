"""Flow -> the maps that a U-Net hands straight across its lowest resolution, and where its path may be cut."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate, pairwise
from math import prod

from boardwork.outline.flow import Flow
from boardwork.trace.records import Op, Tensor

_JOINS = ("cat", "concat", "add")
_MAP = 3  # axes of a map: batch, channels, one of space
_MOST_AXES = 5  # with three of space; what has more is a map cut into windows


@dataclass(frozen=True)
class Skip:
    """A map made by the operation `source`, on so many positions, that the operation `join` takes."""

    source: int
    join: int
    positions: int
    passed: frozenset[int]  # operations between, as a gate


class Skips:
    """`all`: the skips, nested, the outermost first; none where they do not nest."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        sizes = {op: positions(flow.tensors[flow.ops[op].outputs[0]]) for op in _spine(flow)}
        self.places = {op: size for op, size in sizes.items() if size > 1 and self._is_whole(op)}
        self.lowest = min(self.places.values(), default=0)
        self.bottom = next((op for op, places in self.places.items() if places == self.lowest), -1)
        self.all = self._nested()

    def _is_whole(self, op: int) -> bool:
        return len(self.flow.tensors[self.flow.ops[op].outputs[0]].shape) <= _MOST_AXES

    def _nested(self) -> list[Skip]:
        taken = [skip for op in self._joins(self.bottom) if (skip := self._across(op)) is not None]
        across = list({skip.source: skip for skip in taken}.values())
        if not across:
            return []
        beside = [skip for op in self._joins(self.bottom, across[0].join) if (skip := self._below(op)) is not None]
        found = beside if _nest([*beside, *across]) else []
        return [*found, *across][::-1] if _nest(across) else []

    def _joins(self, first: int, end: int | None = None) -> list[Op]:
        places = [op for op in self.places if first < op and (end is None or op < end)]
        joins = [op for op in map(self.flow.ops.__getitem__, places) if op.name in _JOINS]
        return [op for op in joins if len(self.flow.data_inputs(op)) == 2]

    def _across(self, join: Op) -> Skip | None:
        """One operand was made before the lowest resolution, another after it."""
        level = self.places[join.id]
        if level == self.lowest:
            return None
        made = [self._back(tensor, level, ()) for tensor in self.flow.data_inputs(join)]
        old = [end for end in made if end is not None]
        if len(old) != 1:
            return None
        source, passed = old[0]
        return Skip(source, join.id, level, passed)

    def _below(self, join: Op) -> Skip | None:
        """At the lowest resolution itself: what is concatenated was made here, and went on to the other operand."""
        if join.name == "add" or self.places[join.id] != self.lowest:
            return None
        sources = sorted(self.flow.origin(tensor)[0].producer for tensor in self.flow.data_inputs(join))
        return Skip(sources[0], join.id, self.lowest, frozenset()) if sources[0] >= self.bottom else None

    def _back(self, tensor: int, level: int, passed: tuple[int, ...]) -> tuple[int, frozenset[int]] | None:
        """The operation before the bottom that the tensor comes from at one resolution, through gates as well."""
        op = self.flow.producer(tensor)
        if op is None or self.places.get(op.id) != level:
            return None
        if op.id < self.bottom:
            return op.id, frozenset(passed)
        data = self.flow.data_inputs(op)
        if len(data) > 1 and op.name != "mul":
            return None
        ends = (self._back(t, level, (*passed, op.id)) for t in data)
        return next((found for found in ends if found is not None), None)

    def cut(self, after: int, positions: int | None, end: int | None = None) -> int | None:
        """The last cut behind `after` that is no later than the first operation on so many positions, or than `end`.

        `positions` None: on more positions than there are at `after`.
        """
        if end is None:
            wanted = (op for op, places in self.places.items() if op > after and self._is(places, positions, after))
            end = next(wanted, None)
        return next((cut for cut in reversed(self.cuts) if after < cut <= end), None) if end is not None else None

    def _is(self, places: int, positions: int | None, after: int) -> bool:
        return places > self.places[after] if positions is None else places == positions

    def cut_after(self, op: int) -> int | None:
        """The first cut behind an operation."""
        return next((cut for cut in self.cuts if cut > op), None)

    @cached_property
    def cuts(self) -> list[int]:
        """Operations before which no more than one map goes on, skips aside."""
        changes = [0] * (len(self.flow.ops) + 2)
        of_source = {skip.source: skip for skip in self.all}
        for op in self.places:
            for tensor in self.flow.ops[op].outputs:
                users = self.flow.users.get(tensor, ())
                last = max((user for user in users if self._goes_on(user, of_source.get(op))), default=op)
                changes[op + 1] += 1
                changes[last + 1] -= 1
        crossing = list(accumulate(changes))
        return [op for op in self.places if crossing[op] <= 1]

    def _goes_on(self, user: int, skip: Skip | None) -> bool:
        if skip is None:
            return user in self.places
        return user < self.bottom if skip.positions > self.lowest else user not in (skip.join, *skip.passed)


@lru_cache(maxsize=1)
def skips_of(flow: Flow) -> Skips:
    """The skips of a trace, which the drawing and the facts both ask for."""
    return Skips(flow)


def _nest(skips: list[Skip]) -> bool:
    """In order of their joins, each has come from above the one before; resolutions only rise."""
    return all(one.source > two.source and one.positions <= two.positions for one, two in pairwise(skips))


def _spine(flow: Flow) -> list[int]:
    """Operations that the input with most axes has a part in, and an output depends on."""
    inputs = [t for t in flow.tensors if t.kind == "input"]
    first = max(inputs, key=lambda t: len(t.shape), default=None)
    if first is None or len(first.shape) < _MAP:
        return []
    reached: set[int] = set()
    for op in flow.ops:
        if any(t == first.id or flow.tensors[t].producer in reached for t in op.inputs):
            reached.add(op.id)
    return sorted(reached & flow.live)


def positions(tensor: Tensor) -> int:
    """Pixels or time steps of a map: the axes that follow the input's size, without the batch."""
    axes = zip(tensor.shape, tensor.symbols, strict=False)
    return prod(size for size, symbol in axes if not symbol.isdigit() and symbol != "batch")
