"""Sheet -> the whole sheet as text of a given width, in Unicode or ASCII."""

from __future__ import annotations

import dataclasses
import textwrap

from boardwork.figure import CELLS, draw
from boardwork.figure.metrics import Metrics
from boardwork.formula import draw_text
from boardwork.formula.signs import ascii_text
from boardwork.options import Options
from boardwork.render.raster import Raster
from boardwork.render.templates import template
from boardwork.render.words import checked, heading, key_numbers, reasons, zoomed
from boardwork.sheet import Diagram, Equation, Sheet, Tradeoff

# Tried in order until the diagram fits the width.
_NARROWER: tuple[Metrics, ...] = (
    CELLS,
    dataclasses.replace(CELLS, branch_shape=18, branch_label=20),
    dataclasses.replace(CELLS, branch_shape=14, branch_label=16, branch_gap=1, gutter=2),
    dataclasses.replace(CELLS, most_shape=24, branch_shape=12, branch_label=14, branch_gap=1, gutter=2, frame_pad=1),
    dataclasses.replace(
        CELLS, most_shape=14, most_label=18, branch_shape=9, branch_label=10, branch_gap=1, gutter=2, frame_pad=1
    ),
    dataclasses.replace(
        CELLS,
        most_shape=0,
        most_label=12,
        branch_shape=0,
        branch_label=8,
        branch_gap=1,
        gutter=1,
        frame_pad=1,
        text_gap=1,
    ),
)


def text(sheet: Sheet, options: Options) -> str:
    """The sheet as lines of at most `options.width` characters, where its diagrams and formulas allow."""
    return _Writer(sheet, options).write()


class _Writer:
    def __init__(self, sheet: Sheet, options: Options) -> None:
        self.sheet, self.width, self.ascii = sheet, options.width, options.ascii

    def write(self) -> str:
        sheet = self.sheet
        equations = "\n\n".join(map(self._equation, sheet.equations))
        tradeoffs = "\n\n".join(map(self._tradeoff, sheet.tradeoffs))
        panels = [
            ("1  Big picture", "", self._diagram(sheet.big_picture)),
            (f"2  Zoom: {zoomed(sheet)}", self._wrapped(sheet.zoom.reason), self._diagram(sheet.zoom.diagram)),
            ("3  Key equations", "", equations),
            ("4  Trade-offs", "", tradeoffs),
            ("Symbols", "", self._symbols()),
            ("Notes", "", self._notes()),
        ]
        shown = [
            {"rule": "─" * self.width, "title": title, "lead": lead, "body": body}
            for title, lead, body in panels
            if body
        ]
        head = [sheet.subject.title, *self._wrapped(heading(sheet)).splitlines(), " · ".join(key_numbers(sheet))]
        return self._plain(template("sheet.txt").render(head=head, panels=shown))

    def _plain(self, string: str) -> str:
        lines = [line.rstrip() for line in string.splitlines()]
        whole = "\n".join(lines).strip("\n") + "\n"
        return ascii_text(whole) if self.ascii else whole

    def _wrapped(self, string: str, first: str = "", then: str | None = None) -> str:
        after = " " * len(first) if then is None else then
        return textwrap.fill(string, self.width, initial_indent=first, subsequent_indent=after, break_long_words=False)

    def _diagram(self, diagram: Diagram) -> str:
        diagram = _in_ascii(diagram) if self.ascii else diagram
        for metrics in _NARROWER:
            lines = Raster(draw(diagram, metrics)).lines(self.ascii)
            widest = max(map(len, lines), default=0)
            if widest <= self.width:
                break
        indent = " " * max(0, min(4, self.width - widest))
        return "\n".join(indent + line if line else line for line in lines)

    def _equation(self, equation: Equation) -> str:
        source = f"  [{equation.source}]" if equation.source else ""
        drawn = draw_text(equation.latex, ascii=self.ascii)
        if max(map(len, drawn), default=0) > self.width - 4:
            drawn = self._wrapped(equation.text).splitlines()
        parts = [equation.name + source, "", *("    " + line for line in drawn), ""]
        values = ", ".join(f"{name} = {value}" for name, value in equation.values.items())
        if values:
            parts.append(self._wrapped(values, "  with "))
        parts += [self._wrapped(checked(check), "  ") for check in equation.checks]
        return "\n".join(parts).rstrip()

    def _tradeoff(self, tradeoff: Tradeoff) -> str:
        source = f"  [{tradeoff.source}]" if tradeoff.source else ""
        lines = [self._wrapped(words, f"  {name:<11}") for name, words in reasons(tradeoff)]
        return "\n".join([tradeoff.topic + source, *lines])

    def _symbols(self) -> str:
        rows = [(name, str(s.value), s.meaning) for name, s in self.sheet.symbols.items()]
        wide = [max((len(row[i]) for row in rows), default=0) for i in (0, 1)]
        return "\n".join(self._wrapped(m, f"  {n:<{wide[0]}}  {v:>{wide[1]}}  ") for n, v, m in rows)

    def _notes(self) -> str:
        return "\n".join(self._wrapped(note, "- ", "  ") for note in self.sheet.footnotes)


def _in_ascii(diagram: Diagram) -> Diagram:
    """The diagram with plain words, before it is measured: `→` is one column, `->` two."""
    return dataclasses.replace(
        diagram,
        nodes=tuple(
            dataclasses.replace(n, label=ascii_text(n.label), detail=ascii_text(n.detail)) for n in diagram.nodes
        ),
        edges=tuple(dataclasses.replace(e, shape=tuple(map(ascii_text, e.shape))) for e in diagram.edges),
        groups=tuple(dataclasses.replace(g, detail=ascii_text(g.detail)) for g in diagram.groups),
    )
