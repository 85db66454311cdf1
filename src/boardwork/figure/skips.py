"""What is skipped, the skips, and a box or circle -> Laid: each skip on a rail, ending where the others end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from boardwork.figure.blocks import Block, Line, Op, Par, first_line, is_bare, is_open, is_residual, last_line, parts_of
from boardwork.figure.box import Shape, box_of
from boardwork.figure.laid import Item, Laid, Loose, stacked
from boardwork.figure.metrics import Metrics
from boardwork.figure.primitives import Text, Wire

if TYPE_CHECKING:
    from boardwork.figure.place import Placer


class Skips:
    """Places skips with the metrics of a Placer."""

    def __init__(self, placer: Placer) -> None:
        self.placer, self.m = placer, placer.m

    def laid(self, body: Sequence[Block], skips: Sequence[Block], join: Op | None, *, loose: bool) -> Laid:
        """The body on the spine, each skip on a rail to its right; nested skips nest outwards by themselves.

        `loose`: the rails end nowhere yet.
        """
        m = self.m
        fork = m.gap / 2 if m.unit == 0 else 1
        inner = self._skipped(body, join, loose or takes_many(join, m))
        sides = [self._rail(skip) for skip in skips]
        tall = max([inner.height + fork, *(s.height + fork + 2 * m.gap for s in sides if s.height)])
        inside = [wire.moved(0, fork) for wire in inner.loose]
        end, join_at = self._end(join, inside, len(skips), loose)
        items: list[Item] = [self.placer.plain((0, 0), (0, fork)), *inner.at(0, fork)]
        if tall > inner.height + fork:
            items.append(self.placer.plain((0, inner.height + fork - m.unit), (0, tall - m.unit)))
        items += end.at(0, tall)
        waiting, x = inside, max(inner.right, end.right)
        for skip, side in zip(skips, sides, strict=True):
            x += m.gutter + side.left
            waiting.append(self._started(skip, side, x, fork, tall + join_at.middle, items))
            x += max(side.right, self._named(skip, x, fork, items))
        left, height = max(inner.left, end.left), tall + end.height
        if loose:
            return Laid(left, x + m.unit, height, tuple(items), loose=tuple(waiting))
        return Laid(left, x + m.unit, height, (*items, *self._ended(waiting, join, join_at, tall)))

    def _end(self, join: Op | None, inside: Sequence[Loose], skips: int, loose: bool) -> tuple[Laid, Shape]:
        """The box or circle below with its form, or the place on the spine where the skips come back to it.

        A box is as wide as what comes from above, and as high as what comes from the right.
        """
        m = self.m
        if join is None:
            here = () if loose else (self.placer.plain((0.0, 0.0), (0.0, 0.0)),)
            return Laid(m.unit, m.unit, 0 if loose else m.unit, here), Shape(-m.unit, 0, float(m.unit), ())
        if not takes_many(join, m):
            return self.placer.op(join), box_of(join, m)
        near = box_of(join, m).half + m.stub
        above = [wire.points[-1][0] for wire in inside if wire.points[-1][0] < near]
        spread, arrows = max(above, default=-m.pad_x) + m.pad_x, len(inside) - len(above) + skips
        arrows += join.node.repeat > 1 < arrows  # room for the count of copies, which stands at the upper right
        return self.placer.op(join, spread, arrows), box_of(join, m, spread, arrows)

    def _ended(self, waiting: Sequence[Loose], join: Op | None, shape: Shape, tall: float) -> Iterator[Wire]:
        """The rails to where they end: on the spine or a circle; into a box from above, or one under the other."""
        m = self.m
        reach = shape.half + m.unit
        above = [wire for wire in waiting if takes_many(join, m) and wire.points[-1][0] < shape.half]
        beside = waiting[len(above) :]
        for wire in above:
            yield wire.led_to((wire.points[-1][0], tall - m.unit))
        step = m.text_height if takes_many(join, m) else 0.0
        top = tall + shape.middle - (float((len(beside) - 1) // 2) if m.unit else (len(beside) - 1) / 2) * step
        if join is not None and join.node.repeat > 1 < len(beside):
            top += step if m.unit else step / 2
        for place, wire in enumerate(beside):
            y = top + place * step
            yield wire.led_to((wire.points[-1][0], y), (reach, y), arrow=join is not None)

    def _skipped(self, body: Sequence[Block], join: Op | None, loose: bool) -> Laid:
        """What is on the spine; it ends without an arrow head where the skips join the wire and no box."""
        if len(body) != 1:
            down = replace(last_line(body[0]) or Line(None), text=(), arrow=join is not None)
            return stacked(self.placer.branches.parallel(Par(tuple(body)), None), self.placer.line(down))
        *before, last = parts_of(body[0])
        if isinstance(last, Par):
            before, last = [*before, last], onward(last)
        if not isinstance(last, Line) or last.edge is None:
            return self.placer.place(body[0])
        down = replace(last, arrow=last.arrow and join is not None)
        above = self.placer.sequence(before, onward=False, loose=loose)
        return stacked(above, self.placer.beside(above.right).line(down))

    def _rail(self, skip: Block) -> Laid:
        """The boxes of a skip, without the wires at both ends."""
        inside = list(parts_of(skip))
        while inside and isinstance(inside[0], Line):
            inside.pop(0)
        while inside and isinstance(inside[-1], Line):
            inside.pop()
        return self.placer.sequence(inside) if inside else Laid(0, 0, 0)

    def _started(self, skip: Block, side: Laid, x: float, fork: float, level: float, items: list[Item]) -> Loose:
        """The skip as far as the last of its boxes, half way down to `level`; what is left of it."""
        m, first = self.m, first_line(skip)
        kind = first.edge.kind if first.edge is not None else "data"
        start = 0.0 if m.unit else 0.7 * fork
        if not side.height:
            return Loose(((0.0, start), (x, start)), kind)
        top = fork + max(m.gap, (level - fork - side.height) // 2 if m.unit else (level - fork - side.height) / 2)
        items.append(self.placer.wire([(0, start), (x, start), (x, top - m.unit)], first, arrow=True))
        items += side.at(x, top)
        return Loose(((x, top + side.height),), kind)

    def _named(self, skip: Block, x: float, y: float, items: list[Item]) -> float:
        """Write what flows on a skip; return the room that it takes beside the rail."""
        edge = first_line(skip).edge
        word = edge.label if edge is not None else ""
        if not word:
            return 0
        items.append(Text(x + self.m.text_gap, y, word, "shape"))
        return self.m.text_gap + self.m.width_of(word, "shape")


def skips_of(par: Par) -> list[Block]:
    """The branches that run on rails; the others are what they skip."""
    if any(is_open(branch, end) for branch in par.branches for end in (0, -1)):
        return []
    skips = [b for b in par.branches if is_residual(b) or is_bare(b)]
    return skips[1:] if len(skips) == len(par.branches) else skips


def takes_many(join: Op | None, m: Metrics) -> bool:
    """True for a box, which takes wires anywhere along its border; a circle has room for one from each side."""
    return join is not None and not box_of(join, m).round


def onward(block: Block) -> Line:
    """The wire below what a block ends with: its last one, of wires that have met the first that is no skip."""
    part = parts_of(block)[-1]
    if isinstance(part, Par):
        lines = [onward(branch) for branch in part.branches]
        return replace(next((line for line in lines if line.edge and line.edge.kind != "residual"), lines[0]), text=())
    return part if isinstance(part, Line) else Line(None)
