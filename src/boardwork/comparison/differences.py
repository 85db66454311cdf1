"""Two sheets -> a short list of what changed in the architecture, a line each; empty if nothing did.

`+` stands before what only the second has, `-` before what only the first has, `~` before what is in both and differs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from boardwork.comparison.align import aligned
from boardwork.comparison.record import CLOSES, Row
from boardwork.comparison.table import rows
from boardwork.numbers import exact
from boardwork.sheet import Diagram, Group, Node, Port, Sheet

COUNTED = {"params_total": "parameters", "macs": "multiply-adds"}
TOLD = ("Multiply-adds", "Parameters", "Activation memory", "Kept of the past")  # numbers that follow from the rest
SIZED = {"operations": "operations", "modules": "modules"}


def differences(before: Sheet, after: Sheet) -> tuple[str, ...]:
    """What a reviewer has to know: ports, boxes of the big picture and of the opened block, numbers, facts."""
    found = [
        *_ports("input", before.subject.inputs, after.subject.inputs),
        *_ports("output", before.subject.outputs, after.subject.outputs),
        *_boxes((before.big_picture, after.big_picture), ""),
        *(_boxes((before.zoom.diagram, after.zoom.diagram), f"in {after.zoom.path}: ")),
        *_numbers(before, after, COUNTED),
        *(f"~ {row.topic}: {row.values[0] or '–'} → {row.values[1] or '–'}" for row in _facts(before, after)),
    ]
    return tuple(dict.fromkeys(found or _numbers(before, after, SIZED)))


def _facts(before: Sheet, after: Sheet) -> Iterator[Row]:
    if before.facts and after.facts:
        yield from (row for row in rows((before, after)) if row.differs and not row.topic.startswith(TOLD))


def _ports(kind: str, before: Sequence[Port], after: Sequence[Port]) -> Iterator[str]:
    """By their order: names are the code's own, shapes are not."""
    for number in range(max(len(before), len(after))):
        one, two = (ports[number] if number < len(ports) else None for ports in (before, after))
        if one is None and two is not None:
            yield f"+ {kind} {_port(two)}"
        elif two is None and one is not None:
            yield f"- {kind} {_port(one)}"
        elif one is not None and two is not None and (one.shape, one.dtype) != (two.shape, two.dtype):
            yield f"~ {kind}: {_port(one)} → {_port(two)}"


def _port(port: Port) -> str:
    return f"{port.name} ({', '.join(port.shape)}) {port.dtype}"


def _boxes(diagrams: tuple[Diagram, Diagram], where: str) -> Iterator[str]:
    """A line for each box that is not the same; of a frame that differs, not what is in it."""
    boxes = [_boxes_of(diagram) for diagram in diagrams]
    told: set[str] = set()
    for match in aligned(diagrams):
        one, two = (held.get(box) for held, box in zip(boxes, match.boxes, strict=True))
        parents = {f"{side}{box.parent}" for side, box in (("-", one), ("+", two)) if box is not None}
        if match.kind == CLOSES or not match.differs or _is_port(one) or _is_port(two) or parents & told:
            continue
        line = _line(one, two, where)
        if line:
            told |= {f"{side}{box.id}" for side, box in (("-", one), ("+", two)) if box is not None}
            yield line


def _line(one: Node | Group | None, two: Node | Group | None, where: str) -> str:
    if one is None and two is not None:
        return f"+ {where}{_said(two)}{_at(two)}"
    if two is None and one is not None:
        return f"- {where}{_said(one)}{_at(one)}"
    if one is not None and two is not None and _said(one) != _said(two):
        return f"~ {where}{_said(one)} → {_said(two)}{_at(two)}"
    return ""


def _boxes_of(diagram: Diagram) -> dict[str, Node | Group]:
    return {**{node.id: node for node in diagram.nodes}, **{group.id: group for group in diagram.groups}}


def _at(box: Node | Group) -> str:
    return f" at {box.path}" if box.path else ""


def _is_port(box: Node | Group | None) -> bool:
    return box is not None and box.role in ("input", "output")


def _said(box: Node | Group) -> str:
    times = f" × {box.repeat}" if box.repeat > 1 else ""
    return f"{box.label}{times}" + (f" ({box.detail})" if box.detail else "")


def _numbers(before: Sheet, after: Sheet, names: dict[str, str]) -> Iterator[str]:
    for key, name in names.items():
        one, two = before.summary.get(key), after.summary.get(key)
        if one is not None and two is not None and one != two:
            yield f"~ {name}: {exact(one)} → {exact(two)} ({two - one:+,})"
