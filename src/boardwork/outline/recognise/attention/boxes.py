"""One attention, read -> its boxes: projections, rotation, core, heads put together, output, and the frame."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.activation import ACTIVATIONS
from boardwork.outline.recognise.attention.bias import is_shared, learned_bias, only_for, within
from boardwork.outline.recognise.attention.branch import (
    Branch,
    branch_of,
    expands,
    held,
    is_projection,
    width_in,
    width_out,
)
from boardwork.outline.recognise.attention.core import Core
from boardwork.outline.recognise.attention.led_back import choice_facts, led_back
from boardwork.outline.recognise.attention.linear import features
from boardwork.outline.recognise.attention.mask import Mask, read
from boardwork.outline.recognise.attention.output import Output
from boardwork.outline.recognise.attention.rotation import Rotation
from boardwork.outline.recognise.attention.words import detail, formula, label, name_of_core, name_of_mask, widths
from boardwork.trace.records import Op


class Boxes:
    """The parts of one attention as patterns; `turned` by letter."""

    def __init__(
        self,
        flow: Flow,
        core: Core,
        branches: Sequence[Branch],
        turned: dict[str, Rotation],
        facts: dict[str, Any],
    ) -> None:
        self.flow, self.core, self.branches, self.turned, self.facts = flow, core, branches, turned, facts

    def patterns(self, out: Output, mask: Mask, apart: frozenset[int]) -> list[Pattern]:
        """Boxes in no order, and last the frame, which those `apart` stay out of."""
        before = (self._latents, self._projections, self._rotations, self._joins, self._features, self._places)
        boxes = [*(box for part in before for box in part()), self._core(mask), *self._bias(mask)]
        boxes += self._after(out)
        inside = frozenset(op for box in boxes for op in box.ops) | out.gated | out.normalised | out.moved
        inside |= out.concat if out.projection is not None else set()
        inside |= {op for b in self.branches if b.projection is not None for op in b.between()} | self._second()
        inside -= apart
        beside = frozenset(led_back(self.flow, self.branches, inside))
        inside |= beside
        if any(self.flow.ops[op].name == "topk" for op in beside):
            found = choice_facts(self.flow, beside, self.core.query, self.core.k_len)
            label_of = "Choice of keys" if found else "Choice of queries"
            boxes.append(Pattern("choice", beside, label_of, "attention", "the top k by score", facts=found))
        frame = Pattern(
            "attention", inside, label(self.facts), "attention", detail(self.facts), leaf=False, facts=self.facts
        )
        return [box for box in (*boxes, frame) if box.ops]

    def _second(self) -> set[int]:
        """What leads to the operands of further products, from the same projections."""
        found = set[int]()
        pairs = [*(t for pair in self.core.others for t in pair), *self.core.partners]
        for tensor in pairs:
            other = branch_of(self.flow, "", tensor)
            same = any(b.projection is not None and b.projection is other.projection for b in self.branches)
            found |= other.between() if same else set()
        return found

    def _places(self) -> Iterator[Pattern]:
        """Projections of positions, for products of their own with queries or keys."""
        for tensor in self.core.places:
            origin, passed = self.flow.origin(tensor)
            op = self.flow.producer(origin.id)
            if op is not None and is_projection(self.flow, op):
                yield self._linear(frozenset([op.id, *passed]), op, "R")

    def _after(self, out: Output) -> Iterator[Pattern]:
        if out.gated:
            product = max(out.gated)
            made = out.gated - {product} - {op for b in self.branches for op in b.walk}
            linear = any(is_projection(self.flow, self.flow.ops[op]) for op in made)
            yield Pattern("gate", frozenset([product]), "×", "multiply")
            curve = next(
                (ACTIVATIONS[name] for op in sorted(made) if (name := self.flow.ops[op].name) in ACTIVATIONS), ""
            )
            label, role = (f"Linear W_G, {curve}", "linear") if linear else (curve, "activation")
            yield Pattern("gate_layer", made, label, role)
        if out.projection is None:
            return
        if out.concat and self.facts["heads"] > 1:
            yield Pattern("concat_heads", out.concat, "Concatenate heads", "reshape", widths(self.facts))
        yield self._linear(frozenset([out.projection.id]), out.projection, "O", "project_out")

    def _linear(self, ops: frozenset[int], op: Op, letters: str, kind: str = "project") -> Pattern:
        words = ", ".join(f"W_{letter}" for letter in letters.split())
        sizes = f"{width_in(self.flow, op)} → {width_out(self.flow, op)}"
        return Pattern(kind, ops, f"Linear {words}", "linear", sizes)

    # -- before the core ------------------------------------------------------------------------------------------

    def _latents(self) -> Iterator[Pattern]:
        """The projections down to a latent."""
        downs: dict[int, list[Branch]] = {}
        for branch in self.branches:
            if branch.down is not None:
                downs.setdefault(branch.down.id, []).append(branch)
        for index, branches in downs.items():
            name = "DKV" if len(branches) > 1 else f"D{branches[0].letter}"
            yield self._linear(frozenset([index]), self.flow.ops[index], name, "project_down")

    def _projections(self) -> Iterator[Pattern]:
        by_op: dict[int, list[Branch]] = {}
        for branch in self.branches:
            if branch.projection is not None:
                by_op.setdefault(branch.projection.id, []).append(branch)
        for index, branches in by_op.items():
            up = "U" if branches[0].down is not None else ""
            letters = " ".join(up + b.letter for b in branches)
            op = self.flow.ops[index]
            if len(branches) == 1:
                yield self._linear(frozenset([index]) | self._tail(branches[0]), op, letters)
            else:
                yield from self._fused(op, branches, letters)

    def _fused(self, op: Op, branches: list[Branch], letters: str) -> Iterator[Pattern]:
        """One product for several letters, and a box for the part of each."""
        shared = frozenset.intersection(*(frozenset(b.walk) for b in branches))
        common = self._right_after(op, shared)
        normal = {i for i in common if self.flow.ops[i].name == "batch_norm"}
        box = self._linear(common | {op.id}, op, letters)
        before, _, after = box.detail.partition(" → ")
        parts, whole = len(branches), int(after)
        kept = {held(self.flow, b) for b in branches}
        if whole % parts == 0 and len(kept) == 1 and max(kept) < self.flow.tensors[op.outputs[0]].size:
            after = f"{parts} × {whole // parts}"
        label = f"{box.label}, BN" if normal else box.label
        yield Pattern(box.kind, box.ops, label, box.role, f"{before} → {after}")
        yield from self._splits(branches, shared)

    def _right_after(self, op: Op, shared: Collection[int]) -> frozenset[int]:
        """Moves of the projection's result alone, and a norm that folds into its weights."""
        made, found = set(op.outputs), set[int]()
        for i in sorted(shared):
            record = self.flow.ops[i]
            plain = self.flow.is_shape(i) or record.name == "batch_norm"
            if plain and made.issuperset(self.flow.data_inputs(record)):
                found.add(i)
                made.update(record.outputs)
        return frozenset(found)

    def _splits(self, branches: list[Branch], shared: frozenset[int]) -> Iterator[Pattern]:
        found = []
        for branch in branches:
            turned = self.turned[branch.letter].ops if branch.letter in self.turned else frozenset()
            ops = frozenset(i for i in branch.walk if self.flow.is_shape(i)) - shared - turned
            found.append(Pattern("split", ops, branch.letter, "reshape", self._heads_of(branch)))
        if all(box.ops for box in found):
            yield from found

    def _heads_of(self, branch: Branch) -> str:
        width = self.facts["d_v"] if branch.letter == "V" else self.facts["d_k"]
        heads = self.facts["heads"] if branch.letter == "Q" else self.facts["kv_heads"]
        words = f"{heads} heads × {width}" if heads > 1 else f"1 head × {width}"
        return f"{self.core.softmaxes} × {words}" if self.core.softmaxes > 1 and branch.letter != "V" else words

    def _tail(self, branch: Branch) -> frozenset[int]:
        """Reshapes after a projection, up to the expansion to all heads; joins with an empty cache."""
        assert branch.projection is not None
        if branch.letter in self.turned or branch.beside:
            return frozenset()
        passed = self.flow.skip(branch.projection)[1]
        end = next((i for i, op in enumerate(passed) if expands(self.flow, op)), len(passed))
        joined = {op for op in branch.walk if self._joins_nothing(op)}
        return frozenset(passed[:end]) & branch.walk | joined

    def _joins_nothing(self, op: int) -> bool:
        record = self.flow.ops[op]
        return record.name == "cat" and len(self.flow.data_inputs(record)) == 1

    def _rotations(self) -> Iterator[Pattern]:
        for letter, rotation in self.turned.items():
            yield Pattern("rope", rotation.ops, "RoPE", "position", self._turning(letter))

    def _turning(self, letter: str) -> str:
        """What is turned, in words."""
        width, d_k = self.facts.get("rope_width"), self.facts["d_k"]
        if letter == "K" and self.facts.get("kv_rope") == width:
            return f"rotate {width}, shared by all heads"
        return "rotate by position" if width == d_k else f"rotate {width} of {d_k} by position"

    def _joins(self) -> Iterator[Pattern]:
        """Parts that are written side by side into one tensor; parts that are scaled to length one."""
        for branch in self.branches:
            written = frozenset(op for op in branch.walk if self.flow.ops[op].name in ("copy", "setitem"))
            between = {op for op in branch.walk if min(written, default=0) < op < max(written, default=0)}
            yield Pattern("join", written | {i for i in between if self.flow.is_shape(i)}, "concatenate", "concat")
            for op in branch.walk:
                if self.flow.ops[op].name == "normalize":
                    yield Pattern("norm", frozenset([op]), "L2 norm", "norm")

    def _features(self) -> Iterator[Pattern]:
        """What makes queries and keys positive in linear attention."""
        if not self.facts.get("linear") and not self.facts.get("features"):
            return
        for b in self.branches[:2]:
            turned = self.turned[b.letter].ops if b.letter in self.turned else frozenset()
            bends = features(self.flow, b, turned)
            ops = [op for op in b.walk - turned if bends and op >= bends[0].id and not self.flow.is_shape(op)]
            words = ", ".join(ACTIVATIONS.get(op.name, op.name) for op in bends)
            yield Pattern("feature_map", frozenset(ops), "Feature map φ", "activation", words)

    # -- the core -------------------------------------------------------------------------------------------------

    def _core(self, mask: Mask) -> Pattern:
        expanded = {op for b in self.branches for op in self._expansion(b)}
        ops = self.core.ops | expanded | self._scalings() | self._own_masking(mask)
        letters: dict[int, str] = {}
        for b in self.branches:
            entering = self._entering(b.tensor, ops)
            letters[entering] = ", ".join(filter(None, (letters.get(entering), b.letter)))
        name, words = name_of_core(self.facts), formula(self.facts)
        keys = self.core.keys
        masks = {tensor: name_of_mask(read(self.flow, (tensor,), keys)) for tensor in self._meeting(ops)}
        masks |= {self.flow.origin(tensor)[0].id: mask for tensor, mask in masks.items()}
        known: dict[str, Any] = {"letters": letters, "masks": {tensor: mask for tensor, mask in masks.items() if mask}}
        known["held"] = {b.letter: self._heads_of(b) for b in self.branches}
        return Pattern("attention_core", ops, name, "attention", words, facts=known)

    def _meeting(self, ops: Collection[int]) -> Iterator[int]:
        """Masks and biases as they enter the core's box."""
        todo, seen = list(self.core.added), set[int]()
        while todo:
            tensor = todo.pop(0)
            op = self.flow.producer(tensor)
            if tensor in seen or self.flow.tensors[tensor].size < 2:
                continue
            seen.add(tensor)
            if op is not None and op.id in ops:
                todo.extend(op.inputs)
            else:
                yield tensor

    def _own_masking(self, mask: Mask) -> set[int]:
        """What makes the mask of this core alone, also where it puts a bias that others use too together with it.

        What a module round the attention makes of its own, such as a mask of what it has predicted, stays there.
        """
        bias = learned_bias(self.flow, mask, self.core)
        shared = bias is not None and is_shared(self.flow, bias, self.core)
        own = set(mask.bias_ops - bias.ops) if bias is not None and shared else set[int]()
        own |= only_for(self.flow, mask.made - mask.bias_ops, self.core)
        return within(self.flow, own, [self.core.last.id, *(op.id for b in self.branches for op in b.ends)])

    def _entering(self, tensor: int, ops: Collection[int]) -> int:
        """The tensor before what the core's box takes in: a scaling, an expansion."""
        op = self.flow.producer(tensor)
        while op is not None and op.id in ops:
            tensor = next(iter(self.flow.data_inputs(op)), op.inputs[0])
            op = self.flow.producer(tensor)
        return tensor

    def _expansion(self, branch: Branch) -> tuple[int, ...]:
        """From the last operation that repeats elements to the core."""
        passed = self.flow.origin(branch.tensor)[1]
        return passed[: 1 + max((i for i, op in enumerate(passed) if expands(self.flow, op)), default=-1)]

    def _scalings(self) -> set[int]:
        """Products with a number right before the core belong to its formula."""
        found = set()
        for branch in self.branches[:2]:
            origin, passed = self.flow.origin(branch.tensor)
            op = self.flow.producer(origin.id)
            alone = op is not None and len(self.flow.data_inputs(op)) == 1
            if op is not None and alone and op.id in branch.walk and op.name in ("mul", "div") and not self._table(op):
                found |= {op.id, *passed}
        return found

    def _table(self, op: Op) -> bool:
        return any(self.flow.tensors[t].size > 1 for t in op.inputs if t not in self.flow.data_inputs(op))

    def _bias(self, mask: Mask) -> Iterator[Pattern]:
        """A learned bias that this attention alone uses is part of it."""
        bias = learned_bias(self.flow, mask, self.core)
        if bias is not None and not is_shared(self.flow, bias, self.core):
            yield bias
