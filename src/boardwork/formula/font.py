"""A character and a style -> its advance and ink in em, from the bundled subset of STIX Two Math."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from boardwork.errors import KnowledgeError

FONT_FAMILY = "Boardwork Math"
_FOLDER = Path(str(files("boardwork.formula"))) / "fonts"
FONT_FILES = {"normal": _FOLDER / "BoardworkMath-Regular.woff2", "italic": _FOLDER / "BoardworkMath-Italic.woff2"}
FONT_FILE = FONT_FILES["normal"]
TTF_FILES = tuple(path.with_suffix(".ttf") for path in FONT_FILES.values())


class Ink(NamedTuple):
    """Advance; top, bottom and right edge of the ink, from the origin on the baseline, upwards."""

    advance: float
    top: float
    bottom: float
    right: float


@cache
def table() -> dict[str, dict[str, Ink]]:
    """Style -> character -> ink."""
    data = json.loads((_FOLDER / "advances.json").read_text(encoding="utf-8"))
    return {style: {c: Ink(*(v / 1000 for v in row)) for c, row in rows.items()} for style, rows in data.items()}


def measure(text: str, italic: bool) -> Ink:
    """Ink of a run, set without kerning as the font has none.

    Raises:
        KnowledgeError: the font lacks a character.
    """
    glyphs = table()["italic" if italic else "regular"]
    missing = [c for c in text if c not in glyphs]
    if missing:
        raise KnowledgeError(
            f"The maths font has no {missing[0]!r} (in {text!r}).", hint="see tests/formula/make_fonts.py"
        )
    inks = [glyphs[c] for c in text]
    advance = sum(i.advance for i in inks)
    right = advance - inks[-1].advance + inks[-1].right
    return Ink(advance, max(i.top for i in inks), min(i.bottom for i in inks), right)
