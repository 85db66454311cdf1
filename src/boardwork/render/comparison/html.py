"""Comparison -> one HTML file that needs nothing else: figures as SVG, the facts as a table, light and dark."""

from __future__ import annotations

from html import escape

from boardwork.comparison.record import LETTERS, Change, Comparison, Curve, Row
from boardwork.options import Options
from boardwork.render.comparison.edges import subject_lines, title_of
from boardwork.render.comparison.panels import sizes_of, towers, zooms
from boardwork.render.comparison.plot import plot
from boardwork.render.comparison.text import Writer
from boardwork.render.comparison.towers import LEGEND, NO_DIFFERENCE
from boardwork.render.drawing.marks import Piece
from boardwork.render.drawing.style import SCREEN
from boardwork.render.drawing.theme import Theme, theme
from boardwork.render.svg import pinned
from boardwork.render.svg.finish import in_the_dark, picture, style_sheet
from boardwork.render.svg.sheet import TALL
from boardwork.render.templates import template
from boardwork.render.words import cited

PLOT_WIDTH, PLOT_HEIGHT = 360.0, 110.0


def html(comparison: Comparison, options: Options) -> str:
    """The comparison as a page for a browser.

    Raises:
        FormatError: no such theme. DrawingError: there is no graphviz.
    """
    paints, writer = theme(options.theme), Writer(comparison, options)
    letters, costs = LETTERS[: len(comparison.subjects)], writer.costs()
    return template("comparison.html").render(
        title=escape(title_of(comparison)),
        subjects=[tuple(map(escape, line)) for line in subject_lines(comparison)],
        legend=escape(NO_DIFFERENCE if comparison.identical else LEGEND),
        names=[escape(name) for name in comparison.names],
        pictures=_drawn(towers(comparison), "Big pictures", writer.pictures(), paints),
        rows=[_row(row) for row in comparison.rows],
        changes=[_change(change) for change in comparison.changes],
        costs=[
            _curve(curve, _drawn(plot(curve, letters, PLOT_WIDTH, PLOT_HEIGHT, SCREEN), curve.title, costs, paints))
            for curve in comparison.curves
        ],
        zooms=_drawn(zooms(comparison, most_height=TALL), "Zooms", writer.zooms(), paints) if comparison.zooms else "",
        sizes=escape(sizes_of(comparison)),
        notes=[escape(note) for note in comparison.footnotes],
        paints=paints.paints,
        dark=theme(paints.in_the_dark).paints if paints.in_the_dark else {},
        font=paints.font,
        figure_style=style_sheet(paints.font) + in_the_dark(paints),
    )


def _drawn(piece: Piece, title: str, description: str, paints: Theme) -> str:
    return picture(pinned.draw(piece, paints), title, description)


def _curve(curve: Curve, drawn: str) -> dict[str, object]:
    return {
        "title": escape(f"{curve.title} over {curve.axis}"), "plot": drawn,
        "lines": [escape(f"{letter}  {text}") for letter, text in zip(LETTERS, curve.formulas, strict=False) if text],
        "notes": [escape(note) for note in curve.notes],
    }  # fmt: skip


def _row(row: Row) -> dict[str, object]:
    return {
        "mark": "≠" if row.differs else "", "topic": escape(row.topic), "note": escape(row.note),
        "values": [escape(value or "–") for value in row.values], "differs": row.differs,
    }  # fmt: skip


def _change(change: Change) -> dict[str, str]:
    letter, source = LETTERS[change.subject], escape(cited(change.source))
    return {"topic": escape(f"{letter} {change.topic}"), "text": escape(change.text), "source": source}
