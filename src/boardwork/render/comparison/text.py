"""Comparison -> text of a given width: towers in columns on common rows, the table, what changed, costs, zooms.

Below SIDE_BY_SIDE columns the models stand one under the other.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import zip_longest

from boardwork.comparison.record import LETTERS, Change, Comparison, Row
from boardwork.figure import CELLS, Figure, Metrics
from boardwork.formula.signs import ascii_text
from boardwork.options import Options
from boardwork.render.comparison.costs import table_of_costs
from boardwork.render.comparison.towers import (
    DIFFERS,
    LEGEND,
    NO_DIFFERENCE,
    alone,
    opened,
    side_by_side,
    signed,
    with_short_names,
    zoom_places,
    zoom_title,
)
from boardwork.render.templates import template
from boardwork.render.text.filled import filled
from boardwork.render.text.raster import Raster
from boardwork.render.text.sheet import NARROWER, diagram_lines, in_ascii
from boardwork.render.words import cited

SIDE_BY_SIDE = 80
ABSENT = "–"
_GAP = 3
_CLOSE = replace(CELLS, gutter=2, frame_pad=1, branch_label=24)
_LOOSE = (CELLS, replace(_CLOSE, most_shape=26))
_NARROW = (  # with short names in the shapes
    replace(_CLOSE, most_shape=24),
    replace(_CLOSE, most_shape=24, most_label=24),
    replace(_CLOSE, most_shape=20, most_label=20, branch_label=18),
    replace(_CLOSE, most_shape=16, most_label=16, branch_label=14, gutter=1),
    replace(_CLOSE, most_shape=14, most_label=14, branch_label=12, gutter=1, text_gap=1),
    replace(_CLOSE, most_shape=10, most_label=12, branch_label=12, gutter=1, text_gap=1, break_words=True),
)


def text(comparison: Comparison, options: Options) -> str:
    """The comparison as lines of at most `options.width` characters, where its diagrams allow."""
    return Writer(comparison, options).write()


def ascii(comparison: Comparison, options: Options) -> str:
    """The same in bytes below 128 only."""
    return text(comparison, replace(options, ascii=True))


class Writer:
    """Draws the panels of one comparison at one width."""

    def __init__(self, comparison: Comparison, options: Options) -> None:
        self.all, self.width, self.ascii = comparison, options.width, options.ascii
        self.stacked = options.width < SIDE_BY_SIDE
        self.count = len(comparison.subjects)

    def write(self) -> str:
        whole = self.all
        legend = NO_DIFFERENCE if whole.identical else LEGEND.replace(DIFFERS, self._sign())
        panels = [
            ("Big pictures", self._filled(legend), self.pictures()),
            ("Facts", "", self._table()),
            ("What changed and why", "", "\n".join(map(self._change, whole.changes))),
            ("Costs over the size of the input", "", self.costs()),
            ("Zooms", "", self.zooms()),
        ]
        numbered = [
            {"rule": self._line() * self.width, "title": f"{number}  {title}", "lead": lead, "body": body}
            for number, (title, lead, body) in enumerate(panels, 1)
            if body
        ]
        notes = "\n".join(self._filled(note, "- ", "  ") for note in whole.footnotes)
        numbered.append({"rule": self._line() * self.width, "title": "Notes", "lead": "", "body": notes})
        said = template("sheet.txt").render(head=self._head(), panels=numbered)
        lines = "\n".join(line.rstrip() for line in said.splitlines()).strip("\n") + "\n"
        return ascii_text(lines) if self.ascii else lines

    def _head(self) -> list[str]:
        named = [
            self._filled(" · ".join(dict.fromkeys((name, subject.cls, subject.target))), "", "  ").splitlines()
            for name, subject in zip(self.all.names, self.all.subjects, strict=True)
        ]
        first = " against ".join(subject.title for subject in self.all.subjects)
        return [*self._filled(first).splitlines(), *(line for lines in named for line in lines)]

    def _filled(self, string: str, first: str = "", then: str | None = None) -> str:
        return "\n".join(filled(string, self.width, first, then, ascii=self.ascii))

    # -- pictures -----------------------------------------------------------------------------------------------------

    def pictures(self) -> str:
        """The towers side by side, or one under the other."""
        beside = "" if self.stacked else self._narrowed(lambda all, m: side_by_side(all, m, self._sign()))
        if beside and max(map(len, beside.splitlines())) <= self.width:
            return beside
        return "\n\n".join(map(self._tower, range(self.count)))

    def _tower(self, place: int) -> str:
        drawn = self._narrowed(lambda all, m: alone(all, place, m, self._sign()))
        if max(map(len, drawn.splitlines())) <= self.width:
            return drawn
        lines = diagram_lines(signed(self._shown(), place, self._sign()), self.width, ascii=self.ascii)
        return "\n".join([self._plain(self.all.names[place]), "", *lines])

    def _plain(self, string: str) -> str:
        return ascii_text(string) if self.ascii else string

    def _line(self) -> str:
        return "-" if self.ascii else "─"

    def _sign(self) -> str:
        return "*" if self.ascii else "≠"

    def _shown(self) -> Comparison:
        """With plain words before they are measured: an arrow is one column, `->` two."""
        if not self.ascii:
            return self.all
        zooms = tuple(replace(zoom, diagram=in_ascii(zoom.diagram)) for zoom in self.all.zooms)
        return replace(self.all, pictures=tuple(map(in_ascii, self.all.pictures)), zooms=zooms)

    def _short(self) -> tuple[Comparison, str]:
        """The same with short names in the shapes, and a line on what they stand for."""
        shown, told = with_short_names(self._shown())
        return shown, f"\n\n{self._filled(told)}" if told else ""

    def _narrowed(self, drawn: Callable[[Comparison, Metrics], Figure]) -> str:
        """The loosest form that fits, else the narrowest."""
        short, told = self._short()
        tries = [(self._shown(), "", metrics) for metrics in _LOOSE] + [(short, told, metrics) for metrics in _NARROW]
        lines = list[str]()
        for whole, names, metrics in tries:
            figure = drawn(whole, replace(metrics, tag="({})".format) if self.ascii else metrics)
            lines = Raster(figure).lines(self.ascii)
            if max(map(len, lines), default=0) <= self.width:
                return "\n".join(lines) + names
        return "\n".join(lines) + told

    # -- table --------------------------------------------------------------------------------------------------------

    def _table(self) -> str:
        rows = self.all.rows
        if self.stacked:
            return "\n".join(line for row in rows for line in self._stacked_row(row))
        notes = max((len(row.note) for row in rows), default=0)
        topics = min(max(len(row.topic) for row in rows), max(18, self.width // 5)) if rows else 0
        each = (self.width - 2 - topics - notes - _GAP * (self.count + bool(notes))) // self.count
        each = min(each, max(len(value) for row in rows for value in (*row.values, *self.all.names)) if rows else each)
        wide = [2 + topics, *[each] * self.count, notes]
        head = ["", *self.all.names, ""]
        lines = [*_columns(head, wide), *_columns(["", *(self._line() * each for _ in self.all.names), ""], wide)]
        for row in rows:
            mark = self._sign() if row.differs else " "
            cells = (f"{mark} {row.topic}", *(value or ABSENT for value in row.values), row.note)
            lines += _columns(list(map(self._plain, cells)), wide)
        return "\n".join(lines)

    def _stacked_row(self, row: Row) -> list[str]:
        mark = self._sign() if row.differs else " "
        yielded = [f"{mark} {row.topic}" + (f"  ({row.note})" if row.note else "")]
        values = row.values if row.differs else row.values[:1]
        names = LETTERS if row.differs else ("all",)
        for name, value in zip(names, values, strict=False):
            yielded += self._filled(value or ABSENT, f"    {name} ").splitlines()
        return yielded

    # -- words and costs ----------------------------------------------------------------------------------------------

    def _change(self, change: Change) -> str:
        letter = LETTERS[change.subject]
        source = f" [{cited(change.source)}]" if change.source else ""
        return self._filled(f"{change.topic}: {change.text}{source}", f"  {letter}  ")

    def costs(self) -> str:
        """A table a curve."""
        return "\n\n".join(
            "\n".join(table_of_costs(curve, LETTERS, self.width, self.ascii)) for curve in self.all.curves
        )

    # -- zooms --------------------------------------------------------------------------------------------------------

    def zooms(self) -> str:
        """The opened blocks, side by side where both can be read so."""
        places = zoom_places(self.all)
        beside = "" if self.stacked or not places else self._opened(places)
        return beside or "\n\n".join(self._opened([i]) or self._in_any_form(i) for i in places)

    def _opened(self, places: Sequence[int]) -> str:
        """Zooms with their signs, "" if they do not fit with their branches side by side."""
        short, told = self._short()
        for whole, names in ((self._shown(), ""), (short, told)):
            for metrics in NARROWER[:4]:
                tagged = replace(metrics, tag="({})".format) if self.ascii else metrics
                lines = Raster(opened(whole, places, tagged, self._sign())).lines(self.ascii)
                if max(map(len, lines)) <= self.width:
                    return "\n".join(lines) + names
        return ""

    def _in_any_form(self, place: int) -> str:
        lines = diagram_lines(self.all.zooms[place].diagram, self.width, ascii=self.ascii)
        return "\n".join([zoom_title(self.all, place), "", *lines])


def _columns(cells: Sequence[str], wide: Sequence[int]) -> list[str]:
    """One row of a table; a cell that is too long goes on below."""
    parts = [
        textwrap.wrap(cell, width, subsequent_indent="  " if not place else "") if cell.strip() else [""]
        for place, (cell, width) in enumerate(zip(cells, wide, strict=True))
    ]
    if cells[0].startswith("  "):
        parts[0][0] = f"  {parts[0][0].strip()}"
    gap = " " * _GAP
    return [
        gap.join(f"{part:<{width}}" for part, width in zip(line, wide, strict=True)).rstrip()
        for line in zip_longest(*parts, fillvalue="")
    ]
