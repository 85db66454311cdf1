"""Sheet -> the whole sheet as text of a given width, in Unicode or ASCII."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from boardwork.figure import AS_IT_IS, CELLS, COLUMN, RAILED, STACKED, Figure, draw, nested
from boardwork.figure.metrics import Metrics, circled
from boardwork.formula import draw_text, linear
from boardwork.formula.signs import ascii_text
from boardwork.options import Options
from boardwork.render.panel_choice import chosen
from boardwork.render.panels.stage_table import table_lines
from boardwork.render.stages import stages
from boardwork.render.templates import template
from boardwork.render.text.columns import TextPanel, abreast
from boardwork.render.text.filled import filled, joined
from boardwork.render.text.raster import Raster
from boardwork.render.words import cited, computed, differs, heading, key_numbers, memory, reasons, values, zoomed
from boardwork.sheet import Diagram, Equation, Question, Sheet, Tradeoff

# Tried in order until the diagram fits the width.
NARROWER: tuple[Metrics, ...] = (
    CELLS,
    replace(CELLS, branch_shape=18, branch_label=20),
    replace(CELLS, branch_shape=14, branch_label=16, branch_gap=2, gutter=2),
    replace(CELLS, most_shape=24, branch_shape=12, branch_label=14, branch_gap=2, gutter=2, frame_pad=1),
    replace(CELLS, most_shape=14, most_label=18, branch_shape=9, branch_label=10, branch_gap=2, gutter=2, frame_pad=1),
    replace(
        CELLS,
        most_shape=0,
        most_label=12,
        branch_shape=0,
        branch_label=8,
        branch_gap=2,
        gutter=1,
        frame_pad=1,
        text_gap=1,
    ),
)
# One box under the other, if nothing else fits.
_COLUMN = (
    replace(CELLS, break_words=True),
    replace(CELLS, break_words=True, most_label=16, most_shape=16, gutter=2, frame_pad=1),
    replace(CELLS, break_words=True, most_label=14, most_shape=14, branch_label=14, gutter=2, frame_pad=1),
)
_ALIKE = tuple(replace(metrics, branch_shapes=False) for metrics in NARROWER)  # branches of one fork are much alike
_BARE = tuple(replace(metrics, shapes=False) for metrics in NARROWER)
# Towers stand side by side while there is room for their sizes; a wire without a shape reads better than a tag.
_FORMS: tuple[tuple[str, tuple[Metrics, ...]], ...] = (
    (AS_IT_IS, NARROWER[:3]),
    (AS_IT_IS, _ALIKE[1:4]),
    (STACKED, NARROWER[:3]),
    (STACKED, _ALIKE[1:]),
    (STACKED, _BARE[2:]),
    (RAILED, _COLUMN),
    (COLUMN, _COLUMN),
)
# The same for a U, which has two boxes side by side and a wire between them.
_ARMS = (
    CELLS,
    *(replace(CELLS, most_label=most, most_shape=most, gutter=2) for most in (24, 20, 18, 16, 14)),
    *(replace(CELLS, most_label=most, most_shape=most, gutter=1, text_gap=1) for most in (12, 10)),
)
_TALL = 40  # lines that skips within skips may have before they are folded to a U, if they end in additions
_BLANK = 8  # a figure has at most about this much empty room at its right
_plain_tag = "({})".format


def text(sheet: Sheet, options: Options) -> str:
    """The sheet as lines of at most `options.width` characters, where its diagrams and formulas allow.

    Raises:
        FormatError: no such panel.
    """
    if options.compact:
        from boardwork.render.text.compact import compact

        return compact(sheet, options)
    return _Writer(sheet, options).write()


def ascii(sheet: Sheet, options: Options) -> str:
    """The same in bytes below 128 only."""
    return text(sheet, replace(options, ascii=True))


def diagram_lines(diagram: Diagram, width: int, *, ascii: bool = False) -> list[str]:
    """The diagram as lines of at most `width` characters, in the first form that fits."""
    diagram, lines = in_ascii(diagram) if ascii else diagram, list[str]()
    for figure in _figures(diagram, width, _plain_tag if ascii else circled):
        lines = Raster(figure).lines(ascii)
        if max(map(len, lines), default=0) <= width:
            break
    return lines


def _figures(diagram: Diagram, width: int, tag: Callable[[int], str]) -> Iterator[Figure]:
    """The forms that may fit the width, the loosest first; the last whether it fits or not."""
    folded = [(AS_IT_IS, metrics, _TALL) for metrics in _ARMS] if nested(diagram) else []
    tries = [*folded, *((form, metrics, None) for form, wide_to_narrow in _FORMS for metrics in wide_to_narrow)]
    for number, (form, metrics, tall) in enumerate(tries, 1):
        figure = draw(diagram, replace(metrics, tag=tag), form, most_height=tall)
        if figure.width <= width + _BLANK or number == len(tries):
            yield figure


class _Writer:
    def __init__(self, sheet: Sheet, options: Options) -> None:
        self.sheet, self.options, self.width, self.ascii = sheet, options, options.width, options.ascii
        self.names, self.whole = chosen(options.panels), not options.panels

    def write(self) -> str:
        rule = ("-" if self.ascii else "─") * self.width
        shown = [{"rule": rule, "title": p.title, "lead": p.lead, "body": p.body} for p in self._panels() if p.body]
        lines = (heading(self.sheet), joined(key_numbers(self.sheet)), joined(memory(self.sheet)))
        head = [self.sheet.subject.title, *(part for line in lines for part in self._wrapped(line).splitlines())]
        return self._plain(template("sheet.txt").render(head=head, panels=shown))

    def _panels(self) -> list[TextPanel]:
        """Those asked for, or all."""
        sheet = self.sheet
        told = [
            *self._pictures(),
            TextPanel("equations", "3  Key equations", "", "\n\n".join(map(self._equation, sheet.equations))),
            TextPanel("trade-offs", "4  Trade-offs", "", "\n\n".join(map(self._tradeoff, sheet.tradeoffs))),
            TextPanel("questions", "5  Questions", "", "\n\n".join(map(self._question, sheet.questions))),
            TextPanel("code", *self._code()),
            TextPanel("", "Symbols", "", self._symbols()),
            TextPanel("", "Notes", "", self._notes()),
        ]
        return [panel for panel in told if (panel.name in self.names if panel.name else self.whole)]

    def _pictures(self) -> list[TextPanel]:
        """Beside one another where the width holds both."""
        draws = [_Writer.big_picture, _Writer.zoom]
        if {"big-picture", "zoom"} <= set(self.names):
            left, right = ((lambda width, draw=draw: draw(self._of_width(width))) for draw in draws)
            if (both := abreast(left, right, self.width)) is not None:
                return [both]
        return [draw(self) for draw in draws]

    def _of_width(self, width: int) -> _Writer:
        return _Writer(self.sheet, replace(self.options, width=width))

    def big_picture(self) -> TextPanel:
        """With the table of its stages."""
        body = self._diagram(self.sheet.big_picture) + self._stages()
        return TextPanel("big-picture", "1  Big picture", "", body)

    def zoom(self) -> TextPanel:
        title = self._wrapped(f"2  Zoom: {zoomed(self.sheet)}", then="   ")
        return TextPanel("zoom", title, self._wrapped(self.sheet.zoom.reason), self._diagram(self.sheet.zoom.diagram))

    def _plain(self, string: str) -> str:
        lines = [line.rstrip() for line in string.splitlines()]
        whole = "\n".join(lines).strip("\n") + "\n"
        return ascii_text(whole) if self.ascii else whole

    def _wrapped(self, string: str, first: str = "", then: str | None = None) -> str:
        return "\n".join(filled(string, self.width, first, then, ascii=self.ascii))

    def _titled(self, name: str, source: str) -> str:
        return self._wrapped(f"{name}  [{cited(source)}]" if source else name, then="  ")

    def _diagram(self, diagram: Diagram) -> str:
        lines = diagram_lines(diagram, self.width, ascii=self.ascii)
        indent = " " * max(0, min(4, self.width - max(map(len, lines), default=0)))
        return "\n".join(indent + line if line else line for line in lines)

    def _stages(self) -> str:
        rows = stages(self.sheet.big_picture)
        return "\n".join(["\n", *("  " + line for line in table_lines(rows, self.width - 2))]) if rows else ""

    def _equation(self, equation: Equation) -> str:
        drawn = draw_text(equation.latex, self.ascii, self.width - 4)
        if max(map(len, drawn), default=0) > self.width - 4:
            drawn = filled(linear(equation.latex, self.ascii), self.width - 4)
        parts = [self._titled(equation.name, equation.source), "", *("    " + line for line in drawn), ""]
        if equation.values:
            parts.append(self._wrapped(values(equation), "  with "))
        for check in equation.checks:
            mark = f"✗ {differs(check)}" if differs(check) else "✓"
            parts.append(self._wrapped(f"{check.claim}: {computed(check)} {mark}", "  "))
        return "\n".join(parts).rstrip()

    def _tradeoff(self, tradeoff: Tradeoff) -> str:
        lines = [self._wrapped(words, f"  {name:<11}") for name, words in reasons(tradeoff) if words]
        return "\n".join([self._titled(tradeoff.topic, tradeoff.source), *lines])

    def _question(self, question: Question) -> str:
        return "\n".join([self._wrapped(question.ask), self._wrapped(question.answer, "  ")])

    def _code(self) -> tuple[str, str, str]:
        """Title, note and text; lines of code are never broken."""
        code = self.sheet.code
        if code is None:
            return "", "", ""
        return self._wrapped(f"Code: {code.title}", then="   "), self._wrapped(code.note), code.text or " "

    def _symbols(self) -> str:
        rows = [(name, str(s.value), s.meaning) for name, s in self.sheet.symbols.items()]
        wide = [max((len(row[i]) for row in rows), default=0) for i in (0, 1)]
        return "\n".join(self._wrapped(m, f"  {n:<{wide[0]}}  {v:>{wide[1]}}  ") for n, v, m in rows)

    def _notes(self) -> str:
        return "\n".join(self._wrapped(note, "- ", "  ") for note in self.sheet.footnotes)


def in_ascii(diagram: Diagram) -> Diagram:
    """The diagram with plain words, before it is measured: `→` is one column, `->` two."""
    return replace(
        diagram,
        nodes=tuple(replace(n, label=ascii_text(n.label), detail=ascii_text(n.detail)) for n in diagram.nodes),
        edges=tuple(
            replace(e, label=ascii_text(e.label), shape=tuple(map(ascii_text, e.shape))) for e in diagram.edges
        ),
        groups=tuple(replace(g, label=ascii_text(g.label), detail=ascii_text(g.detail)) for g in diagram.groups),
    )
