"""Name of a theme -> the colour of each paint, read from templates/themes/NAME.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from boardwork.errors import FormatError
from boardwork.figure.lettering import FONTS, PLAIN
from boardwork.render.drawing.style import NONE
from boardwork.render.templates import folders


@dataclass(frozen=True)
class Theme:
    """`paints`: name to #rrggbb. `in_the_dark`: the theme that an SVG turns to, or "".

    `wobble`: how far a line strays from its ruled place, in points; above 0 the drawing looks made by hand. `font`:
    the bundled font of its text.
    """

    name: str
    paints: Mapping[str, str]
    in_the_dark: str = ""
    wobble: float = 0.0
    font: str = PLAIN

    def colour(self, paint: str) -> str:
        """The colour of a paint; no paint is no colour."""
        return NONE if paint == NONE else self.paints[paint]


def theme_names() -> list[str]:
    """The themes that are there, of the user's folders and of our own."""
    return sorted({path.stem for folder in folders() for path in (folder / "themes").glob("*.toml")})


@cache
def theme(name: str) -> Theme:
    """The theme `name`; a theme that is `based_on` another names only what differs.

    Raises:
        FormatError: there is no such theme, or its file is damaged.
    """
    for folder in folders():
        path = folder / "themes" / f"{name}.toml"
        if name in theme_names() and path.is_file():
            try:
                return _read(name, tomllib.loads(path.read_text(encoding="utf-8")))
            except (ValueError, TypeError) as error:
                raise FormatError(f"The theme {path} is damaged: {error}") from error
    raise FormatError(f"There is no theme {name!r}.", hint=f"one of: {', '.join(theme_names())}")


def _read(name: str, data: dict[str, object]) -> Theme:
    base = theme(str(data.pop("based_on"))).paints if "based_on" in data else {}
    own = data.pop("paints", {})
    if not isinstance(own, dict):
        raise TypeError("paints must be a table")
    paints = {**base, **{key: str(colour).lower() for key, colour in own.items()}}
    missing = set(theme("paper").paints) - set(paints) if name != "paper" else set()
    if missing:
        raise TypeError(f"no colour for {', '.join(sorted(missing))}")
    font = str(data.pop("font", PLAIN))
    if font not in FONTS:
        raise ValueError(f"no font {font!r}, one of: {', '.join(FONTS)}")
    return Theme(name, paints, str(data.pop("in_the_dark", "")), float(str(data.pop("wobble", 0))), font)
