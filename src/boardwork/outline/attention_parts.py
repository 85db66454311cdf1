"""One attention, from its core outwards -> Q, K, V projections, rotation, heads, output projection; its numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from boardwork.outline.attention_words import detail, label, widths
from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.outline.low_rank import adaptations
from boardwork.outline.scale import factor
from boardwork.trace.records import Op

_ON_BRANCH = frozenset(
    [
        "mul",
        "add",
        "sub",
        "neg",
        "cat",
        "stack",
        "div",
        "rms_norm",
        "layer_norm",
        "normalize",
        "view_as_complex",
        "view_as_real",
    ]
)
_STATISTICS = frozenset(("pow", "mean", "rsqrt", "square"))
_EXPANDING = frozenset(("expand", "repeat_interleave", "repeat", "broadcast_to"))
PROJECTIONS = ("linear", "addmm", "conv1d", "conv2d")

# operations, the last of them, (Q, K, V) as they enter, scale
Core = tuple[set[int], Op, tuple[int, int, int], float]


@dataclass
class Branch:
    """What stands between a projection and the core, for Q, K or V."""

    letter: str
    tensor: int
    projection: Op | None = None
    walk: set[int] = field(default_factory=set)
    beside: frozenset[int] = frozenset()


class AttentionParts:
    """Reads one attention from its core outwards."""

    def __init__(self, flow: Flow, core: set[int], last: Op, tensors: tuple[int, int, int], scale: float) -> None:
        self.flow, self.core, self.last, self.scale = flow, core, last, scale
        self.branches = [Branch(letter, tensor) for letter, tensor in zip("QKV", tensors, strict=True)]
        for branch in self.branches:
            self._walk(branch)

    def _walk(self, branch: Branch) -> None:
        """Back to the projection, through shape operations and what is done to queries and keys on the way."""
        todo, ends = [branch.tensor], set()
        while todo:
            op = self.flow.producer(todo.pop())
            if op is None or not self.flow.is_data(op.id):
                continue
            if self.flow.is_shape(op.id) or op.name in _ON_BRANCH or op.name in _STATISTICS:
                if op.id not in branch.walk:
                    branch.walk.add(op.id)
                    todo.extend(self.flow.data_inputs(op))
            else:
                ends.add(op.id)
        adapted = next((a for a in adaptations(self.flow, branch.walk) if ends <= a.ops), None)
        if adapted is not None:
            ends, branch.beside = {adapted.base}, adapted.ops - {adapted.base}
            branch.walk -= branch.beside
        if len(ends) == 1:
            end = self.flow.ops[ends.pop()]
            if end.name in PROJECTIONS:
                branch.projection = end
                return
        branch.walk = self._shape_tail(branch.tensor)

    def _shape_tail(self, tensor: int) -> set[int]:
        return set(self.flow.origin(tensor)[1])

    # -- numbers --------------------------------------------------------------------------------------------------

    def facts(self, out: Op | None) -> dict[str, Any]:
        shapes = {b.letter: self.flow.tensors[b.tensor].shape for b in self.branches}
        d_k, d_v, q_len = shapes["Q"][-1], shapes["V"][-1], shapes["Q"][-2]
        k_len = shapes["V"][-2]
        rows = self._rows()
        heads = self._width(out) // d_v if out is not None else (shapes["Q"][-3] if len(shapes["Q"]) > 3 else 1)
        q, k = self.branches[0].projection, self.branches[1].projection
        projections = {p.id: p for p in (b.projection for b in self.branches) if p is not None}
        if out is not None:
            projections[out.id] = out
        facts: dict[str, Any] = {
            "heads": heads,
            "kv_heads": max(1, self._held(self.branches[1]) * heads // max(1, rows * d_k * k_len // q_len)),
            "d_k": d_k,
            "d_v": d_v,
            "scale": self.scale * self._branch_scale(),
            "q_len": q_len,
            "k_len": k_len,
            "scores": rows * k_len,
            "causal": self._causal(),
            "rope": any(self._rotated(b) for b in self.branches[:2]),
            "cross": q is not None and k is not None and q.id != k.id and self._source(q) != self._source(k),
            **self._weights(projections),
        }
        if q is not None:
            facts["d_model"] = self.flow.tensors[self._input(q)].shape[-1]
        if out is not None:
            facts["d_out"] = self.flow.tensors[out.outputs[0]].shape[-1]
        core_macs = sum(self.flow.ops[op].macs for op in self.core)
        facts["macs"] = core_macs + sum(p.macs for p in projections.values())
        return facts

    def _branch_scale(self) -> float:
        """Queries or keys may be scaled before the product."""
        scale = 1.0
        for branch in self.branches[:2]:
            for op in branch.walk:
                if len(self.flow.data_inputs(self.flow.ops[op])) == len(self.flow.ops[op].inputs) == 1:
                    scale *= factor(self.flow.ops[op])
        return scale

    def _rows(self) -> int:
        query = self.flow.tensors[self.branches[0].tensor]
        return query.size // query.shape[-1]

    def _width(self, out: Op) -> int:
        return self.flow.tensors[self._input(out)].shape[-1]

    def _input(self, projection: Op) -> int:
        slot = projection.slot("input")
        return projection.inputs[0] if slot is None else slot

    def _source(self, projection: Op) -> int:
        return self.flow.origin(self._input(projection))[0].id

    def _held(self, branch: Branch) -> int:
        """Distinct elements of K or V: what the tensor held before it was expanded to all heads."""
        expanded = [self.flow.ops[op] for op in branch.walk if self._expands(op)]
        held = [self.flow.tensors[op.inputs[0]].size for op in expanded]
        return min([self.flow.tensors[branch.tensor].size, *held])

    def _causal(self) -> bool:
        if self.last.attrs.get("is_causal") is True:
            return True
        masks = [t for op in self.core for t in self.flow.ops[op].inputs if self.flow.is_constant(t)]
        return any(self._triangular(mask) for mask in masks)

    def _triangular(self, mask: int) -> bool:
        """True when the mask was made by tril, triu or by comparing positions, or cut from one square table."""
        todo, seen = [mask], set()
        while todo:
            op = self.flow.producer(todo.pop())
            if op is None or op.id in seen:
                continue
            seen.add(op.id)
            if op.name in ("tril", "triu", "le", "lt", "ge", "gt") or self._cut_square(op):
                return True
            todo.extend(op.inputs)
        return False

    def _cut_square(self, op: Op) -> bool:
        """True for the upper left corner of a square table: a mask that serves every length is causal."""
        if op.name != "getitem" or not op.inputs or self.flow.tensors[op.inputs[0]].kind != "buffer":
            return False
        table, part = (self.flow.tensors[t].shape for t in (op.inputs[0], op.outputs[0]))
        square = len(table) > 1 and table[-1] == table[-2] and part[-2:] == (part[-1], part[-1])
        return square and all(n == 1 for n in table[:-2])

    def _weights(self, projections: dict[int, Op]) -> dict[str, int]:
        params = bias = 0
        for op in projections.values():
            for slot, tensor in zip(op.slots, op.inputs, strict=True):
                record = self.flow.origin(tensor)[0]
                if record.kind == "parameter":
                    params += self.flow.tensors[tensor].size  # of a packed weight the slice that is used
                    bias += self.flow.tensors[tensor].size if slot == "bias" else 0
        return {"params": params, "bias": bias}

    # -- boxes ----------------------------------------------------------------------------------------------------

    def patterns(self) -> list[Pattern]:
        out, concat = self.flow.skip(self.last)
        out = out if out is not None and out.name in PROJECTIONS else None
        facts = self.facts(out)
        boxes = [*self._projections(), *self._rotations(), self._core(facts)]
        if out is not None:
            if concat and facts["heads"] > 1:
                boxes.append(self._box("concat_heads", set(concat), "Concatenate heads", "reshape", widths(facts)))
            boxes.append(self._box("project_out", {out.id}, "Linear W_O", "linear", self._in_out(out)))
        everything = frozenset(op for box in boxes for op in box.ops) | self._between()
        frame = Pattern("attention", everything, label(facts), "attention", detail(facts), leaf=False, facts=facts)
        return [box for box in (*boxes, frame) if box.ops]

    def _box(self, kind: str, ops: set[int], label: str, role: str, detail: str = "") -> Pattern:
        return Pattern(kind, frozenset(ops), label, role, detail)

    def _in_out(self, op: Op) -> str:
        source, result = self.flow.tensors[self._input(op)], self.flow.tensors[op.outputs[0]]
        axis = 1 if op.name.startswith("conv") else -1
        return f"{source.shape[axis]} → {result.shape[axis]}"

    def _projections(self) -> Iterator[Pattern]:
        by_op: dict[int, list[Branch]] = {}
        for branch in self.branches:
            if branch.projection is not None:
                by_op.setdefault(branch.projection.id, []).append(branch)
        for index, branches in by_op.items():
            op = self.flow.ops[index]
            letters = ", ".join(f"W_{b.letter}" for b in branches)
            if len(branches) == 1:
                after = (
                    self._after_projection(op) | self._cached(branches[0]) if not self._rotated(branches[0]) else set()
                )
                yield self._box("project", {index} | after, f"Linear {letters}", "linear", self._in_out(op))
                continue
            source, result = self.flow.tensors[self._input(op)], self.flow.tensors[op.outputs[0]]
            equal = result.shape[-1] % len(branches) == 0 and len({self._split_width(b) for b in branches}) == 1
            width = f"{len(branches)} × {result.shape[-1] // len(branches)}" if equal else str(result.shape[-1])
            yield self._box(
                "project",
                {index} | self._common(branches),
                f"Linear {letters}",
                "linear",
                f"{source.shape[-1]} → {width}",
            )
            yield from (self._split(branch, branches) for branch in branches)

    def _after_projection(self, op: Op) -> set[int]:
        """Reshapes up to the expansion to all heads, which belongs to the core."""
        passed = self.flow.skip(op)[1]
        end = next((i for i, index in enumerate(passed) if self._expands(index)), len(passed))
        return set(passed[:end])

    def _cached(self, branch: Branch) -> set[int]:
        """Joins with an empty cache, of one branch."""
        ops = (self.flow.ops[i] for i in branch.walk)
        return {op.id for op in ops if op.name == "cat" and len(self.flow.data_inputs(op)) == 1}

    def _common(self, branches: list[Branch]) -> set[int]:
        shared = set.intersection(*(b.walk for b in branches))
        return {op for op in shared if self.flow.is_shape(op)}

    def _split(self, branch: Branch, branches: list[Branch]) -> Pattern:
        """The part of a fused projection that becomes Q, K or V."""
        ops = {op for op in branch.walk - self._common(branches) if self.flow.is_shape(op)}
        rotated = self._rotation(branch)
        ops = {op for op in ops if op not in rotated}
        width = self._size(branch)[1]
        heads = self._width_of(branch) // width
        words = f"{heads} heads × {width}" if heads > 1 else f"1 head × {width}"
        return self._box("split", ops, branch.letter, "reshape", words)

    def _split_width(self, branch: Branch) -> int:
        return self._held(branch)

    def _width_of(self, branch: Branch) -> int:
        return self._held(branch) // (self._sequences(branch) * self._size(branch)[0])

    def _size(self, branch: Branch) -> tuple[int, int]:
        """Length and width of one head; keys may enter transposed, so they are measured by what they meet."""
        query, _, value = (self.flow.tensors[b.tensor].shape for b in self.branches)
        return {"Q": query[-2:], "K": (value[-2], query[-1]), "V": value[-2:]}[branch.letter]  # type: ignore[return-value]

    def _sequences(self, branch: Branch) -> int:
        """Sequences in the batch: rows of the projection's input over the length."""
        assert branch.projection is not None
        source = self.flow.tensors[self._input(branch.projection)]
        return max(1, source.size // source.shape[-1] // self._size(branch)[0])

    def _rotated(self, branch: Branch) -> bool:
        return bool(self._rotation(branch))

    def _rotation(self, branch: Branch) -> set[int]:
        """Products with tables of constants: x cos + rotate(x) sin, in either layout."""
        if branch.projection is None:
            return set()
        turned = {
            op
            for op in branch.walk
            if self.flow.ops[op].name == "mul" and any(self._is_table(t) for t in self.flow.ops[op].inputs)
        }
        if not turned:
            return set()
        arithmetic = {op for op in branch.walk if not self.flow.is_shape(op)}
        end = max(arithmetic)
        start = min(self._fan_out(branch), min(arithmetic))
        return {op for op in branch.walk if start < op <= end and op not in self.flow.skip(branch.projection)[1]}

    def _fan_out(self, branch: Branch) -> int:
        assert branch.projection is not None
        passed = self.flow.skip(branch.projection)[1]
        return max([branch.projection.id, *passed])

    def _is_table(self, tensor: int) -> bool:
        return self.flow.is_constant(tensor) and self.flow.tensors[tensor].size > 1

    def _rotations(self) -> Iterator[Pattern]:
        for branch in self.branches:
            ops = self._rotation(branch)
            if ops:
                yield self._box("rope", ops, "RoPE", "position", "rotate by position")

    def _core(self, facts: dict[str, Any]) -> Pattern:
        tail = {op for b in self.branches for op in self.flow.origin(b.tensor)[1] if self._expands(op)}
        unit = abs(facts["scale"] - 1) < 1e-9
        scaled = (
            ""
            if unit
            else " / √d_k"
            if abs(facts["scale"] - facts["d_k"] ** -0.5) < 1e-9
            else f" · {facts['scale']:.4g}"
        )
        formula = f"softmax(Q Kᵀ{scaled}{' + mask' if facts['causal'] else ''}) V"
        name = "Scaled dot-product attention" if facts["scale"] != 1 else "Dot-product attention"
        tail |= self._scalings()
        return Pattern("attention_core", frozenset(self.core | tail), name, "attention", formula)

    def _scalings(self) -> set[int]:
        """Products with a number right before the core belong to its formula."""
        found = set()
        for branch in self.branches[:2]:
            op = self.flow.producer(self.flow.origin(branch.tensor)[0].id)
            if op is not None and op.id in branch.walk and op.name in ("mul", "div") and len(op.inputs) == 1:
                found |= {op.id, *self.flow.origin(branch.tensor)[1]}
        return found

    def _expands(self, op: int) -> bool:
        return self.flow.ops[op].name in _EXPANDING

    def _between(self) -> frozenset[int]:
        return frozenset(op for b in self.branches if b.projection is not None for op in (*b.walk, *b.beside))
