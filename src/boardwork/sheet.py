"""Facts, outline and knowledge -> what a sheet says, as plain data that knows no format and reads back from JSON."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from boardwork.errors import FormatError

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
EDGE_KINDS = ("data", "branch", "residual", "gate", "state")

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
    cls: str
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
    cls: str = ""
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

    source: str
    target: str
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
    cls: str
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
class Symbol:
    value: Size
    meaning: str


@dataclass(frozen=True)
class Sheet:
    """Everything that a sheet says. Formats are views of this and add nothing.

    Units: `summary["flops"]` counts a multiply-add as two, `summary["macs"]` as one.
    """

    subject: Heading
    summary: dict[str, Any]
    symbols: dict[str, Symbol]
    big_picture: Diagram
    zoom: Zoom
    equations: tuple[Equation, ...] = ()
    tradeoffs: tuple[Tradeoff, ...] = ()
    footnotes: tuple[str, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        """The JSON contract: plain dicts and lists."""
        return {
            "boardwork": VERSION,
            "subject": _subject_out(self.subject),
            "summary": self.summary,
            "symbols": {name: dataclasses.asdict(s) for name, s in self.symbols.items()},
            "panels": {
                "big_picture": _diagram_out(self.big_picture),
                "zoom": {
                    "path": self.zoom.path,
                    "class": self.zoom.cls,
                    "reason": self.zoom.reason,
                    **_diagram_out(self.zoom.diagram),
                },
                "equations": [dataclasses.asdict(e) for e in self.equations],
                "tradeoffs": [dataclasses.asdict(t) for t in self.tradeoffs],
            },
            "footnotes": list(self.footnotes),
        }

    def to_json(self) -> str:
        """The sheet as JSON text, the same bytes for the same sheet, with a newline at the end."""
        return json.dumps(self.to_dict(), indent=1, ensure_ascii=False) + "\n"

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
            zoom = panels["zoom"]
            return cls(
                subject=_subject_in(data["subject"]),
                summary=data["summary"],
                symbols={name: Symbol(**s) for name, s in data["symbols"].items()},
                big_picture=_diagram_in(panels["big_picture"]),
                zoom=Zoom(zoom["path"], zoom["class"], zoom["reason"], _diagram_in(zoom)),
                equations=tuple(
                    Equation(**{**e, "checks": tuple(Check(**c) for c in e["checks"])}) for e in panels["equations"]
                ),
                tradeoffs=tuple(Tradeoff(**t) for t in panels["tradeoffs"]),
                footnotes=tuple(data["footnotes"]),
            )
        except (KeyError, TypeError) as error:
            raise FormatError(
                f"The sheet is damaged: {error}.", hint="draw the model again with -o sheet.json"
            ) from error

    @classmethod
    def from_json(cls, source: str | Path) -> Sheet:
        """Read a sheet back from a path, or from JSON text that starts with "{". Needs no torch.

        Raises:
            FormatError: the file cannot be read, or is no sheet.
        """
        text = str(source)
        try:
            if not text.lstrip().startswith("{"):
                text = Path(source).read_text(encoding="utf-8")
            return cls.from_dict(json.loads(text))
        except (OSError, ValueError) as error:
            raise FormatError(f"Cannot read a sheet from {str(source)[:80]}: {error}") from error

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


def _subject_out(subject: Heading) -> dict[str, Any]:
    out = dataclasses.asdict(subject)
    return {("class" if key == "cls" else key): value for key, value in out.items()}


def _subject_in(data: dict[str, Any]) -> Heading:
    def ports(rows: list[dict[str, Any]]) -> tuple[Port, ...]:
        return tuple(Port(r["name"], tuple(r["shape"]), tuple(r["sizes"]), r["dtype"]) for r in rows)

    return Heading(data["target"], data["title"], data["class"], ports(data["inputs"]), ports(data["outputs"]))


def _diagram_out(diagram: Diagram) -> dict[str, Any]:
    names = {"cls": "class", "source": "from", "target": "to"}

    def row(item: Any) -> dict[str, Any]:
        return {names.get(key, key): value for key, value in dataclasses.asdict(item).items()}

    return {
        "nodes": [row(n) for n in diagram.nodes],
        "edges": [row(e) for e in diagram.edges],
        "groups": [dataclasses.asdict(g) for g in diagram.groups],
    }


def _diagram_in(data: dict[str, Any]) -> Diagram:
    def node(row: dict[str, Any]) -> Node:
        return Node(**{("cls" if key == "class" else key): value for key, value in row.items()})

    def edge(row: dict[str, Any]) -> Edge:
        return Edge(row["from"], row["to"], row["kind"], tuple(row["shape"]), tuple(row["sizes"]), row["label"])

    return Diagram(
        tuple(map(node, data["nodes"])),
        tuple(map(edge, data["edges"])),
        tuple(Group(**g) for g in data.get("groups", ())),
    )
