"""Par and Metrics -> Laid: branches side by side, skips on rails, and the box or circle where they meet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from boardwork.figure.blocks import Block, Line, Op, Par, is_bare, is_residual, parts_of
from boardwork.figure.box import box_of, side_texts
from boardwork.figure.laid import Laid
from boardwork.figure.primitives import Primitive

if TYPE_CHECKING:
    from boardwork.figure.place import Placer


class Branches:
    """Places parallels with the metrics of a Placer."""

    def __init__(self, placer: Placer) -> None:
        self.placer, self.m = placer, placer.m

    def parallel(self, par: Par, join: Op | None) -> Laid:
        ended = self._is_open(par.branches, -1)
        skips = [] if ended else [b for b in par.branches if is_residual(b) or is_bare(b)]
        skips = skips[1:] if len(skips) == len(par.branches) else skips
        body = [b for b in par.branches if b not in skips]
        return self._with_skips(body, skips, join) if skips else self._branches(body, join)

    def _with_skips(self, body: Sequence[Block], skips: Sequence[Block], join: Op | None) -> Laid:
        """The body on the spine, each skip on a rail to its right; nested skips nest outwards by themselves."""
        m = self.m
        fork = m.gap / 2 if m.unit == 0 else 1
        inner = self.placer.place(body[0]) if len(body) == 1 else self._branches(body, None)
        sides = [self._rail(skip) for skip in skips]
        tall = max([inner.height + fork, *(s.height + fork + 2 * m.gap for s in sides if s.height)])
        end = self.placer.op(join) if join is not None else Laid(m.unit, m.unit, m.gap)
        items = [self.placer.plain((0, 0), (0, fork)), *inner.at(0, fork)]
        if tall > inner.height + fork:
            items.append(self.placer.plain((0, inner.height + fork - m.unit), (0, tall - m.unit)))
        items += end.at(0, tall)
        level = tall + (box_of(join.node, m).middle if join is not None else m.unit and 0)
        reach, x = box_of(join.node, m).half + m.unit if join is not None else 0, max(inner.right, end.right)
        for skip, side in zip(skips, sides, strict=True):
            x += m.gutter + side.left
            items += self._skip(skip, side, x, fork, level, reach)
            x += side.right
        return Laid(max(inner.left, end.left), x + m.unit, tall + end.height, tuple(items))

    def _rail(self, skip: Block) -> Laid:
        """The boxes of a skip, without the wires at both ends."""
        inside = list(parts_of(skip))
        while inside and isinstance(inside[0], Line):
            inside.pop(0)
        while inside and isinstance(inside[-1], Line):
            inside.pop()
        return self.placer.sequence(inside) if inside else Laid(0, 0, 0)

    def _skip(self, skip: Block, side: Laid, x: float, fork: float, level: float, reach: float) -> list[Primitive]:
        first = next((p for p in parts_of(skip) if isinstance(p, Line) and p.edge is not None), Line(None))
        m, start = self.m, 0.0 if self.m.unit else fork / 2
        if not side.height:
            return [self.placer.wire([(0, start), (x, start), (x, level), (reach, level)], first, arrow=True)]
        top = fork + max(m.gap, (level - fork - side.height) // 2 if m.unit else (level - fork - side.height) / 2)
        below = top + side.height
        return [
            self.placer.wire([(0, start), (x, start), (x, top - m.unit)], first, arrow=True),
            *side.at(x, top),
            self.placer.wire([(x, below), (x, level), (reach, level)], first, arrow=True),
        ]

    def _branches(self, branches: Sequence[Block], join: Op | None) -> Laid:
        """Side by side under a bus; into a circle from its sides, into a wide box from above, else a second bus."""
        m = self.m
        inside = self.placer.narrow()
        laid = [inside.place(b) for b in branches]
        spots = self._spots(laid)
        if not self._is_open(branches, -1):
            deepest = max(b.height for b in laid)
            heads = [self._has_head(join, spots, spot) for spot in spots]
            laid = [inside.stretched(b, deepest, head) for b, head in zip(branches, heads, strict=True)]
        opens, closes = self._is_open(branches, 0), self._is_open(branches, -1)
        top = 0.0 if opens else (1.0 if m.unit else m.gap / 2)
        tall = top + max(b.height for b in laid)
        items: list[Primitive] = []
        if not opens:
            items += self._bus(spots, 0.0 if m.unit else top, branches, into=True, spine=0.0)
        for spot, block in zip(spots, laid, strict=True):
            items += block.at(spot, top)
        left, right = (
            max(b.left - s for s, b in zip(spots, laid, strict=True)),
            max(s + b.right for s, b in zip(spots, laid, strict=True)),
        )
        if closes:
            return Laid(left, right, tall, tuple(items))
        below, height, out = self._joined(branches, laid, spots, top, tall, join)
        return Laid(max(left, out), max(right, out), height, (*items, *below))

    def _into_sides(self, join: Op | None, spots: Sequence[float]) -> bool:
        """True for a circle that takes one branch from each side, and one from above if there are three."""
        return join is not None and box_of(join.node, self.m).round and len(spots) <= 3 and not side_texts(join, "in")

    def _has_head(self, join: Op | None, spots: Sequence[float], spot: float) -> bool:
        """True for a branch that runs straight down into the join."""
        if self._into_sides(join, spots):
            return not spot
        return join is not None and not box_of(join.node, self.m).round

    def _spots(self, laid: Sequence[Laid]) -> list[float]:
        """Spines of the branches, the middle one (or the middle between two) at 0."""
        m, spots = self.m, [0.0]
        for before, block in itertools.pairwise(laid):
            spots.append(spots[-1] + before.right + m.branch_gap + block.left)
        middle = len(spots) // 2
        centre = spots[middle] if len(spots) % 2 else (spots[middle - 1] + spots[middle]) / 2
        return [float(int(s - centre)) if m.unit else s - centre for s in spots]

    def _is_open(self, branches: Sequence[Block], end: int) -> bool:
        """True when the branches come from the virtual start, or go to the virtual end."""
        return all(self._is_open_at(parts_of(b)[end], end) for b in branches)

    def _is_open_at(self, part: Block, end: int) -> bool:
        if isinstance(part, Par):
            return self._is_open(part.branches, end)
        return isinstance(part, Line) and part.edge is None

    def _bus(
        self, spots: Sequence[float], y: float, branches: Sequence[Block], *, into: bool, spine: float
    ) -> list[Primitive]:
        """A wire from the spine to every branch, at height y."""
        wires: list[Primitive] = []
        for spot, branch in zip(spots, branches, strict=True):
            parts = parts_of(branch)
            line = next((p for p in (parts if into else reversed(parts)) if isinstance(p, Line)), None)
            end = y + (1 if self.m.unit else 0)
            down, up = (
                [(spine, 0.0), (spine, y), (spot, y), (spot, end)],
                [(spot, y - self.m.unit), (spot, y), (spine, y)],
            )
            points = down if into else up
            wires.append(self.placer.wire(points, line, arrow=False))
        return wires

    def _joined(
        self,
        branches: Sequence[Block],
        laid: Sequence[Laid],
        spots: Sequence[float],
        top: float,
        tall: float,
        join: Op | None,
    ) -> tuple[list[Primitive], float, float]:
        """Wires from the ends of the branches into what follows; that, its lowest edge and its reach."""
        m = self.m
        items: list[Primitive] = []
        lines = [self._last(b) for b in branches]
        if join is not None and self._into_sides(join, spots):
            end = self.placer.op(join)
            level = tall + box_of(join.node, m).middle
            for line, spot, block in zip(lines, spots, laid, strict=True):
                start = (spot, top + block.height - m.unit)
                side = (box_of(join.node, m).half + m.unit) * (1 if spot > 0 else -1)
                if spot:
                    items.append(self.placer.wire([start, (spot, level), (side, level)], line, arrow=True))
            items += end.at(0, tall)
            return items, tall + end.height, max(end.left, end.right)
        if join is not None and not box_of(join.node, m).round:
            spread = max(abs(s) for s in spots) + m.pad_x + m.unit
            end = self.placer.op(join, spread)
            return items + list(end.at(0, tall)), tall + end.height, max(end.left, end.right)
        items += self._bus(spots, tall, branches, into=False, spine=0.0)
        items.append(self.placer.plain((0, tall + m.unit), (0, tall)))  # down from the bus
        if join is None:
            return items, tall + m.unit, m.unit
        end = self.placer.op(join)
        items.append(self.placer.wire([(0, tall), (0, tall + m.gap - m.unit)], lines[0], arrow=True))
        return items + list(end.at(0, tall + m.gap)), tall + m.gap + end.height, max(end.left, end.right)

    @staticmethod
    def _last(branch: Block) -> Line | None:
        return next((p for p in reversed(parts_of(branch)) if isinstance(p, Line)), None)
