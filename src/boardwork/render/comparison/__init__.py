"""Comparison -> bytes in a format, or a file."""

from __future__ import annotations

import importlib
from pathlib import Path

from boardwork.comparison.record import Comparison
from boardwork.errors import FormatError
from boardwork.options import Options
from boardwork.render import check, format_of, put

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
    if format not in FORMATS:
        raise FormatError(f"There is no format {format!r} of a comparison.", hint=f"one of: {', '.join(FORMATS)}")
    module, name = FORMATS[format]
    options = options or Options()
    check(options)
    drawn = getattr(importlib.import_module(module), name)(comparison, options)
    return drawn if isinstance(drawn, bytes) else str(drawn).encode()


def write(
    comparison: Comparison, path: str | Path, *, format: str | None = None, options: Options | None = None
) -> None:
    """Write the comparison to a path. The suffix chooses the format unless `format` names one.

    Raises:
        FormatError: no such format. DrawingError: the path cannot be written; nothing is left behind.
    """
    put(Path(path), render(comparison, format or format_of(path), options))
