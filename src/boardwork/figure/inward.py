"""Diagram -> the same diagram, where what only one frame reads stands inside that frame.

Cross-attention reads its keys and values from a second input: drawn at the top, that input would pull the frame away
from the spine; drawn inside, it is the way in for the keys and values alone. So are boxes that take no input at all, as
the exponential of a learned temperature.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence

from boardwork.diagrams import edges_by
from boardwork.figure.order import BESIDE, fed_by, frames_of, ranks
from boardwork.sheet import Diagram, Edge

Edges = Mapping[str, Sequence[Edge]]
_MOST = 3  # boxes on the way from a second input to the frame; a longer way is a branch of its own


def inward(diagram: Diagram, repeated: Collection[str] = ()) -> Diagram:
    """Move second inputs, with the few boxes that only they feed, into the frame that reads them.

    `repeated`: inputs that stand beside each box that they feed: such a box takes nothing else that is drawn.
    """
    given, out = edges_by("target", diagram.edges), edges_by("source", diagram.edges)
    beside = {n.id for n in diagram.nodes if n.role in BESIDE and n.id not in given and len(out.get(n.id, ())) == 1}
    drawn = tuple(edge for edge in diagram.edges if edge.source not in {*beside, *repeated})
    into, depth = edges_by("target", drawn), ranks(dataclasses.replace(diagram, edges=drawn))
    frames = frames_of(diagram)
    outside = [n for n in diagram.nodes if not n.parent and n.role != "output"]
    moved: dict[str, str] = {}
    for source in [n for n in outside if n.id not in repeated and _is_source(n.id, given, into, repeated)]:
        group = fed_by(source.id, outside, into)
        alone = source.id not in given and len(out.get(source.id, ())) == 1
        if alone and (len(group) == 1 or source.role == "input"):
            continue  # it stands beside the box that it feeds, or at the head of its branch
        group |= {name for name in beside if out[name][0].target in group and name not in repeated}
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


def _is_source(node: str, given: Edges, into: Edges, repeated: Collection[str]) -> bool:
    """True for what takes nothing, or nothing but what stands beside it, some of which stands beside others too."""
    return node not in given or (node not in into and any(edge.source in repeated for edge in given[node]))


def _common(chains: Sequence[Sequence[str]]) -> str:
    """The innermost frame that is in every chain, "" if none is."""
    first, *rest = chains or [()]
    return next((frame for frame in first if all(frame in chain for chain in rest)), "")
