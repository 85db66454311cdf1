"""Sheet -> one diagram to hold beside another: the big picture, the zoomed block opened in it by one level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from boardwork.diagrams import as_box, edges_by
from boardwork.sheet import Diagram, Group, Node, Sheet

MOST_OPENED = 10  # boxes of a block that is shown inside the big picture
FRAME = "zoomed"
_PORTS = ("input", "output")


def tower(sheet: Sheet) -> Diagram:
    """The big picture; the block that the zoom opens is a frame with its parts, if these follow each other."""
    picture = sheet.big_picture
    block = next((n for n in picture.nodes if n.path == sheet.zoom.path and n.role in ("block", "stage")), None)
    inside = closed(sheet.zoom.diagram)
    if block is None or not _is_chain(inside) or len(inside.nodes) - 2 > MOST_OPENED:
        return picture
    return _opened(picture, block, inside)


def closed(diagram: Diagram) -> Diagram:
    """Every outermost frame as one box, and a layer on a skip as a word beside it."""
    parents = {group.id: group.parent for group in diagram.groups}
    inside = {node.id: _outermost(node.parent, parents) or node.id for node in diagram.nodes}
    frames = {
        group.id: as_box(group, (node for node in diagram.nodes if inside[node.id] == group.id))
        for group in diagram.groups
        if not group.parent
    }
    nodes = dict.fromkeys(inside[node.id] for node in diagram.nodes)
    single = {node.id: node for node in diagram.nodes}
    edges = dict.fromkeys(
        replace(edge, source=inside[edge.source], target=inside[edge.target])
        for edge in diagram.edges
        if inside[edge.source] != inside[edge.target]
    )
    joined = {(edge.source, edge.target) for edge in edges if edge.kind != "residual"}
    kept = tuple(e for e in edges if e.kind != "residual" or (e.source, e.target) not in joined)
    return _without_layers_on_skips(Diagram(tuple(frames.get(n) or single[n] for n in nodes), kept))


def _outermost(frame: str, parents: Mapping[str, str]) -> str:
    while parents.get(frame):
        frame = parents[frame]
    return frame


def _without_layers_on_skips(diagram: Diagram) -> Diagram:
    """A projection on a shortcut is named by its wire."""
    into, out = edges_by("target", diagram.edges), edges_by("source", diagram.edges)
    on_skips = {
        node.id: node
        for node in diagram.nodes
        if {e.kind for e in (*into.get(node.id, ()), *out.get(node.id, ()))} == {"residual"}
        and len(into.get(node.id, ())) == len(out.get(node.id, ())) == 1
    }
    edges = []
    for edge in diagram.edges:
        if edge.target in on_skips:
            edge = replace(edge, target=out[edge.target][0].target, label=on_skips[edge.target].label)
        if edge.source not in on_skips:
            edges.append(edge)
    return Diagram(tuple(node for node in diagram.nodes if node.id not in on_skips), tuple(edges), diagram.groups)


def beside(diagram: Diagram) -> set[str]:
    """Boxes that stand beside another one: sources, no inputs of the model, that join what comes from above."""
    into, out = edges_by("target", diagram.edges), edges_by("source", diagram.edges)
    sources = [node for node in diagram.nodes if node.id not in into and node.role != "input"]
    found: set[str] = set()
    for node in sources:
        targets = {edge.target for edge in out.get(node.id, ())}
        others = {edge.source for target in targets for edge in into[target]} - found - {node.id}
        if len(targets) == 1 and others:
            found.add(node.id)
    return found


def _is_chain(diagram: Diagram) -> bool:
    """One input, one output, and boxes that follow each other; skips and what stands beside do not count."""
    aside = beside(diagram)
    edges = {(e.source, e.target) for e in diagram.edges if e.kind != "residual" and e.source not in aside}
    sources, targets = [source for source, _ in edges], [target for _, target in edges]
    ports = [node.role for node in diagram.nodes if node.role in _PORTS]
    alone = all(sources.count(n.id) <= 1 and targets.count(n.id) <= 1 for n in diagram.nodes)
    joined = len(edges) == len(diagram.nodes) - len(aside) - 1
    return sorted(ports) == sorted(_PORTS) and alone and joined


def _opened(picture: Diagram, block: Node, inside: Diagram) -> Diagram:
    """The picture with the block's parts in a frame in its place."""
    ports = {node.id for node in inside.nodes if node.role in _PORTS}
    first = {edge.target for edge in inside.edges if edge.source in ports}
    last = {edge.source for edge in inside.edges if edge.target in ports}
    own = [replace(n, id=f"{FRAME}.{n.id}", parent=FRAME) for n in inside.nodes if n.id not in ports]
    nodes = [part for node in picture.nodes for part in (own if node.id == block.id else [node])]
    spelled = {edge.sizes: edge.shape for edge in picture.edges}
    within = [
        replace(e, shape=spelled.get(e.sizes, e.shape))
        for e in inside.edges
        if e.source not in ports and e.target not in ports
    ]
    edges = [replace(e, source=f"{FRAME}.{e.source}", target=f"{FRAME}.{e.target}") for e in within]
    start, end = (f"{FRAME}.{next(n.id for n in inside.nodes if n.id in group)}" for group in (first, last))
    before = [edge for edge in picture.edges if edge.target == block.id]
    for edge in picture.edges:
        source = end if edge.source == block.id else edge.source
        target = start if edge.target == block.id else edge.target
        edges.append(replace(edge, source=source, target=target))
    for edge in inside.edges:  # skips from what enters the block
        if edge.source in ports and edge.kind == "residual" and before:
            edges.append(replace(edge, source=before[0].source, target=f"{FRAME}.{edge.target}"))
    frame = Group(FRAME, block.label, block.detail, block.role, block.path, block.repeat)
    return Diagram(tuple(nodes), tuple(edges), (*picture.groups, frame))
