"""Diagrams and their common rows -> Figure: a tower each, what is alike on one height, gaps for what is not there."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from boardwork.figure.laid import Item, Laid, placed
from boardwork.figure.metrics import Metrics
from boardwork.figure.place import Placer
from boardwork.figure.primitives import Box, Figure, Frame, Primitive, Text
from boardwork.figure.rails import Rail, rails
from boardwork.figure.shapes import texts_of
from boardwork.figure.spine import Cell, Spine, spine
from boardwork.sheet import Diagram

BOX, OPENS, CLOSES = "box", "opens", "closes"


@dataclass(frozen=True)
class Row:
    """The box or frame of each tower, "" for a gap; a frame opens or closes in a row. `marks`: a sign for each."""

    boxes: tuple[str, ...]
    kind: str
    marks: tuple[str, ...]


def is_straight(diagrams: Sequence[Diagram], rows: Sequence[Row]) -> bool:
    """Whether each diagram is one chain of boxes with skips beside it, which is what a tower shows well."""
    return all(spine(d, [r.boxes[i] for r in rows], rows, i).is_straight for i, d in enumerate(diagrams))


def aligned(diagrams: Sequence[Diagram], rows: Sequence[Row], titles: Sequence[str], metrics: Metrics) -> Figure:
    """The towers side by side, each below its title. Boxes that are in no row stand beside those that they feed."""
    columns = [_Column(spine(d, [r.boxes[i] for r in rows], rows, i), metrics, d) for i, d in enumerate(diagrams)]
    tops = _tops(columns, metrics)
    towers = [column.laid(tops, title) for column, title in zip(columns, titles, strict=True)]
    gap = metrics.branch_gap * 1.5 if not metrics.unit else metrics.branch_gap
    items, x = list[Primitive](), 0.0
    for tower in towers:
        items += placed(tower.items, x + tower.left, 0)
        x += tower.left + tower.right + gap
    height = max(tower.height for tower in towers)
    return Figure(x - gap + metrics.unit, height, tuple(_frames_first(items)))


def _frames_first(items: Sequence[Primitive]) -> Iterator[Primitive]:
    yield from (item for item in items if isinstance(item, Frame))
    yield from (item for item in items if not isinstance(item, Frame))


def _tops(columns: Sequence[_Column], m: Metrics) -> list[float]:
    """The height at which each row begins, and at last the end of all."""
    tops = [2 * m.text_height]
    for row in range(len(columns[0].spine.cells)):
        high = max(column.heights[row] for column in columns)
        gap = max(column.gaps[row] for column in columns)
        tops.append(tops[-1] + high + gap)
    return tops


class _Column:
    """One tower."""

    def __init__(self, tower: Spine, metrics: Metrics, diagram: Diagram) -> None:
        self.spine, self.m = tower, metrics
        self.placer = Placer(metrics)
        self.texts = texts_of(diagram)
        self.drawn = [self._drawn(cell) for cell in tower.cells]
        self.heights = [laid.height for laid in self.drawn]
        self.gaps = [self._gap(row) for row in range(len(tower.cells))]

    def _drawn(self, cell: Cell) -> Laid:
        """The box of a row, the head or the foot of a frame, or nothing."""
        m = self.m
        if cell.op is not None:
            laid = self.placer.op(cell.op)
            return dataclasses.replace(laid, items=tuple(_marked(laid.items, cell.mark)))
        if cell.group is None:
            return Laid(0, 0, 0)
        if cell.closes:
            return Laid(0, 0, m.unit or m.frame_pad / 2)
        return Laid(0, 0, m.text_height + m.unit + (0 if m.unit else m.text_gap))

    def _gap(self, row: int) -> float:
        """Room below a row for the wire to the next box: its words and its head."""
        m, cell = self.m, self.spine.cells[row]
        if (cell.op is None and cell.group is None) or row + 1 == len(self.spine.cells):
            return 0.0
        words = len(self._words(row))
        taps = any(rail.tap == row for rail in self.spine.rails)
        needed = words * m.text_height + m.arrow + (m.text_height if taps and words else 0.0)
        if not words and self._closes_next(row):
            return m.unit or m.frame_pad / 2
        return max(m.gap + ((m.unit or 0.35 * m.gap) if taps else 0), needed)

    def _closes_next(self, row: int) -> bool:
        """True where the foot of a frame is what comes next."""
        rest = (cell for cell in self.spine.cells[row + 1 :] if cell.op is not None or cell.group is not None)
        return next((cell.closes for cell in rest), False)

    def _words(self, row: int) -> list[str]:
        """What is written beside the wire that leaves a row; a frame's own wires bear nothing."""
        edge = self.spine.below.get(row)
        if edge is None or self.spine.cells[row].op is None:
            return []
        return self.placer.broken(edge, self.texts.get(edge, ()))

    # -- placing ------------------------------------------------------------------------------------------------------

    def laid(self, tops: Sequence[float], title: str) -> Laid:
        """The tower at these heights, hanging from its spine."""
        m = self.m
        items: list[Item] = []
        for row, laid in enumerate(self.drawn):
            items += laid.at(0, tops[row])
        extents = [self._reach(row) for row in range(len(self.drawn))]
        lines = rails(self.spine, extents, tops, self.drawn, m)
        items += [item for rail in lines for item in rail.items]
        items += self._frames(tops, extents, lines)
        items += self._wires(tops)
        half = m.width_of(title, "title") / 2 + m.unit
        items.append(Text(0, 0, title, "title", "middle"))
        left = max(half, *(left for left, _ in extents), *self._frame_left(extents))
        right = max(half, *(right for _, right in extents), *(rail.right for rail in lines))
        right = max([right, *(item.x + item.width for item in items if isinstance(item, Frame))])
        return Laid(float(int(left + 0.999)) if m.unit else left, right, tops[-1], tuple(items))

    def _reach(self, row: int) -> tuple[float, float]:
        """How far a row with the words below it goes to the left and right."""
        laid, m = self.drawn[row], self.m
        words = [m.text_gap + m.width_of(text, "shape") + m.unit for text in self._words(row)]
        return laid.left, max([laid.right, *words])

    def _wires(self, tops: Sequence[float]) -> Iterator[Primitive]:
        m = self.m
        for row, after in self.spine.wires:
            start, end = tops[row] + self.heights[row], tops[after]
            head = not self.spine.cells[after].closes
            yield self.placer.wire([(0, start), (0, end - m.unit)], None, arrow=head)
            tap = m.text_height if any(rail.tap == row for rail in self.spine.rails) else 0.0
            for place, text in enumerate(self._words(row)):
                yield Text(m.text_gap, start + tap + place * m.text_height, text, "shape")

    # -- frames -------------------------------------------------------------------------------------------------------

    def _frame_left(self, extents: Sequence[tuple[float, float]]) -> list[float]:
        return [self._inside(top, end, extents)[0] + self.m.frame_pad for top, end in self.spine.frames]

    def _inside(self, top: int, end: int, extents: Sequence[tuple[float, float]]) -> tuple[float, float]:
        rows = range(top, end + 1)
        return max(extents[row][0] for row in rows), max(extents[row][1] for row in rows)

    def _frames(
        self, tops: Sequence[float], extents: Sequence[tuple[float, float]], lines: Sequence[Rail]
    ) -> Iterator[Primitive]:
        m = self.m
        for top, end in self.spine.frames:
            cell = self.spine.cells[top]
            assert cell.group is not None
            left, right = self._inside(top, end, extents)
            right = max([right, *(rail.right for rail in lines if top <= rail.tap and rail.target <= end)])
            name = f"{cell.mark} {cell.group.label}".strip()
            most = m.width_of(name, "title") + 2 * (m.unit or m.text_gap) + m.unit
            left, right = left + m.frame_pad, right + m.frame_pad
            if cell.group.repeat > 1 and not m.unit:
                most += m.width_of(f"× {cell.group.repeat}", "label") + 2 * m.text_gap
            right = max(right, most - left)
            y, high = tops[top], tops[end] + self.heights[end] - tops[top]
            yield Frame(-left, y, left + right + m.unit, high, "", "", cell.group.repeat)
            beside = m.unit or m.text_gap
            yield Text(-left + m.unit + beside, y + (m.unit or m.text_gap), name, "title")


def _marked(items: Sequence[Item], mark: str) -> Iterator[Item]:
    for item in items:
        yield dataclasses.replace(item, mark=mark) if isinstance(item, Box) and mark else item
