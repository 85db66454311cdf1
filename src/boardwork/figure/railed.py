"""A column of boxes and the buses at its sides -> Laid: each bus on a rail outside of all that it goes past."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from boardwork.figure.blocks import Bus, Op
from boardwork.figure.box import Shape
from boardwork.figure.extents import Bounds, bounds
from boardwork.figure.laid import Anchor, Item, Laid, anchors, placed
from boardwork.figure.metrics import Metrics
from boardwork.figure.primitives import Point, Text, Wire
from boardwork.sheet import Edge

Lane = tuple[float, float, float]  # a rail: its top, its end, and how far from the spine it runs
_BETWEEN, _APART = 8.0, 4.0  # rails, and the places where they leave one box, in points


def railed(body: Laid, left: Sequence[Bus], right: Sequence[Bus], m: Metrics) -> Laid:
    """The body with its rails, each as near to the boxes as what it runs beside lets it."""
    at = {anchor.of: anchor for anchor in anchors(body.items)}
    taken = [bounds(item, m) for item in placed(body.items, 0, 0)]
    found: list[Item] = []
    reach = {-1: body.left, 1: body.right}
    for side, some in ((-1, left), (1, right)):
        lanes: list[Lane] = []
        for bus in some:
            top, end = at[bus].y, max(at[edge].y for edge in bus.edges)
            out = _out(side, (top, end), taken, lanes, m)
            lanes.append((top, end, out))
            found += _wires(bus, side * out, at)
            reach[side] = max(reach[side], out + m.unit)
    return replace(body, left=reach[-1], right=reach[1], items=(*body.items, *found))


def _out(side: int, span: Point, taken: Sequence[Bounds], lanes: Sequence[Lane], m: Metrics) -> float:
    """How far from the spine a rail runs: past what stands there, and outside of those before it."""
    top, end = span
    beside = [far if side > 0 else -near for near, high, far, low in taken if high <= end and top <= low]
    inner = [out for high, low, out in lanes if high <= end and top <= low]
    step = 2 * m.unit or min(_BETWEEN, m.gutter)
    near = max(beside, default=0.0) + (2 * m.unit or m.gutter)
    return max([near, *(out + step for out in inner)])


def entries(op: Op, shape: Shape, m: Metrics) -> Iterator[Anchor]:
    """Where buses from the right reach a box: one under the other, the innermost first."""
    more = len(op.from_right) - 1
    top = shape.middle - (float(more // 2) if m.unit else more / 2 * m.text_height)
    if op.node.repeat > 1 < len(op.from_right):  # the count of copies stands at the upper right
        top += m.text_height if m.unit else m.text_height / 2
    for place, edge in enumerate(op.from_right):
        yield Anchor(edge, shape.half + m.unit, top + place * m.text_height)


def tap(op: Op, m: Metrics) -> Laid:
    """The wire below a box up to where its buses leave, with the name of what they carry; nothing if there are none.

    In cells they leave in one row, in points the inner ones lower.
    """
    if not op.taps:
        return Laid(0, 0, 0)
    names = {edge.label for bus in op.taps for edge in bus.edges}
    name = names.pop() if len(names) == 1 else ""
    first, step = m.text_height * bool(name) + (0 if m.unit else 0.3 * m.gap), 0 if m.unit else _APART
    last = first + step * (len(op.taps) - 1)
    items: list[Item] = [Wire(((0, 0), (0, last)), "data", False)]
    items += [Wire(((0, last), (0, last)), "data", False)] if m.unit else []  # the cell is open below
    items += [Anchor(bus, 0, last - place * step) for place, bus in enumerate(op.taps)]
    if name:
        items.append(Text(m.text_gap, 0, name, "shape"))
    return Laid(0, m.text_gap + m.width_of(name, "shape"), last + (m.unit or 0.3 * m.gap), tuple(items))


def _wires(bus: Bus, x: float, at: Mapping[Bus | Edge, Anchor]) -> Iterator[Wire]:
    start = at[bus]
    for edge in bus.edges:
        end = at[edge]
        yield Wire(((start.x, start.y), (x, start.y), (x, end.y), (end.x, end.y)), edge.kind, True)
