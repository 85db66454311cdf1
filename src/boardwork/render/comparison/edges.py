"""What stands above and below the panels of a comparison: the names of the models; footnotes."""

from __future__ import annotations

from collections.abc import Sequence

from boardwork.comparison.record import Comparison
from boardwork.figure.points import width
from boardwork.render.drawing.marks import BOLD, PLAIN, Mark, Piece, label, line, moved, stacked
from boardwork.render.drawing.style import ACCENT, GREY, Type
from boardwork.render.panels.paragraphs import Run, paragraph


def title_of(comparison: Comparison) -> str:
    """`gpt2 against llama-3-8b`."""
    return " against ".join(subject.title for subject in comparison.subjects)


def subject_lines(comparison: Comparison) -> list[tuple[str, str]]:
    """Letter and title of each model, and its class with its target."""
    said = ["  ·  ".join(dict.fromkeys((subject.cls, subject.target))) for subject in comparison.subjects]
    return list(zip(comparison.names, said, strict=True))


def header(comparison: Comparison, room: float, type: Type) -> Piece:
    """The title, a line for each model with its class and target, a rule."""
    title, letters = title_of(comparison), type.title
    while width(title, letters, True) > room and letters > type.heading:
        letters -= 0.5
    marks: list[Mark] = [label(0, type.title, title, letters, BOLD)]
    y = 1.35 * type.title
    for name, said in subject_lines(comparison):
        named = paragraph([Run(name, BOLD), Run(f"  {said}", PLAIN, GREY)], room, type.body, type.leading)
        marks += moved(named.marks, 0, y)
        y += named.height
    y += 0.4 * type.body
    marks.append(line(0, y, room, y, ACCENT, 1.6))
    return Piece(room, y, tuple(marks))


def footer(comparison: Comparison, room: float, type: Type, more: Sequence[str] = ()) -> Piece:
    """The footnotes, then `more` lines."""
    notes = (*comparison.footnotes, *more)
    lines = [paragraph([Run(note, PLAIN, GREY)], room, type.small, type.leading) for note in notes]
    return stacked(lines, 0.2 * type.small)
