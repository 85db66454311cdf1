"""Diagrams that branch -> Figure: each laid out by itself, side by side below their titles, with signs on boxes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from boardwork.figure import draw
from boardwork.figure.metrics import Metrics
from boardwork.figure.primitives import Box, Figure, Primitive, Text, Wire
from boardwork.sheet import Diagram

HEAD = 2  # lines that a title takes


def abreast(
    diagrams: Sequence[Diagram],
    marks: Sequence[Mapping[str, str]],
    titles: Sequence[str],
    metrics: Metrics,
    most_height: float | None = None,
) -> Figure:
    """`marks`: the sign of each box or frame that has one, by its id. `most_height`: as in `draw`."""
    found: list[Primitive] = []
    x, height, head = 0.0, 0.0, HEAD * metrics.text_height
    for diagram, signs, title in zip(diagrams, marks, titles, strict=True):
        figure = draw(_signed(diagram, signs), metrics, most_height=most_height)
        wide = max(figure.width, metrics.width_of(title, "title") + metrics.unit)
        found.append(Text(x, 0, title, "title"))
        found += _moved(figure, signs, x, head)
        x += wide + 2 * metrics.branch_gap
        height = max(height, head + figure.height)
    return Figure(x - 2 * metrics.branch_gap, height, tuple(found))


def _signed(diagram: Diagram, signs: Mapping[str, str]) -> Diagram:
    """Frames bear their sign in their title; a box has it in its border."""
    groups = (replace(g, label=f"{signs[g.id]} {g.label}") if g.id in signs else g for g in diagram.groups)
    return replace(diagram, groups=tuple(groups))


def _moved(figure: Figure, signs: Mapping[str, str], dx: float, dy: float) -> Iterator[Primitive]:
    for item in figure.primitives:
        if isinstance(item, Wire):
            yield replace(item, points=tuple((x + dx, y + dy) for x, y in item.points))
        elif isinstance(item, Box):
            yield replace(item, x=item.x + dx, y=item.y + dy, mark=signs.get(item.node, ""))
        else:
            yield replace(item, x=item.x + dx, y=item.y + dy)
