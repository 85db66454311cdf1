"""Sheet -> DOT text to read, compare and lay out anew: a cluster a diagram, a line a box, a line an edge."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from boardwork.figure.box import SIGNS
from boardwork.figure.shapes import texts_of
from boardwork.options import Options
from boardwork.render.panel_choice import diagrams
from boardwork.sheet import CIRCLES, Diagram, Node, Sheet


def dot(sheet: Sheet, options: Options) -> str:
    """The diagrams as one graph, for any Graphviz."""
    return graph(sheet.subject.title, diagrams(sheet, options.panels))


def graph(heading: str, named: Sequence[tuple[str, str, Diagram]]) -> str:
    """Diagrams, each with a name for ids and a title, as clusters of one graph."""
    lines = [
        f"digraph {_quoted(heading)} {{",
        '  node [shape=box, style=rounded, fontname="Helvetica"]',
        '  edge [fontname="Helvetica", fontsize=10]',
        "  compound=true",
    ]
    for name, title, diagram in named:
        lines += [f"  subgraph cluster_{name} {{", f"    label={_quoted(title)}"]
        lines += _nodes(diagram, name, "", "    ")
        lines += [*_edges(diagram, name, "    "), "  }"]
    return "\n".join([*lines, "}"]) + "\n"


def _nodes(diagram: Diagram, panel: str, parent: str, indent: str) -> Iterator[str]:
    """The boxes directly in a frame, then the frames in it."""
    for node in diagram.nodes:
        if node.parent == parent:
            yield f"{indent}{panel}_{node.id} [{_look(node)}]"
    for group in diagram.groups:
        if group.parent == parent:
            title = " ".join(filter(None, (group.label, group.detail)))
            yield f"{indent}subgraph cluster_{panel}_{group.id} {{"
            yield f"{indent}  label={_quoted(title)}; style=dashed"
            yield from _nodes(diagram, panel, group.id, indent + "  ")
            yield f"{indent}}}"


def _look(node: Node) -> str:
    """A small circle with a sign, a name without a border for inputs and outputs, else a box."""
    if node.role in CIRCLES:
        return f"label={_quoted(SIGNS[node.role])}, shape=circle, width=0.3, margin=0"
    label = "\n".join(filter(None, (node.label, node.detail, f"× {node.repeat}" if node.repeat > 1 else "")))
    return f"label={_quoted(label)}" + (", shape=plaintext" if node.role in ("input", "output") else "")


def _edges(diagram: Diagram, panel: str, indent: str) -> Iterator[str]:
    texts = texts_of(diagram)
    for edge in diagram.edges:
        words = " ".join(texts.get(edge, ()))
        looks = [f"label={_quoted(words)}"] if words else []
        looks += ["style=dashed"] if edge.kind == "residual" else []
        yield f"{indent}{panel}_{edge.source} -> {panel}_{edge.target}" + (f" [{', '.join(looks)}]" if looks else "")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
