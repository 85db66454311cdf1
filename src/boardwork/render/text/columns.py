"""Panels of a text sheet that are narrower than it -> one panel that shows both beside one another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

GAP = 4  # columns between them
HIGHER = 1.25  # how much higher than alone one of them may become
LEAST = 40  # columns of a panel


@dataclass(frozen=True)
class TextPanel:
    """`name`: that of its step, "" for what is part of a whole sheet only; `lead`: prose above the body."""

    name: str
    title: str
    lead: str
    body: str

    def lines(self) -> list[str]:
        return "\n\n".join(part for part in (self.title, self.lead, self.body) if part).splitlines()

    @property
    def width(self) -> int:
        """Of the body; title and lead are as wide as they are allowed to be."""
        return max(map(len, self.body.splitlines()), default=0)


Draw = Callable[[int], TextPanel]  # at most so wide


def abreast(left: Draw, right: Draw, width: int) -> TextPanel | None:
    """Both in this width, one of them as it is alone; None if the other would become much higher, or one is empty."""
    if width < 2 * LEAST + GAP:
        return None
    alone = left(width), right(width)
    if not all(panel.body for panel in alone):
        return None
    for room in (alone[0].width, width - GAP - alone[1].width):
        if min(room, width - GAP - room) < LEAST:
            continue
        rooms = room, width - GAP - room
        pair = left(rooms[0]), right(rooms[1])
        fits = all(panel.width <= wide for panel, wide in zip(pair, rooms, strict=True))
        if fits and all(len(new.lines()) <= HIGHER * len(old.lines()) for new, old in zip(pair, alone, strict=True)):
            return _joined(*pair, room)
    return None


def _joined(left: TextPanel, right: TextPanel, room: int) -> TextPanel:
    """Title beside title, and below the longer one the rest beside the rest."""
    titles = _side_by_side(left.title.splitlines(), right.title.splitlines(), room)
    rests = [replace(panel, title="").lines() for panel in (left, right)]
    return TextPanel(left.name, "\n".join(titles), "", "\n".join(_side_by_side(rests[0], rests[1], room)))


def _side_by_side(left: Sequence[str], right: Sequence[str], room: int) -> list[str]:
    return [f"{one:<{room + GAP}}{two}".rstrip() for one, two in zip_longest(left, right, fillvalue="")]
