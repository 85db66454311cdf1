"""Comparison -> bytes in a format, or a file."""

from __future__ import annotations

from pathlib import Path

from boardwork.comparison.record import Comparison
from boardwork.options import Options
from boardwork.render import drawn, format_of, put

FORMATS = {
    "text": ("boardwork.render.comparison.text", "text"),
    "ascii": ("boardwork.render.comparison.text", "ascii"),
    "markdown": ("boardwork.render.comparison.markdown", "markdown"),
    "html": ("boardwork.render.comparison.html", "html"),
    "pdf": ("boardwork.render.comparison.page", "pdf"),
    "png": ("boardwork.render.comparison.page", "png"),
    "dot": ("boardwork.render.comparison.graphs", "dot"),
    "mermaid": ("boardwork.render.comparison.graphs", "mermaid"),
    "svg": ("boardwork.render.comparison.svg", "svg"),
    "json": ("boardwork.render.comparison.json", "json"),
}


def render(comparison: Comparison, format: str, options: Options | None = None) -> bytes:
    """The comparison in a format; text is UTF-8.

    Raises:
        FormatError: no such format. DrawingError: the program that draws is missing or failed.
    """
    return drawn(FORMATS, format, comparison, options or Options())


def write(
    comparison: Comparison, path: str | Path, *, format: str | None = None, options: Options | None = None
) -> None:
    """Write the comparison to a path. The suffix chooses the format unless `format` names one.

    Raises:
        FormatError: no such format. DrawingError: the path cannot be written; nothing is left behind.
    """
    put(Path(path), render(comparison, format or format_of(path), options))
