"""What stands above and below the panels: title and key numbers; legend and footnotes."""

from __future__ import annotations

from boardwork.figure.points import width
from boardwork.numbers import count
from boardwork.render.svg_figure import outline
from boardwork.render.svg_marks import BOLD, PLAIN, Mark, Piece, Stroke, label, label_to, line, moved, stacked
from boardwork.render.svg_style import ACCENT, BODY, GREY, INK, LINKS, RESIDUAL, SMALL, STYLES, TITLE, style
from boardwork.render.svg_text import Run, paragraph
from boardwork.sheet import CIRCLES, Sheet

_FIGURES = (("params_total", "parameters"), ("macs", "MACs"), ("flops", "FLOPs"))


def header(sheet: Sheet, room: float) -> Piece:
    """Title and class at the left, the key numbers at the right, a rule below."""
    subject = sheet.subject
    numbers = [(count(sheet.summary[key]), name) for key, name in _FIGURES if key in sheet.summary]
    wide = sum(_stat(*n) for n in numbers)
    size = TITLE
    while width(subject.title, size, True) > room - wide - 30 and size > 11:
        size -= 0.5
    marks: list[Mark] = [label(0, 20, subject.title, size, BOLD)]
    said = subject.target if subject.title == subject.cls else f"{subject.cls}  ·  {subject.target}"
    under = paragraph([Run(said, PLAIN, GREY)], room, BODY + 0.3)
    marks += moved(under.marks, 0, 26)
    x = room
    for value, name in reversed(numbers):
        marks += [label_to(x, 19, name, BODY, PLAIN, GREY)]
        x -= width(name, BODY) + 4
        marks += [label_to(x, 19, value, 12, BOLD)]
        x -= width(value, 12, True) + 18
    y = 26 + under.height + 4
    marks.append(line(0, y, room, y, ACCENT, 1.6))
    return Piece(room, y, tuple(marks))


def _stat(value: str, name: str) -> float:
    return width(value, 12, True) + width(name, BODY) + 22


def footer(sheet: Sheet, room: float) -> Piece:
    """The legend of what is drawn, then the footnotes."""
    notes = [paragraph([Run(note, PLAIN, GREY)], room, SMALL) for note in sheet.footnotes]
    return stacked([_legend(sheet, room), *notes], 2.0)


def _legend(sheet: Sheet, room: float) -> Piece:
    diagrams = (sheet.big_picture, sheet.zoom.diagram)
    roles = {node.role for d in diagrams for node in d.nodes} - {"input", "output", *CIRCLES}
    kinds = {edge.kind for d in diagrams for edge in d.edges}
    entries = [(STYLES[r].name, r) for r in STYLES if r in roles]
    entries += [(name, kind) for kind, name in LINKS.items() if kind in kinds]
    x, y = 0.0, 4.0
    marks: list[Mark] = []
    for name, key in entries:
        wide = 26 + width(name, BODY) + 16
        if x and x + wide > room:
            x, y = 0.0, y + 16
        marks += moved(_line(key) if key in LINKS else outline(style(key), 22, 12), x, y)
        marks.append(label(x + 27, y + 8.5, name, BODY, PLAIN, INK))
        x += wide
    return Piece(room, y + 18, tuple(marks))


def _line(kind: str) -> tuple[Mark, ...]:
    colour = RESIDUAL if kind == "residual" else ACCENT if kind == "state" else INK
    dashed = kind in ("residual", "state")
    return (Stroke(((0, 6), (0, 6), (22, 6), (22, 6)), colour, 1.1, dashed, True),)
