"""Diagram -> the same diagram, where what only one frame reads stands inside that frame.

Cross-attention reads its keys and values from a second input: drawn at the top, that input would pull the frame away
from the spine; drawn inside, it is the way in for the keys and values alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from boardwork.figure.order import by, ranks
from boardwork.sheet import Diagram, Edge, Node

_MOST = 3  # boxes on the way from a second input to the frame; a longer way is a branch of its own


def inward(diagram: Diagram) -> Diagram:
    """Move second inputs, with the few boxes that only they feed, into the frame that reads them."""
    into, out = by(diagram.edges, "target"), by(diagram.edges, "source")
    depth = ranks(diagram)
    frames = _frames(diagram)
    moved: dict[str, str] = {}
    for source in [n for n in diagram.nodes if n.id not in into and not n.parent and len(out.get(n.id, ())) > 1]:
        group = _fed_by(source, diagram, into)
        leaving = [e for e in diagram.edges if e.source in group and e.target not in group]
        frame = _common([frames[e.target] for e in leaving])
        others = [e.source for e in diagram.edges if frame in frames[e.target] and frame not in frames[e.source]]
        before = [depth[name] for name in others if name not in group and name not in moved]
        if frame and len(group) <= _MOST and before and max(before) > depth[source.id]:
            moved.update(dict.fromkeys(group, frame))
    if not moved:
        return diagram
    nodes = (dataclasses.replace(n, parent=moved[n.id]) if n.id in moved else n for n in diagram.nodes)
    return dataclasses.replace(diagram, nodes=tuple(nodes))


def _fed_by(source: Node, diagram: Diagram, into: Mapping[str, Sequence[Edge]]) -> set[str]:
    """The source and the boxes outside frames that nothing else feeds."""
    found = {source.id}
    for node in diagram.nodes:
        if node.id in into and not node.parent and node.role != "output" and {e.source for e in into[node.id]} <= found:
            found.add(node.id)
    return found


def _frames(diagram: Diagram) -> dict[str, list[str]]:
    """The frames round every node, inside out."""
    parents = {group.id: group.parent for group in diagram.groups}
    found: dict[str, list[str]] = {}
    for node in diagram.nodes:
        chain, parent = [], node.parent
        while parent in parents and parent not in chain:
            chain.append(parent)
            parent = parents[parent]
        found[node.id] = chain
    return found


def _common(chains: Sequence[Sequence[str]]) -> str:
    """The innermost frame that is in every chain, "" if none is."""
    first, *rest = chains or [()]
    return next((frame for frame in first if all(frame in chain for chain in rest)), "")
