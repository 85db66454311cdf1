"""Par and Metrics -> Laid: branches side by side, skips on rails, and the box or circle where they meet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from boardwork.figure.blocks import Block, Line, Op, Par, is_bare, is_open, is_residual, parts_of
from boardwork.figure.box import box_of, side_texts
from boardwork.figure.laid import Item, Laid, Stack
from boardwork.figure.primitives import Text, Wire

if TYPE_CHECKING:
    from boardwork.figure.place import Placer


_HERE = ((0.0, 0.0), (0.0, 0.0))


class Branches:
    """Places parallels with the metrics of a Placer."""

    def __init__(self, placer: Placer) -> None:
        self.placer, self.m = placer, placer.m

    def parallel(self, par: Par, join: Op | None, *, shared: bool = False) -> Laid:
        """`shared`: the branches hang from a bus above, at its height, if none of them is a skip."""
        skips = skips_of(par)
        body = [b for b in par.branches if not any(b is skip for skip in skips)]
        return self._with_skips(body, skips, join) if skips else self._branches(body, join, shared=shared)

    def _with_skips(self, body: Sequence[Block], skips: Sequence[Block], join: Op | None) -> Laid:
        """The body on the spine, each skip on a rail to its right; nested skips nest outwards by themselves."""
        m = self.m
        fork = m.gap / 2 if m.unit == 0 else 1
        inner = self._skipped(body, join)
        sides = [self._rail(skip) for skip in skips]
        words = [_word(skip) for skip in skips]
        tall = max([inner.height + fork, *(s.height + fork + 2 * m.gap for s in sides if s.height)])
        end = self.placer.op(join) if join is not None else Laid(m.unit, m.unit, m.unit, (self.placer.plain(*_HERE),))
        items: list[Item] = [self.placer.plain((0, 0), (0, fork)), *inner.at(0, fork)]
        if tall > inner.height + fork:
            items.append(self.placer.plain((0, inner.height + fork - m.unit), (0, tall - m.unit)))
        items += end.at(0, tall)
        level = tall + (box_of(join, m).middle if join is not None else m.unit and 0)
        reach, x = box_of(join, m).half + m.unit if join is not None else 0, max(inner.right, end.right)
        for skip, side, word in zip(skips, sides, words, strict=True):
            x += m.gutter + side.left
            items += self._skip(skip, side, x, fork, level, reach, arrow=join is not None)
            if word:
                items.append(Text(x + m.text_gap, fork, word, "shape"))
            x += max(side.right, m.text_gap + m.width_of(word, "shape") if word else 0)
        return Laid(max(inner.left, end.left), x + m.unit, tall + end.height, tuple(items))

    def _skipped(self, body: Sequence[Block], join: Op | None) -> Laid:
        """What is on the spine; it ends without an arrow head where the skips join the wire and no box."""
        if len(body) != 1:
            down = replace(_last(body[0]) or Line(None), text=(), arrow=join is not None)
            return _stacked(self._branches(body, None), self.placer.line(down))
        before, last = _ended(body[0], False)
        if not isinstance(last, Line) or last.edge is None:
            return self.placer.place(body[0])
        arrow = last.arrow and join is not None
        return _stacked(self.placer.sequence(before, onward=False), self.placer.line(replace(last, arrow=arrow)))

    def _rail(self, skip: Block) -> Laid:
        """The boxes of a skip, without the wires at both ends."""
        inside = list(parts_of(skip))
        while inside and isinstance(inside[0], Line):
            inside.pop(0)
        while inside and isinstance(inside[-1], Line):
            inside.pop()
        return self.placer.sequence(inside) if inside else Laid(0, 0, 0)

    def _skip(
        self, skip: Block, side: Laid, x: float, fork: float, level: float, reach: float, *, arrow: bool
    ) -> list[Item]:
        first, m, start = _first(skip), self.m, 0.0 if self.m.unit else 0.7 * fork
        if not side.height:
            return [self.placer.wire([(0, start), (x, start), (x, level), (reach, level)], first, arrow=arrow)]
        top = fork + max(m.gap, (level - fork - side.height) // 2 if m.unit else (level - fork - side.height) / 2)
        below = top + side.height
        return [
            self.placer.wire([(0, start), (x, start), (x, top - m.unit)], first, arrow=True),
            *side.at(x, top),
            self.placer.wire([(x, below), (x, level), (reach, level)], first, arrow=arrow),
        ]

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
        one_by_one = hang is not None or (join is not None and not box_of(join, m).round)
        inside = self.placer.narrow(forked=not opens)
        ends = [_ended(b, one_by_one) for b in branches]
        above = [inside.sequence(before, shared=not opens, onward=False) for before, _ in ends]
        starts = [bus if _forks(b) and not opens else top for b in branches]
        laid = [_stacked(block, inside.branches.tail(last, 0)) for block, (_, last) in zip(above, ends, strict=True)]
        spots = self._spots(laid)
        if not closes:
            deepest = max([hang or 0, *(start + b.height for start, b in zip(starts, laid, strict=True))])
            heads = [one_by_one or self._has_head(join, spots, spot) for spot in spots]
            laid = [
                _stacked(block, inside.branches.tail(last, deepest - start - block.height, arrow=head))
                for block, (_, last), start, head in zip(above, ends, starts, heads, strict=True)
            ]
        tall = max(start + b.height for start, b in zip(starts, laid, strict=True))
        items: list[Item] = []
        if not opens:
            items += self._heads(branches, spots, starts, bus, shared)
        for spot, start, block in zip(spots, starts, laid, strict=True):
            items += block.at(spot, start)
        left, right = (
            max(b.left - s for s, b in zip(spots, laid, strict=True)),
            max(s + b.right for s, b in zip(spots, laid, strict=True)),
        )
        feet = tuple(spot + foot for spot, block in zip(spots, laid, strict=True) for foot in block.feet or (0.0,))
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
            yield self.placer.wire(points, _first(branch), arrow=False)

    def _into_sides(self, join: Op | None, spots: Sequence[float]) -> bool:
        """True for a circle that takes one branch from each side, and one from above if there are three."""
        return (
            join is not None and box_of(join, self.m).round and len(spots) <= 3 and not side_texts(join, "in", self.m)
        )

    def _has_head(self, join: Op | None, spots: Sequence[float], spot: float) -> bool:
        """True for a branch that runs straight down into the join."""
        if self._into_sides(join, spots):
            return not spot
        return join is not None and not box_of(join, self.m).round

    def _spots(self, laid: Sequence[Laid]) -> list[float]:
        """Spines of the branches, the middle one (or the middle between two) at 0."""
        m, spots = self.m, [0.0]
        for before, block in pairwise(laid):
            spots.append(spots[-1] + before.right + m.branch_gap + block.left)
        middle = len(spots) // 2
        centre = spots[middle] if len(spots) % 2 else (spots[middle - 1] + spots[middle]) / 2
        return [float(int(s - centre)) if m.unit else s - centre for s in spots]

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
        ends = [(_last(b), spot) for b, spot in zip(branches, spots, strict=True) if not is_open(b, -1)]
        if join is not None and self._into_sides(join, spots):
            end = self.placer.op(join)
            level = tall + box_of(join, m).middle
            for line, spot in ends:
                side = (box_of(join, m).half + m.unit) * (1 if spot > 0 else -1)
                if spot:
                    points = [(spot, tall - m.unit), (spot, level), (side, level)]
                    items.append(self.placer.wire(points, line, arrow=True))
            return replace(end, height=tall + end.height, items=(*items, *end.at(0, tall)))
        if join is not None and not box_of(join, m).round:
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


def skips_of(par: Par) -> list[Block]:
    """The branches that run on rails; the others are what they skip."""
    if any(is_open(branch, end) for branch in par.branches for end in (0, -1)):
        return []
    skips = [b for b in par.branches if is_residual(b) or is_bare(b)]
    return skips[1:] if len(skips) == len(par.branches) else skips


def _forks(branch: Block) -> bool:
    """True for a branch that is forked at once, without a skip: it hangs from the bus that it starts at."""
    first = parts_of(branch)[0]
    return isinstance(first, Par) and not is_open(first, 0) and not skips_of(first)


def _word(skip: Block) -> str:
    """What flows on a skip."""
    edge = _first(skip).edge
    return edge.label if edge is not None else ""


def _first(branch: Block) -> Line:
    return next((p for p in parts_of(branch) if isinstance(p, Line) and p.edge is not None), Line(None))


def _last(branch: Block) -> Line | None:
    return next((p for p in reversed(parts_of(branch)) if isinstance(p, Line)), None)


def onward(block: Block) -> Line:
    """The wire below what a block ends with: its last one, of wires that have met the first that is no skip."""
    part = parts_of(block)[-1]
    if isinstance(part, Par):
        lines = [onward(branch) for branch in part.branches]
        return replace(next((line for line in lines if line.edge and line.edge.kind != "residual"), lines[0]), text=())
    return part if isinstance(part, Line) else Line(None)


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


def _stacked(above: Laid, below: Laid) -> Laid:
    stack = Stack()
    stack.add(above)
    stack.add(below)
    return replace(stack.done(), feet=below.feet)
