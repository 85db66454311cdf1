"""Boxes of a view -> the tensors that flow between them; inputs, learned side inputs and outputs become boxes too."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from boardwork.outline.blocks import Block, Link
from boardwork.outline.flow import Flow, given_and_held
from boardwork.outline.views.learned_queries import asks, queries_of
from boardwork.outline.views.learned_tables import called, is_worked_on
from boardwork.outline.views.outputs import outputs
from boardwork.outline.views.second_inputs import UNNAMED
from boardwork.trace.records import Tensor

_WAYS = {"cat": "concatenate", "add": "add"}
_JOINS = ("add", "multiply", "subtract", "concat")


class Links:
    """Collects links; boxes grow by inputs, learned side inputs and outputs as they are met."""

    def __init__(self, flow: Flow, boxes: Sequence[Block]) -> None:
        self.flow, self.boxes = flow, list(boxes)
        self.owner = {op: i for i, box in enumerate(boxes) for op in box.all()}
        self.sources: dict[int | tuple[int, int], int] = {}
        self.links: dict[tuple[int, int, str], Link] = {}
        self.inside: dict[int, int] = {}
        self.queries = queries_of(boxes)
        self.feeding: dict[int, set[int]] = {}
        self._given: dict[int, set[int]] = {}
        self._asking: dict[int, bool] = {}

    def between(self) -> list[Link]:
        """What flows between the boxes and into them, as it is."""
        for op in sorted(self.owner):
            for tensor in dict.fromkeys(self.flow.ops[op].inputs):
                self._into(self.owner[op], tensor)
        return list(self.links.values())

    def collect(self) -> list[Link]:
        """The same as it is drawn, with what leaves the view."""
        self.between()
        self._split_heads()
        self._count_skips()
        self._outputs()
        return list(self.links.values())

    def _count_skips(self) -> None:
        """How many maps one level of a U-Net hands to another across the others."""
        level = [i for i, box in enumerate(self.boxes) if box.kind == "level"]
        for link in [link for link in self.links.values() if {link.source, link.target} <= set(level)]:
            if link.target - link.source == 1:
                continue
            users = [self.flow.ops[op] for op in self.boxes[link.target].all()]
            taken = {t: op for op in users for t in op.inputs if self._made_in(link.source, t)}
            names = {op.name for op in taken.values()}
            word = next((word for name, word in _WAYS.items() if name in names), "")
            label = f"{word} × {len(taken)}" if len(taken) > 1 else word
            self.links[link.source, link.target, ""] = dataclasses.replace(link, kind="branch", label=label)

    def _made_in(self, box: int, tensor: int) -> bool:
        return self.owner.get(self.flow.tensors[tensor].producer) == box

    def _split_heads(self) -> None:
        """Q, K and V that one operation makes get a box each, as those have that are cut one by one."""
        letters = sorted((link for link in self.links.values() if link.label), key=lambda link: "QKV".find(link.label))
        for link in letters:
            pair = (link.source, link.target)
            if self.boxes[link.source].children or sum((o.source, o.target) == pair for o in letters) < 2:
                continue
            split = len(self.flow.tensors[link.tensor].shape) > 3
            heads = self.boxes[link.target].facts["held"].get(link.label, "") if split else ""
            middle = len(self.boxes)
            self.boxes.append(Block(link.label, "reshape", heads, self.boxes[link.source].path, kind="split"))
            self.inside[middle] = link.target
            del self.links[link.source, link.target, link.label]
            whole = self._made_by(link.source)
            self.links[link.source, middle, ""] = Link(link.source, middle, whole)
            self.links[middle, link.target, link.label] = Link(middle, link.target, link.tensor, label=link.label)

    def _made_by(self, box: int) -> int:
        """The result of the projection in a box, before it is cut."""
        return next(
            op.outputs[0]
            for op in map(self.flow.ops.__getitem__, self.boxes[box].ops)
            if op.macs or not self.flow.is_shape(op.id)
        )

    def _into(self, target: int, tensor: int) -> None:
        if self.owner.get(self.flow.tensors[tensor].producer) == target:
            return
        tensor = self._passed(target, self._from_outside(tensor))
        source = self.owner.get(self.flow.tensors[tensor].producer)
        if source is None:
            source = self._outside(target, tensor)
        if source is None or source == target:
            return
        label = self._letter(target, tensor)
        first = self.links.get((source, target, label))
        if first is None:
            self.links[source, target, label] = Link(source, target, tensor, label=label)
        elif self.boxes[source].repeat > 1 and self._shape(first.tensor) != self._shape(tensor):
            self.links[source, target, label] = dataclasses.replace(first, varies=True)

    def _shape(self, tensor: int) -> tuple[int, ...]:
        return self.flow.tensors[tensor].shape

    def _from_outside(self, tensor: int) -> int:
        """Words and learned tensors as they are, though another box has moved them too."""
        origin = self.flow.origin(tensor)[0]
        words = origin.kind == "input" and "int" in origin.dtype
        box = self.owner.get(self.flow.tensors[tensor].producer)
        learned = origin.kind == "parameter" and not (box is not None and self._only_moves(box))
        return origin.id if words or learned else tensor

    def _passed(self, target: int, tensor: int) -> int:
        """What only changes its shape in a box that works on it too comes from before that box.

        A target that takes results of the box as well, as experts do of their router, takes it with these; what only
        joins tensors shows every one of them.
        """
        box, given = self.owner.get(self.flow.tensors[tensor].producer), tensor
        while box is not None and self.owner.get(self.flow.tensors[given].producer) == box:
            made = self.flow.tensors[given].producer
            if not self.flow.is_shape(made):
                return tensor
            given = self.flow.ops[made].inputs[0]
        with_results = self.boxes[target].role not in _JOINS and box in self._feeding(target)
        if box is None or given == tensor or with_results:
            return tensor
        return tensor if self._only_moves(box) else given

    def _only_moves(self, box: int) -> bool:
        """True for a box that is drawn for what it does to a shape, or for the rows that it picks of a table."""
        return all(map(self.flow.is_shape, self.boxes[box].one()))

    def _feeding(self, target: int) -> set[int]:
        """Boxes that a box takes more from than other shapes of what they are given."""
        if target not in self.feeding:
            used = {t for op in self.boxes[target].all() for t in self.flow.ops[op].inputs}
            makers = {self.flow.tensors[t].producer for t in used}
            self.feeding[target] = {self.owner[op] for op in makers & self.owner.keys() if not self.flow.is_shape(op)}
        return self.feeding[target]

    def _letter(self, target: int, tensor: int) -> str:
        """Q, K or V for what enters the core of attention."""
        if self.boxes[target].kind != "attention_core":
            return ""
        views = self._views_of(tensor)
        letters: dict[int, str] = self.boxes[target].facts["letters"]
        return next((letter for entering, letter in letters.items() if entering in views), "")

    def _views_of(self, tensor: int) -> set[int]:
        found, todo = {tensor}, [tensor]
        while todo:
            for user in self.flow.users.get(todo.pop(), ()):
                if self.flow.is_shape(user):
                    todo.extend(out for out in self.flow.ops[user].outputs if out not in found)
                    found.update(self.flow.ops[user].outputs)
        return found

    def _outside(self, target: int, tensor: int) -> int | None:
        """A box for a tensor that comes from outside the view; None for weights and tables."""
        masks: dict[int, str] = self.boxes[target].facts.get("masks", {})
        if tensor in masks:
            return self._mask(target, tensor, masks[tensor])
        if self.flow.is_constant(tensor):
            return self._encoding(target, tensor)
        origin = self.flow.origin(tensor)[0]
        if origin.kind == "parameter":
            if origin.id not in self._asking:
                self._asking[origin.id] = asks(self.flow, origin.id, self.queries)
            asking = self._asking[origin.id]
            label = "Learned queries" if asking else self._learned(target, tensor, origin)
            if not label:
                return None
            module, _, attribute = origin.name.rpartition(".")
            source = Block(label, "parameter", _times(origin.shape), module, attribute, facts={"tensor": origin.id})
            return self._source(origin.id if asking else (target, origin.id), source)
        producer = self.flow.tensors[tensor].producer
        if producer >= 0 and not self.flow.is_data(producer):
            return None
        name = self.flow.tensors[tensor].name or UNNAMED
        return self._source(tensor, Block(name, "input", facts={"tensor": tensor}))

    def _mask(self, target: int, tensor: int, words: str) -> int:
        """What meets the scores stands beside its core, inside the frame, also where several cores take it."""
        box = Block(self.flow.tensors[tensor].name or words, "input", kind="mask", facts={"tensor": tensor})
        source = self._source((target, tensor), box)
        self.inside[source] = target
        return source

    def _encoding(self, target: int, table: int) -> int | None:
        """Positions that are added as sines and cosines; every other constant is no box."""
        if self.boxes[target].facts.get("table") != table:
            return None
        return self._source((target, table), Block("Positional encoding", "position", "sines and cosines"))

    def _as_joined(self, box: Block, weight: Tensor) -> Tensor:
        """A weight in the shape in which the box joins it."""
        taken = (t for op in box.ops if not self.flow.is_shape(op) for t in self.flow.ops[op].inputs)
        return next((self.flow.tensors[t] for t in taken if self.flow.origin(t)[0].id == weight.id), weight)

    def _learned(self, target: int, tensor: int, origin: Tensor) -> str:
        """What a learned tensor is that a box joins or a stack adds to its stream; "" for the weights of a layer."""
        box = self.boxes[target]
        if sum(n > 1 for n in origin.shape) < 1:
            return ""
        if not box.children and box.role in _JOINS and not self._is_given(target, origin.id):
            return self._joined(box, self._as_joined(box, origin))
        if self._is_given(target, origin.id) or is_worked_on(self.flow, box, origin):
            return called(box, origin)
        return self._added(box, tensor, origin) if box.children else ""

    def _is_given(self, target: int, weight: int) -> bool:
        """True for what layers in a box work on as they do on data."""
        if weight not in self._given:
            views = self._views_of(weight)
            users = {op for view in views for op in self.flow.users.get(view, ()) if op in self.owner}
            users -= self.flow.prepared
            given = {op for op in users if not views.isdisjoint(given_and_held(self.flow.ops[op])[0])}
            self._given[weight] = {self.owner[op] for op in given}
        return target in self._given[weight]

    def _added(self, box: Block, tensor: int, origin: Tensor) -> str:
        """A table that every copy of a stack adds to its stream."""
        if box.repeat < 2 or len(origin.shape) < 2:
            return ""
        users = {op for view in self._views_of(tensor) for op in self.flow.users.get(view, ())}
        adds = {op for op in users if self.flow.ops[op].name == "add"}
        everywhere = bool(adds) and not any(adds.isdisjoint(copy.one()) for copy in (box, *box.copies))
        return "Position embedding" if everywhere else ""

    def _joined(self, box: Block, weight: Tensor) -> str:
        """What a learned tensor is by what joins it; what is added to all positions alike is a bias."""
        if box.role == "concat" and self._widens(box, weight):
            return called(box, self.flow.origin(weight.id)[0])
        if box.role == "concat":
            return "Class token" if any(other.label == "First token" for other in self.boxes) else "Learned token"
        if box.role != "add":
            return "Learned offset" if box.role == "subtract" else "Learned scale"
        laws = self.flow.tensors[self.flow.ops[box.ops[-1]].outputs[0]].symbols
        aligned = list(zip(reversed(weight.shape), reversed(laws), strict=False))
        grows = any(not law.isdigit() and law != "batch" for law in laws)
        placed = any(size > 1 and not law.isdigit() for size, law in aligned)
        return "Position embedding" if placed or not grows else "Learned bias"

    def _widens(self, box: Block, weight: Tensor) -> bool:
        """True where a box gives each position more features and no further positions."""
        joined = (self.flow.ops[op].outputs[0] for op in box.ops if not self.flow.is_shape(op))
        return all(self._shape(tensor)[-1] != weight.shape[-1] for tensor in joined)

    def _source(self, key: int | tuple[int, int], box: Block) -> int:
        if key not in self.sources:
            self.sources[key] = len(self.boxes)
            self.boxes.append(box)
        return self.sources[key]

    def _outputs(self) -> None:
        for output in outputs(self.flow, self._leaving()):
            self.links[output.source, len(self.boxes), ""] = Link(output.source, len(self.boxes), output.tensor)
            self.boxes.append(Block(output.name, "output", facts={"tensor": output.tensor}))

    def _leaving(self) -> Iterator[tuple[int, int]]:
        """Boxes and those of their tensors that the model gives or that are used outside the view."""
        for op in sorted(self.owner):
            for tensor in self.flow.ops[op].outputs:
                users = self.flow.users.get(tensor, ())
                outside = op in self.flow.fed and any(u not in self.owner and self.flow.is_data(u) for u in users)
                if tensor in self.flow.outputs or outside:  # a table of weights that others use too is no result
                    yield self.owner[op], tensor


def _times(shape: tuple[int, ...]) -> str:
    return " × ".join(str(n) for n in shape if n > 1) or "1"
