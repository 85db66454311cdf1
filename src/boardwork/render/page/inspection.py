"""A page -> what a reader would trip over: its smallest text, texts that overlap, texts that leave the page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from boardwork.formula.font import measure
from boardwork.render.drawing.marks import MATHS, MATHS_ITALIC, Label, Piece, wide

HIGH, DEEP = 0.7, 0.1  # of a line of text over and under its baseline, in sizes
NOISE = 1e-6  # of sums of widths
TOUCH = 0.5  # points by which texts may meet


@dataclass(frozen=True)
class Inspection:
    """`smallest` in points; `overlaps`: pairs of texts; `outside`: texts that are not whole on the page."""

    smallest: float
    overlaps: tuple[tuple[str, str], ...]
    outside: tuple[str, ...]


@dataclass(frozen=True)
class _Extent:
    string: str
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: _Extent) -> bool:
        across = min(self.right, other.right) - max(self.left, other.left)
        along = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across > TOUCH and along > TOUCH


def inspect(page: Piece) -> Inspection:
    """Measured on the texts as they are set."""
    labels = [mark for mark in page.marks if isinstance(mark, Label)]
    extents = [_extent(label) for label in labels]
    room = (page.width + NOISE, page.height + NOISE)
    outside = (e for e in extents if min(e.left, e.top) < -NOISE or e.right > room[0] or e.bottom > room[1])
    return Inspection(
        min((label.size for label in labels), default=0.0), tuple(_overlaps(labels)), tuple(e.string for e in outside)
    )


def _overlaps(labels: list[Label]) -> Iterator[tuple[str, str]]:
    """Pairs of running texts; the signs of a formula are set close on purpose."""
    extents = [_extent(label) for label in labels if label.face not in (MATHS, MATHS_ITALIC)]
    extents.sort(key=lambda extent: extent.top)
    for first, second in combinations(extents, 2):
        if second.top < first.bottom and first.meets(second):
            yield first.string, second.string


def _extent(label: Label) -> _Extent:
    if label.face in (MATHS, MATHS_ITALIC):
        half = measure(label.string, label.face == MATHS_ITALIC).advance * label.size / 2
    else:
        half = wide(label.string, label.size, label.face) / 2
    top, bottom = label.y - HIGH * label.size, label.y + DEEP * label.size
    return _Extent(label.string, label.x - half, top, label.x + half, bottom)
