"""A folder's gallery.toml -> sheet.json, sheet.txt and sheet.svg for each entry, or what differs from them.

Two halves, so that a difference names its cause: target to sheet.json (needs torch), and sheet.json to the rest.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from boardwork.errors import FormatError
from boardwork.options import Options
from boardwork.sheet import Sheet

DATA = "sheet.json"
RENDERED = {"sheet.txt": "text", "sheet.svg": "svg"}
SHOWN = 20  # lines of a difference


@dataclass(frozen=True)
class Entry:
    """`folder` below the gallery, `target` and `inputs` as `boardwork draw` takes them, from the gallery's parent."""

    folder: str
    target: str
    inputs: tuple[str, ...] = ()
    zoom: str = ""


def entries(gallery: Path) -> list[Entry]:
    """What gallery.toml lists.

    Raises:
        FormatError: there is no such file, or it is damaged.
    """
    try:
        rows = tomllib.loads((gallery / "gallery.toml").read_text(encoding="utf-8")).get("sheet", [])
        return [Entry(**{**row, "inputs": tuple(row.get("inputs", ()))}) for row in rows]
    except (OSError, ValueError, TypeError) as error:
        raise FormatError(f"Cannot read {gallery / 'gallery.toml'}: {error}") from error


def drawn(gallery: Path, entry: Entry) -> bytes:
    """sheet.json of an entry, traced anew."""
    from boardwork.pipeline import draw_subject
    from boardwork.targets import load

    with chdir(gallery.resolve().parent):  # paths in targets start there, so no sheet names a place on this machine
        sheet = draw_subject(load(entry.target, entry.inputs), Options(zoom=entry.zoom))
    return sheet.to_json().encode()


def rendered(data: bytes) -> dict[str, bytes]:
    """sheet.json -> file names and contents of the other formats. Needs no torch."""
    from boardwork.render import render

    sheet = Sheet.from_json(data.decode())
    return {name: render(sheet, format) for name, format in RENDERED.items()}


def update(gallery: Path, *, check: bool = False, render_only: bool = False) -> Iterator[str]:
    """Draw every entry anew. Yields a line a file that is written or, with `check`, the difference it would make."""
    for entry in entries(gallery):
        if not render_only:
            yield from update_data(gallery, entry, check=check)
        yield from update_rendered(gallery, entry, check=check)


def update_data(gallery: Path, entry: Entry, *, check: bool = False) -> Iterator[str]:
    """The first half: target to sheet.json."""
    yield from _settle(gallery, gallery / entry.folder / DATA, drawn(gallery, entry), check=check)


def update_rendered(gallery: Path, entry: Entry, *, check: bool = False) -> Iterator[str]:
    """The second half: the sheet.json that is there to the rest. Needs no torch."""
    folder = gallery / entry.folder
    if not (folder / DATA).exists():
        yield f"{folder / DATA} is missing\nto mend: boardwork gallery {gallery}"
        return
    for name, content in rendered((folder / DATA).read_bytes()).items():
        yield from _settle(gallery, folder / name, content, check=check)


def _settle(gallery: Path, path: Path, content: bytes, *, check: bool) -> Iterator[str]:
    before = path.read_bytes() if path.exists() else b""
    if before == content:
        return
    if check:
        yield _difference(path, before, content) + f"\nto mend: boardwork gallery {gallery}"
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    yield f"wrote {path}"


def _difference(path: Path, before: bytes, after: bytes) -> str:
    old, new = before.decode().splitlines(), after.decode().splitlines()
    lines = difflib.unified_diff(old, new, f"{path} (stored)", f"{path} (drawn anew)", lineterm="", n=1)
    return "\n".join(line[:200] for line in islice(lines, SHOWN))
