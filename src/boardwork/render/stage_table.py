"""Stages -> their table, as lines of text or as a panel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from boardwork.figure.points import width
from boardwork.render.marks import BOLD, PLAIN, Mark, Piece, label, label_to, line
from boardwork.render.plans import Panel
from boardwork.render.stages import HEADINGS, Stage
from boardwork.render.style import GREY, INK, PALE, Type

BETWEEN = 2  # columns of text between two columns of the table
AIR = 1.2  # letters between two columns of a panel


def table_lines(stages: Sequence[Stage], most: int) -> list[str]:
    """Names to the left, numbers to the right; names are cut where a line would be wider than `most`."""
    rows = [HEADINGS, *(stage.row() for stage in stages)]
    wide = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    wide[0] = min(wide[0], most - sum(wide[1:]) - BETWEEN * (len(wide) - 1))
    return [(" " * BETWEEN).join(_padded(row, wide)).rstrip() for row in rows]


def _padded(row: Sequence[str], wide: Sequence[int]) -> Iterator[str]:
    yield row[0][: wide[0]].ljust(wide[0])
    yield from (text.rjust(room) for text, room in zip(row[1:], wide[1:], strict=True))


def table_panel(stages: Sequence[Stage], type: Type) -> Panel:
    """As wide as the room that it is given."""
    rows, high = [stage.row() for stage in stages], type.leading * type.body
    least = sum(_widths(rows, type)) + AIR * type.body * (len(HEADINGS) - 1)
    tall = high * (len(rows) + 1) + 0.3 * high

    def content(room: float, height: float) -> Piece:
        return Piece(room, max(tall, height), tuple(_marks(rows, room, high, type)))

    return Panel("Stages", "", content, lambda room: tall, least, False)


def _widths(rows: Sequence[Sequence[str]], type: Type) -> list[float]:
    return [max(width(row[i], type.body, True) for row in (HEADINGS, *rows)) for i in range(len(HEADINGS))]


def _marks(rows: Sequence[Sequence[str]], room: float, high: float, type: Type) -> Iterator[Mark]:
    wide = _widths(rows, type)
    air = (room - sum(wide)) / (len(wide) - 1)
    for number, row in enumerate((HEADINGS, *rows)):
        y = number * high + 0.98 * type.body + (0.3 * high if number else 0.0)
        face, colour = (BOLD, INK) if number else (PLAIN, GREY)
        yield label(0, y, row[0], type.body, face, colour)
        x = wide[0]
        for text, more in zip(row[1:], wide[1:], strict=True):
            x += air + more
            yield label_to(x, y, text, type.body, PLAIN, colour)
    yield line(0, 1.1 * high, room, 1.1 * high, PALE, 0.7)
