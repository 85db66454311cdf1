"""Sheet and a way of writing sizes -> the same sheet with shapes in long names, in short ones, or in numbers."""

from __future__ import annotations

import dataclasses
import re

from boardwork.errors import FormatError
from boardwork.sheet import Diagram, Edge, Node, Sheet, Symbol

WAYS = ("long", "short", "numbers")
SHORT = {
    "batch": "B", "seq_len": "T", "src_len": "S", "tgt_len": "T", "length": "L", "height": "H", "width": "W",
    "depth": "D", "d_model": "d", "d_ff": "f", "heads": "h", "kv_heads": "g", "vocab": "V", "classes": "K",
    "hidden_size": "H", "input_size": "I", "tokens": "N", "layers": "L",
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
    numbers = way == "numbers"
    return dataclasses.replace(
        sheet,
        symbols={} if numbers else {_short(name): _named(name, s) for name, s in sheet.symbols.items()},
        big_picture=_diagram(sheet.big_picture, numbers),
        zoom=dataclasses.replace(sheet.zoom, diagram=_diagram(sheet.zoom.diagram, numbers)),
    )


def _named(name: str, symbol: Symbol) -> Symbol:
    return dataclasses.replace(symbol, meaning=f"{name}, {symbol.meaning}") if name in SHORT else symbol


def _short(axis: str) -> str:
    return re.sub(r"[a-z_]+", lambda word: SHORT.get(word[0], word[0]), axis)


def _diagram(diagram: Diagram, numbers: bool) -> Diagram:
    edges = tuple(_edge(edge, numbers) for edge in diagram.edges)
    at = {node: e.shape for e in edges for node in (e.source, e.target)}
    nodes = tuple(_port(n, at.get(n.id, ())) if n.role in ("input", "output") else n for n in diagram.nodes)
    return dataclasses.replace(diagram, nodes=nodes, edges=edges)


def _edge(edge: Edge, numbers: bool) -> Edge:
    shape = tuple(map(str, edge.sizes)) if numbers else tuple(map(_short, edge.shape))
    return dataclasses.replace(edge, shape=shape)


def _port(node: Node, shape: tuple[str, ...]) -> Node:
    return dataclasses.replace(node, detail=f"({', '.join(shape)})") if shape else node
