"""Children of a block -> the same with what alike layers add up, one after the other, as a single sum behind them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from boardwork.outline.blocks import Block
from boardwork.outline.flow import Flow
from boardwork.trace.records import Op

_FEWEST = 2  # additions


def accumulated(flow: Flow, children: Sequence[Block], alike: Callable[[Block, Block], bool]) -> list[Block]:
    """Skip outputs of a WaveNet, log-determinants of a flow: sums that only the next addition takes."""
    places = {op.id: place for place, child in enumerate(children) if (op := _addition(flow, child)) is not None}
    owner = {op: place for place, child in enumerate(children) for op in child.all()}
    found = list(children)
    gone: set[int] = set()
    for chain in _chains(flow, places):
        taken = [owner.get(flow.tensors[t].producer, -1) for op in chain for t in flow.ops[op].inputs]
        layers = [children[place] for place in dict.fromkeys(taken) if place >= 0 and children[place].children]
        if len(layers) >= _FEWEST and len(layers) >= len(chain) and all(alike(layers[0], b) for b in layers[1:]):
            *before, last = (places[op] for op in chain)
            ops = tuple(sorted(op for place in (*before, last) for op in children[place].ops))
            found[last] = dataclasses.replace(children[last], label="+", role="add", ops=ops)
            gone.update(before)
    return [child for place, child in enumerate(found) if place not in gone]


def _addition(flow: Flow, child: Block) -> Op | None:
    """The one addition that a leaf is."""
    ops = [flow.ops[op] for op in child.ops if not flow.is_shape(op)]
    return ops[0] if not child.children and not child.kind and len(ops) == 1 and ops[0].name == "add" else None


def _chains(flow: Flow, additions: dict[int, int]) -> list[list[int]]:
    """Additions of which each takes the one before and nothing else does."""
    found: dict[int, list[int]] = {}
    for op in sorted(additions):
        before = [flow.tensors[t].producer for t in flow.ops[op].inputs]
        chain = next((found.pop(b) for b in before if b in found and len(flow.data_users(flow.ops[b])) == 1), [])
        found[op] = [*chain, op]
    return [chain for chain in found.values() if len(chain) >= _FEWEST]
