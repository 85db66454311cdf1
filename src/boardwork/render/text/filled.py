"""Prose and a width -> lines of text, none of them wider; words with dots, as paths have, are broken behind one."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence

from boardwork.formula.signs import ascii_text
from boardwork.render.words import glued

HARD = "\xa0"  # a space that no line is broken at


def filled(string: str, width: int, first: str = "", then: str | None = None, *, ascii: bool = False) -> list[str]:
    """`first` stands before the first line, `then` before the others, as many blanks if it is None.

    `ascii`: in bytes below 128, which take more room, so they are told before lines are broken.
    """
    if ascii:
        string, first = HARD.join(map(ascii_text, string.split(HARD))), ascii_text(first)
    after = " " * len(first) if then is None else then
    most = width - max(len(first), len(after))
    whole = re.sub(r"[^ ]+", lambda word: " ".join(_pieces(word[0], most)), glued(string))
    lines = textwrap.wrap(whole, width, initial_indent=first, subsequent_indent=after, break_on_hyphens=False)
    return [line.replace(HARD, " ") for line in lines]


def joined(phrases: Sequence[str]) -> str:
    """In a row that is broken between phrases only."""
    return " · ".join(phrase.replace(" ", HARD) for phrase in phrases)


def _pieces(word: str, most: int) -> Iterator[str]:
    """The word in as few pieces as fit, broken behind a dot, a stroke or an underscore where it has one."""
    while len(word) > most:
        cut = max((end.end() for end in re.finditer(r"[._/(,\xa0-]", word[:most])), default=most)
        yield word[:cut]
        word = word[cut:]
    yield word
