"""Boxes of a zoom -> the same, where windows that attend apart with the same Q, K and V are one core with copies."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from boardwork.outline.blocks import ATTENTION, Block
from boardwork.outline.flow import Flow

_CORE = "attention_core"


def with_cores(flow: Flow, boxes: Sequence[Block]) -> list[Block]:
    """Cores that take all they take from one attention stand in it, as copies of its own."""
    found = list(boxes)
    for place, box in enumerate(boxes):
        cores = [part for part in box.children if part.kind == _CORE] if box.kind in ATTENTION else []
        others = [other for other in boxes if _is_fed_by(flow, other, box)] if len(cores) == 1 else []
        if others:
            whole = _whole(cores[0], others)
            children = tuple(whole if part is cores[0] else part for part in box.children)
            found[place] = dataclasses.replace(box, children=children)
            found = [other for other in found if not any(other is core for core in others)]
            return with_cores(flow, found)
    return found


def _is_fed_by(flow: Flow, core: Block, attention: Block) -> bool:
    makers = {flow.tensors[t].producer for op in core.all() for t in flow.data_inputs(flow.ops[op])}
    return core.kind == _CORE and makers <= {*attention.all(), *core.all()}


def _whole(core: Block, others: Sequence[Block]) -> Block:
    """The core with the others as its copies, and what enters them by name."""
    every = (core, *others)
    facts = {**core.facts}
    for word in ("letters", "masks"):
        facts[word] = {t: told for one in every for t, told in one.facts.get(word, {}).items()}
    detail = f"{core.detail}; in parallel" if core.detail else "in parallel"
    copies = tuple(copy for one in every for copy in one.copies)
    return dataclasses.replace(core, detail=detail, facts=facts, copies=(*others, *copies))
