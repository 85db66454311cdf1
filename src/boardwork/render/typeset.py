"""Marks at fixed places -> PDF or PNG, set by Typst in process with the bundled fonts only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from boardwork.errors import DrawingError
from boardwork.figure.lettering import CODE, FONTS
from boardwork.figure.points import in_font
from boardwork.formula.font import TTF_FILES, measure
from boardwork.render.drawing.marks import MATHS, MATHS_ITALIC, Label, Mark, Piece, Shape, wide
from boardwork.render.drawing.sketch import sketched
from boardwork.render.drawing.style import PAPER
from boardwork.render.drawing.theme import Theme
from boardwork.render.templates import template

if TYPE_CHECKING:
    import typst

PIXELS = 150.0  # an inch


def typeset(page: Piece, theme: Theme, title: str, format: str) -> bytes:
    """One page as "pdf" or "png", the same bytes for the same page.

    Raises:
        DrawingError: typst is missing, or it refused.
    """
    compiler = _typst()
    try:
        drawn = compiler.compile(
            source_of(page, theme, title).encode(), format=format, ppi=PIXELS, font_paths=_fonts(),
            ignore_system_fonts=True, timestamp=0,
        )  # fmt: skip
    except compiler.TypstError as error:
        raise DrawingError(f"Typst did not set the page: {str(error).splitlines()[0]}") from error
    if not isinstance(drawn, bytes):
        raise DrawingError(f"Typst set {len(drawn or ())} pages where one was asked for.")
    return drawn


def _typst() -> Any:
    try:
        import typst
    except ImportError as error:
        raise DrawingError(
            "PDF and PNG need typst, which is not installed.", hint="pip install typst, or draw as SVG: -o sheet.svg"
        ) from error
    return typst


@cache
def _fonts() -> typst.Fonts:
    folders = [*(str(font.folder) for font in (*FONTS.values(), CODE)), str(TTF_FILES[0].parent)]
    fonts: typst.Fonts = _typst().Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=folders)
    return fonts


def source_of(page: Piece, theme: Theme, title: str) -> str:
    """The page as Typst markup; every text is a string literal, so that none is read as markup."""
    drawn = sketched(page, theme.wobble) if theme.wobble else page
    return template("page.typ").render(
        title=_quoted(title),
        width=f"{page.width:.2f}",
        height=f"{page.height:.2f}",
        paper=theme.colour(PAPER),
        font=theme.font,
        marks=list(_calls(drawn.marks, theme)),
    )


def _calls(marks: tuple[Mark, ...], theme: Theme) -> Iterator[str]:
    for mark in marks:
        if isinstance(mark, Label):
            yield _label(mark, theme)
        elif isinstance(mark, Shape):
            yield _shape(mark, theme)
        else:
            points = ", ".join(f"({x:.2f}, {y:.2f})" for x, y in mark.points)
            yield (
                f'stroked(({points}), "{theme.colour(mark.colour)}", {mark.pen:.2f}, "{mark.dash or "solid"}", '
                f"{str(mark.arrow).lower()})"
            )


def _label(mark: Label, theme: Theme) -> str:
    """Placed by its left end: the advances are known, and the fonts have no kerning."""
    maths = mark.face in (MATHS, MATHS_ITALIC)
    text = mark.string if maths else in_font(mark.string)
    room = measure(text, mark.face == MATHS_ITALIC).advance * mark.size if maths else wide(text, mark.size, mark.face)
    return (
        f'lettered({mark.x - room / 2:.2f}, {mark.y:.2f}, {_quoted(text)}, {mark.size:.2f}, "{mark.face}", '
        f'"{theme.colour(mark.colour)}")'
    )


def _shape(mark: Shape, theme: Theme) -> str:
    look = mark.style.split(",")
    return (
        f"shaped({mark.x:.2f}, {mark.y:.2f}, {mark.width:.2f}, {mark.height:.2f}, "
        f'"{theme.colour(mark.fill)}", "{theme.colour(mark.stroke)}", "{mark.form}", {mark.pen:.2f}, '
        f'"{"dashed" if "dashed" in look else "solid"}", {str("rounded" in look).lower()}, '
        f"{str('diagonals' in look).lower()})"
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
