"""Tensors that a forward handles -> one record for each value that they hold; a write in place makes a new value."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import Any

import torch
from torch import nn

from boardwork.meta.values import bytes_of, storage_of, whole
from boardwork.trace.doubles import other_size
from boardwork.trace.records import Op, Tensor, Weight


class Identities:
    """Who is who. Keeps every tensor alive, so that ids stay unique."""

    def __init__(self) -> None:
        self.records: list[Tensor] = []
        self.storages: list[int] = []
        self._places: dict[int, int] = {}
        self._held: dict[int, int] = {}
        self._known: dict[int, int] = {}
        self._alive: list[Any] = []
        self._written: dict[int, tuple[int, int]] = {}
        self._weights: dict[int, int] = {}

    def keep(self, tensor: torch.Tensor) -> None:
        """Keep alive a tensor that has no record."""
        self._alive.append(tensor)

    def same(self, tensor: torch.Tensor, other: torch.Tensor, ops: list[Op]) -> None:
        """`tensor` is another handle on the value of `other`."""
        self.keep(tensor)
        self._known[id(tensor)] = self.of(other, ops)

    def last(self, tensor: torch.Tensor) -> int:
        """Id of the last value that an operation met, -1 if none did."""
        return self._known.get(id(tensor), -1)

    def of(self, tensor: torch.Tensor, ops: list[Op]) -> int:
        """Id of the tensor's present value; one never seen before is a view made out of sight, or a constant."""
        known = self._known.get(id(tensor))
        if known is None:
            weight = self._weights.get(storage_of(tensor)) if self._weights else None
            if weight is not None and self.records[weight].size == whole(tensor).numel():
                return self.new(tensor, self.records[weight].kind, name=self.records[weight].name)
            return self._out_of_sight(tensor)
        write = self._written.get(storage_of(tensor)) if self._written else None
        if write is not None and write[0] != known and write[1] > self.records[known].producer:
            return self._rewritten(tensor, write[1], ops)
        return known

    def _out_of_sight(self, tensor: torch.Tensor) -> int:
        """All that a storage held last, for a view of it that no operation made, as torch.vmap's; else a constant."""
        held = self._held.get(self._places.get(storage_of(tensor), -1), -1)
        if (
            held < 0
            or self.records[held].kind not in ("op", "input")
            or self.records[held].size != whole(tensor).numel()
        ):
            return self.new(tensor, "constant")
        self.keep(tensor)
        self._known[id(tensor)] = held
        return held

    def _rewritten(self, tensor: torch.Tensor, op: int, ops: list[Op]) -> int:
        """Another view of this storage was written: the same operation makes this tensor's new value."""
        new = self.new(tensor, "op", producer=op)
        old = ops[op]
        ops[op] = dataclasses.replace(old, outputs=(*old.outputs, new))
        return new

    def wrote(self, tensor: torch.Tensor, op: int) -> None:
        """Operation `op` changed the memory behind `tensor`, whose record is made already."""
        self._written[storage_of(tensor)] = (self._known[id(tensor)], op)

    def new(self, tensor: torch.Tensor, kind: str, *, producer: int = -1, name: str = "") -> int:
        """A record for a value not seen before; its id."""
        shape = () if nn.parameter.is_lazy(tensor) else tuple(map(other_size, whole(tensor).shape))
        record = Tensor(
            len(self.records), shape, dtype_name(tensor.dtype), producer, kind, name, (), self._storage(tensor)
        )
        self.records.append(record)
        self._alive.append(tensor)
        self._known[id(tensor)] = record.id
        self._held[record.storage] = record.id
        return record.id

    def _storage(self, tensor: torch.Tensor) -> int:
        """Place of the tensor's memory among the storages, -1 while it has none."""
        if nn.parameter.is_lazy(tensor):
            return -1
        place = self._places.setdefault(storage_of(tensor), len(self.storages))
        if place == len(self.storages):
            self.storages.append(bytes_of(tensor))
        return place

    def weights(self, model: nn.Module) -> tuple[Weight, ...]:
        """A record for every parameter and buffer of the model; tied ones are one."""
        weights = []
        for tensor, names, is_parameter in _stored(model):
            record = self.new(tensor, "parameter" if is_parameter else "buffer", name=names[0])
            if not nn.parameter.is_lazy(tensor):
                self._weights[storage_of(tensor)] = record
            size = tensor.numel() * tensor.element_size()
            shape, trainable = tuple(tensor.shape), tensor.requires_grad
            weights.append(Weight(names, shape, dtype_name(tensor.dtype), size, trainable, is_parameter))
        return tuple(weights)


def _stored(model: nn.Module) -> list[tuple[torch.Tensor, tuple[str, ...], bool]]:
    """(tensor, every path that leads to it, whether it is a parameter)."""
    found: dict[int, tuple[torch.Tensor, dict[str, None], bool]] = {}
    for prefix, module in model.named_modules(remove_duplicate=False):
        for store, is_parameter in ((module._parameters, True), (module._buffers, False)):
            for name, tensor in store.items():
                if tensor is not None and not nn.parameter.is_lazy(tensor):
                    path = f"{prefix}.{name}".lstrip(".").replace("_orig_mod.", "")
                    found.setdefault(id(tensor), (tensor, {}, is_parameter))[1].setdefault(path)
    return [(tensor, tuple(names), is_parameter) for tensor, names, is_parameter in found.values()]


@cache
def dtype_name(dtype: torch.dtype) -> str:
    """`float32`, without torch in front."""
    return str(dtype).removeprefix("torch.")
