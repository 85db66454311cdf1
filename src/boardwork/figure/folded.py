"""Nested skips -> Laid as a U: down on the left, up on the right, every skip straight across."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from boardwork.figure.blocks import Block, Line, Op, Par, is_bare, parts_of
from boardwork.figure.box import box_of
from boardwork.figure.branches import skips_of
from boardwork.figure.laid import Item, Laid
from boardwork.figure.primitives import Text

if TYPE_CHECKING:
    from boardwork.figure.place import Placer

_OFF = 1.5  # words stand this far above a box
_LEVELS = 3  # fewer nested skips are no U


@dataclass(frozen=True)
class _Level:
    """What stands above a fork, the skip from there, where it ends, and what follows."""

    before: tuple[Block, ...]
    skip: Line
    join: Op
    after: tuple[Block, ...]


def folded(block: Block, placer: Placer, *, joined_only: bool = False) -> Laid | None:
    """The block as a U, in points; None for anything but skips within skips, that end in concatenations if so asked."""
    levels: list[_Level] = []
    inner = block
    while (found := _level(inner)) is not None:
        level, inner = found
        levels.append(level)
    if joined_only and any(level.join.node.role != "concat" for level in levels):
        return None
    bottom = parts_of(inner)
    ups = [part for level in levels for part in level.after] + list(bottom[-3:])
    plain = all(isinstance(part, Line) or (isinstance(part, Op) and not _beside(part)) for part in ups)
    kinds = [type(part) for part in bottom[-4:]]
    if len(levels) < _LEVELS or not plain or kinds != [Op, Line, Op, Line] or any(_beside(lv.join) for lv in levels):
        return None
    return _Fold(placer, levels, bottom).laid()


def _level(block: Block) -> tuple[_Level, Block] | None:
    parts = parts_of(block)
    for place, (part, join) in enumerate(pairwise(parts)):
        if isinstance(part, Par) and isinstance(join, Op):
            skips = skips_of(part)
            body = [b for b in part.branches if not any(b is skip for skip in skips)]
            if len(skips) == len(body) == 1 and is_bare(skips[0]) and isinstance(skips[0], Line) and place:
                after = tuple(p for p in parts[place + 2 :] if p != Line(None))
                return _Level(parts[:place], skips[0], join, after), body[0]
    return None


def _beside(op: Op) -> bool:
    return bool(op.side_inputs or op.side_outputs or op.tags_in or op.tags_out)


class _Fold:
    """Two columns; the ends of a skip are at one height."""

    def __init__(self, placer: Placer, levels: Sequence[_Level], bottom: Sequence[Block]) -> None:
        self.placer, self.m, self.levels = placer, placer.m, levels
        *down, self.turn, last, into = bottom
        self.down, self.up = down, (last, into)
        self.last = 0.0  # height of the fork that was drawn last

    def laid(self) -> Laid:
        m, stub = self.m, self.m.gap / 2
        downs = [self.placer.sequence(level.before) for level in self.levels]
        downs.append(self.placer.sequence(self.down))
        rights = [*(level.after for level in self.levels), self.up]
        half = box_of(self.levels[0].join, m).half
        middle = max(m.width_of(self._word(level), "shape") for level in self.levels) + 2 * m.gutter
        across = max(d.right for d in downs) + middle + max(self._wide(parts)[0] for parts in rights)
        items: list[Item] = []
        y = max(0.0, self._tall(rights[0]) + half - downs[0].height - stub / 2)
        for place, (level, down) in enumerate(zip(self.levels, downs, strict=False)):
            items += down.at(0, y)
            end = y + down.height
            items += self._skip(level, end + stub / 2, across, half)
            rise = end + stub / 2 - half
            top = self.last + half if place else rise - self._tall(level.after)
            items += self._upwards(level.after, across, rise, top)
            natural = downs[place + 1].height + stub
            wanted = self._tall(rights[place + 1]) + 2 * half if place + 1 < len(self.levels) else 0.0
            more = max(0.0, wanted - natural)
            items.append(self.placer.plain((0, end), (0, end + stub + more)))
            y = end + stub + more
            self.last = end + stub / 2
        return self._turned(items, downs[-1], y, across, half, max(d.left for d in downs), rights)

    def _turned(
        self,
        items: list[Item],
        down: Laid,
        y: float,
        x: float,
        half: float,
        left: float,
        rights: Sequence[Sequence[Block]],
    ) -> Laid:
        """The last boxes on the left, the wire across the bottom, the first boxes on the right."""
        m = self.m
        items += down.at(0, y)
        low = y + down.height
        op, into = self.up
        box = self.placer.place(op)
        words = self.turn.text if isinstance(self.turn, Line) else ()
        foot = max(low - down.height / 2, self.last + half + self._tall((into,)) + box.height)
        level = max(low + len(words) * m.text_height + m.arrow, foot + m.gap)
        items += box.at(x, foot - box.height)
        items += self._upwards((into,), x, foot - box.height, self.last + half)
        items.append(self.placer.wire([(0, low), (0, level), (x, level), (x, foot)], self._of(self.turn), arrow=True))
        items += [Text(m.text_gap, low + i * m.text_height, word, "shape") for i, word in enumerate(words)]
        return Laid(left, x + max(self._wide(parts)[1] for parts in rights), level + 1, tuple(items))

    def _skip(self, level: _Level, y: float, x: float, half: float) -> list[Item]:
        m, word = self.m, self._word(level)
        items: list[Item] = [
            self.placer.wire([(0, y), (x - half, y)], level.skip, arrow=True),
            *self._join(level, x, y),
        ]
        if word:
            items.append(Text(x - half - m.gutter - m.width_of(word, "shape"), y - m.text_height - _OFF, word, "shape"))
        return items

    def _join(self, level: _Level, x: float, y: float) -> tuple[Item, ...]:
        return self.placer.op(level.join).at(x, y - box_of(level.join, self.m).middle)

    def _upwards(self, parts: Sequence[Block], x: float, y: float, top: float) -> list[Item]:
        """Parts from `y` up to `top`; the first wire is as long as it takes."""
        m, more, items = self.m, y - top - self._tall(parts), list[Item]()
        for part in parts:
            tall = self._tall((part,))
            if isinstance(part, Line):
                tall, more = tall + max(more, 0.0), 0.0
                items.append(self.placer.wire([(x, y), (x, y - tall)], part))
                start = y - len(part.text) * m.text_height - _OFF
                items += [Text(x + m.text_gap, start + i * m.text_height, t, "shape") for i, t in enumerate(part.text)]
            else:
                items += self.placer.place(part).at(x, y - tall)
            y -= tall
        return items

    def _tall(self, parts: Sequence[Block]) -> float:
        m = self.m
        return sum(
            max(m.gap, len(p.text) * m.text_height + m.arrow) if isinstance(p, Line) else self.placer.place(p).height
            for p in parts
        )

    def _wide(self, parts: Sequence[Block]) -> tuple[float, float]:
        """Reach to the left and to the right."""
        m = self.m
        words = [m.text_gap + m.width_of(t, "shape") for p in parts if isinstance(p, Line) for t in p.text]
        boxes = [self.placer.place(p) for p in parts if not isinstance(p, Line)]
        return max((b.left for b in boxes), default=0.0), max([*words, *(b.right for b in boxes)], default=0.0)

    @staticmethod
    def _of(part: Block) -> Line | None:
        return part if isinstance(part, Line) else None

    @staticmethod
    def _word(level: _Level) -> str:
        return level.skip.edge.label if level.skip.edge is not None else ""
