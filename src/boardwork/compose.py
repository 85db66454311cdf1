"""Outline, Facts and what knowledge tells of them -> Sheet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from boardwork.facts import Facts
from boardwork.knowledge import Story
from boardwork.notation import Notation
from boardwork.outline.blocks import Block, Link, Outline, View
from boardwork.sheet import Diagram, Edge, Group, Heading, Node, Port, Sheet, Symbol, Zoom
from boardwork.trace.records import Trace

_TOLD = 3  # footnotes about shared tensors
_IN_HEADS = ("attention_core", "split", "rope")


def compose(outline: Outline, facts: Facts, story: Story) -> Sheet:
    """The sheet: two diagrams in symbols, the story, and footnotes for all that is not drawn."""
    trace = outline.trace
    notation = Notation(facts, outline, story.letters)
    big_picture = _diagram(outline.big_picture, trace, notation)
    zoomed = _diagram(outline.zoom, outline.zoom_trace, notation.in_zoom())
    heading = Heading(
        trace.target,
        trace.title,
        trace.cls,
        _ports(trace, trace.inputs, notation),
        _ports(trace, _outputs(outline), notation),
    )
    block = outline.zoom.block
    return Sheet(
        subject=heading,
        summary=_summary(trace, facts),
        symbols=_symbols(notation.table(), story.symbols),
        big_picture=big_picture,
        zoom=Zoom(block.path or block.label, block.cls, _reason(outline), zoomed),
        equations=story.equations,
        tradeoffs=story.tradeoffs,
        footnotes=(*_footnotes(outline), *story.notes),
        questions=story.questions,
        facts=facts,
    )


_SUMMARY = {
    "params_total": "params.total",
    "params_trainable": "params.trainable",
    "params_active": "params.active",
    "params_bytes": "params.bytes",
    "macs": "macs.total",
    "flops": "flops.total",
    "activation_peak_bytes": "activations.peak",
    "state_bytes": "state.bytes",
}
_DECODING = {
    "kv_bytes_per_token": "cache.token_bytes",
    "kv_bytes_in_windows": "cache.window_bytes",
    "kv_bytes_per_source_position": "cache.source_bytes",
}


def _symbols(drawn: dict[str, Symbol], told: dict[str, Symbol]) -> dict[str, Symbol]:
    """What the drawings use, then what only formulas use; the same thing under one name."""
    return {**drawn, **{n: s for n, s in told.items() if n not in drawn and s not in drawn.values()}}


def _summary(trace: Trace, facts: Facts) -> dict[str, object]:
    """What the README says of `summary`; what the model has not is left out."""
    wanted = _SUMMARY | (_DECODING if facts.get("cache.decodes") else {})
    numbers = {key: facts[word] for key, word in wanted.items() if word in facts}
    return {**numbers, "modules": len(trace.rows), "operations": len(trace.ops)}


def _ports(trace: Trace, named: tuple[tuple[str, int], ...], notation: Notation) -> tuple[Port, ...]:
    tensors = [(name, trace.tensors[tensor]) for name, tensor in named]
    return tuple(Port(name, notation.write(t), t.shape, t.dtype) for name, t in tensors)


def _outputs(outline: Outline) -> tuple[tuple[str, int], ...]:
    """The outputs that the big picture draws, in the order of forward; caches are plumbing."""
    drawn = {box.facts["tensor"]: box.label for box in outline.big_picture.boxes if box.role == "output"}
    given = dict.fromkeys(tensor for _, tensor in outline.trace.outputs)
    return tuple((drawn[tensor], tensor) for tensor in given if tensor in drawn)


def _reason(outline: Outline) -> str:
    block = outline.zoom.block
    return f"{block.label}: {outline.reason}"


# -- diagrams -------------------------------------------------------------------------------------------------------


def _diagram(view: View, trace: Trace, notation: Notation) -> Diagram:
    parent = {box: f"g{i}" for i, (_, inside) in enumerate(view.frames) for box in inside}
    weights = _weights(view, trace)
    nodes = tuple(_node(i, view.boxes[i], trace, own, parent.get(i, ""), notation) for i, own in enumerate(weights))
    edges = tuple(_edge(view, link, trace, notation) for link in view.links)
    groups = tuple(
        Group(f"g{i}", frame.label, frame.detail, frame.role, frame.path) for i, (frame, _) in enumerate(view.frames)
    )
    return Diagram(nodes, edges, groups)


def _weights(view: View, trace: Trace) -> Iterator[tuple[int, str]]:
    """Of every box the parameters that it is the first to use; if it uses only those of others, in words whose."""
    beside = {box.facts["tensor"] for box in view.boxes if box.role == "parameter"}
    owners: dict[int, str] = {}
    for box in view.boxes:
        given = {t for op in box.all() for t in trace.ops[op].inputs if trace.tensors[t].kind == "parameter"}
        used = {box.facts["tensor"]} if box.role == "parameter" else given - beside
        new = used - owners.keys()
        yield sum(trace.tensors[t].size for t in new), _borrowed(box, {owners[t] for t in used}) if not new else ""
        owners |= dict.fromkeys(new, box.label)


def _node(index: int, box: Block, trace: Trace, weights: tuple[int, str], parent: str, notation: Notation) -> Node:
    ops = [trace.ops[op] for op in box.all()]
    params, borrowed = weights
    detail = ", ".join(words for words in (box.detail, borrowed) if words)
    if box.runs > 1:
        detail = f"{detail}, run {box.runs} times, same weights".removeprefix(", ")
    if box.role in ("input", "output"):
        detail = f"({', '.join(notation.write(trace.tensors[box.facts['tensor']]))})"
    return Node(
        id=f"n{index}",
        label=box.label,
        detail=detail,
        role=box.role,
        path=box.path,
        cls=box.cls,
        repeat=box.repeat,
        params=params,
        flops=2 * sum(op.macs for op in ops),
        parent=parent,
    )


def _borrowed(box: Block, labels: set[str]) -> str:
    """Whose weights a box uses that has none of its own."""
    if not labels:
        return ""
    return "same weights again" if labels == {box.label} else f"weights of {', '.join(sorted(labels))}"


def _edge(view: View, link: Link, trace: Trace, notation: Notation) -> Edge:
    tensor = trace.tensors[link.tensor]
    ends = (view.boxes[link.source], view.boxes[link.target])
    if link.varies:
        return Edge(f"n{link.source}", f"n{link.target}", link.kind, label=link.label)
    in_heads = any(box.kind in _IN_HEADS for box in ends)
    shape = notation.write(tensor, split_in_heads=in_heads)
    return Edge(f"n{link.source}", f"n{link.target}", link.kind, shape, tensor.shape, link.label)


# -- footnotes ------------------------------------------------------------------------------------------------------


def _footnotes(outline: Outline) -> list[str]:
    trace = outline.trace
    taken = {tensor for op in trace.ops for tensor in op.inputs}
    inputs = [pair for pair in trace.inputs if pair[1] in taken] or trace.inputs
    sizes = ", ".join(f"{name} {trace.tensors[t].shape}" for name, t in inputs)
    notes = [
        f"Numbers are for one forward with {sizes}. A FLOP is half a multiply-add; products, convolutions and every "
        "attention score are counted, all else as zero. At the peak of the activations a tensor lives until its last "
        "use; weights are not in it."
    ]
    for reason, ops in outline.hidden.items():
        macs = sum(trace.ops[op].macs for op in ops)
        left_out = f", {macs:,} multiply-adds not counted" if macs else ""
        notes.append(f"{_operations(len(ops))} not drawn, {reason}{_where(trace, ops)}{left_out}.")
    return notes + _weight_notes(outline) + list(trace.guesses)


def _operations(count: int) -> str:
    return "1 operation" if count == 1 else f"{count} operations"


def _where(trace: Trace, ops: tuple[int, ...]) -> str:
    paths = dict.fromkeys(trace.calls[trace.ops[op].call].path for op in ops)
    named = [path for path in paths if path][:3]
    return f" (in {', '.join(named)})" if named else ""


def _shared_weights(tensors: Sequence[Sequence[str]]) -> list[str]:
    """A sentence for each set of modules that share tensors, of one tensor its full names; many in one for the rest."""
    shared: dict[tuple[str, ...], list[Sequence[str]]] = {}
    for names in tensors:
        shared.setdefault(_owners(names), []).append(names)
    told = [
        f"{' and '.join(owners[:3])} share {len(found)} tensors, counted once."
        if len(found) > 1
        else f"{' and '.join(found[0][:3])} are one tensor, counted once."
        for owners, found in shared.items()
    ]
    left = sum(map(len, list(shared.values())[_TOLD - 1 :]))
    return (
        told if len(told) <= _TOLD else [*told[: _TOLD - 1], f"{left} more tensors have several names, counted once."]
    )


def _owners(names: Sequence[str]) -> tuple[str, ...]:
    """The paths of the modules inside of which all these names are the same: `layers.6.shared` for `...norm.weight`."""
    parts = [name.split(".") for name in names]
    same = 0
    while all(len(part) > same + 1 for part in parts) and len({part[-1 - same] for part in parts}) == 1:
        same += 1
    return tuple(".".join(part[: len(part) - same]) for part in parts)


def _weight_notes(outline: Outline) -> list[str]:
    trace = outline.trace
    notes = _shared_weights([w.names for w in trace.weights if w.parameter and len(w.names) > 1])
    hidden = {op for ops in outline.hidden.values() for op in ops}
    taken = (trace.tensors[t] for op in trace.ops if op.id not in hidden for t in op.inputs)
    used = {tensor.name for tensor in taken if tensor.kind == "parameter"}
    idle = [w for w in trace.weights if w.parameter and not used & set(w.names)]
    if idle:
        size = sum(w.size for w in idle)
        notes.append(f"{size:,} parameters take no part in what this forward gives ({idle[0].names[0]} ...).")
    return notes
