"""Diagram and names of frames -> the diagram with one box for each of these frames, for a page with little room."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection

from boardwork.diagrams import as_box, edges_by
from boardwork.sheet import Diagram, Edge, Group, Node

_PORTS = ("input", "output")


def closable(diagram: Diagram) -> dict[str, int]:
    """Outermost frame -> how many boxes closing it hides; frames that a wire leaves and comes back to are left out."""
    found: dict[str, int] = {}
    for group in diagram.groups:
        inside = _inside(diagram, group.id)
        if not group.parent and len(inside) > 1 and not _leads_back(diagram, inside):
            found[group.id] = len(inside)
    return found


def closed(diagram: Diagram, groups: Collection[str]) -> Diagram:
    """The frames as boxes with their titles; what enters or leaves them enters or leaves the box."""
    for group in (group for group in diagram.groups if group.id in groups):
        diagram = _closed(diagram, group)
    return diagram


def as_one_box(diagram: Diagram) -> Diagram:
    """All but the inputs and outputs in one box, for what no page holds."""
    inside = [node for node in diagram.nodes if node.role not in _PORTS]
    whole = Group("whole", "Too large for a page", f"{len(inside)} boxes, on the text sheet")
    nodes = (node if node.parent else dataclasses.replace(node, parent=whole.id) for node in diagram.nodes)
    outer = [node if node.role not in _PORTS else dataclasses.replace(node, parent="") for node in nodes]
    groups = [group if group.parent else dataclasses.replace(group, parent=whole.id) for group in diagram.groups]
    return closed(Diagram(tuple(outer), diagram.edges, (whole, *groups)), [whole.id])


def _closed(diagram: Diagram, group: Group) -> Diagram:
    inside = _inside(diagram, group.id)
    gone = {group.id, *_below(diagram, group.id)}
    place = next(i for i, node in enumerate(diagram.nodes) if node.id in inside)
    nodes = [_outside(node, gone, group.parent) for node in diagram.nodes if node.id not in inside]
    before = sum(node.id not in inside for node in diagram.nodes[:place])
    nodes.insert(before, as_box(group, (node for node in diagram.nodes if node.id in inside)))
    return Diagram(
        tuple(nodes),
        tuple(_joined(diagram, inside, group.id).values()),
        tuple(other for other in diagram.groups if other.id not in gone),
    )


def _outside(node: Node, gone: Collection[str], parent: str) -> Node:
    """An input or output that stood in the frame stands beside the box."""
    return dataclasses.replace(node, parent=parent) if node.parent in gone else node


def _joined(diagram: Diagram, inside: Collection[str], box: str) -> dict[tuple[str, str], Edge]:
    """The edges with the box for what is inside; of several between the same two the first, of what is one value."""
    found: dict[tuple[str, str], Edge] = {}
    for edge in diagram.edges:
        source, target = (box if end in inside else end for end in (edge.source, edge.target))
        if source != target:
            label = "" if target == box != edge.target else edge.label
            found.setdefault((source, target), dataclasses.replace(edge, source=source, target=target, label=label))
    return found


def _inside(diagram: Diagram, group: str) -> set[str]:
    """The boxes in a frame and in the frames in it."""
    frames = {group, *_below(diagram, group)}
    return {node.id for node in diagram.nodes if node.parent in frames and node.role not in _PORTS}


def _below(diagram: Diagram, group: str) -> set[str]:
    found: set[str] = set()
    while more := {g.id for g in diagram.groups if g.parent in (found | {group}) and g.id not in found}:
        found |= more
    return found


def _leads_back(diagram: Diagram, inside: Collection[str]) -> bool:
    """Whether a way leads out of the frame and in again: the box would feed itself."""
    after, before = _reached(diagram, inside, "source", "target"), _reached(diagram, inside, "target", "source")
    return bool((after & before) - set(inside))


def _reached(diagram: Diagram, start: Collection[str], this: str, other: str) -> set[str]:
    edges = edges_by(this, diagram.edges)
    found, waiting = set(start), list(start)
    while waiting:
        for edge in edges.get(waiting.pop(), ()):
            if (end := getattr(edge, other)) not in found:
                found.add(end)
                waiting.append(end)
    return found
