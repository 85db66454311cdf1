"""Sheet -> one HTML file that needs nothing else: diagrams as SVG, formulas as MathML, light and dark."""

from __future__ import annotations

from html import escape

from latex2mathml.converter import convert

from boardwork.figure import draw as lay_out
from boardwork.figure.points import POINTS
from boardwork.options import Options
from boardwork.render.drawing.diagram import figure_marks
from boardwork.render.drawing.marks import Piece
from boardwork.render.drawing.theme import Theme, theme
from boardwork.render.panel_choice import chosen
from boardwork.render.stages import stages, table_rows
from boardwork.render.svg import pinned
from boardwork.render.svg.finish import in_the_dark, picture, style_sheet
from boardwork.render.svg.sheet import TALL
from boardwork.render.templates import template
from boardwork.render.text.sheet import diagram_lines
from boardwork.render.words import (
    cited,
    computed,
    differs,
    heading,
    key_numbers,
    memory,
    reasons,
    values,
    with_letters_of_words,
    zoomed,
)
from boardwork.sheet import Diagram, Equation, Sheet, Tradeoff

_HIGHER = 1.4  # than the figure beside it: there is room below that one


def html(sheet: Sheet, options: Options) -> str:
    """The sheet as a page for a browser.

    Raises:
        FormatError: no such panel or theme. DrawingError: there is no graphviz.
    """
    names, paints = chosen(options.panels), theme(options.theme)
    first, second = _drawn(sheet.big_picture), _drawn(sheet.zoom.diagram)
    return template("sheet.html").render(
        title=escape(sheet.subject.title),
        heading=escape(heading(sheet)),
        numbers=[escape(words) for words in (*key_numbers(sheet), *memory(sheet))],
        big_picture=_figure(first, sheet.big_picture, "Big picture", paints) if "big-picture" in names else "",
        zoom=_figure(second, sheet.zoom.diagram, f"Zoom: {zoomed(sheet)}", paints) if "zoom" in names else "",
        columns=_shares(first.width, second.width) if {"big-picture", "zoom"} <= set(names) else (1, 0),
        tall=_tall(first.height, second.height) if {"big-picture", "zoom", "equations"} <= set(names) else "",
        stages=[tuple(map(escape, row)) for row in table_rows(stages(sheet.big_picture))],
        zoomed=escape(zoomed(sheet)),
        reason=escape(sheet.zoom.reason),
        equations=[_equation(e) for e in sheet.equations] if "equations" in names else [],
        tradeoffs=[_tradeoff(t) for t in sheet.tradeoffs] if "trade-offs" in names else [],
        questions=[(escape(q.ask), escape(q.answer)) for q in sheet.questions] if "questions" in names else [],
        code=_code(sheet) if "code" in names else {},
        symbols=[(escape(name), escape(str(s.value)), escape(s.meaning)) for name, s in sheet.symbols.items()],
        notes=[escape(note) for note in sheet.footnotes],
        whole=not options.panels,
        paints=paints.paints,
        dark=theme(paints.in_the_dark).paints if paints.in_the_dark else {},
        font=paints.font,
        figure_style=style_sheet(paints.font) + in_the_dark(paints),
    )


def _drawn(diagram: Diagram) -> Piece:
    return figure_marks(lay_out(diagram, POINTS, most_height=TALL), POINTS)


def _shares(first: float, second: float) -> tuple[int, int]:
    """Of the width of the page for two figures, in hundredths; neither less than a quarter."""
    share = min(0.75, max(0.25, first / (first + second)))
    return round(100 * share), 100 - round(100 * share)


def _tall(first: float, second: float) -> str:
    """The figure that is so much higher than the other that the equations stand below that one; "" if none is."""
    if max(first, second) < _HIGHER * min(first, second):
        return ""
    return "big-picture" if first > second else "zoom"


def _figure(figure: Piece, diagram: Diagram, title: str, paints: Theme) -> str:
    """The diagram as SVG, described by its text."""
    return picture(pinned.draw(figure, paints), title, "\n".join(diagram_lines(diagram, 80)))


def _equation(item: Equation) -> dict[str, object]:
    checks = [(escape(check.claim), escape(computed(check)), escape(differs(check))) for check in item.checks]
    return {
        "name": escape(item.name), "source": escape(cited(item.source)), "maths": _mathml(item.latex),
        "values": escape(values(item)) if item.values else "", "checks": checks,
    }  # fmt: skip


def _code(sheet: Sheet) -> dict[str, str]:
    code = sheet.code
    return {} if code is None else {"title": escape(code.title), "note": escape(code.note), "text": escape(code.text)}


def _mathml(latex: str) -> str:
    """As MathML; the converter keeps the backslash before the underscore of a name."""
    return convert(with_letters_of_words(latex), display="block").replace("\\_", "_")


def _tradeoff(item: Tradeoff) -> dict[str, object]:
    told = [(name, escape(words)) for name, words in reasons(item) if words]
    return {"topic": escape(item.topic), "source": escape(cited(item.source)), "reasons": told}
