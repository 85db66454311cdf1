"""The skips of a tower -> wires in the gutter at its right, nested ones outside of what they go past."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from boardwork.figure.box import wrap
from boardwork.figure.laid import Laid
from boardwork.figure.metrics import Metrics
from boardwork.figure.primitives import Primitive, Text, Wire
from boardwork.figure.spine import Skip, Spine


@dataclass(frozen=True)
class Rail:
    """A placed skip and how far it reaches to the right."""

    tap: int
    target: int
    right: float
    items: tuple[Primitive, ...]


def rails(
    tower: Spine, extents: Sequence[tuple[float, float]], tops: Sequence[float], drawn: Sequence[Laid], m: Metrics
) -> list[Rail]:
    """One wire a skip, the shortest nearest to the boxes; a rail outside a frame goes past its border."""
    found: list[Rail] = []
    for skip in sorted(tower.rails, key=lambda s: (s.target - s.tap, s.tap)):
        past = [extents[row][1] for row in range(skip.tap, skip.target + 1)]
        past += [rail.right for rail in found if rail.tap < skip.target and skip.tap < rail.target]
        past += [_border(frame, extents, found, m) for frame in tower.frames if _goes_past(skip, frame)]
        found.append(_rail(skip, max(past) + m.gutter - m.unit, tops, drawn, m))
    return found


def _goes_past(skip: Skip, frame: tuple[int, int]) -> bool:
    """True where a frame lies beside the skip that does not hold all of it."""
    top, end = frame
    return skip.tap < end and top < skip.target and not (top <= skip.tap and skip.target <= end)


def _border(frame: tuple[int, int], extents: Sequence[tuple[float, float]], found: Sequence[Rail], m: Metrics) -> float:
    top, end = frame
    inside = [rail.right for rail in found if top <= rail.tap and rail.target <= end]
    return max([*(extents[row][1] for row in range(top, end + 1)), *inside]) + m.frame_pad


def _rail(skip: Skip, x: float, tops: Sequence[float], drawn: Sequence[Laid], m: Metrics) -> Rail:
    box = drawn[skip.target]
    start = tops[skip.tap] + drawn[skip.tap].height + (0 if m.unit else 0.3 * m.gap)
    middle = tops[skip.target] + (float(int((box.height - 1) / 2)) if m.unit else box.height / 2)
    edge = box.right if not m.unit else box.right + m.unit
    points = ((0.0, start), (x, start), (x, middle), (edge, middle))
    items: list[Primitive] = [Wire(points, skip.edge.kind, True)]
    right = x
    if skip.edge.label:
        beside = 2 * m.unit or 3.0
        lines = wrap(skip.edge.label, m.branch_label / 2, m, "shape")
        top = (start + middle - len(lines) * m.text_height) / 2
        for place, words in enumerate(lines):
            y = top + place * m.text_height
            items.append(Text(x + beside, float(int(y)) if m.unit else y, words, "shape"))
        right += max(m.width_of(words, "shape") for words in lines) + beside
    return Rail(skip.tap, skip.target, right, tuple(items))
