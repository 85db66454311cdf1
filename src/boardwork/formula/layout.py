"""A tree of maths and a metrics object -> a box of marks. The one recursion behind text and points."""

from __future__ import annotations

from dataclasses import replace

from boardwork.formula.boxes import Box, Metrics, beside, centred, overlay
from boardwork.formula.spacing import gap, kinds
from boardwork.formula.tree import BIG, EMPTY, Node


def lay(node: Node, metrics: Metrics, level: int = 0) -> Box:
    """The box of a node, in the units of `metrics`."""

    def draw(kid: Node, deeper: int) -> Box:
        return lay(kid, metrics, deeper)

    match node.kind:
        case "row":
            return _row(node, metrics, level)
        case "space":
            return metrics.space(node.em, level)
        case "fraction":
            return _fraction(node, metrics, level)
        case "limits":
            return _limits(node, metrics, level)
        case "fence":
            return _fence(node, metrics, level)
        case "table":
            return _table(node, metrics, level)
        case "script":
            return metrics.script(node, draw, level)
        case "root":
            return metrics.root(node, draw, level)
        case "accent":
            return metrics.accent(node, draw, level)
    if node.text in BIG:
        return metrics.big(node.text, level)
    return metrics.word(node.text, node.kind == "id" and not node.upright, level)


def _row(node: Node, metrics: Metrics, level: int) -> Box:
    boxes: list[Box] = []
    names = kinds(node.kids)
    for i, kid in enumerate(node.kids):
        if i:
            em = gap(names[i - 1], names[i], level)
            boxes.append(metrics.joint(node.kids[i - 1], kid, em, level))
        boxes.append(lay(kid, metrics, level))
    return beside(*boxes)


def _fraction(node: Node, metrics: Metrics, level: int) -> Box:
    """Numerator and denominator centred over and under a bar; smaller only within scripts."""
    top, bottom = (lay(kid, metrics, level) for kid in node.kids)
    bar = metrics.bar(max(top.width, bottom.width), level)
    free = metrics.clearance(level)
    return overlay(
        centred(top, bar.width, metrics.snap).moved(0, -bar.ascent - free - top.depth),
        bar,
        centred(bottom, bar.width, metrics.snap).moved(0, bar.depth + free + bottom.ascent),
    )


def _limits(node: Node, metrics: Metrics, level: int) -> Box:
    base, under, over = (lay(kid, metrics, level + (i > 0)) for i, kid in enumerate(node.kids))
    width = max(base.width, under.width, over.width)
    free = metrics.clearance(level)
    parts = [centred(base, width, metrics.snap)]
    if node.kids[2] != EMPTY:
        parts.append(centred(over, width, metrics.snap).moved(0, -base.ascent - free - over.depth))
    if node.kids[1] != EMPTY:
        parts.append(centred(under, width, metrics.snap).moved(0, base.depth + free + under.ascent))
    return overlay(*parts)


def _fence(node: Node, metrics: Metrics, level: int) -> Box:
    body = lay(node.kids[0], metrics, level)
    opening = metrics.fence(node.text, body, node.stretch, level)
    closing = metrics.fence(node.close, body, node.stretch, level) if node.close else Box()
    return replace(beside(opening, body, closing), lean=0.0)


def _table(node: Node, metrics: Metrics, level: int) -> Box:
    """Rows with columns aligned: right and left by turns in `align*`, left in cases, else centred."""
    cells = [[lay(cell, metrics, level) for cell in row.kids] for row in node.kids]
    widths = [max((row[c].width for row in cells if c < len(row)), default=0.0) for c in range(max(map(len, cells)))]
    ascent, depth = metrics.strut()
    between, leading, side = metrics.table_gaps(node.text, any(b.height > ascent + depth for row in cells for b in row))
    placed: list[Box] = []
    y = 0.0
    for row, nodes in zip(cells, node.kids, strict=True):
        row_ascent, row_depth = max(ascent, *(b.ascent for b in row)), max(depth, *(b.depth for b in row))
        x = side
        y += (leading if placed else 0.0) + row_ascent
        for c, box in enumerate(row):
            if node.text == "align" and c:
                x += _join(nodes.kids[c - 1], nodes.kids[c], metrics, level) if c % 2 else 3 * between
            elif c:
                x += between
            free = {"align": (widths[c] - box.width) * (c % 2 == 0), "cases": 0.0}.get(
                node.text, metrics.snap((widths[c] - box.width) / 2)
            )
            placed.append(box.moved(x + free, y))
            x += widths[c]
        y += row_depth
    whole = overlay(*placed)
    up = metrics.snap(y / 2 + metrics.axis(level))
    return replace(whole.moved(0, -up), width=max(b.width for b in placed) + side, ascent=up, depth=y - up)


def _join(left: Node, right: Node, metrics: Metrics, level: int) -> float:
    """In `align*` the columns meet at a relation, which keeps its space."""
    first = right.kids[0] if right.kind == "row" and right.kids else right
    return metrics.joint(left, first, gap("ordinary", kinds((EMPTY, first))[1], level), level).width
