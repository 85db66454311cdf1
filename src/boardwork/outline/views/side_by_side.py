"""Boxes of a picture -> the same with branches that are alike as one box with copies: heads, kernels of several widths.

Branches are alike if they hold weights of their own, run the same operations, take from the same boxes or give to the
same, and their words differ in a few numbers at most, which become a range: `Conv1d 1 to 5`.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence

from boardwork.outline.blocks import Block
from boardwork.outline.flow import Flow
from boardwork.outline.views.squeeze import SIGNS, Squeeze

_FEWEST = 3  # two branches are as quickly read as told
_VARYING = 2  # numbers that may differ: a kernel and a width
_NUMBERS = re.compile(r"\d+(?:×\d+)*")

Branch = tuple[int, ...]  # places of the boxes of one branch, in order of the data


def side_by_side(flow: Flow, squeeze: Squeeze, boxes: Sequence[Block]) -> list[Block]:
    """Every group of such branches as one box, where the last of them stood."""
    found = list(boxes)
    while (group := _Wiring(flow, found).group()) is not None:
        members = {place for branch in group for place in branch}
        joined = _stacked([_one([found[place] for place in branch], squeeze) for branch in group])
        found = [
            joined if place == max(members) else box
            for place, box in enumerate(found)
            if place not in members or place == max(members)
        ]
    return found


class _Wiring:
    """Which boxes each box takes from and gives to; a tensor from outside counts as a box of its own."""

    def __init__(self, flow: Flow, boxes: Sequence[Block]) -> None:
        self.flow, self.boxes = flow, boxes
        owner = {op: place for place, box in enumerate(boxes) for op in box.all()}
        self.sources: list[frozenset[int]] = []
        self.targets: list[set[int]] = [set() for _ in boxes]
        for place, box in enumerate(boxes):
            taken = {tensor for op in box.all() for tensor in flow.data_inputs(flow.ops[op])}
            makers = {owner.get(flow.tensors[tensor].producer, -1 - flow.origin(tensor)[0].id) for tensor in taken}
            self.sources.append(frozenset(makers - {place}))
            for maker in makers - {place}:
                if maker >= 0:
                    self.targets[maker].add(place)

    def group(self) -> list[Branch] | None:
        """The first branches that are alike and end in the same boxes, or all in outputs; None without any."""
        for ends in (lambda place: self.sources[place], lambda place: frozenset(self.targets[place])):
            for alike in self._alike(ends):
                branches = self._to_their_ends([(place,) for place in alike])
                if len({frozenset(self.targets[branch[-1]]) for branch in branches}) == 1:
                    return branches
        return None

    def _alike(self, ends: Callable[[int], frozenset[int]]) -> list[list[int]]:
        """Places of boxes with weights of their own that have the same ends and the same words."""
        groups: dict[tuple[object, ...], list[int]] = {}
        for place, box in enumerate(self.boxes):
            if ends(place) and box.role not in SIGNS and not box.again and self._weights(box):
                groups.setdefault((ends(place), *self._sort(box)), []).append(place)
        return [group for group in groups.values() if len(group) >= _FEWEST and self._are_copies(group)]

    def _are_copies(self, group: Sequence[int]) -> bool:
        """True for distinct weights, in words that differ in few numbers."""
        boxes = [self.boxes[place] for place in group]
        weights = [self._weights(box) for box in boxes]
        distinct = len(frozenset().union(*weights)) == sum(map(len, weights))
        return distinct and len(_varying([_words(box) for box in boxes])) <= _VARYING

    def _to_their_ends(self, branches: list[Branch]) -> list[Branch]:
        """Branches with what follows in each, as long as that is the same and takes nothing else."""
        while True:
            after = [self.targets[branch[-1]] for branch in branches]
            if any(len(targets) != 1 for targets in after):
                return branches
            places = [next(iter(targets)) for targets in after]
            alone = all(self.sources[place] == {branch[-1]} for place, branch in zip(places, branches, strict=True))
            if not alone or len({self._sort(self.boxes[place]) for place in places}) > 1:
                return branches
            branches = [(*branch, place) for place, branch in zip(places, branches, strict=True)]

    def _sort(self, box: Block) -> tuple[object, ...]:
        names = tuple(self.flow.ops[op].name for op in box.all() if not self.flow.is_shape(op))
        return _NUMBERS.sub("#", _words(box)), box.role, box.repeat, names

    def _weights(self, box: Block) -> frozenset[int]:
        used = (tensor for op in box.all() for tensor in self.flow.ops[op].inputs)
        return frozenset(tensor for tensor in used if self.flow.tensors[tensor].kind == "parameter")


def _words(box: Block) -> str:
    return f"{box.label}\n{box.detail}"


def _varying(words: Sequence[str]) -> list[int]:
    """Which of the numbers differ, in words that are the same but for numbers."""
    columns = zip(*(_NUMBERS.findall(text) for text in words), strict=True)
    return [place for place, column in enumerate(columns) if len(set(column)) > 1]


def _ranged(words: Sequence[str]) -> str:
    """The words once, with the smallest and the largest of each number that differs."""
    columns = [sorted(set(column), key=_size) for column in zip(*map(_NUMBERS.findall, words), strict=True)]
    told = iter(column[0] if len(column) == 1 else f"{column[0]} to {column[-1]}" for column in columns)
    return _NUMBERS.sub(lambda _: next(told), words[0])


def _size(number: str) -> list[int]:
    return [int(part) for part in number.split("×")]


def _one(branch: Sequence[Block], squeeze: Squeeze) -> Block:
    """A branch as one box that has no copies yet."""
    return branch[0] if len(branch) == 1 and branch[0].repeat == 1 else squeeze.joined(branch)


def _stacked(branches: Sequence[Block]) -> Block:
    """The first branch with the others as its copies, in words that hold for all."""
    label, detail = _ranged([branch.label for branch in branches]), _ranged([branch.detail for branch in branches])
    words = f"{detail}; in parallel" if detail else "in parallel"
    return dataclasses.replace(branches[0], label=label, detail=words, kind="in_parallel", copies=tuple(branches[1:]))
