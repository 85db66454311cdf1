"""Facts, outline and knowledge -> what a sheet says, as plain data that knows no format and reads back from JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from boardwork.errors import FormatError
from boardwork.plain import from_plain, json_text, read_json, to_plain

VERSION = 1

# What a box does. The drawing gives each a colour and a form; nothing else may depend on the list.
ROLES = (
    "input", "output",
    "embedding", "position", "parameter",
    "linear", "conv", "attention", "feed_forward", "recurrent", "matmul",
    "norm", "activation", "softmax", "pool", "dropout", "reshape", "other",
    "add", "subtract", "multiply", "concat",
    "stem", "block", "stage", "head",
)  # fmt: skip
CIRCLES = ("add", "subtract", "multiply", "concat")  # drawn as a small circle with a sign

Size = int | str


@dataclass(frozen=True)
class Port:
    """One input or output of the model: shape in symbols, sizes in numbers."""

    name: str
    shape: tuple[str, ...]
    sizes: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class Heading:
    """What the sheet is about."""

    target: str
    title: str
    cls: str = field(metadata={"json": "class"})
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]


@dataclass(frozen=True)
class Node:
    """A box, or a circle when `role` is in CIRCLES.

    `label` is the first line (what it is), `detail` the second (its facts, "768 -> 3072"; "" if none), `path` the
    module path, `repeat` the number of distinct copies, `parent` the id of the frame round it ("" at the top).
    `params` counts weights once over the whole diagram; `flops` is for all `repeat` copies.
    """

    id: str
    label: str
    detail: str = ""
    role: str = "other"
    path: str = ""
    cls: str = field(default="", metadata={"json": "class"})
    repeat: int = 1
    params: int = 0
    flops: int = 0
    parent: str = ""


@dataclass(frozen=True)
class Group:
    """A frame with a title round some nodes; frames nest by `parent`."""

    id: str
    label: str
    detail: str = ""
    role: str = "block"
    path: str = ""
    repeat: int = 1
    parent: str = ""


@dataclass(frozen=True)
class Edge:
    """`source` -> `target`. `label` names what flows (Q, K, V), "" if nothing is to be said."""

    source: str = field(metadata={"json": "from"})
    target: str = field(metadata={"json": "to"})
    kind: str = "data"
    shape: tuple[str, ...] = ()
    sizes: tuple[int, ...] = ()
    label: str = ""


@dataclass(frozen=True)
class Diagram:
    """Nodes in execution order, edges between them, frames round them."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    groups: tuple[Group, ...] = ()


@dataclass(frozen=True)
class Zoom:
    """One block opened, and why this one."""

    path: str
    cls: str = field(metadata={"json": "class"})
    reason: str
    diagram: Diagram


@dataclass(frozen=True)
class Check:
    """`formula` with numbers put in gives `expected`; the module gives `measured`."""

    claim: str
    formula: str
    expected: float
    measured: float
    ok: bool


@dataclass(frozen=True)
class Equation:
    name: str
    latex: str
    text: str
    values: dict[str, Any]
    checks: tuple[Check, ...]
    source: str


@dataclass(frozen=True)
class Tradeoff:
    topic: str
    why: str
    alternative: str
    fails_when: str
    decides: dict[str, Any]
    source: str


@dataclass(frozen=True)
class Question:
    """What an interviewer would ask of this model, with a short answer. `level`: junior, mid or senior."""

    ask: str
    answer: str
    level: str


@dataclass(frozen=True)
class Code:
    """The zoomed block as plain PyTorch. `text`: what was run, "" if it does not hold; `note`: what the run showed."""

    title: str
    text: str
    note: str


@dataclass(frozen=True)
class Symbol:
    value: Size
    meaning: str


@dataclass(frozen=True)
class Sheet:
    """Everything that a sheet says. Formats are views of this and add nothing.

    `questions` and `code` are there if they were asked for. `facts` are what was measured, by the words of
    `facts.toml`: what a comparison reads.
    Units: `summary["flops"]` counts a multiply-add as two, `summary["macs"]` as one.
    """

    subject: Heading
    summary: dict[str, Any]
    symbols: dict[str, Symbol]
    big_picture: Diagram
    zoom: Zoom
    equations: tuple[Equation, ...] = ()
    tradeoffs: tuple[Tradeoff, ...] = ()
    footnotes: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    code: Code | None = None

    def to_dict(self) -> dict[str, Any]:
        """The JSON contract: plain dicts and lists."""
        zoom = to_plain(self.zoom)
        opened = zoom.pop("diagram")
        return {
            "boardwork": VERSION,
            "subject": to_plain(self.subject),
            "summary": self.summary,
            "symbols": to_plain(self.symbols),
            "panels": {
                "big_picture": to_plain(self.big_picture),
                "zoom": {**zoom, **opened},
                "equations": to_plain(self.equations),
                "tradeoffs": to_plain(self.tradeoffs),
                **({"questions": to_plain(self.questions)} if self.questions else {}),
                **({"code": to_plain(self.code)} if self.code else {}),
            },
            "footnotes": list(self.footnotes),
            "facts": dict(sorted(self.facts.items())),
        }

    def to_json(self) -> str:
        """The sheet as JSON text, the same bytes for the same sheet, with a newline at the end."""
        return json_text(self.to_dict())

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Sheet:
        """Inverse of `to_dict`.

        Raises:
            FormatError: the data is no sheet, or one of another version.
        """
        if not isinstance(data, dict) or data.get("boardwork") != VERSION:
            raise FormatError(
                "This is no boardwork sheet of version 1.", hint="draw the model again with -o sheet.json"
            )
        try:
            panels = data["panels"]
            zoom = {**panels["zoom"], "diagram": panels["zoom"]}
            return from_plain(cls, {**data, **panels, "zoom": zoom})
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise FormatError(
                f"The sheet is damaged: {error}.", hint="draw the model again with -o sheet.json"
            ) from error

    @classmethod
    def from_json(cls, source: str | Path) -> Sheet:
        """Read a sheet back from a path, or from JSON text that starts with "{". Needs no torch.

        Raises:
            FormatError: the file cannot be read, or is no sheet.
        """
        return read_json(source, cls.from_dict, "a sheet")

    def __str__(self) -> str:
        from boardwork.render import render

        return render(self, "text").decode()

    def save(self, path: str | Path, *, format: str | None = None) -> None:
        """Write the sheet; the suffix chooses the format unless `format` names one. Never a half-written file.

        Raises:
            FormatError: no such format. DrawingError: the path cannot be written.
        """
        from boardwork.render import write

        write(self, path, format=format)

    def _repr_svg_(self) -> str:
        from boardwork.render import render

        return render(self, "svg").decode()
