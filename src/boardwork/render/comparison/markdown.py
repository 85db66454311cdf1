"""Comparison -> Markdown: the towers as text, the facts as a table, what changed as a list."""

from __future__ import annotations

import re

from boardwork.comparison.record import LETTERS, Change, Comparison, Row
from boardwork.options import Options
from boardwork.render.comparison.edges import subject_lines, title_of
from boardwork.render.comparison.text import Writer
from boardwork.render.comparison.towers import LEGEND, NO_DIFFERENCE
from boardwork.render.markdown import plain
from boardwork.render.templates import template
from boardwork.render.words import cited


def markdown(comparison: Comparison, options: Options) -> str:
    """The comparison with a heading a panel; `options.width` is that of the diagrams."""
    writer = Writer(comparison, options)
    said = template("comparison.md").render(
        title=plain(title_of(comparison)),
        subjects=[tuple(map(plain, line)) for line in subject_lines(comparison)],
        legend=NO_DIFFERENCE if comparison.identical else LEGEND,
        names=[plain(name) for name in comparison.names],
        pictures=writer.pictures(),
        rows=[_row(row) for row in comparison.rows],
        changes=[_change(change) for change in comparison.changes],
        costs=writer.costs(),
        zooms=writer.zooms(),
        notes=[plain(note) for note in comparison.footnotes],
    )
    return re.sub(r"\n{3,}", "\n\n", said)


def _row(row: Row) -> list[str]:
    cells = ("≠" if row.differs else "", row.topic, *(value or "–" for value in row.values), row.note)
    return list(map(plain, cells))


def _change(change: Change) -> str:
    source = f" \\[{cited(change.source)}\\]" if change.source else ""
    return f"**{LETTERS[change.subject]} {plain(change.topic)}:** {plain(change.text)}{source}"
