"""A running forward -> its operations, data flow and module calls, seen through torch's function mode."""

from __future__ import annotations

import types
from collections import Counter
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from boardwork.errors import TraceError
from boardwork.targets.values import Values, storage_of
from boardwork.trace.arguments import named, tensors_in
from boardwork.trace.cost import multiply_adds
from boardwork.trace.records import Call, Op, Tensor, Weight
from boardwork.trace.standin import NEEDS_VALUES, full_masks, moved, repeated, stand_in, without_values

_VIEWS_BY_PROPERTY = ("T", "mT", "H", "mH", "real", "imag")
# Functions whose flag for work in place is the last positional argument.
_MAYBE_IN_PLACE = frozenset(
    [
        "relu",
        "relu6",
        "leaky_relu",
        "elu",
        "selu",
        "celu",
        "silu",
        "mish",
        "hardswish",
        "hardsigmoid",
        "hardtanh",
        "threshold",
    ]
)
_NO_OP = ("requires_grad_", "detach_", "register_hook", "retain_grad")


LOOP = 500  # operations of one call's own that make a loop likely
LARGEST = 15_000  # operations of a forward that loops


class LongForwardError(TraceError):
    """More operations than expected: most likely a loop over the sequence."""


class Recorder(TorchFunctionMode):
    """Records what runs while a module call is open. Keeps every tensor alive, so that ids stay unique.

    Raises LongForwardError when one call has more than LOOP operations of its own, if `stop_at_loops`; if not, only
    when the whole forward then has more than LARGEST.
    """

    def __init__(self, model: nn.Module, *, stop_at_loops: bool = False) -> None:
        super().__init__()
        self.stop_at_loops = stop_at_loops
        self.loops = False
        self._own: Counter[int] = Counter()
        self.paths = {id(module): name for name, module in model.named_modules(remove_duplicate=True)}
        self.tensors: list[Tensor] = []
        self.ops: list[Op] = []
        self.calls: list[Call] = []
        self.guesses: dict[str, None] = {}
        self.deepest = ""
        self.recurrent: list[tuple[int, nn.Module]] = []
        self._stack: list[tuple[int, nn.Module]] = []
        self._known: dict[int, int] = {}
        self._alive: list[Any] = []
        self._written: dict[int, tuple[int, int]] = {}
        self.values = Values()
        self.weights = self._weights(model)

    # -- module calls ---------------------------------------------------------------------------------------------

    def enter(self, module: nn.Module, _args: Any) -> None:
        """Global forward pre-hook."""
        path = self.paths.get(id(module))
        if path is None and not self._stack:
            return
        parent = self._stack[-1][0] if self._stack else -1
        call = Call(len(self.calls), parent, self._path(path, parent), type(module).__name__, id(module))
        self.calls.append(call)
        self.deepest = call.path
        self._stack.append((call.id, module))

    def leave(self, module: nn.Module, _args: Any, _out: Any) -> None:
        """Global forward hook; calls that an exception left open are closed with it."""
        while any(module is open_module for _, open_module in self._stack):
            _, closed = self._stack.pop()
            if closed is module:
                break
        if self._stack:
            self.deepest = self.calls[self._stack[-1][0]].path

    def _path(self, path: str | None, parent: int) -> str:
        return path.replace("_orig_mod.", "") if path is not None else self.calls[parent].path

    # -- operations -----------------------------------------------------------------------------------------------

    def __torch_function__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if not self._stack or not callable(func):
            return func(*args, **kwargs)
        raw = getattr(func, "__name__", str(func))
        if raw == "__get__":
            return self._property(func, args, kwargs)
        if func is nn.functional.multi_head_attention_forward:
            with self:
                return _opened(func)(*args, **kwargs)
        out = self._run(raw, func, args, kwargs)
        if raw not in _NO_OP:
            self._record(raw, args, kwargs, out)
        return out

    def _run(self, raw: str, func: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """What `func` gives, from values where they are needed and known, from a stand-in where they are not."""
        if raw in NEEDS_VALUES and self.values.known(args, kwargs):
            real = self.values.run(func, args, kwargs)
            if real is not None:
                return self._twins(real)
        out, guess = self._on_meta(raw, func, args, kwargs)
        if guess:
            where = self.calls[self._stack[-1][0]].path or "the model"
            self.guesses.setdefault(f"{where}: {guess} ({raw.strip('_')} needs numbers that a meta tensor has not).")
        written = self._target_of_write(raw, args, kwargs)
        if written is None:
            self.values.follow(raw, func, args, kwargs, out)
        elif not (self.values.known(args, kwargs) and self.values.wrote(func, args, kwargs)):
            self.values.forget(written)
        return out

    def _on_meta(self, raw: str, func: Callable[..., Any], args: Any, kwargs: Any) -> tuple[Any, str]:
        replaced, guess = stand_in(raw, args, kwargs), ""
        if raw == "repeat_interleave" and replaced is None:
            replaced = repeated(args, kwargs, self.values.of)
        if replaced is not None:
            return replaced
        if raw in ("__getitem__", "__setitem__") and args[0].is_meta and not isinstance(args[1], int | str):
            index, guess = full_masks(args[1], self.values.of)
            args = (args[0], index, *args[2:])
        try:
            return func(*args, **kwargs), guess
        except (RuntimeError, NotImplementedError, TypeError) as error:
            if raw == "__setitem__" and self.guesses and args[0].is_meta:
                return None, "a write was taken to fit"
            out, second = without_values(raw, func, args, kwargs, self.values.of, error)
            return out, guess or second

    def _twins(self, real: Any) -> Any:
        """Values as tensors on meta that remember them; what is no tensor stays as it is."""
        if isinstance(real, torch.Tensor):
            twin: torch.Tensor = moved(real)
            self._alive.append(twin)
            self.values.give(twin, real)
            return twin
        if isinstance(real, tuple) and any(isinstance(item, torch.Tensor) for item in real):
            return tuple(map(self._twins, real))
        return real

    def _property(self, func: Any, args: Any, kwargs: Any) -> Any:
        out = func(*args, **kwargs)
        name = getattr(func.__self__, "__name__", "")
        if isinstance(out, torch.Tensor) and args and isinstance(args[0], torch.Tensor):
            if name in _VIEWS_BY_PROPERTY:
                self._record(name, args, kwargs, out)
            elif name != "grad":
                self._alive.append(out)
                self._known[id(out)] = self.identify(args[0])
            self.values.follow(name, func, args, kwargs, out)
        return out

    def _record(self, raw: str, args: Any, kwargs: Any, out: Any) -> None:
        results = list(tensors_in(out))
        written = self._target_of_write(raw, args, kwargs)
        if written is not None and not any(written is result for result in results):
            results.append(written)
        if not results or (written is None and len(results) == 1 and self._passes_through(results[0], args)):
            return
        name = api_name(raw)
        slots, attrs = named(name, args, kwargs)
        inputs = tuple(self.identify(tensor) for _, tensor in slots)
        index = len(self.ops)
        self._watch(index)
        if name.startswith("conv") and "weight" in (found := dict(slots)):
            attrs["kernel"] = int(found["weight"].shape[-2 if found["weight"].dim() > 3 else -1])
        macs = multiply_adds(name, slots, attrs, results[0])
        outputs = tuple(self._new(tensor, "op", producer=index) for tensor in results)
        if written is not None:
            self._written[storage_of(written)] = (self._known[id(written)], index)
        call, module = self._stack[-1]
        self.ops.append(Op(index, name, inputs, tuple(s for s, _ in slots), outputs, attrs, call, macs))
        if macs and isinstance(module, nn.RNNBase | nn.RNNCellBase):
            self.recurrent.append((index, module))

    def _watch(self, count: int) -> None:
        """Raises LongForwardError, see the class."""
        call = self._stack[-1][0]
        self._own[call] += 1
        self.loops = self.loops or self._own[call] > LOOP
        if self.loops and (self.stop_at_loops or count >= LARGEST):
            message = f"The forward loops and has more than {LARGEST} operations."
            raise LongForwardError(message, where=self.deepest, hint="give a shorter input with --input")

    @staticmethod
    def _target_of_write(raw: str, args: Any, kwargs: Any) -> torch.Tensor | None:
        out = kwargs.get("out")
        if isinstance(out, torch.Tensor):
            return out
        if args and isinstance(args[0], torch.Tensor) and (kwargs.get("inplace") is True or raw in _MAYBE_IN_PLACE):
            return args[0] if kwargs.get("inplace") is True or (len(args) > 1 and args[-1] is True) else None
        in_place = raw == "__setitem__" or (raw.startswith("__i") and raw not in ("__int__", "__index__", "__invert__"))
        if (in_place or (raw.endswith("_") and not raw.endswith("__"))) and args and isinstance(args[0], torch.Tensor):
            return args[0]
        return None

    @staticmethod
    def _passes_through(result: torch.Tensor, args: Any) -> bool:
        return any(result is value for value in tensors_in(args))

    # -- tensors --------------------------------------------------------------------------------------------------

    def identify(self, tensor: torch.Tensor) -> int:
        """Id of the tensor's present value; one never seen before is a constant."""
        known = self._known.get(id(tensor))
        if known is None:
            return self._new(tensor, "constant")
        write = self._written.get(storage_of(tensor)) if self._written else None
        if write is not None and write[0] != known and write[1] > self._last_touch(known):
            return self._rewritten(tensor, write[1])
        return known

    def _last_touch(self, known: int) -> int:
        return self.tensors[known].producer

    def _rewritten(self, tensor: torch.Tensor, op: int) -> int:
        """Another view of this storage was written: the same operation makes this tensor's new value."""
        new = self._new(tensor, "op", producer=op)
        old = self.ops[op]
        self.ops[op] = Op(op, old.name, old.inputs, old.slots, (*old.outputs, new), old.attrs, old.call, old.macs)
        return new

    def name(self, tensor: torch.Tensor, kind: str, name: str) -> int:
        """Register an input of the model."""
        return self._new(tensor, kind, name=name)

    def _new(self, tensor: torch.Tensor, kind: str, *, producer: int = -1, name: str = "") -> int:
        shape = () if nn.parameter.is_lazy(tensor) else tuple(int(length) for length in tensor.shape)
        record = Tensor(len(self.tensors), shape, str(tensor.dtype).removeprefix("torch."), producer, kind, name)
        self.tensors.append(record)
        self._alive.append(tensor)
        self._known[id(tensor)] = record.id
        return record.id

    def _weights(self, model: nn.Module) -> tuple[Weight, ...]:
        found: dict[int, tuple[torch.Tensor, list[str], bool]] = {}
        for prefix, module in model.named_modules(remove_duplicate=False):
            for store, is_parameter in ((module._parameters, True), (module._buffers, False)):
                for name, tensor in store.items():
                    if tensor is not None and not nn.parameter.is_lazy(tensor):
                        path = f"{prefix}.{name}".lstrip(".").replace("_orig_mod.", "")
                        found.setdefault(id(tensor), (tensor, [], is_parameter))[1].append(path)
        weights = []
        for tensor, names, is_parameter in found.values():
            self._new(tensor, "parameter" if is_parameter else "buffer", name=names[0])
            dtype = str(tensor.dtype).removeprefix("torch.")
            size = tensor.numel() * tensor.element_size()
            unique = tuple(dict.fromkeys(names))
            weights.append(Weight(unique, tuple(tensor.shape), dtype, size, tensor.requires_grad, is_parameter))
        return tuple(weights)


def api_name(raw: str) -> str:
    """One name for every spelling of an operation: `__add__`, `add_` and `add` are add."""
    name = raw.strip("_")
    name = name[1:] if raw.startswith("__i") and name in _IN_PLACE else name
    return _SAME.get(name, name)


_IN_PLACE = ("iadd", "isub", "imul", "itruediv", "ipow", "iand", "ior", "imatmul")
_SAME = {
    "truediv": "div",
    "true_divide": "div",
    "divide": "div",
    "multiply": "mul",
    "subtract": "sub",
    "negative": "neg",
    "rmul": "mul",
    "radd": "add",
    "concat": "cat",
    "concatenate": "cat",
    "special_softmax": "softmax",
    "swapaxes": "transpose",
    "swapdims": "transpose",
    "_grouped_mm": "grouped_mm",
    "convolution": "conv2d",
}


def _opened(func: Any) -> Callable[..., Any]:
    """The same Python function, run through instead of being reported as one operation."""
    inside = {**func.__globals__, "has_torch_function": lambda *_: False}
    twin = types.FunctionType(func.__code__, inside, func.__name__, func.__defaults__, func.__closure__)
    twin.__kwdefaults__ = func.__kwdefaults__
    return twin
