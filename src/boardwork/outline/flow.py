"""Trace -> its data flow indexed: who makes a tensor, who uses it, which operations carry no meaning of their own."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator
from itertools import islice

from boardwork.trace.records import Op, Tensor, Trace

# Operations that move or relabel elements and compute nothing.
SHAPE_OPS = frozenset([
    "view", "reshape", "transpose", "permute", "contiguous", "unsqueeze", "squeeze", "expand", "expand_as",
    "unflatten", "flatten", "movedim", "t", "T", "mT", "view_as", "reshape_as", "clone", "detach", "alias",
    "positive", "to", "type", "float", "half", "bfloat16", "double", "type_as", "long", "int", "bool", "cpu",
    "cuda", "getitem", "select", "narrow", "unbind", "chunk", "split", "split_with_sizes", "tensor_split",
    "repeat_interleave", "repeat", "broadcast_to", "ravel", "dropout", "alpha_dropout", "feature_dropout",
    "dropout1d", "dropout2d", "dropout3d", "rearrange", "_maybe_cast", "index_select", "is_floating_point",
    "requires_grad", "as_strided", "to_dense", "size", "numel", "broadcast_tensors", "swapdims", "data",
])  # fmt: skip
# Operations that take a tensor for its shape and dtype alone.
_FILLED = frozenset(
    ["new_zeros", "new_ones", "new_full", "new_empty", "zeros_like", "ones_like", "full_like", "empty_like"]
)

# Operations that take the elements of their first tensor at the places that the others tell.
_LOOKUPS = ("getitem", "index_select", "gather", "take_along_dim", "take")

_TABLE = 2  # axes of a table of rows
_NEAR = 24  # operations before the places of a look-up

# Operations that take their second tensor for the same.
_AS = frozenset(["expand_as", "view_as", "reshape_as", "type_as"])

# What layers call their weights -> what they call that which they work on; a cell's first two have no names.
_GIVEN = {"weight": frozenset(["input"]), "weights": frozenset(["input", "hx"])}
_CELL = frozenset(["0", "1"])


class Flow:
    """Read-only queries over one trace; every step is linear in its operations. What is asked often is kept."""

    def __init__(self, trace: Trace) -> None:
        self.trace, self.tensors = trace, trace.tensors
        self.ops = tuple(_of_values(op) if op.name in _FILLED or op.name in _AS else op for op in trace.ops)
        self.users: dict[int, list[int]] = {}
        for op in self.ops:
            for tensor in dict.fromkeys(op.inputs):
                self.users.setdefault(tensor, []).append(op.id)
        self._readings: dict[tuple[int, str], list[tuple[float, ...]]] = {}
        for table in trace.tables:
            self._readings.setdefault((table.tensor, table.kind), []).append(table.numbers)
        self._origins: dict[int, tuple[Tensor, tuple[int, ...]]] = {}
        self.outputs = {tensor for _, tensor in trace.outputs}
        self.live = self._live()
        self.fed = self._reachable("input")
        self.weighted = self._reachable("parameter")
        self._moves = frozenset(op.id for op in self.ops if op.name in SHAPE_OPS and not self.looks_up(op))
        self._data = frozenset(self.live & (self.fed | self.weighted))
        own = {tensor.id for tensor in self.tensors if tensor.kind == "parameter"}
        self._own = {op.id: own.intersection(op.inputs) for op in self.ops if not own.isdisjoint(op.inputs)}
        self._data_users: dict[int, tuple[Op, ...]] = {}
        self._data_inputs: dict[int, tuple[int, ...]] = {}
        self.prepared = self._prepared()

    def _live(self) -> set[int]:
        """Operations whose results reach an output."""
        found, wanted = set[int](), set(self.outputs)
        for op in reversed(self.ops):
            if not wanted.isdisjoint(op.outputs):
                found.add(op.id)
                wanted.update(op.inputs)
        return found

    def _reachable(self, kind: str) -> set[int]:
        """Operations that depend on a tensor of this kind."""
        found, reached = set[int](), {tensor.id for tensor in self.tensors if tensor.kind == kind}
        for op in self.ops:
            if not reached.isdisjoint(op.inputs):
                found.add(op.id)
                reached.update(op.outputs)
        return found

    def _prepared(self) -> set[int]:
        """Operations that make the weights of layers from parameters: a mask, a norm over the weights, 1 + gain."""
        found = set[int]()
        for op in reversed(self.ops):
            if op.id in self._data and op.id not in self.fed and not _works(op):
                users = self.data_users(op)
                if users and all(user.id in found or self._is_held(op, user) for user in users):
                    found.add(op.id)
        return found

    def _is_held(self, op: Op, layer: Op) -> bool:
        """True where a layer that works on the input holds what the operation makes."""
        given = given_and_held(layer)[0]
        return layer.id in self.fed and bool(given) and set(op.outputs).isdisjoint(given)

    def looks_up(self, op: Op) -> bool:
        """True for rows of a learned table at places that the input tells; those of chosen experts are weights."""
        if op.name not in _LOOKUPS or op.id not in self.weighted or len(self.tensors[op.inputs[0]].shape) != _TABLE:
            return False
        table, *places = (self._is_fed(t) for t in op.inputs)
        return not table and any(places) and not any(self._is_chosen(t) for t in op.inputs[1:])

    def _is_chosen(self, tensor: int) -> bool:
        """True for places that come from the best of some scores, as a router's choice."""
        return any(maker.name in ("topk", "sort") for maker in islice(self.makers(tensor), _NEAR))

    def _is_fed(self, tensor: int) -> bool:
        """True where an input has a part in the tensor."""
        record = self.tensors[tensor]
        return record.kind == "input" or record.producer in self.fed

    def readings(self, tensor: int, kind: str) -> list[tuple[float, ...]]:
        """What the values of a constant say of this kind, see `records.Table`."""
        return self._readings.get((tensor, kind), [])

    def is_data(self, op: int) -> bool:
        """True when the operation works on the input or on weights, and matters to an output."""
        return op in self._data

    def is_shape(self, op: int) -> bool:
        """True when the operation only moves elements."""
        return op in self._moves

    def parameters(self, ops: Iterable[int]) -> int:
        """Elements of the parameters that operations use, each parameter once."""
        used = {t for op in self._own.keys() & ops for t in self._own[op]}
        return sum(self.tensors[t].size for t in used)

    def held(self, ops: Iterable[int]) -> frozenset[int]:
        """Parameters that operations hold, also behind shape operations; not those that a layer is given as data."""
        working = (self.ops[op] for op in ops if not self.is_shape(op))
        origins = (self.origin(t)[0] for op in working for t in given_and_held(op)[1])
        return frozenset(tensor.id for tensor in origins if tensor.kind == "parameter")

    def taken(self, ops: Collection[int]) -> set[int]:
        """Activations that operations take from outside."""
        own = set(ops)
        return {t for op in own for t in self.data_inputs(self.ops[op]) if self.tensors[t].producer not in own}

    def readers(self, tensor: int) -> set[int]:
        """Operations on data that use the tensor."""
        return {user for user in self.users.get(tensor, ()) if self.is_data(user)}

    def producer(self, tensor: int) -> Op | None:
        """The operation that made the tensor."""
        index = self.tensors[tensor].producer
        return self.ops[index] if index >= 0 else None

    def makers(self, tensor: int, *, since: int = -1) -> Iterator[Op]:
        """Every operation after `since` that has a part in the tensor."""
        todo, seen = [tensor], set[int]()
        while todo:
            op = self.producer(todo.pop())
            if op is not None and op.id > since and op.id not in seen:
                seen.add(op.id)
                todo.extend(op.inputs)
                yield op

    def is_weight(self, tensor: int) -> bool:
        """True for a parameter or buffer, also behind shape operations."""
        return self.origin(tensor)[0].kind in ("parameter", "buffer")

    def is_constant(self, tensor: int) -> bool:
        """True when neither the input nor a parameter has a part in the tensor: tables, masks, scalars."""
        record = self.tensors[tensor]
        if record.producer < 0:
            return record.kind in ("buffer", "constant")
        return record.producer not in self.fed and record.producer not in self.weighted

    def is_waves(self, tensor: int) -> bool:
        """True for a constant made of sines and cosines, as positions are that are added to an embedding."""
        known = bool(self.readings(tensor, "waves"))
        return known or (self.is_constant(tensor) and {"sin", "cos"} <= {op.name for op in self.makers(tensor)})

    def origin(self, tensor: int) -> tuple[Tensor, tuple[int, ...]]:
        """Walk back through shape operations to the first tensor that none of them made; return it with them."""
        if tensor not in self._origins:
            self._origins[tensor] = self._walked(tensor)
        return self._origins[tensor]

    def _walked(self, tensor: int) -> tuple[Tensor, tuple[int, ...]]:
        passed: list[int] = []
        while True:
            record = self.tensors[tensor]
            if record.producer < 0 or not self.is_shape(record.producer):
                return record, tuple(passed)
            passed.append(record.producer)
            tensor = self.ops[record.producer].inputs[0]

    def data_inputs(self, op: Op) -> tuple[int, ...]:
        """Input tensors that carry activations: neither weights nor constants."""
        if op.id not in self._data_inputs:
            given = (t for t in op.inputs if not self.is_weight(t) and not self.is_constant(t))
            self._data_inputs[op.id] = tuple(given)
        return self._data_inputs[op.id]

    def data_users(self, op: Op) -> tuple[Op, ...]:
        """Operations that use a result of `op` and matter."""
        if op.id not in self._data_users:
            users = (u for out in op.outputs for u in self.users.get(out, ()) if u in self.live)
            self._data_users[op.id] = tuple(self.ops[u] for u in users)
        return self._data_users[op.id]

    def skip(self, op: Op | None, names: Iterable[str] = SHAPE_OPS) -> tuple[Op | None, list[int]]:
        """Walk forward from `op` through shape operations with a single user; return what comes next."""
        passed: list[int] = []
        while op is not None:
            users = self.data_users(op)
            if len(users) != 1:
                return None, passed
            op = users[0]
            if op.name not in names:
                return op, passed
            passed.append(op.id)
        return None, passed

    def next_op(self, op: Op) -> tuple[Op | None, list[int]]:
        """The only user of `op` behind shape operations, and those operations."""
        return self.skip(op)

    def convex(self, ops: frozenset[int]) -> bool:
        """True when no path of data leaves the set and comes back."""
        last, seen = max(ops), set()
        todo = [u for op in ops for u in self._after(op) if u not in ops]
        while todo:
            op = todo.pop()
            if op in seen or op > last:
                continue
            seen.add(op)
            for user in self._after(op):
                if user in ops:
                    return False
                todo.append(user)
        return True

    def between(self, ops: Collection[int]) -> set[int]:
        """Operations on paths of data that leave the set and come back."""
        after, before = set(ops), set(ops)
        for index in range(min(ops), max(ops)):
            if self.is_data(index) and any(self.tensors[t].producer in after for t in self.ops[index].inputs):
                after.add(index)
        for index in sorted(after, reverse=True):
            if not before.isdisjoint(self._after(index)):
                before.add(index)
        return before - set(ops)

    def _after(self, op: int) -> Iterator[int]:
        for out in self.ops[op].outputs:
            yield from (u for u in self.users.get(out, ()) if self.is_data(u))


def given_and_held(op: Op) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """What a layer or a recurrent cell works on, which may be learned too, and the rest; what is no layer holds all."""
    cell = _CELL if op.name.endswith("_cell") else frozenset[str]()
    named = next((given for weights, given in _GIVEN.items() if weights in op.slots), cell)
    pairs = list(zip(op.slots, op.inputs, strict=True))
    return tuple(t for slot, t in pairs if slot in named), tuple(t for slot, t in pairs if slot not in named)


def _works(op: Op) -> bool:
    """True for a layer that multiplies, be it learned what it works on."""
    return bool(op.macs) and not _GIVEN.keys().isdisjoint(op.slots)


def _of_values(op: Op) -> Op:
    """An operation of _FILLED or _AS with only those inputs whose values it takes."""
    return dataclasses.replace(op, inputs=op.inputs[: op.name in _AS], slots=op.slots[: op.name in _AS])
