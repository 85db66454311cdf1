"""A block with copies -> in what they differ, in words: `the first has a projection`, `every 6th has a mask`."""

from __future__ import annotations

from collections import Counter

from boardwork.outline.blocks import Block
from boardwork.outline.flow import Flow

_SAID = {"roll": "a cyclic shift", "masked_fill": "a mask", "embedding": "an embedding"}
_Mark = tuple[tuple[tuple[str, int], ...], frozenset[int]]


def variant(flow: Flow, block: Block) -> str:
    """What some copies have and the others have not; "" when all are equal."""
    if not block.copies:
        return ""
    members = sorted((block, *block.copies), key=lambda member: min(member.one()))
    marks = [_mark(flow, member) for member in members]
    sorts = Counter(marks)
    if len(sorts) != 2:
        return ""
    rare = min(sorts, key=lambda mark: (sorts[mark], -len(members[marks.index(mark)].one())))
    usual = next(mark for mark in sorts if mark != rare)
    words = _difference(flow, members[marks.index(rare)], members[marks.index(usual)])
    return f"{_which([mark == rare for mark in marks])} {words}" if words else ""


def _mark(flow: Flow, block: Block) -> _Mark:
    """Equal for copies that do the same on the same tables."""
    names = Counter(flow.ops[op].name for op in block.one() if not flow.is_shape(op) and flow.is_data(op))
    return tuple(sorted(names.items())), _tables(flow, block)


def _tables(flow: Flow, block: Block) -> frozenset[int]:
    """Masks and tables that the block takes ready-made; a table of its own is no difference."""
    inside = set(block.one())
    calls = {flow.ops[op].call for op in inside}
    taken = (t for op in inside for t in flow.ops[op].inputs if flow.is_constant(t))
    made = ((t, flow.tensors[t].producer) for t in taken)
    return frozenset(t for t, producer in made if producer >= 0 and flow.ops[producer].call not in calls)


def _which(rare: list[bool]) -> str:
    """`the first`, `every 2nd`, `3 of them`: where the rare ones stand."""
    places = [place for place, one in enumerate(rare) if one]
    if len(places) == 1:
        return "the first" if places == [0] else "the last" if places == [len(rare) - 1] else "one"
    step = places[1] - places[0]
    if places == list(range(places[0], len(rare), step)) and step > 1 and places[0] < step:
        return f"every {step}{'nd' if step == 2 else 'rd' if step == 3 else 'th'}"
    return f"the first {len(places)}" if places == list(range(len(places))) else f"{len(places)} of them"


def _difference(flow: Flow, rare: Block, usual: Block) -> str:
    """What the rare one has more, else what it lacks."""
    many = sum(flow.ops[op].macs > 0 for op in rare.one()), sum(flow.ops[op].macs > 0 for op in usual.one())
    if many[0] != many[1]:
        return "has a projection" if many[0] > many[1] else "has no projection"
    more = {flow.ops[op].name for op in rare.one()} - {flow.ops[op].name for op in usual.one()}
    less = {flow.ops[op].name for op in usual.one()} - {flow.ops[op].name for op in rare.one()}
    for names, verb in ((more, "has"), (less, "has no")):
        said = next((_SAID[name] for name in sorted(names) if name in _SAID), "")
        if said:
            return f"{verb} {said.removeprefix('a ') if verb == 'has no' else said}"
    if _additions(flow, rare) != _additions(flow, usual):
        return "has a skip" if _additions(flow, rare) > _additions(flow, usual) else "has no skip"
    if _tables(flow, rare) != _tables(flow, usual):
        return "has positions or a mask of its own"
    return ""


def _additions(flow: Flow, block: Block) -> int:
    return sum(flow.ops[op].name == "add" and len(flow.data_inputs(flow.ops[op])) > 1 for op in block.one())
