"""A forward -> bytes of activations, watched from below the API: what Python kept alive, and what kernels needed."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class Storages(TorchDispatchMode):
    """Every storage that a kernel touches: bytes alive now, and the first and last call of the API that touched it."""

    def __init__(self, model: nn.Module, inputs: list[torch.Tensor], *, keep: bool) -> None:
        super().__init__()
        self.keep, self.kept = keep, []
        self.weights = set(places([*model.parameters(), *model.buffers()]))
        self.now = self.call = 0
        self.bytes: dict[int, int] = {}
        self.span: dict[int, tuple[int, int]] = {}
        self.touch(inputs)

    def touch(self, values: Any) -> None:
        for tensor in tensors(values):
            storage = tensor.untyped_storage()
            key = storage._cdata
            if key in self.weights:
                continue
            if key not in self.bytes:
                self.bytes[key] = storage.nbytes()
                self.now += storage.nbytes()
                if self.keep:
                    self.kept.append(tensor)
                else:
                    weakref.finalize(storage, self._free, key)
            self.span[key] = (self.span.get(key, (self.call,))[0], self.call)

    def read(self, values: Any) -> None:
        for key in places(values):
            if key in self.span:
                self.span[key] = (self.span[key][0], self.call)

    def _free(self, key: int) -> None:
        self.now -= self.bytes.pop(key)

    def __torch_dispatch__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        self.touch((args, kwargs, out))
        return out


class AfterEachCall(TorchFunctionMode):
    """Looks when a function of torch's API returns: what a kernel needs inside is gone by then."""

    def __init__(self, storages: Storages) -> None:
        super().__init__()
        self.storages, self.most, self.returned = storages, 0, set()

    def __torch_function__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.storages.call += 1
        out = func(*args, **(kwargs or {}))
        self.most = max(self.most, self.storages.now)
        returned = set(places(out))
        self.returned |= returned
        if returned:  # an argument that only gives its shape is held as well
            self.storages.read((args, kwargs))
        return out


def alive(model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
    """The most bytes that were alive when a call returned, with all that Python's variables still held."""
    storages = Storages(model, list(tensors((args, kwargs))), keep=False)
    calls = AfterEachCall(storages)
    with torch.no_grad(), storages, calls:
        model(*args, **kwargs)
    return calls.most


def needed(model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
    """The same if each storage were freed after the last call with a kernel that touches it."""
    storages = Storages(model, list(tensors((args, kwargs))), keep=True)
    calls = AfterEachCall(storages)
    with torch.no_grad(), storages, calls:
        out = model(*args, **kwargs)
    given = set(places((args, kwargs)))
    ends = dict.fromkeys({*given, *places(out)}, storages.call)
    spans = [
        (first, ends.get(key, last), storages.bytes[key])
        for key, (first, last) in storages.span.items()
        if key in calls.returned | given  # others are inside one call
    ]
    return max(sum(size for first, last, size in spans if first <= now <= last) for now in range(storages.call + 1))


def tensors(values: Any) -> Iterator[torch.Tensor]:
    return (value for value in tree_leaves(values) if isinstance(value, torch.Tensor))


def places(values: Any) -> Iterator[int]:
    return (tensor.untyped_storage()._cdata for tensor in tensors(values))
