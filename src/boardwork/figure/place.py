"""Block and Metrics -> Laid: the same recursion places cells and points. A block hangs from its spine, x = 0, at y = 0."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from boardwork.figure.blocks import Block, Framed, Line, Op, Par, Seq, is_bare, is_residual, parts_of
from boardwork.figure.box import Shape, box_of, side_texts, wrap
from boardwork.figure.metrics import Metrics
from boardwork.figure.primitives import Frame, Point, Primitive, Text, Wire
from boardwork.sheet import Group


@dataclass(frozen=True)
class Laid:
    """Placed primitives with their extent to the left and right of the spine and downwards."""

    left: float
    right: float
    height: float
    items: tuple[Primitive, ...] = ()

    def at(self, x: float, y: float) -> tuple[Primitive, ...]:
        """The primitives, moved."""
        return tuple(moved(item, x, y) for item in self.items)


def moved(item: Primitive, x: float, y: float) -> Primitive:
    """A primitive at another place."""
    if isinstance(item, Wire):
        return dataclasses.replace(item, points=tuple((a + x, b + y) for a, b in item.points))
    return dataclasses.replace(item, x=item.x + x, y=item.y + y)


class Placer:
    """Places blocks with one set of metrics."""

    def __init__(self, metrics: Metrics) -> None:
        self.m = metrics

    def place(self, block: Block) -> Laid:
        """Place any block."""
        if isinstance(block, Seq):
            return self._sequence(block.parts)
        if isinstance(block, Par):
            return self._parallel(block, None)
        if isinstance(block, Framed):
            return self._framed(block)
        return self._line(block) if isinstance(block, Line) else self._op(block)

    def _sequence(self, parts: Sequence[Block]) -> Laid:
        stack = _Stack()
        index = 0
        while index < len(parts):
            part, following = parts[index], parts[index + 1] if index + 1 < len(parts) else None
            if isinstance(part, Par) and isinstance(following, Op):
                stack.add(self._parallel(part, following))
                index += 2
                continue
            stack.add(self.place(part))
            index += 1
        return stack.done()

    # -- wires and boxes ------------------------------------------------------------------------------------------

    def _line(self, line: Line, height: float = 0) -> Laid:
        if line.edge is None:
            return Laid(0, 0, height)
        m = self.m
        whole = " ".join(line.text)
        texts = [whole] if m.width_of(whole, "shape") <= m.most_shape else line.text
        lines = [part for text in texts if text for part in wrap(text, m.most_shape, m, "shape")]
        natural = len(lines) * m.text_height + m.arrow if lines else 0
        tall = max(m.gap if line.arrow or lines else m.gap / 2, natural, height)
        items: list[Primitive] = [self._wire([(0, 0), (0, tall - m.unit)], line)]
        for i, text in enumerate(lines):
            items.append(Text(m.text_gap, i * m.text_height, text, "shape"))
        right = max((m.text_gap + m.width_of(text, "shape") for text in lines), default=0)
        return Laid(m.unit, max(right, m.unit), tall, tuple(items))

    @staticmethod
    def _wire(points: Sequence[Point], line: Line | None, arrow: bool | None = None) -> Wire:
        kind = line.edge.kind if line is not None and line.edge is not None else "data"
        head = line.arrow if arrow is None and line is not None else bool(arrow)
        return Wire(tuple(points), kind, head)

    def _op(self, op: Op, spread: float = 0) -> Laid:
        """`spread`: the box is at least that much wide on each side, to receive branches."""
        shape = box_of(op.node, self.m, spread)
        left, right, items = shape.half, shape.half, list(shape.items)
        left = self._side_inputs(side_texts(op, "in"), shape, items)
        out_reach, height = self._side_outputs(side_texts(op, "out"), shape.height, items)
        right = max(shape.half + shape.extra, out_reach)
        return Laid(left, right, height, tuple(items))

    def _side_outputs(
        self, texts: Sequence[tuple[tuple[str, ...], str]], height: float, items: list[Primitive]
    ) -> tuple[float, float]:
        """What leaves the spine right under a box, an arrow to the right each; return its reach and lowest edge."""
        m, reach, top = self.m, 0.0, height
        for lines, kind in texts:
            words = " ".join(lines)
            y = height + (0 if m.unit else m.text_height / 2)
            items.append(Wire(((0, y), (m.gutter, y)), kind, True))
            items.append(Text(m.gutter + (2 if m.unit else m.text_gap), height, words, "port"))
            reach = max(reach, m.gutter + 2 + m.text_gap + m.width_of(words, "port"))
            height += m.text_height
        if height > top:
            items.append(self._plain((0, top), (0, height)))
        return reach, height

    def _side_inputs(self, texts: Sequence[tuple[tuple[str, ...], str]], shape: Shape, items: list[Primitive]) -> float:
        """Write side inputs to the left of a box, each with a short arrow into it; return how far they reach."""
        m, reach = self.m, shape.half
        rows = sum(len(lines) for lines, _ in texts) * m.text_height
        y = max(0.0, float(int(shape.middle - (rows - 1) // 2)) if m.unit else shape.middle - rows / 2)
        for lines, kind in texts:
            width = max(m.width_of(line, "port") for line in lines)
            level = y if m.unit else y + len(lines) * m.text_height / 2
            near, far = -(shape.half + m.unit), -(shape.half + m.gutter)
            items.append(Wire(((far, level), (near, level)), kind, True))
            end = far - (m.unit or m.text_gap / 2)
            for i, line in enumerate(lines):
                items.append(Text(end - m.width_of(line, "port"), y + i * m.text_height, line, "port"))
            reach = max(reach, width - end + m.unit)
            y += len(lines) * m.text_height
        return reach

    # -- branches -------------------------------------------------------------------------------------------------

    def _parallel(self, par: Par, join: Op | None) -> Laid:
        ended = self._is_open(par.branches, -1)
        skips = [] if ended else [b for b in par.branches if is_residual(b) or is_bare(b)]
        skips = skips[1:] if len(skips) == len(par.branches) else skips
        body = [b for b in par.branches if b not in skips]
        return self._with_skips(body, skips, join) if skips else self._branches(body, join)

    def _with_skips(self, body: Sequence[Block], skips: Sequence[Block], join: Op | None) -> Laid:
        """The body on the spine, each skip on a rail to its right; nested skips nest outwards by themselves."""
        m = self.m
        fork = m.gap / 2 if m.unit == 0 else 1
        inner = self.place(body[0]) if len(body) == 1 else self._branches(body, None)
        sides = [self._rail(skip) for skip in skips]
        tall = max([inner.height + fork, *(s.height + fork + 2 * m.gap for s in sides if s.height)])
        end = self._op(join) if join is not None else Laid(m.unit, m.unit, m.gap)
        items = [self._plain((0, 0), (0, fork)), *inner.at(0, fork)]
        if tall > inner.height + fork:
            items.append(self._plain((0, inner.height + fork - m.unit), (0, tall - m.unit)))
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
        inside = [p for p in parts_of(skip)]
        while inside and isinstance(inside[0], Line):
            inside.pop(0)
        while inside and isinstance(inside[-1], Line):
            inside.pop()
        return self._sequence(inside) if inside else Laid(0, 0, 0)

    def _skip(self, skip: Block, side: Laid, x: float, fork: float, level: float, reach: float) -> list[Primitive]:
        first = next((p for p in parts_of(skip) if isinstance(p, Line) and p.edge is not None), Line(None))
        m, start = self.m, 0.0 if self.m.unit else fork / 2
        if not side.height:
            return [self._wire([(0, start), (x, start), (x, level), (reach, level)], first, arrow=True)]
        top = fork + max(m.gap, (level - fork - side.height) // 2 if m.unit else (level - fork - side.height) / 2)
        below = top + side.height
        return [
            self._wire([(0, start), (x, start), (x, top - m.unit)], first, arrow=True),
            *side.at(x, top),
            self._wire([(x, below), (x, level), (reach, level)], first, arrow=True),
        ]

    def _plain(self, start: Point, end: Point) -> Wire:
        return Wire((start, end), "data", False)

    def _branches(self, branches: Sequence[Block], join: Op | None) -> Laid:
        """Side by side under a bus; into a circle from its sides, into a wide box from above, else under a second bus."""
        m = self.m
        inside, join_is_round = self._narrow(), join is not None and box_of(join.node, self.m).round
        laid = [inside.place(b) for b in branches]
        spots = self._spots(laid)
        if not self._is_open(branches, -1):
            deepest = max(b.height for b in laid)
            heads = [join is not None and not (join_is_round and spot) and self._direct(join, spots) for spot in spots]
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

    def _direct(self, join: Op, spots: Sequence[float]) -> bool:
        """True when branches run right into the join, without a bus before it."""
        return not box_of(join.node, self.m).round or len(spots) <= 3

    def stretched(self, branch: Block, height: float, head: bool) -> Laid:
        """A branch whose last wire reaches down to `height`, with an arrow head or without."""
        *before, last = parts_of(branch)
        assert isinstance(last, Line) or before
        if not isinstance(last, Line):
            before, last = [*before, last], Line(None)
        above = self._sequence(before)
        final = self._line(dataclasses.replace(last, arrow=head), height - above.height)
        stack = _Stack()
        stack.add(above)
        stack.add(final)
        return stack.done()

    def _narrow(self) -> Placer:
        m = self.m
        return Placer(dataclasses.replace(m, most_label=min(m.most_label, m.branch_label), most_shape=m.branch_shape))

    def _spots(self, laid: Sequence[Laid]) -> list[float]:
        """Spines of the branches, the middle one (or the middle between two) at 0."""
        m, spots = self.m, [0.0]
        for before, block in zip(laid, laid[1:], strict=False):
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
            points = [(spine, 0.0), (spine, y), (spot, y), (spot, end)] if into else [(spot, y - self.m.unit), (spot, y), (spine, y)]
            wires.append(self._wire(points, line, arrow=False))
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
        if join is not None and box_of(join.node, m).round and len(spots) <= 3:
            end = self._op(join)
            level = tall + box_of(join.node, m).middle
            for line, spot, block in zip(lines, spots, laid, strict=True):
                start = (spot, top + block.height - m.unit)
                side = (box_of(join.node, m).half + m.unit) * (1 if spot > 0 else -1)
                if spot:
                    items.append(self._wire([start, (spot, level), (side, level)], line, arrow=True))
            items += end.at(0, tall)
            return items, tall + end.height, max(end.left, end.right)
        if join is not None and not box_of(join.node, m).round:
            spread = max(abs(s) for s in spots) + m.pad_x + m.unit
            end = self._op(join, spread)
            return items + list(end.at(0, tall)), tall + end.height, max(end.left, end.right)
        items += self._bus(spots, tall, branches, into=False, spine=0.0)
        items.append(self._plain((0, tall + m.unit), (0, tall)))  # down from the bus
        if join is None:
            return items, tall + m.unit, m.unit
        end = self._op(join)
        items.append(self._wire([(0, tall), (0, tall + m.gap - m.unit)], lines[0], arrow=True))
        return items + list(end.at(0, tall + m.gap)), tall + m.gap + end.height, max(end.left, end.right)

    @staticmethod
    def _last(branch: Block) -> Line | None:
        return next((p for p in reversed(parts_of(branch)) if isinstance(p, Line)), None)

    # -- frames ---------------------------------------------------------------------------------------------------

    def _framed(self, framed: Framed) -> Laid:
        """A dashed frame; its title stands above the body to the left of the spine, its detail to the right."""
        m, body, group = self.m, self.place(framed.body), framed.group
        left, right = body.left + m.frame_pad, body.right + m.frame_pad
        room = m.width_of(group.label, "title") + m.text_gap + 2 * (m.unit or m.text_gap)
        on_left = left >= right or left >= room
        left, right = (max(left, room), right) if on_left else (left, max(right, room))
        head = m.text_height + m.unit + (0 if m.unit else m.text_gap)
        height = head + body.height + (m.unit or m.frame_pad)
        items: list[Primitive] = [
            Frame(-left, 0, left + right + m.unit, height, "", "", group.repeat),
            self._plain((0, 0), (0, head - m.unit)),
            *self._frame_texts(group, left, right, on_left),
            *body.at(0, head),
            self._plain((0, head + body.height - m.unit), (0, height - m.unit)),
        ]
        return Laid(left, right, height, tuple(items))

    def _frame_texts(self, group: Group, left: float, right: float, on_left: bool) -> Iterator[Text]:
        m = self.m
        y, beside = m.unit or m.text_gap, m.unit or m.text_gap
        start = -left + m.unit + beside if on_left else m.text_gap
        yield Text(start, y, group.label, "title")
        free = right if on_left else right - m.width_of(group.label, "title") - m.text_gap
        if group.detail and m.width_of(group.detail, "shape") + m.text_gap + beside <= free:
            yield Text(right - beside - m.width_of(group.detail, "shape"), y, group.detail, "shape")


class _Stack:
    """Blocks one under the other on one spine."""

    def __init__(self) -> None:
        self.left = self.right = self.height = 0.0
        self.items: list[Primitive] = []

    def add(self, laid: Laid) -> None:
        self.items += laid.at(0, self.height)
        self.left, self.right = max(self.left, laid.left), max(self.right, laid.right)
        self.height += laid.height

    def done(self) -> Laid:
        return Laid(self.left, self.right, self.height, tuple(self.items))
