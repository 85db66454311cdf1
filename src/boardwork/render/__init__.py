"""Sheet -> bytes in a format, or a file; written beside and renamed, so that no half of a file is ever seen."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from boardwork.errors import DrawingError, FormatError
from boardwork.figure.lettering import lettered_in
from boardwork.options import Options
from boardwork.render.drawing.theme import theme, theme_names
from boardwork.render.panel_choice import PANELS, chosen
from boardwork.render.paper import PAPERS, paper_size
from boardwork.render.symbols import written
from boardwork.sheet import Sheet

__all__ = ["FORMATS", "PANELS", "PAPERS", "check", "drawn", "format_of", "put", "render", "theme_names", "write"]

# format -> (module, function), imported when asked for
FORMATS = {
    "text": ("boardwork.render.text.sheet", "text"),
    "ascii": ("boardwork.render.text.sheet", "ascii"),
    "markdown": ("boardwork.render.markdown", "markdown"),
    "html": ("boardwork.render.html", "html"),
    "svg": ("boardwork.render.svg.sheet", "svg"),
    "pdf": ("boardwork.render.pdf", "pdf"),
    "png": ("boardwork.render.pdf", "png"),
    "dot": ("boardwork.render.dot", "dot"),
    "mermaid": ("boardwork.render.mermaid", "mermaid"),
    "json": ("boardwork.render.json", "json"),
}
_SUFFIXES = {
    ".txt": "text", ".md": "markdown", ".html": "html", ".svg": "svg", ".pdf": "pdf", ".png": "png",
    ".dot": "dot", ".gv": "dot", ".mmd": "mermaid", ".json": "json",
}  # fmt: skip


def render(sheet: Sheet, format: str, options: Options | None = None) -> bytes:
    """The sheet in a format; text is UTF-8.

    Raises:
        FormatError: no such format, or a panel that this sheet has not.
        DrawingError: the program that draws is missing or failed.
    """
    options = options or Options()
    shown = sheet if format == "json" else written(_asked(sheet, options), options.symbols)
    return drawn(FORMATS, format, shown, options)


def drawn(formats: Mapping[str, tuple[str, str]], format: str, subject: Any, options: Options) -> bytes:
    """A sheet or a comparison by the function that `formats` names, measured in the font of the theme.

    Raises:
        FormatError: no such format, or an option that no format can follow.
        DrawingError: the program that draws is missing or failed.
    """
    if format not in formats:
        raise FormatError(f"There is no format {format!r}.", hint=f"one of: {', '.join(formats)}")
    check(options)
    module, name = formats[format]
    with lettered_in(theme(options.theme).font):
        said = getattr(importlib.import_module(module), name)(subject, options)
    return said if isinstance(said, bytes) else str(said).encode()


def _asked(sheet: Sheet, options: Options) -> Sheet:
    """Code is shown where it is asked for alone."""
    if "code" not in options.panels:
        return replace(sheet, code=None)
    if sheet.code is None:
        raise FormatError("This sheet holds no code.", hint="draw the model itself with --panel code")
    return sheet


def check(options: Options) -> None:
    """Refuse what no format can do.

    Raises:
        FormatError: no such theme, paper or panel, or a width of a picture without a panel to give it to.
    """
    theme(options.theme)
    paper_size(options.paper)
    chosen(options.panels)
    if options.picture_width and not (options.panels or options.bare):
        raise FormatError(
            "A whole sheet has the width of its paper.",
            hint="--big-picture-only or --panel with --width in inches; --width 72 for columns of text",
        )


def format_of(path: str | Path) -> str:
    """The format that the suffix of a path names.

    Raises:
        FormatError: no format has that suffix.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in _SUFFIXES:
        raise FormatError(
            f"No format is known for the suffix {suffix or '(none)'!r} of {path}.",
            hint=f"use one of {', '.join(_SUFFIXES)}, or name a format: {', '.join(FORMATS)}",
        )
    return _SUFFIXES[suffix]


def write(sheet: Sheet, path: str | Path, *, format: str | None = None, options: Options | None = None) -> None:
    """Write the sheet to a path, "-" for standard output. The suffix chooses the format unless `format` names one.

    Raises:
        FormatError: no such format. DrawingError: the path cannot be written; nothing is left behind.
    """
    if str(path) == "-":
        sys.stdout.buffer.write(render(sheet, format or "text", options))
        return
    put(Path(path), render(sheet, format or format_of(path), options))


def put(path: Path, content: bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        DrawingError: the path cannot be written; nothing is left behind.
    """
    beside = ""
    try:
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(beside, 0o666 & ~_umask())
        os.replace(beside, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            if beside:
                os.unlink(beside)
        raise DrawingError(
            f"Cannot write {path}: {error.strerror or error}.", hint="name a folder that exists and may be written to"
        ) from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
