"""Running text with bold words -> lines broken to a width, as marks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from boardwork.figure.points import width
from boardwork.render.marks import BOLD, PLAIN, Label, Piece, label
from boardwork.render.style import INK

BASELINE = 0.98  # sizes from the top of a line


@dataclass(frozen=True)
class Run:
    """A stretch of text in one style."""

    string: str
    face: str = PLAIN
    colour: str = INK


def paragraph(runs: Sequence[Run], room: float, size: float, spaced: float) -> Piece:
    """The runs one after the other, broken at spaces, set flush left, lines `spaced` sizes apart."""
    lines = _broken([replace(run, string=_glued(run.string)) for run in runs], room, size)
    leading = spaced * size
    marks: list[Label] = []
    for number, line in enumerate(lines):
        x, y = 0.0, number * leading + BASELINE * size
        for run in line:
            marks.append(label(x, y, run.string, size, run.face, run.colour))
            x += width(run.string, size, run.face == BOLD) + width(" ", size)
    return Piece(room, len(lines) * leading, tuple(marks))


def reach(piece: Piece) -> float:
    """How far to the right the texts go, which may be less than the room they have."""
    texts = (mark for mark in piece.marks if isinstance(mark, Label))
    return max((text.x + width(text.string, text.size, text.face == BOLD) / 2 for text in texts), default=0.0)


def _broken(runs: Sequence[Run], room: float, size: float) -> list[list[Run]]:
    lines: list[list[Run]] = [[]]
    x = 0.0
    for word in _words(runs, room, size):
        wide, space = _wide(word, size), _wide(Run(" ", word.face), size)
        if lines[-1] and x + space + wide > room:
            lines.append([])
            x = 0.0
        x += wide + (space if lines[-1] else 0.0)
        _put(lines[-1], word)
    return [line for line in lines if line]


def _glued(text: str) -> str:
    """A number keeps its unit."""
    return re.sub(r"(\d) (?=(?:%|[kMGT]?B|[kMGT])(?:\W|$))", "\\1\xa0", text)


def _put(line: list[Run], word: Run) -> None:
    """Join what is in one style, so that a line is few texts."""
    if line and (line[-1].face, line[-1].colour) == (word.face, word.colour):
        line[-1] = Run(f"{line[-1].string} {word.string}", word.face, word.colour)
    else:
        line.append(word)


def _words(runs: Sequence[Run], room: float, size: float) -> list[Run]:
    """Words no wider than the room."""
    out: list[Run] = []
    for run in runs:
        for word in filter(None, run.string.split(" ")):
            rest = word
            while _wide(Run(rest, run.face), size) > room and len(rest) > 1:
                fit = next(n for n in range(len(rest) - 1, 0, -1) if n == 1 or _fits(rest[:n], run, room, size))
                out.append(Run(rest[:fit], run.face, run.colour))
                rest = rest[fit:]
            out.append(Run(rest, run.face, run.colour))
    return out


def _fits(text: str, run: Run, room: float, size: float) -> bool:
    return _wide(Run(text, run.face), size) <= room


def _wide(run: Run, size: float) -> float:
    return width(run.string, size, run.face == BOLD)
