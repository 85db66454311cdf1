"""Flow and root -> the levels of a U-Net as boxes: down to the lowest resolution, up again, maps straight across."""

from __future__ import annotations

import dataclasses
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, groupby, pairwise

from boardwork.outline.blocks import Block
from boardwork.outline.flow import Flow
from boardwork.outline.views.skips import Skip, Skips, skips_of
from boardwork.outline.views.squeeze import SIGNS, Squeeze, count, counted, list_of

_LEAST = 2  # resolutions with skips; a skip over one pool is no U
_OPEN = ("", "in_turn", "joined", "conv_block")
_TOLD = 3  # sorts of parts that a box tells


def u_levels(flow: Flow, root: Block, squeeze: Squeeze, most: int) -> list[Block] | None:
    """At most `most` boxes, the deepest levels in one if need be; None for what is no U."""
    skips = skips_of(flow)
    starts = _starts(skips, _levels(skips))
    if starts is None:
        return None
    tree = _Levels(flow, skips, starts)
    parts = [part for child in root.children for part in tree.pieces(child)]
    beside = [part for part in parts if tree.place(part) is None]
    levels = [[part for part in parts if tree.place(part) == number] for number in range(len(starts) + 1)]
    after = levels.pop() if len(levels) % 2 == 0 else []
    if not all(levels):
        return None
    levels[-1], head = _without_head(flow, levels[-1], skips.all[0].join)
    before, end = squeeze(beside, most - len(levels) - 1), squeeze([*head, *after], 1)
    boxes = [tree.box(number, level) for number, level in _numbered(levels, most - count(before) - len(end))]
    return sorted([*before, *boxes, *end], key=lambda box: min(box.one()))


def levels_of_ends(flow: Flow) -> dict[int, int]:
    """The operations that hand a map across or take one, with the number of their level; empty for what is no U."""
    levels = _levels(skips := skips_of(flow))
    ends = ((end, number) for number, level in enumerate(levels) for skip in level for end in (skip.source, skip.join))
    return dict(ends) if _starts(skips, levels) is not None else {}


def _levels(skips: Skips) -> list[list[Skip]]:
    """The skips of each resolution, from the outermost to the innermost."""
    return [list(group) for _, group in groupby(skips.all, key=lambda skip: skip.positions)]


def _starts(skips: Skips, levels: list[list[Skip]]) -> list[int] | None:
    """First operation of every level but the first, down and up, and of what follows; None if no cut is there."""
    if len(levels) < _LEAST:
        return None
    *above, deepest = levels if levels[-1][0].positions == skips.lowest else [*levels, []]
    sizes = [*(level[0].positions for level in above), skips.lowest]
    found = [skips.cut(max(s.source for s in level), size) for level, size in zip(above, sizes[1:], strict=True)]
    last = skips.bottom
    if deepest:
        turn, last = deepest[-1].source, deepest[0].join
        found += [skips.cut_after(turn), skips.cut(turn, skips.lowest, min(skip.join for skip in deepest))]
    for level in reversed(above):
        found.append(skips.cut(last, level[0].positions))
        last = level[0].join
    rises = skips.cut(last, None)
    cuts = [cut for cut in found if cut is not None]
    if len(cuts) < len(found) or any(one > two for one, two in pairwise(cuts)):
        return None
    return [*cuts, *([rises] if rises is not None else [])]


def _without_head(flow: Flow, level: list[Block], join: int) -> tuple[list[Block], list[Block]]:
    """The last level, and the single layers behind its last block."""
    products = [sum(flow.ops[op].macs > 0 for op in part.all()) for part in level]
    joined = next(place for place, part in enumerate(level) if join in part.all())
    first = next((place for place in range(joined, len(level)) if products[place]), joined)
    last = max((place for place in range(first, len(level)) if products[place] > 1), default=first)
    return level[: last + 1], level[last + 1 :]


def _numbered(levels: list[list[Block]], most: int) -> list[tuple[str, list[Block]]]:
    """The levels with their names; the three deepest in one while there are more than `most`."""
    while len(levels) > max(most, 2 * _LEAST + 1):
        middle = len(levels) // 2
        levels[middle - 1 : middle + 2] = [[part for level in levels[middle - 1 : middle + 2] for part in level]]
    middle = len(levels) // 2
    names = [f"Down {n}" for n in range(1, middle + 1)], ["Bottom"], [f"Up {n}" for n in range(middle, 0, -1)]
    return list(zip([name for group in names for name in group], levels, strict=True))


class _Levels:
    """The blocks of the model by the level that they belong to."""

    def __init__(self, flow: Flow, skips: Skips, starts: list[int]) -> None:
        self.flow, self.starts, self.spine = flow, starts, skips.places.keys()
        self.ends = {end for skip in skips.all for end in (skip.source, skip.join)}

    def pieces(self, block: Block) -> Iterator[Block]:
        """The block, or its parts where it stands in several levels."""
        if len({bisect_right(self.starts, op) for op in block.all() if op in self.spine}) > 1:
            if block.copies:
                for copy in (dataclasses.replace(block, copies=()), *block.copies):
                    yield from self.pieces(copy)
                return
            if block.children:
                for child in block.children:
                    yield from self.pieces(child)
                return
        yield block

    def place(self, block: Block) -> int | None:
        """The number of its level by what it makes, None for what is beside the path, as an embedding of the time."""
        own = [op for op in block.one() if op in self.spine]
        return bisect_right(self.starts, max(own)) if own else None

    def box(self, name: str, level: Sequence[Block]) -> Block:
        counts: Counter[str] = Counter()
        for part, times in chain.from_iterable(self._told(part, 1) for part in level):
            counts[part.label] += times
        words = [counted(n, label) for label, n in counts.items()]
        path = next((part.path for part in level if part.path), "")
        label = f"{name}: {self._channels(level)} channels"
        return Block(label, "stage", list_of(words, _TOLD), path, kind="level", children=tuple(level))

    def _told(self, part: Block, times: int) -> Iterator[tuple[Block, int]]:
        """The parts that hand a map across or take one, instead of the container round them."""
        times *= part.repeat
        if part.children and (part.kind == "in_turn" or (part.kind in _OPEN and self.ends & set(part.one()[:-1]))):
            for child in part.children:
                yield from self._told(child, times)
        elif part.role not in SIGNS:
            yield part, times

    def _channels(self, level: Sequence[Block]) -> int:
        own = {op for part in level for op in part.all()}
        onward = [
            op for op in own & self.spine if any(u.id not in own for u in self.flow.data_users(self.flow.ops[op]))
        ]
        last = max(onward or own & self.spine)  # not of a head, from which nothing leads on
        tensor = self.flow.tensors[self.flow.ops[last].outputs[0]]
        axes = list(zip(tensor.shape, tensor.symbols, strict=True))[1:]
        return next(size for size, symbol in axes if symbol.isdigit())
