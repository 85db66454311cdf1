"""Stages -> their table, as lines of text or as a panel."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from boardwork.figure.points import width
from boardwork.render.drawing.marks import BOLD, PLAIN, Mark, Piece, label, label_to, line
from boardwork.render.drawing.style import GREY, INK, PALE, Type
from boardwork.render.panels.plans import Panel
from boardwork.render.stages import Stage, table_rows

BETWEEN = 2  # columns of text between two columns of the table
LEAST = 10  # columns of text for the names
AIR = 1.2  # letters between two columns of a panel


def table_lines(stages: Sequence[Stage], most: int) -> list[str]:
    """Names to the left, numbers to the right; a name is broken where a line would be wider than `most`.

    The last columns are left out where they leave no room for the names.
    """
    columns = list(zip(*table_rows(stages), strict=True))
    wide = [max(map(len, column)) for column in columns]
    while len(wide) > 1 and most - sum(wide[1:]) - BETWEEN * len(wide[1:]) < min(LEAST, wide[0]):
        wide.pop()
    wide[0] = min(wide[0], most - sum(wide[1:]) - BETWEEN * len(wide[1:]))
    return [line for row in zip(*columns[: len(wide)], strict=True) for line in _lines(row, wide)]


def _lines(row: Sequence[str], wide: Sequence[int]) -> Iterator[str]:
    first, *more = textwrap.wrap(row[0], wide[0])
    numbers = (text.rjust(room) for text, room in zip(row[1:], wide[1:], strict=True))
    yield (" " * BETWEEN).join([first.ljust(wide[0]), *numbers])
    yield from ("  " + line for line in more)


def table_panel(stages: Sequence[Stage], type: Type) -> Panel:
    """As wide as the room that it is given."""
    rows, high = table_rows(stages), type.leading * type.body
    wide = _widths(rows, type)
    least = sum(wide) + AIR * type.body * (len(wide) - 1)
    tall = high * len(rows) + 0.3 * high

    def content(room: float, height: float) -> Piece:
        return Piece(room, max(tall, height), tuple(_marks(rows, room, high, type)))

    return Panel("Stages", "", content, lambda room: tall, least, False)


def _widths(rows: Sequence[Sequence[str]], type: Type) -> list[float]:
    return [max(width(text, type.body, True) for text in column) for column in zip(*rows, strict=True)]


def _marks(rows: Sequence[Sequence[str]], room: float, high: float, type: Type) -> Iterator[Mark]:
    wide = _widths(rows, type)
    air = (room - sum(wide)) / (len(wide) - 1)
    for number, row in enumerate(rows):
        y = number * high + 0.98 * type.body + (0.3 * high if number else 0.0)
        face, colour = (BOLD, INK) if number else (PLAIN, GREY)
        yield label(0, y, row[0], type.body, face, colour)
        x = wide[0]
        for text, more in zip(row[1:], wide[1:], strict=True):
            x += air + more
            yield label_to(x, y, text, type.body, PLAIN, colour)
    yield line(0, 1.1 * high, room, 1.1 * high, PALE, 0.7)
