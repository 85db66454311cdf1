"""Sheet -> text short enough for a chat: the two diagrams, then a line for each equation and each trade-off."""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.formula import linear
from boardwork.formula.signs import ascii_text
from boardwork.options import Options
from boardwork.render.panel_choice import chosen
from boardwork.render.text.filled import HARD, filled
from boardwork.render.text.sheet import diagram_lines
from boardwork.render.words import heading, key_numbers, zoomed
from boardwork.sheet import Sheet


def compact(sheet: Sheet, options: Options) -> str:
    """At most `options.width` columns; sources, checks, symbols and notes are in the whole text."""
    text = "\n".join(_lines(sheet, options)) + "\n"
    return ascii_text(text) if options.ascii else text


def _lines(sheet: Sheet, options: Options) -> Iterator[str]:
    names = chosen(options.panels)
    yield from _wrapped(
        f"{sheet.subject.title}: {', '.join(phrase.replace(' ', HARD) for phrase in key_numbers(sheet))}", "", options
    )
    if heading(sheet):
        yield from _wrapped(heading(sheet), "", options)
    for name, title, diagram in (
        ("big-picture", "Big picture", sheet.big_picture),
        ("zoom", f"Zoom: {zoomed(sheet)}", sheet.zoom.diagram),
    ):
        if name in names:
            yield from (
                "",
                *_wrapped(title, "", options),
                "",
                *diagram_lines(diagram, options.width, ascii=options.ascii),
            )
    if "equations" in names and sheet.equations:
        yield from ("", "Equations")
        for equation in sheet.equations:
            told = linear(equation.latex, ascii=True) if options.ascii else equation.text
            yield from _wrapped(f"{equation.name}: {told}", "- ", options)
    if "trade-offs" in names and sheet.tradeoffs:
        yield from ("", "Trade-offs")
        for tradeoff in sheet.tradeoffs:
            yield from _wrapped(f"{tradeoff.topic}: {tradeoff.why}", "- ", options)
    if "questions" in names and sheet.questions:
        yield from ("", "Questions")
        for question in sheet.questions:
            yield from _wrapped(f"{question.ask} {question.answer}", "- ", options)
    if sheet.code is not None:
        yield from ("", f"Code: {sheet.code.title}", *_wrapped(sheet.code.note, "", options), "")
        yield from sheet.code.text.splitlines()


def _wrapped(text: str, mark: str, options: Options) -> list[str]:
    return filled(text, options.width, mark, " " * len(mark), ascii=options.ascii)
