"""What a comparison says of two models or more, as plain data that knows no format and reads back from JSON."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boardwork.errors import FormatError
from boardwork.plain import from_plain, json_text, read_json, to_plain
from boardwork.sheet import Diagram, Heading, Zoom

VERSION = 1
BOX, OPENS, CLOSES = "box", "opens", "closes"

LETTERS = "ABCDEF"  # what the models are called, in their order


@dataclass(frozen=True)
class Row:
    """One line of the table: a value for each subject, "" where it has none. `note` tells how the values compare."""

    topic: str
    values: tuple[str, ...]
    differs: bool
    note: str = ""
    source: str = ""


@dataclass(frozen=True)
class Match:
    """One row of the towers: the box of each subject, "" for a gap.

    `kind`: a box, or a frame that opens or closes; beside a frame that opens there may be a box.
    """

    boxes: tuple[str, ...]
    differs: bool
    kind: str = BOX


@dataclass(frozen=True)
class Change:
    """One difference in words, with its numbers; `subject` is the place of the one that it is said of."""

    topic: str
    text: str
    subject: int
    source: str = ""


@dataclass(frozen=True)
class Curve:
    """A cost over the size of the input: the points of each subject, () for one that has no such cost.

    `axis` names the size, `unit` the cost: "bytes" or "" for a count. `notes` tell where one overtakes another.
    """

    title: str
    axis: str
    unit: str
    points: tuple[tuple[tuple[float, float], ...], ...]
    formulas: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """Two models or more side by side. `identical`: no difference was found; `pictures` are the towers of `alignment`.

    `zoom_alignment` says the same of the `zooms`, of which there are none for more than two models.
    """

    subjects: tuple[Heading, ...]
    rows: tuple[Row, ...]
    alignment: tuple[Match, ...]
    pictures: tuple[Diagram, ...]
    zooms: tuple[Zoom, ...]
    changes: tuple[Change, ...]
    curves: tuple[Curve, ...]
    identical: bool
    footnotes: tuple[str, ...] = ()
    zoom_alignment: tuple[Match, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """A, B and so on with the titles."""
        return tuple(f"{letter} {subject.title}" for letter, subject in zip(LETTERS, self.subjects, strict=False))

    def to_dict(self) -> dict[str, Any]:
        """The JSON contract: plain dicts and lists."""
        zooms = [to_plain(zoom) for zoom in self.zooms]
        return {
            "boardwork_comparison": VERSION,
            "subjects": to_plain(self.subjects),
            "identical": self.identical,
            "rows": to_plain(self.rows),
            "alignment": to_plain(self.alignment),
            "panels": {
                "pictures": to_plain(self.pictures),
                "zooms": zooms,
                "zoom_alignment": to_plain(self.zoom_alignment),
                "changes": to_plain(self.changes),
                "curves": to_plain(self.curves),
            },
            "footnotes": list(self.footnotes),
        }

    def to_json(self) -> str:
        """The comparison as JSON text with a newline at the end."""
        return json_text(self.to_dict())

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Comparison:
        """Inverse of `to_dict`.

        Raises:
            FormatError: the data is no comparison, or one of another version.
        """
        if not isinstance(data, dict) or data.get("boardwork_comparison") != VERSION:
            raise FormatError("This is no boardwork comparison of version 1.", hint="compare the models again")
        try:
            return from_plain(cls, {**data, **data["panels"]})
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise FormatError(f"The comparison is damaged: {error}.", hint="compare the models again") from error

    @classmethod
    def from_json(cls, source: str | Path) -> Comparison:
        """Read a comparison back from a path, or from JSON text that starts with "{".

        Raises:
            FormatError: the file cannot be read, or is no comparison.
        """
        return read_json(source, cls.from_dict, "a comparison")

    def __str__(self) -> str:
        from boardwork.render.comparison import render

        return render(self, "text").decode()

    def save(self, path: str | Path, *, format: str | None = None) -> None:
        """Write the comparison; the suffix chooses the format unless `format` names one.

        Raises:
            FormatError: no such format. DrawingError: the path cannot be written.
        """
        from boardwork.render.comparison import write

        write(self, path, format=format)

    def _repr_svg_(self) -> str:
        from boardwork.render.comparison import render

        return render(self, "svg").decode()
