"""Block and Metrics -> Laid: the same recursion places cells and points."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from boardwork.figure.blocks import Block, Framed, Knot, Line, Op, Par, Railed, Seq, Space, is_open
from boardwork.figure.box import Beside, Shape, box_of, named, side_texts, wrap
from boardwork.figure.branches import Branches
from boardwork.figure.laid import Anchor, Item, Laid, Stack
from boardwork.figure.metrics import Metrics
from boardwork.figure.primitives import Frame, Point, Primitive, Text, Wire
from boardwork.figure.railed import entries, railed, tap
from boardwork.figure.rowed import spread_out
from boardwork.figure.skips import onward as onward_of
from boardwork.sheet import Edge, Group


class Placer:
    """Places blocks with one set of metrics."""

    def __init__(self, metrics: Metrics) -> None:
        self.m = metrics
        self.branches = Branches(self)

    def place(self, block: Block) -> Laid:
        """Place any block."""
        if isinstance(block, Seq):
            return self.sequence(block.parts)
        if isinstance(block, Par):
            return self.sequence((block,))
        if isinstance(block, Framed):
            return self._framed(block)
        if isinstance(block, Knot):
            return spread_out(block, self)
        if isinstance(block, Railed):
            return railed(self.place(block.body), block.left, block.right, self.m)
        if isinstance(block, Space):
            return Laid(0, 0, block.gaps * self.m.gap)
        return self.line(block) if isinstance(block, Line) else self.op(block)

    def sequence(
        self, parts: Sequence[Block], *, shared: bool = False, onward: bool = True, loose: bool = False
    ) -> Laid:
        """`shared`: a fork that comes first hangs from the bus above; `onward`: wires that meet last go on as one.

        `loose`: skips that end below the last part stay loose, for the box that follows.
        """
        laid: list[Laid] = []
        alone: dict[int, Line | Op] = {}  # by their place among what is laid
        index = 0
        while index < len(parts):
            part, following = parts[index], parts[index + 1] if index + 1 < len(parts) else None
            if isinstance(part, Par) and isinstance(following, Op):
                laid.append(self.branches.parallel(part, following, shared=shared and not index))
                index += 2
                continue
            if isinstance(part, Par):
                loosely = loose and following is None
                laid.append(self.branches.parallel(part, None, shared=shared and not index, loose=loosely))
                if not is_open(part, -1) and (following is not None or onward):
                    laid.append(self.line(onward_of(part)))
            else:
                if isinstance(part, Line | Op):
                    alone[len(laid)] = part
                laid.append(self.place(part))
            index += 1
        return self._stacked(laid, alone)

    def _stacked(self, laid: Sequence[Laid], alone: Mapping[int, Line | Op]) -> Laid:
        """One under the other; `alone`: what is broken over fewer lines where the others are wide."""
        left, right = max((b.left for b in laid), default=0.0), max((b.right for b in laid), default=0.0)
        stack = Stack()
        for place, block in enumerate(laid):
            part, aside = alone.get(place), abs(block.left - block.right)  # what stands beside a box on one side
            placer = self.beside(right if isinstance(part, Line) else min(left, right) - aside)
            stack.add(block if part is None or placer is self else placer.place(part))
        return stack.done()

    def beside(self, half: float) -> Placer:
        """The same for what stands above or below something wide: lines that fill as much are not broken."""
        m = self.m
        label, shape = 2 * (half - m.pad_x), half - m.text_gap
        if label <= m.most_label and shape <= m.most_shape:
            return self
        return Placer(dataclasses.replace(m, most_label=max(label, m.most_label), most_shape=max(shape, m.most_shape)))

    # -- wires and boxes ------------------------------------------------------------------------------------------

    def line(self, line: Line, height: float = 0) -> Laid:
        if line.edge is None:
            return Laid(0, 0, height)
        m, lines = self.m, self.broken(line.edge, line.text)
        natural = len(lines) * m.text_height + m.arrow if lines else 0
        tall = max(m.gap if line.arrow or lines else m.gap / 2, natural, height)
        items: list[Primitive] = [self.wire([(0, 0), (0, tall - m.unit)], line)]
        for i, text in enumerate(lines):
            items.append(Text(m.text_gap, i * m.text_height, text, "shape"))
        right = max((m.text_gap + m.width_of(text, "shape") for text in lines), default=0)
        return Laid(m.unit, max(right, m.unit), tall, tuple(items))

    def broken(self, edge: Edge, text: Sequence[str]) -> list[str]:
        """The words beside the wire of an edge, on one line if they fit, else a line each or more."""
        m = self.m
        said = text if m.shapes else tuple(words for words in text if words == edge.label)
        whole = " ".join(said)
        texts = [whole] if m.width_of(whole, "shape") <= m.most_shape else said
        return [part for text in texts if text for part in wrap(text, m.most_shape, m, "shape")]

    @staticmethod
    def wire(points: Sequence[Point], line: Line | None, arrow: bool | None = None) -> Wire:
        kind = line.edge.kind if line is not None and line.edge is not None else "data"
        head = line.arrow if arrow is None and line is not None else bool(arrow)
        return Wire(tuple(points), kind, head)

    def op(self, op: Op, spread: float = 0, arrows: int = 1) -> Laid:
        """`spread`: the box is at least that much wide on each side, to receive branches; `arrows`: from the right."""
        shape = box_of(op, self.m, spread, max(arrows, len(op.from_right)))
        items = list[Item](shape.items)
        left, low = self._side_inputs(side_texts(op, "in", self.m), shape, items)
        out_reach, height = self._side_outputs(side_texts(op, "out", self.m), shape.height, items)
        right = max(shape.half + shape.extra, out_reach)
        items += entries(op, shape, self.m)
        if op.taps and low > height:  # a bus leaves below the words beside a circle
            items.append(self.plain((0, height), (0, low - self.m.unit)))
            height = low
        tapped = tap(op, self.m)
        items += tapped.at(0, height)
        return Laid(left, max(right, tapped.right), height + tapped.height, tuple(items))

    def _side_outputs(self, sides: Sequence[Beside], height: float, items: list[Item]) -> tuple[float, float]:
        """What leaves the spine right under a box, an arrow to the right each; return its reach and lowest edge."""
        m, reach, top = self.m, 0.0, height
        for side in sides:
            y = height + (0 if m.unit else m.text_height / 2)
            items.append(Wire(((0, y), (m.stub, y)), side.kind, True))
            for line, words in enumerate(side.lines if m.break_words else named(side.lines, m)):
                start = m.stub + (2 if m.unit else m.text_gap)
                kind = "port" if line < (side.names if m.break_words else 1) else "shape"
                items.append(Text(start, height, words, kind))
                reach = max(reach, m.stub + 2 + m.text_gap + m.width_of(words, "port"))
                height += m.text_height
        if height > top:
            end = (0.0, height - m.unit)
            items.append(self.plain((0, top), end))
            items += [self.plain(end, end)] if m.unit else []  # the cell that it ends in is open below
        return reach, height

    def _side_inputs(self, sides: Sequence[Beside], shape: Shape, items: list[Item]) -> tuple[float, float]:
        """Write side inputs to the left of a box, each with a short arrow; return how far and how low they reach."""
        m, reach = self.m, shape.half
        rows = sum(len(side.lines) for side in sides) * m.text_height
        y = max(0.0, float(int(shape.middle - (rows - 1) // 2)) if m.unit else shape.middle - rows / 2)
        for side in sides:
            width = max(m.width_of(line, "port") for line in side.lines)
            level = y if m.unit else y + len(side.lines) * m.text_height / 2
            near, far = -(shape.half + m.unit), -(shape.half + max(m.stub, 2 * m.unit))
            short = Wire(((far, level), (near, level)), side.kind, True)
            items.append(short if side.edge is None else Anchor(side.edge, near, level))
            end = far - (m.unit or m.text_gap / 2)
            for i, line in enumerate(side.lines if side.edge is None else ()):
                kind = "port" if i < side.names else "shape"
                items.append(Text(end - m.width_of(line, kind), y + i * m.text_height, line, kind))
            reach = max(reach, width - end + m.unit)
            y += len(side.lines) * m.text_height
        return reach, y

    def plain(self, start: Point, end: Point) -> Wire:
        """A wire that is part of another: no kind, no head."""
        return Wire((start, end), "data", False)

    def narrow(self, *, forked: bool) -> Placer:
        """The same for branches side by side, which have less room; `forked`: they all come from one place."""
        m = self.m
        most, shapes = min(m.most_label, m.branch_label), m.shapes and (m.branch_shapes or not forked)
        return Placer(dataclasses.replace(m, most_label=most, most_shape=m.branch_shape, shapes=shapes))

    # -- frames ---------------------------------------------------------------------------------------------------

    def _framed(self, framed: Framed) -> Laid:
        """A dashed frame; its title stands above the body to the left of the spine, its detail to the right."""
        m, body, group = self.m, self.place(framed.body), framed.group
        left, right = body.left + m.frame_pad, body.right + m.frame_pad
        room = m.width_of(group.label, "title") + m.text_gap + 2 * (m.unit or m.text_gap)
        # In points the count of copies stands in the corner; in cells it is part of the outline.
        count = m.width_of(f"× {group.repeat}", "title") + 2 * m.text_gap if group.repeat > 1 and not m.unit else 0
        on_left = left >= right or left >= room
        left, right = (max(left, room), max(right, count)) if on_left else (left, max(right, room + count))
        head = m.text_height + m.unit + (0 if m.unit else m.text_gap)
        height = head + body.height + (m.unit or m.frame_pad)
        items: list[Item] = [
            Frame(-left, 0, left + right + m.unit, height, "", "", group.repeat),
            *self._frame_texts(group, left, right, on_left),
            *body.at(0, head),
        ]
        if not is_open(framed.body, 0):
            items.append(self.plain((0, 0), (0, head - m.unit)))
        if not is_open(framed.body, -1):
            items.append(self.plain((0, head + body.height - m.unit), (0, height - m.unit)))
        return Laid(left, right, height, tuple(items))

    def _frame_texts(self, group: Group, left: float, right: float, on_left: bool) -> Iterator[Text]:
        m = self.m
        y, beside = m.unit or m.text_gap, m.unit or m.text_gap
        start = -left + m.unit + beside if on_left else m.text_gap
        yield Text(start, y, group.label, "title")
        free = right if on_left else right - m.width_of(group.label, "title") - m.text_gap
        if group.detail and m.width_of(group.detail, "shape") + m.text_gap + beside <= free:
            yield Text(right - beside - m.width_of(group.detail, "shape"), y, group.detail, "shape")
