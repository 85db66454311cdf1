"""A running forward -> its operations, data flow and module calls, seen through torch's function mode."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from boardwork.meta.evaluation import Evaluation
from boardwork.meta.nesting import tensors_in
from boardwork.meta.spelling import NO_OPERATION, VIEWS_BY_PROPERTY, api_name, target_of_write
from boardwork.meta.values import whole
from boardwork.trace.arguments import named
from boardwork.trace.calls import Calls
from boardwork.trace.constructors import constructors
from boardwork.trace.cost import multiply_adds
from boardwork.trace.dropouts import of_attention, of_recurrence
from boardwork.trace.identities import Identities
from boardwork.trace.long_forward import Watch
from boardwork.trace.records import Op


class Recorder(TorchFunctionMode):
    """Records what runs while a module call is open; tensors are made on `device` where none is named.

    `every_call`: torch runs every call, for a mode beneath this one.

    Raises LongForwardError as `Watch` does.
    """

    def __init__(self, model: nn.Module, device: str, *, stop_at_loops: bool = False, **evaluated: bool) -> None:
        super().__init__()
        self._device, self._constructors = device, constructors()
        self.ops: list[Op] = []
        self.dropouts: list[float] = []
        self.recurrent: list[tuple[int, nn.Module]] = []
        self.calls, self.tensors, self.evaluation = Calls(model), Identities(), Evaluation(**evaluated)
        self.weights = self.tensors.weights(model)
        self._watch = Watch(stop_at_loops=stop_at_loops)

    @contextmanager
    def recording(self, beneath: AbstractContextManager[Any]) -> Iterator[None]:
        """The hooks and the mode, installed once and always removed; torch's random state is put back.

        `beneath`: a mode that the operations reach after this one.
        """
        before = nn.modules.module.register_module_forward_pre_hook(self.calls.enter)
        after = nn.modules.module.register_module_forward_hook(self.calls.leave)
        try:
            with torch.random.fork_rng(devices=[]), torch.no_grad(), beneath, self:
                yield
        finally:
            before.remove()
            after.remove()

    def identify(self, tensor: torch.Tensor) -> int:
        """Id of the tensor's present value."""
        return self.tensors.of(tensor, self.ops)

    def __torch_function__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        raw = getattr(func, "__name__", None) or str(func)
        if raw == "__get__" and self.calls.open:
            return self._property(func, args, kwargs)
        made = func in self._constructors and kwargs.get("device") is None
        placed = {**kwargs, "device": self._device} if made else kwargs
        if not self.calls.open or not callable(func):
            return func(*args, **placed)
        if func is nn.functional.multi_head_attention_forward:
            self.dropouts += of_attention(func, args, kwargs)
            with self:
                return _opened(func)(*args, **kwargs)
        out = self.evaluation.run(raw, func, args, placed, self.calls.path)
        if raw not in NO_OPERATION:
            self._record(raw, args, kwargs, out)
        return out

    def _property(self, func: Any, args: Any, kwargs: Any) -> Any:
        out = func(*args, **kwargs)
        if isinstance(out, torch.Tensor) and args and isinstance(args[0], torch.Tensor):
            name = getattr(func.__self__, "__name__", "")
            if name in VIEWS_BY_PROPERTY:
                self._record(name, args, kwargs, out)
            elif name != "grad":
                self.tensors.same(out, args[0], self.ops)
            self.evaluation.values.follow(name, func, args, kwargs, out)
        return out

    def _record(self, raw: str, args: Any, kwargs: Any, out: Any) -> None:
        results = [out] if isinstance(out, torch.Tensor) else list(tensors_in(out))
        written = target_of_write(raw, args, kwargs)
        if written is not None and not any(written is result for result in results):
            results.append(written)
        name = api_name(raw)
        if not results or (written is None and len(results) == 1 and _passes_through(results[0], args)):
            if "dropout" in name and kwargs.get("p"):  # torch names it whatever way it was given
                self.dropouts.append(float(kwargs["p"]))
            return
        self.dropouts += of_recurrence(name, args)
        slots, attrs = named(name, args, kwargs)
        inputs = tuple(self.identify(tensor) for _, tensor in slots)
        call = self.calls.open[-1]
        index = len(self.ops)
        self._watch.count(call.id, index, self.calls.path)
        if name.startswith("conv") and "weight" in (found := dict(slots)):
            attrs["kernel"] = int(found["weight"].shape[-2 if found["weight"].dim() > 3 else -1])
        macs = multiply_adds(name, slots, attrs, results[0]) * _rows(results[0])
        outputs = tuple(self.tensors.new(tensor, "op", producer=index) for tensor in results)
        if written is not None:
            self.tensors.wrote(written, index)
        names, function = tuple(slot for slot, _ in slots), self.calls.function()
        self.ops.append(Op(index, name, inputs, names, outputs, attrs, call.id, macs, function))
        if macs and isinstance(call.module, nn.RNNBase | nn.RNNCellBase):
            self.recurrent.append((index, call.module))


def _rows(result: torch.Tensor) -> int:
    """How many times torch.vmap does what its code does once."""
    wide = whole(result)
    return 1 if wide is result or not result.numel() else wide.numel() // result.numel()


def _passes_through(result: torch.Tensor, args: Any) -> bool:
    return any(result is arg for arg in args) or any(result is tensor for tensor in tensors_in(args))


def _opened(func: Any) -> Callable[..., Any]:
    """The same Python function, run through instead of being reported as one operation."""
    inside = {**func.__globals__, "has_torch_function": lambda *_: False}
    twin = types.FunctionType(func.__code__, inside, func.__name__, func.__defaults__, func.__closure__)
    twin.__kwdefaults__ = func.__kwdefaults__
    return twin
