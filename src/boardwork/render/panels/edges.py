"""What stands above and below the panels: title and key numbers; legend and footnotes."""

from __future__ import annotations

from collections.abc import Sequence

from boardwork.figure.points import width
from boardwork.numbers import count, size
from boardwork.render.drawing.diagram import outline
from boardwork.render.drawing.marks import BOLD, PLAIN, Mark, Piece, Stroke, label, label_to, line, moved, stacked
from boardwork.render.drawing.style import ACCENT, DASHES, GREY, INK, LINE_PAINTS, LINKS, STYLES, WIRE, Type, style
from boardwork.render.panels.paragraphs import Run, paragraph
from boardwork.render.words import memory
from boardwork.sheet import CIRCLES, Sheet


def header(sheet: Sheet, room: float, type: Type) -> Piece:
    """Title and class at the left, the key numbers at the right, a rule below."""
    subject, numbers = sheet.subject, _numbers(sheet)
    wide = sum(_stat(*n, type) for n in numbers)
    letters = type.title
    while width(subject.title, letters, True) > room - wide - 30 and letters > type.heading:
        letters -= 0.5
    base = type.title
    marks: list[Mark] = [label(0, base, subject.title, letters, BOLD)]
    said = subject.target if subject.title == subject.cls else f"{subject.cls}  ·  {subject.target}"
    said = "  ·  ".join((said, *memory(sheet)))
    under = paragraph([Run(said, PLAIN, GREY)], room, type.body * 1.03, type.leading)
    marks += moved(under.marks, 0, base + 0.3 * type.title)
    x = room
    for value, name in reversed(numbers):
        marks += [label_to(x, base, name, type.body, PLAIN, GREY)]
        x -= width(name, type.body) + 0.4 * type.body
        marks += [label_to(x, base, value, 1.45 * type.body, BOLD)]
        x -= width(value, 1.45 * type.body, True) + 2 * type.body
    y = base + 0.3 * type.title + under.height + 0.4 * type.body
    marks.append(line(0, y, room, y, ACCENT, 1.6))
    return Piece(room, y, tuple(marks))


def _numbers(sheet: Sheet) -> list[tuple[str, str]]:
    summary = sheet.summary
    weights = f"parameters ({size(summary['params_bytes'])})"
    active = summary.get("params_active", summary["params_total"])
    return [
        (count(summary["params_total"]), weights),
        *([(count(active), "active")] if active != summary["params_total"] else []),
        (count(summary["macs"]), "MACs"),
        (count(summary["flops"]), "FLOPs"),
    ]


def _stat(value: str, name: str, type: Type) -> float:
    return width(value, 1.45 * type.body, True) + width(name, type.body) + 2.4 * type.body


def footer(sheet: Sheet, room: float, type: Type, more: Sequence[str] = ()) -> Piece:
    """The legend of what is drawn, then the footnotes, then `more` lines."""
    notes = [paragraph([Run(note, PLAIN, GREY)], room, type.small, type.leading) for note in (*sheet.footnotes, *more)]
    return stacked([_legend(sheet, room, type), *notes], 0.2 * type.small)


def _legend(sheet: Sheet, room: float, type: Type) -> Piece:
    diagrams = (sheet.big_picture, sheet.zoom.diagram)
    roles = {node.role for d in diagrams for node in d.nodes} - {"input", "output", *CIRCLES}
    kinds = {edge.kind for d in diagrams for edge in d.edges}
    entries = [(STYLES[r].name, r) for r in STYLES if r in roles]
    entries += [(name, kind) for kind, name in LINKS.items() if kind in kinds]
    key, high = 2.1 * type.body, 1.3 * type.body
    x, y = 0.0, 0.5 * type.body
    marks: list[Mark] = []
    for name, role in entries:
        wide = 1.2 * key + width(name, type.body) + 0.6 * key
        if x and x + wide > room:
            x, y = 0.0, y + 1.4 * high
        marks += moved(_line(role, key, high) if role in LINKS else outline(style(role), key, high), x, y)
        marks.append(label(x + 1.2 * key, y + 1.04 * type.body, name, type.body, PLAIN, INK))
        x += wide
    return Piece(room, y + 1.5 * high, tuple(marks))


def _line(kind: str, wide: float, high: float) -> tuple[Mark, ...]:
    ends = ((0, high / 2), (0, high / 2), (wide, high / 2), (wide, high / 2))
    return (Stroke(ends, LINE_PAINTS.get(kind, WIRE), 1.1, DASHES.get(kind, ""), True),)
