"""Running text with bold words -> lines broken to a width, as marks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from boardwork.figure.lettering import font_in_use
from boardwork.figure.points import advance
from boardwork.render.drawing.marks import BOLD, PLAIN, Label, Piece, wide
from boardwork.render.drawing.style import INK
from boardwork.render.words import glued

BASELINE = 0.98  # sizes from the top of a line


@dataclass(frozen=True)
class Run:
    """A stretch of text in one style."""

    string: str
    face: str = PLAIN
    colour: str = INK


Word = tuple[str, int]  # with its advance, see `points.advance`
Line = list[tuple[Run, list[Word]]]  # the words of a run that stand on it


def paragraph(runs: Sequence[Run], room: float, size: float, spaced: float) -> Piece:
    """The runs one after the other, broken at spaces, set flush left, lines `spaced` sizes apart."""
    font = font_in_use()
    lines = _broken(runs, room, size, font)
    leading = spaced * size
    return Piece(room, len(lines) * leading, lambda: tuple(_labels(lines, size, leading, font)))


def _labels(lines: Sequence[Line], size: float, leading: float, font: str) -> Iterator[Label]:
    for number, line in enumerate(lines):
        x, y = 0.0, number * leading + BASELINE * size
        for run, words in line:
            wide = (sum(w for _, w in words) + (len(words) - 1) * _space(run, font)) * size / 1000
            string = " ".join(word for word, _ in words)
            yield Label(x + wide / 2, y, string, size, run.face, run.colour)
            x += wide + advance(" ", False, font) * size / 1000


def reach(piece: Piece) -> float:
    """How far to the right the texts go, which may be less than the room they have."""
    texts = (mark for mark in piece.marks if isinstance(mark, Label))
    return max((text.x + wide(text.string, text.size, text.face) / 2 for text in texts), default=0.0)


def _broken(runs: Sequence[Run], room: float, size: float, font: str) -> list[Line]:
    lines: list[Line] = [[]]
    x = 0.0
    for run in runs:
        space = _space(run, font) * size / 1000
        for word in _words(run, room, size, font):
            wide = word[1] * size / 1000
            if lines[-1] and x + space + wide > room:
                lines.append([])
                x = 0.0
            x += wide + (space if lines[-1] else 0.0)
            _put(lines[-1], run, word)
    return [line for line in lines if line]


def _space(run: Run, font: str) -> int:
    return advance(" ", run.face == BOLD, font)


def _put(line: Line, run: Run, word: Word) -> None:
    """Join what is in one style, so that a line is few texts."""
    if line and (line[-1][0].face, line[-1][0].colour) == (run.face, run.colour):
        line[-1][1].append(word)
    else:
        line.append((run, [word]))


def _words(run: Run, room: float, size: float, font: str) -> Sequence[Word]:
    """Words no wider than the room."""
    bold = run.face == BOLD
    words = _measured(run.string, bold, font)
    if all(wide * size / 1000 <= room for _, wide in words):
        return words
    return [(part, advance(part, bold, font)) for word, _ in words for part in _cut(word, bold, room, size, font)]


@lru_cache(maxsize=10_000)
def _measured(text: str, bold: bool, font: str) -> tuple[Word, ...]:
    return tuple((word, advance(word, bold, font)) for word in glued(text).split(" ") if word)


def _cut(word: str, bold: bool, room: float, size: float, font: str) -> Iterator[str]:
    """A word in parts that the room holds, a letter each at the least."""

    def fits(part: str) -> bool:
        return advance(part, bold, font) * size / 1000 <= room

    while not fits(word) and len(word) > 1:
        length = next(n for n in range(len(word) - 1, 0, -1) if n == 1 or fits(word[:n]))
        yield word[:length]
        word = word[length:]
    yield word
