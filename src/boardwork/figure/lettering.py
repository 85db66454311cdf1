"""Name of a bundled font -> its files and the advances of its signs; and the font that text is measured in just now."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

_FOLDER = Path(str(files("boardwork.figure"))) / "fonts"


@dataclass(frozen=True)
class Lettering:
    """`folder` holds advances.json and, for regular and bold, STEM-Regular.woff2 and the same as a desktop font."""

    family: str
    folder: Path
    stem: str

    def web_font(self, style: str) -> Path:
        """The file for a browser; `style` is regular or bold."""
        return self.folder / f"{self.stem}-{style.capitalize()}.woff2"


PLAIN = "Inter"
CODE = Lettering("Boardwork Mono", _FOLDER / "mono", "BoardworkMono")  # one style, every sign as wide
CODE_ADVANCE = 602  # in 1/1000 em
DRAWN_HERE = "ᵀ⋅∘∼⌊⌋⌈⌉"  # signs of our copy of Inter that the one on a reader's machine may lack
FONTS = {
    font.family: font
    for font in (
        Lettering(PLAIN, _FOLDER, "Inter"),
        Lettering("Boardwork Hand", _FOLDER / "hand", "BoardworkHand"),
    )
}
_measured: ContextVar[str] = ContextVar("font", default=PLAIN)


@contextmanager
def lettered_in(family: str) -> Iterator[None]:
    """Text is measured in this font while the context lasts."""
    before = _measured.set(family)
    try:
        yield
    finally:
        _measured.reset(before)


def font_in_use() -> str:
    """The family that text is measured in."""
    return _measured.get()


@cache
def advances(family: str = PLAIN) -> dict[str, dict[str, int]]:
    """Style -> character -> advance in 1/1000 em."""
    path = FONTS[family].folder / "advances.json"
    table: dict[str, dict[str, int]] = json.loads(path.read_text(encoding="utf-8"))
    return table
