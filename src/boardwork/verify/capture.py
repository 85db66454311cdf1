"""A forward with numbers -> copies of the tensors that chosen operations take and give."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import torch
from torch import nn

from boardwork.meta.nesting import tensors_in
from boardwork.meta.spelling import target_of_write
from boardwork.meta.values import storage_of
from boardwork.trace.recorder import Recorder


class Capture(Recorder):
    """A recorder that copies before anything is written in place. `taken`, `given`: by number of the operation.

    `wanted`: numbers of the operations whose tensors are copied.
    """

    def __init__(self, model: nn.Module, wanted: Collection[int] = ()) -> None:
        super().__init__(model, "cpu")
        self._wanted = wanted
        self._weights = {storage_of(weight) for weight in model.parameters()}
        self.evaluation = _Plainly()  # type: ignore[assignment]
        self.taken: dict[int, list[torch.Tensor]] = {}
        self.given: dict[int, list[torch.Tensor]] = {}

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if (
            self.calls.open and len(self.ops) in self._wanted
        ):  # a call that is not recorded is overwritten by the one after it
            self.taken[len(self.ops)] = self._copies(tensors_in((args, kwargs or {})))
        return super().__torch_function__(func, types, args, kwargs)

    def _record(self, raw: str, args: Any, kwargs: Any, out: Any) -> None:
        place = len(self.ops)
        super()._record(raw, args, kwargs, out)
        if len(self.ops) > place and place in self._wanted:
            results = list(tensors_in(out))
            written = target_of_write(raw, args, kwargs)
            if written is not None and not any(written is result for result in results):
                results.append(written)
            self.given[place] = self._copies(results)

    def _copies(self, tensors: Iterable[torch.Tensor]) -> list[torch.Tensor]:
        """Copies of activations; weights and views of them are never written to and stay themselves."""
        return [t if storage_of(t) in self._weights else t.detach().clone() for t in tensors]


class _Plainly:
    """In place of `Evaluation`: torch has the numbers."""

    def __init__(self) -> None:
        self.values, self.guesses = self, dict[str, None]()

    def run(self, _raw: str, func: Any, args: Any, kwargs: Any, _where: str) -> Any:
        return func(*args, **kwargs)

    def follow(self, *_args: Any) -> None:
        """Nothing is to be remembered."""
