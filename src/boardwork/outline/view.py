"""Blocks chosen for a drawing -> boxes and the tensors that flow between them, residual branches marked."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from boardwork.outline.blocks import Block, Link, View
from boardwork.outline.flow import Flow

_JOINS = ("add", "multiply", "subtract", "concat")
_STATES = ("h_prev", "c_prev")  # arguments of the recurrent steps in trace/cells.py


def view(flow: Flow, block: Block, parts: Sequence[Block | tuple[Block, Sequence[Block]]]) -> View:
    """Draw `parts`, boxes or (frame, its boxes), of `block`."""
    boxes: list[Block] = []
    frames: list[tuple[Block, tuple[int, ...]]] = []
    for part in parts:
        if isinstance(part, Block):
            boxes.append(part)
            continue
        frame, inside = part
        frames.append((frame, tuple(range(len(boxes), len(boxes) + len(inside)))))
        boxes.extend(inside)
    inner = _Links(flow, boxes)
    links = inner.collect()
    frames = [(f, (*ix, *(new for new, near in inner.inside.items() if near in ix))) for f, ix in frames]
    return _in_order(View(block, tuple(inner.boxes), tuple(frames), tuple(_kinds(flow, inner.boxes, links))))


def _in_order(found: View) -> View:
    """Boxes in order of execution: a box without operations stands right before what it feeds, outputs last."""
    place = {i: float(min(box.all())) for i, box in enumerate(found.boxes) if box.ops or box.children}
    for link in found.links:
        if link.source not in place and link.target in place:
            place[link.source] = min(place.get(link.source, place[link.target] - 0.5), place[link.target] - 0.5)
    order = sorted(range(len(found.boxes)), key=lambda i: place.get(i, float("inf")))
    new = {old: position for position, old in enumerate(order)}
    return View(
        found.block,
        tuple(found.boxes[i] for i in order),
        tuple((frame, tuple(sorted(new[i] for i in inside))) for frame, inside in found.frames),
        tuple(dataclasses.replace(link, source=new[link.source], target=new[link.target]) for link in found.links),
    )


class _Links:
    """Collects links; boxes grow by inputs, learned side inputs and outputs as they are met."""

    def __init__(self, flow: Flow, boxes: list[Block]) -> None:
        self.flow, self.boxes = flow, list(boxes)
        self.owner = {op: i for i, box in enumerate(boxes) for op in box.all()}
        self.sources: dict[int, int] = {}
        self.links: dict[tuple[int, int, str], Link] = {}
        self.inside: dict[int, int] = {}

    def collect(self) -> list[Link]:
        for op in sorted(self.owner):
            for tensor in dict.fromkeys(self.flow.ops[op].inputs):
                self._into(self.owner[op], tensor)
        self._split_heads()
        self._outputs()
        return list(self.links.values())

    def _split_heads(self) -> None:
        """Q, K and V that one operation makes get a box each, as those have that are cut one by one."""
        letters = [link for link in self.links.values() if link.label]
        for link in letters:
            if sum((other.source, other.target) == (link.source, link.target) for other in letters) < 2:
                continue
            shape = self.flow.tensors[link.tensor].shape
            heads = f"{shape[-3]} heads × {shape[-1]}" if len(shape) > 3 else ""
            middle = len(self.boxes)
            self.boxes.append(Block(link.label, "reshape", heads, self.boxes[link.source].path, kind="split"))
            self.inside[middle] = link.target
            del self.links[link.source, link.target, link.label]
            whole = self._made_by(link.source)
            self.links[link.source, middle, ""] = Link(link.source, middle, whole)
            self.links[middle, link.target, link.label] = Link(middle, link.target, link.tensor, label=link.label)

    def _made_by(self, box: int) -> int:
        """The result of the projection in a box, before it is cut."""
        return next(op.outputs[0] for op in map(self.flow.ops.__getitem__, self.boxes[box].ops) if op.macs or not self.flow.is_shape(op.id))

    def _into(self, target: int, tensor: int) -> None:
        producer = self.flow.tensors[tensor].producer
        source = self.owner.get(producer)
        if source is None:
            source = self._outside(target, tensor)
        if source is None or source == target:
            return
        label = self._letter(target, tensor)
        self.links.setdefault((source, target, label), Link(source, target, tensor, label=label))

    def _letter(self, target: int, tensor: int) -> str:
        """Q, K or V for what enters the core of attention."""
        if self.boxes[target].kind != "attention_core":
            return ""
        for op in self.boxes[target].ops:
            record = self.flow.ops[op]
            for letter, slot in zip("QKV", ("query", "key", "value"), strict=True):
                if record.slot(slot) is not None and self.flow.origin(record.slot(slot))[0].id == self.flow.origin(tensor)[0].id:  # type: ignore[arg-type]
                    if tensor == record.slot(slot) or record.slot(slot) in self._views_of(tensor):
                        return letter
        return ""

    def _views_of(self, tensor: int) -> set[int]:
        found, todo = {tensor}, [tensor]
        while todo:
            for user in self.flow.users.get(todo.pop(), ()):
                if self.flow.is_shape(user):
                    todo.extend(out for out in self.flow.ops[user].outputs if out not in found)
                    found.update(self.flow.ops[user].outputs)
        return found

    def _outside(self, target: int, tensor: int) -> int | None:
        """A box for a tensor that comes from outside the view; None for weights, masks and tables."""
        if self.flow.is_constant(tensor):
            return None
        origin = self.flow.origin(tensor)[0]
        if origin.kind == "parameter":
            box = self.boxes[target]
            if box.role not in _JOINS or sum(n > 1 for n in origin.shape) < 1 or box.children:
                return None
            selected = any(other.label == "First token" for other in self.boxes)
            token = "Class token" if selected else "Learned token"
            label = token if box.role == "concat" else "Position embedding" if box.role == "add" else "Learned scale"
            name = origin.name
            source = Block(label, "parameter", detail=_times(origin.shape), path=name.rpartition(".")[0], cls=name.rpartition(".")[2])
            return self._source(origin.id, dataclasses.replace(source, facts={"tensor": origin.id}))
        producer = self.flow.tensors[tensor].producer
        if producer >= 0 and not self.flow.is_data(producer):
            return None
        name = self.flow.tensors[tensor].name or "x"
        return self._source(tensor, Block(name, "input", facts={"tensor": tensor}))

    def _source(self, key: int, box: Block) -> int:
        if key not in self.sources:
            self.sources[key] = len(self.boxes)
            self.boxes.append(box)
        return self.sources[key]

    def _outputs(self) -> None:
        names = {tensor: name for name, tensor in self.flow.trace.outputs}
        made: dict[tuple[int, int], None] = {}
        for op in sorted(self.owner):
            for tensor in self.flow.ops[op].outputs:
                leaves = any(user not in self.owner and user in self.flow.live for user in self.flow.users.get(tensor, ()))
                if leaves or tensor in names:
                    made.setdefault((self.owner[op], tensor))
        for (source, tensor), name in self._named(made, names):
            self.links[(source, len(self.boxes), "")] = Link(source, len(self.boxes), tensor)
            self.boxes.append(Block(name, "output", facts={"tensor": tensor}))

    def _named(
        self, made: dict[tuple[int, int], None], names: dict[int, str]
    ) -> list[tuple[tuple[int, int], str]]:
        """One output a box and origin: a view of the same value is not another output."""
        seen: set[int] = set()
        result = []
        for source, tensor in made:
            origin = self.flow.origin(tensor)[0].id
            if origin not in seen and self._feeds_data(tensor, names):
                seen.add(origin)
                result.append(((source, tensor), names.get(tensor, "y")))
        return result

    def _feeds_data(self, tensor: int, names: dict[int, str]) -> bool:
        return tensor in names or any(self.flow.is_data(user) for user in self.flow.users.get(tensor, ()))


def _times(shape: tuple[int, ...]) -> str:
    return " × ".join(str(n) for n in shape if n > 1) or "1"


def _kinds(flow: Flow, boxes: Sequence[Block], links: list[Link]) -> list[Link]:
    """Mark residual branches, gates and states."""
    into: dict[int, list[int]] = {}
    for i, link in enumerate(links):
        into.setdefault(link.target, []).append(i)
    ancestors = _ancestors(len(boxes), links)
    kinds: dict[int, str] = {}
    for i, link in enumerate(links):
        if boxes[link.source].role == "input" and boxes[link.source].label in _STATES:
            kinds[i] = "state"
    for target, arriving in into.items():
        role = boxes[target].role
        if len(arriving) != 2 or role not in ("add", "concat", "multiply"):
            continue
        if role == "add":
            kinds.update(dict.fromkeys(_residual(flow, boxes, links, into, ancestors, arriving), "residual"))
        elif role == "multiply":
            kinds.update({i: "gate" for i in arriving if _activates(boxes[links[i].source])})
        else:
            kinds.update({i: "branch" for i in arriving if _skips(links, ancestors, arriving, i)})
    return [dataclasses.replace(link, kind=kinds.get(i, link.kind)) for i, link in enumerate(links)]


def _ancestors(count: int, links: Sequence[Link]) -> list[int]:
    """For every box the set of boxes before it, itself included, as bits."""
    before: list[list[int]] = [[] for _ in range(count)]
    for link in links:
        before[link.target].append(link.source)
    found: dict[int, int] = {}

    def visit(start: int) -> None:
        stack = [start]
        while stack:
            box = stack[-1]
            missing = [b for b in before[box] if b not in found]
            if missing and len(stack) <= count:
                stack.extend(missing)
                continue
            bits = 1 << box
            for b in before[box]:
                bits |= found.get(b, 0)
            found[stack.pop()] = bits

    for box in range(count):
        visit(box)
    return [found[box] for box in range(count)]


def _residual(
    flow: Flow, boxes: Sequence[Block], links: Sequence[Link], into: dict[int, list[int]], ancestors: list[int], arriving: list[int]
) -> list[int]:
    """Links of the shorter branch of an addition whose longer branch starts at the same place and holds weights."""
    one, two = (links[i].source for i in arriving)
    common = ancestors[one] & ancestors[two]
    if not common or any(boxes[links[i].source].role == "parameter" for i in arriving):
        return []
    branches = [_branch(links, into, i, common) for i in arriving]
    weights = [_weights(flow, boxes, links, branch) for branch in branches]
    if not any(weights):
        return []
    skip = min((0, 1), key=lambda n: (len(branches[n]), weights[n]))
    return branches[skip]


def _branch(links: Sequence[Link], into: dict[int, list[int]], start: int, common: int) -> list[int]:
    """Links from the fork to the addition, walking back."""
    found, todo = [], [start]
    while todo:
        index = todo.pop()
        if index in found:
            continue
        found.append(index)
        source = links[index].source
        if not common >> source & 1:
            todo.extend(into.get(source, ()))
    return found


def _weights(flow: Flow, boxes: Sequence[Block], links: Sequence[Link], branch: list[int]) -> int:
    """Parameters on a branch, without the box it starts from."""
    inside = {links[i].target for i in branch[1:]} | ({links[branch[0]].source} if len(branch) > 1 else set())
    return sum(
        flow.tensors[t].size
        for box in inside
        for op in boxes[box].one()
        for t in flow.ops[op].inputs
        if flow.tensors[t].kind == "parameter"
    )


def _activates(box: Block) -> bool:
    return box.role == "activation" or "," in box.label and box.role == "linear"


def _skips(links: Sequence[Link], ancestors: list[int], arriving: list[int], index: int) -> bool:
    other = next(i for i in arriving if i != index)
    return bool(ancestors[links[other].source] >> links[index].source & 1)
