"""A placed primitive and Metrics -> the rectangle that it fills."""

from __future__ import annotations

from boardwork.figure.metrics import Metrics
from boardwork.figure.primitives import Box, Circle, Frame, Primitive, Text, Wire

Bounds = tuple[float, float, float, float]  # left, top, right, bottom


def bounds(item: Primitive, m: Metrics) -> Bounds:
    """Left, top, right, bottom."""
    match item:
        case Box() | Frame():
            more = (
                m.width_of(f" × {item.repeat}", "label") + (2 * m.unit or 8)
                if item.repeat > 1 and isinstance(item, Box)
                else 0
            )
            return item.x, item.y, item.x + item.width + more, item.y + item.height
        case Circle():
            return item.x - item.radius, item.y - item.radius, item.x + item.radius, item.y + item.radius
        case Text():
            wide = m.width_of(item.string, item.kind)
            left = item.x - wide / 2 if item.anchor == "middle" else item.x
            return left, item.y, left + wide, item.y + m.text_height
        case Wire():
            xs, ys = [x for x, _ in item.points], [y for _, y in item.points]
            return min(xs), min(ys), max(xs), max(ys)
