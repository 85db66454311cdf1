"""Sheet and a way of writing sizes -> the same sheet with shapes in long names, in short ones, or in numbers."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from boardwork.errors import FormatError
from boardwork.law_names import names_in, renamed
from boardwork.sheet import Diagram, Heading, Node, Port, Sheet, Symbol

WAYS = ("long", "short", "numbers")
SHORT = {
    "batch": "B", "seq_len": "T", "src_len": "S", "tgt_len": "T", "length": "L", "height": "H", "width": "W",
    "depth": "D", "frames": "F", "d_model": "d", "d_ff": "f", "d_inner": "i", "heads": "h", "kv_heads": "g",
    "vocab": "V", "classes": "K", "hidden_size": "H", "input_size": "I", "tokens": "N", "layers": "L", "experts": "E",
    "latent": "z",
}  # fmt: skip


def written(sheet: Sheet, way: str) -> Sheet:
    """The sheet with its shapes written `way`; equations and prose keep their names.

    Raises:
        FormatError: no such way.
    """
    if way not in WAYS:
        raise FormatError(f"Sizes cannot be written as {way!r}.", hint=f"one of: {', '.join(WAYS)}")
    if way == "long":
        return sheet
    short = None if way == "numbers" else _short_names(sheet.symbols)
    return dataclasses.replace(
        sheet,
        subject=_heading(sheet.subject, short),
        symbols={} if short is None else _table(sheet.symbols, short),
        big_picture=_diagram(sheet.big_picture, short),
        zoom=dataclasses.replace(sheet.zoom, diagram=_diagram(sheet.zoom.diagram, short)),
    )


Names = dict[str, str]


def _short_names(symbols: dict[str, Symbol]) -> Names:
    """A letter for each name; where two would get the same one for different things, the later keeps its name."""
    taken: dict[str, Symbol] = {name: symbol for name, symbol in symbols.items() if name not in SHORT}
    found: Names = {}
    for name, symbol in symbols.items():
        letter = SHORT.get(name, name)
        same = letter not in taken or (letter not in found.values() and taken[letter].value == symbol.value)
        found[name] = letter if same else name
        taken.setdefault(found[name], symbol)
    return found


def shortened(diagrams: Sequence[Diagram]) -> tuple[tuple[Diagram, ...], dict[str, str]]:
    """Diagrams with short names in their shapes, and what these stand for; two names never get one letter."""
    shapes = [edge.shape for diagram in diagrams for edge in diagram.edges]
    used = dict.fromkeys(name for shape in shapes for axis in shape for name in names_in(axis))
    short: Names = {}
    for name in used:
        letter = SHORT.get(name, name)
        short[name] = name if letter in short.values() or letter in used else letter
    told = {letter: name for name, letter in short.items() if letter != name}
    return tuple(_diagram(diagram, short) for diagram in diagrams), told


def _table(symbols: dict[str, Symbol], short: Names) -> dict[str, Symbol]:
    rows: dict[str, Symbol] = {}
    for name, symbol in symbols.items():
        law, comma, meaning = symbol.meaning.partition(", ")
        said = f"{renamed(law, short)}, {meaning}" if comma and "/" in law else symbol.meaning
        said = f"{name}, {said}" if short[name] != name else said
        rows.setdefault(short[name], dataclasses.replace(symbol, meaning=said))
    return rows


def _shape(shape: tuple[str, ...], sizes: tuple[int, ...], short: Names | None) -> tuple[str, ...]:
    return tuple(map(str, sizes)) if short is None else tuple(renamed(axis, short) for axis in shape)


def _heading(heading: Heading, short: Names | None) -> Heading:
    def ports(named: tuple[Port, ...]) -> tuple[Port, ...]:
        return tuple(dataclasses.replace(port, shape=_shape(port.shape, port.sizes, short)) for port in named)

    return dataclasses.replace(heading, inputs=ports(heading.inputs), outputs=ports(heading.outputs))


def _diagram(diagram: Diagram, short: Names | None) -> Diagram:
    edges = tuple(dataclasses.replace(edge, shape=_shape(edge.shape, edge.sizes, short)) for edge in diagram.edges)
    at = {node: e.shape for e in edges for node in (e.source, e.target)}
    nodes = tuple(_port(n, at.get(n.id, ())) if n.role in ("input", "output") else n for n in diagram.nodes)
    return dataclasses.replace(diagram, nodes=nodes, edges=edges)


def _port(node: Node, shape: tuple[str, ...]) -> Node:
    return dataclasses.replace(node, detail=f"({', '.join(shape)})") if shape else node
