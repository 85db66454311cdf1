"""A block with copies -> in what they differ, in words: `the first has a projection`, `every 6th has a mask`."""

from __future__ import annotations

from collections import Counter
from typing import Any

from boardwork.outline.blocks import Block
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.convolution.chain import chain

_SAID = {"roll": "a cyclic shift", "masked_fill": "a mask", "embedding": "an embedding"}
_SEEN = ("rope", "window", "rope_base")  # what one attention of a model may have and another not
_FEW_GAPS = 4  # that are told one by one
_Mark = tuple[tuple[tuple[str, int], ...], frozenset[int], tuple[Any, ...]]


def variant(flow: Flow, block: Block) -> str:
    """What some copies have and the others have not; "" when all are equal."""
    if not block.copies:
        return ""
    members = sorted((block, *block.copies), key=lambda member: min(member.one()))
    return "; ".join(filter(None, (_dilations(flow, members), _odd_ones(flow, members))))


def _dilations(flow: Flow, members: list[Block]) -> str:
    """`dilation 1, 2, 4 … 128`: the gaps of the kernels, where copies differ in these."""
    layers = [chain(flow, member.one()).layers for member in members]
    gaps = list(dict.fromkeys(max((layer.dilation for layer in within), default=1) for within in layers))
    told = map(str, gaps if len(gaps) <= _FEW_GAPS else (*gaps[:3], "…", gaps[-1]))
    return f"dilation {', '.join(told).replace(', …,', ' …')}" if len(gaps) > 1 else ""


def _odd_ones(flow: Flow, members: list[Block]) -> str:
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
    return tuple(sorted(names.items())), _tables(flow, block), tuple(map(_attention(block).get, _SEEN))


def _attention(block: Block) -> dict[str, Any]:
    return next((inside.facts for inside in block.walk() if inside.kind == "attention"), {})


def _tables(flow: Flow, block: Block) -> frozenset[int]:
    """Masks and tables that the block takes ready-made; a table of its own is no difference."""
    inside = set(block.one())
    calls = {flow.ops[op].call for op in inside}
    taken = (flow.origin(t)[0] for op in inside for t in flow.ops[op].inputs if flow.is_constant(t))
    return frozenset(t.id for t in taken if t.producer >= 0 and flow.ops[t.producer].call not in calls)


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
    seen = _seen(_attention(rare), _attention(usual))
    if seen:
        return seen
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
        return "takes other tables or another mask"
    return ""


def _seen(rare: dict[str, Any], usual: dict[str, Any]) -> str:
    """The positions that attention sees, and how it tells them apart."""
    if rare.get("window") != usual.get("window"):
        return f"sees {rare['window']} keys" if "window" in rare else f"sees all keys, the others {usual['window']}"
    if rare.get("rope") != usual.get("rope"):
        return "has RoPE" if rare.get("rope") else "has no RoPE"
    if rare.get("rope_base") != usual.get("rope_base") and "rope_base" in rare and "rope_base" in usual:
        return f"has RoPE base {rare['rope_base']:,.0f}, the others {usual['rope_base']:,.0f}"
    return ""


def _additions(flow: Flow, block: Block) -> int:
    return sum(flow.ops[op].name == "add" and len(flow.data_inputs(flow.ops[op])) > 1 for op in block.one())
