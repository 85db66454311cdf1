"""Sheet -> a Mermaid flowchart, which GitHub and many editors draw where it stands in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from boardwork.figure.box import SIGNS
from boardwork.figure.shapes import texts_of
from boardwork.options import Options
from boardwork.render.panel_choice import diagrams
from boardwork.sheet import CIRCLES, Diagram, Node, Sheet


def mermaid(sheet: Sheet, options: Options) -> str:
    """The diagrams as one flowchart, a subgraph each."""
    return flowchart(diagrams(sheet, options.panels))


def flowchart(named: Sequence[tuple[str, str, Diagram]]) -> str:
    """Diagrams, each with a name for ids and a title, as subgraphs of one flowchart."""
    lines = ["flowchart TD"]
    for name, title, diagram in named:
        lines += [f'  subgraph {name}["{_safe(title)}"]', "    direction TB"]
        lines += [*_nodes(diagram, name, "", "    "), *_edges(diagram, name), "  end"]
    return "\n".join(lines) + "\n"


def _nodes(diagram: Diagram, panel: str, parent: str, indent: str) -> Iterator[str]:
    """The boxes directly in a frame, then the frames in it."""
    for node in diagram.nodes:
        if node.parent == parent:
            yield f"{indent}{panel}_{node.id}{_shape(node)}"
    for group in diagram.groups:
        if group.parent == parent:
            title = " ".join(filter(None, (group.label, group.detail)))
            yield f'{indent}subgraph {panel}_{group.id}["{_safe(title)}"]'
            yield from _nodes(diagram, panel, group.id, indent + "  ")
            yield f"{indent}end"


def _shape(node: Node) -> str:
    """A circle with a sign, a rounded end for inputs and outputs, else a box."""
    if node.role in CIRCLES:
        return f'(("{SIGNS[node.role]}"))'
    words = "<br>".join(
        _safe(part) for part in (node.label, node.detail, f"× {node.repeat}" if node.repeat > 1 else "") if part
    )
    return f'(["{words}"])' if node.role in ("input", "output") else f'["{words}"]'


def _edges(diagram: Diagram, panel: str) -> Iterator[str]:
    texts = texts_of(diagram)
    for edge in diagram.edges:
        line = "-.->" if edge.kind == "residual" else "-->"
        words = _safe(" ".join(texts.get(edge, ())))
        middle = f'{line}|"{words}"|' if words else line
        yield f"    {panel}_{edge.source} {middle} {panel}_{edge.target}"


def _safe(text: str) -> str:
    """Mermaid's escapes: a number sign starts one, and quotes would end the label."""
    for sign, escape in (("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;"), ("`", "#96;")):
        text = text.replace(sign, escape)
    return " ".join(text.split())
