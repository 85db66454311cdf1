"""Par and Metrics -> Laid: branches side by side, and the box or circle where they meet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from boardwork.figure.blocks import Block, Line, Op, Par, first_line, is_open, last_line, parts_of
from boardwork.figure.box import box_of, side_texts
from boardwork.figure.laid import Item, Laid, stacked
from boardwork.figure.primitives import Wire
from boardwork.figure.skips import Skips, onward, skips_of, takes_many

if TYPE_CHECKING:
    from boardwork.figure.place import Placer


_LOPSIDED = 0.15  # how far the middle of what arrives may be from the spine, as a share of its width


class Branches:
    """Places parallels with the metrics of a Placer."""

    def __init__(self, placer: Placer) -> None:
        self.placer, self.m = placer, placer.m

    def parallel(self, par: Par, join: Op | None, *, shared: bool = False, loose: bool = False) -> Laid:
        """`shared`: the branches hang from a bus above, at its height, if none of them is a skip.

        `loose`: skips are not joined to the spine, for the box below takes each of them.
        """
        skips = skips_of(par)
        body = [b for b in par.branches if not any(b is skip for skip in skips)]
        if not skips or (len(body) > 1 and takes_many(join, self.m)):
            return self._branches(par.branches, join, shared=shared)
        return Skips(self.placer).laid(body, skips, join, loose=loose)

    def _branches(
        self, branches: Sequence[Block], join: Op | None, *, shared: bool = False, hang: float | None = None
    ) -> Laid:
        """Side by side under a bus; into a circle from its sides, into a wide box from above, else a second bus.

        `hang`: every branch reaches down at least so far, for a box below that takes them one by one.
        """
        m = self.m
        opens, closes = all(is_open(b, 0) for b in branches), all(is_open(b, -1) for b in branches)
        top = 0.0 if opens else (1.0 if m.unit else m.gap / 2)
        bus = 0.0 if m.unit or shared else top
        top = top if m.unit or not shared else 0.0
        one_by_one = hang is not None or takes_many(join, m)
        inside = self.placer.narrow(forked=not opens)
        ends = [_ended(b, one_by_one) for b in branches]
        above = [inside.sequence(before, shared=not opens, onward=False, loose=one_by_one) for before, _ in ends]
        starts = [bus if _forks(b) and not opens else top for b in branches]
        tails = [inside.beside(block.right).branches for block in above]
        laid = [stacked(b, below.tail(last, 0)) for b, below, (_, last) in zip(above, tails, ends, strict=True)]
        spots = self._spots(laid)
        if not closes:
            deepest = max([hang or 0, *(start + b.height for start, b in zip(starts, laid, strict=True))])
            heads = [one_by_one or self._has_head(join, spots, spot) for spot in spots]
            laid = [
                stacked(block, below.tail(last, deepest - start - block.height, arrow=head))
                for block, below, (_, last), start, head in zip(above, tails, ends, starts, heads, strict=True)
            ]
        if takes_many(join, m) and not closes:
            spots = self._centred(spots, laid)
        tall = max(start + b.height for start, b in zip(starts, laid, strict=True))
        items: list[Item] = []
        if not opens:
            items += self._heads(branches, spots, starts, bus, shared)
        for spot, start, block in zip(spots, starts, laid, strict=True):
            items += block.at(spot, start)
        waiting = [w.moved(spot, y) for spot, y, block in zip(spots, starts, laid, strict=True) for w in block.loose]
        items += [w.led_to((w.points[-1][0], tall - m.unit)) for w in waiting]
        left, right = (
            max(b.left - s for s, b in zip(spots, laid, strict=True)),
            max(s + b.right for s, b in zip(spots, laid, strict=True)),
        )
        feet = tuple(spot + foot for spot, block in zip(spots, laid, strict=True) for foot in _feet(block))
        if closes or hang is not None:
            return Laid(left, right, tall, tuple(items), feet)
        below = self._joined(branches, spots, feet, tall, join)
        return Laid(max(left, below.left), max(right, below.right), below.height, (*items, *below.items))

    def tail(self, last: Line | Par, height: float, *, arrow: bool = True) -> Laid:
        """The last wire of a branch, or the fork that a branch ends with."""
        if isinstance(last, Par):
            return self._branches(last.branches, None, hang=height)
        return self.placer.line(replace(last, arrow=arrow), height)

    def _heads(
        self, branches: Sequence[Block], spots: Sequence[float], starts: Sequence[float], bus: float, shared: bool
    ) -> Iterator[Wire]:
        """From the spine to every branch that something reaches, along a bus."""
        for branch, spot, start in zip(branches, spots, starts, strict=True):
            if is_open(branch, 0):
                continue
            stem = [] if shared else [(0.0, 0.0)]
            down = [] if _forks(branch) else [(spot, max(start, bus + self.m.unit))]
            points = [*stem, (0.0, bus), (spot, bus), *down]
            yield self.placer.wire(points, first_line(branch), arrow=False)

    def _into_sides(self, join: Op | None, spots: Sequence[float]) -> bool:
        """True for a circle that takes one branch from each side, and one from above if there are three."""
        return (
            join is not None and box_of(join, self.m).round and len(spots) <= 3 and not side_texts(join, "in", self.m)
        )

    def _has_head(self, join: Op | None, spots: Sequence[float], spot: float) -> bool:
        """True for a branch that runs straight down into the join."""
        if self._into_sides(join, spots):
            return not spot
        return takes_many(join, self.m)

    def _spots(self, laid: Sequence[Laid]) -> list[float]:
        """Spines of the branches, the middle one (or the middle between two) at 0."""
        m, spots = self.m, [0.0]
        for before, block in pairwise(laid):
            spots.append(spots[-1] + before.right + m.branch_gap + block.left)
        middle = len(spots) // 2
        centre = spots[middle] if len(spots) % 2 else (spots[middle - 1] + spots[middle]) / 2
        return [float(int(s - centre)) if m.unit else s - centre for s in spots]

    def _centred(self, spots: Sequence[float], laid: Sequence[Laid]) -> list[float]:
        """The spines with what arrives in the middle, for a box below; a branch on the spine stays there if it can."""
        arrive = [spot + foot for spot, block in zip(spots, laid, strict=True) for foot in _feet(block)]
        low, high = min(arrive), max(arrive)
        aside = (low + high) / 2
        if any(abs(foot) < 1 for foot in arrive) and abs(aside) < _LOPSIDED * (high - low):
            return list(spots)
        return [spot - (int(aside) if self.m.unit else aside) for spot in spots]

    def _joined(
        self,
        branches: Sequence[Block],
        spots: Sequence[float],
        feet: Sequence[float],
        tall: float,
        join: Op | None,
    ) -> Laid:
        """Wires from the ends of the branches, `tall` below the top, into what follows; and that."""
        m = self.m
        items: list[Item] = []
        ends = [(last_line(b), spot) for b, spot in zip(branches, spots, strict=True) if not is_open(b, -1)]
        if join is not None and self._into_sides(join, spots):
            end = self.placer.op(join)
            level = tall + box_of(join, m).middle
            for line, spot in ends:
                side = (box_of(join, m).half + m.unit) * (1 if spot > 0 else -1)
                if spot:
                    points = [(spot, tall - m.unit), (spot, level), (side, level)]
                    items.append(self.placer.wire(points, line, arrow=True))
            return replace(end, height=tall + end.height, items=(*items, *end.at(0, tall)))
        if join is not None and takes_many(join, m):
            spread = max(map(abs, feet)) + m.pad_x + m.unit
            end = self.placer.op(join, spread)
            return replace(end, height=tall + end.height, items=(*items, *end.at(0, tall)))
        for line, spot in ends:
            items.append(self.placer.wire([(spot, tall - m.unit), (spot, tall), (0.0, tall)], line, arrow=False))
        items.append(self.placer.plain((0, tall + m.unit), (0, tall)))  # down from the bus
        if join is None:
            return Laid(m.unit, m.unit, tall + m.unit, tuple(items))
        end = self.placer.op(join)
        items.append(self.placer.wire([(0, tall + m.unit), (0, tall + m.gap - m.unit)], ends[0][0], arrow=True))
        return replace(end, height=tall + m.gap + end.height, items=(*items, *end.at(0, tall + m.gap)))


def _feet(block: Laid) -> tuple[float, ...]:
    """Where its wires arrive below, loose ones too."""
    return (*(block.feet or (0.0,)), *(wire.points[-1][0] for wire in block.loose))


def _forks(branch: Block) -> bool:
    """True for a branch that is forked at once, without a skip: it hangs from the bus that it starts at."""
    first = parts_of(branch)[0]
    return isinstance(first, Par) and not is_open(first, 0) and not skips_of(first)


def _ended(branch: Block, one_by_one: bool) -> tuple[Sequence[Block], Line | Par]:
    """A branch up to its last wire, and that wire; or its last fork, if what follows takes branches one by one."""
    *before, last = parts_of(branch)
    if isinstance(last, Par) and not is_open(last, -1) and (not one_by_one or skips_of(last)):
        return [*before, last], onward(last)
    if isinstance(last, Line) or (
        one_by_one and isinstance(last, Par) and not skips_of(last) and not is_open(last, -1)
    ):
        return before, last
    return [*before, last], Line(None)
