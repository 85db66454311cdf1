"""Sheet -> one page of paper as PDF or PNG; chosen steps -> a page as large as they need."""

from __future__ import annotations

from boardwork.options import Options
from boardwork.render.drawing.theme import theme
from boardwork.render.lone import lone
from boardwork.render.page.sheet import page
from boardwork.render.typeset import typeset
from boardwork.sheet import Sheet


def pdf(sheet: Sheet, options: Options) -> bytes:
    """The page as PDF with its fonts inside, the same bytes for the same sheet.

    Raises:
        FormatError: no such paper or theme. DrawingError: typst is missing, or the figures need a larger page.
    """
    return _typeset(sheet, options, "pdf")


def png(sheet: Sheet, options: Options) -> bytes:
    """The page as PNG."""
    return _typeset(sheet, options, "png")


def _typeset(sheet: Sheet, options: Options, format: str) -> bytes:
    some = options.panels or options.bare
    drawn = lone(sheet, options) if some else page(sheet, options.paper)
    return typeset(drawn, theme(options.theme), sheet.subject.title, format)
