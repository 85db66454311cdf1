"""Small tensors made from known numbers -> their values beside the meta tensors, so that a mask or a grid is exact."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from boardwork.meta.nesting import tensors_in

# Methods of a tensor that give Python's numbers.
NUMBERS = frozenset(
    ["item", "tolist", "numpy", "__bool__", "__int__", "__float__", "__index__", "__contains__", "equal"]
)
_RANDOM = ("normal", "uniform", "trunc", "bernoulli", "random", "xavier", "kaiming", "orthogonal", "_no_grad")
LARGEST = 262_144  # elements whose values are followed
LARGEST_TABLE = 1_048_576  # elements of a buffer whose own values are kept
_EXPANDED = ("expand", "expand_as", "broadcast_to")  # many elements in little memory
_FILLED = {"zeros_like": 0, "new_zeros": 0, "ones_like": 1, "new_ones": 1}
_EMPTY = ("empty", "empty_like", "new_empty")
# Results that no value of an argument determines.
_UNKNOWN = ("empty", "rand", "normal", "bernoulli", "multinomial", "dropout")


class Values:
    """What is known of tensors on meta. Kept by id: whoever uses it keeps the tensors alive.

    `filled_later`: a tensor that is made empty is written before it is read, so that its values are those written.
    """

    def __init__(self, *, filled_later: bool = False) -> None:
        self._filled = {**_FILLED, **dict.fromkeys(_EMPTY, 0)} if filled_later else _FILLED
        self._of: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}
        self._forgotten: dict[int, torch.Tensor] = {}  # kept alive: another storage may take a place that is free
        self._assumed: set[int] = set()

    def give(self, twin: torch.Tensor, real: torch.Tensor, *, assumed: bool = False) -> None:
        """`real` holds the values of `twin`; `assumed`: they stand for values that are not known."""
        if real.untyped_storage().nbytes() <= 8 * LARGEST_TABLE and not real.is_meta:
            self._of[id(twin)] = (twin, real)
            if assumed:
                self._assumed.add(id(twin))

    def assumed(self, args: Any) -> bool:
        """True when values among the arguments were assumed, or follow from such."""
        return bool(self._assumed) and any(id(t) in self._assumed for t in tensors_in(args))

    def of(self, tensor: torch.Tensor) -> torch.Tensor | None:
        """The values, None if they are not known or no longer hold."""
        found = self._of.get(id(tensor)) or self._attached(tensor)
        if found is None or (self._forgotten and storage_of(tensor) in self._forgotten):
            return None
        return found[1]

    def _attached(self, tensor: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor] | None:
        """What a tensor that is neither buffer nor input brought along: a table in an attribute."""
        real = getattr(tensor, "boardwork_values", None)
        if real is None or not tensor.is_meta:
            return None
        self.give(tensor, real.clone())
        return self._of.get(id(tensor))

    def every(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Every tensor whose values still hold, with them."""
        for twin, real in list(self._of.values()):
            if self.of(twin) is not None:
                yield twin, real

    def forget(self, tensor: torch.Tensor) -> None:
        """Something unknown was written to the memory behind `tensor`."""
        if self._of:
            self._forgotten[storage_of(tensor)] = tensor

    def run(self, func: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """`func` on the values; None when one of them is not known."""
        try:
            real, named = self._real(args), {**self._real(kwargs), **_on_cpu(kwargs)}
            with torch.device("cpu"):
                return func(*real, **named)
        except Exception:  # not known, or not to be had on CPU
            return None

    def wrote(self, func: Callable[..., Any], args: Any, kwargs: Any) -> bool:
        """The same write on the values; False if it cannot be done there."""
        try:
            real, named = self._real(args), self._real(kwargs)
            with torch.device("cpu"):
                func(*real, **named)
        except Exception:  # of any sort: what was known is forgotten
            return False
        return True

    def known(self, args: Any, kwargs: Any) -> bool:
        """True when every tensor among the arguments has values, and there is one."""
        found = [*tensors_in(args), *tensors_in(kwargs)]
        return bool(found) and all(self.of(t) is not None or not t.is_meta for t in found)

    def follow(self, raw: str, func: Callable[..., Any], args: Any, kwargs: Any, out: Any) -> None:
        """Keep the values of `out`, a result on meta, where the arguments determine them."""
        if isinstance(out, torch.Tensor):
            if not out.is_meta or (out.numel() > LARGEST and raw not in _EXPANDED):
                return
            if raw in self._filled:
                self.give(out, torch.full(out.shape, self._filled[raw], dtype=out.dtype, device="cpu"))
                return
            if raw.startswith(_UNKNOWN):
                return
        elif not isinstance(out, list | tuple):
            return
        if raw == "expand_as" and (small := self.of(args[0])) is not None:  # whatever the other tensor holds
            self.give(out, small.expand(out.shape))
            return
        made = not any(True for _ in tensors_in((args, kwargs)))
        if not made and not self.known(args, kwargs):
            return
        real, assumed = self.run(func, args, kwargs), self.assumed((args, kwargs))
        for twin, value in zip(tensors_in(out), tensors_in(real), strict=False):
            if twin.shape == value.shape and twin.is_meta and not value.is_meta:
                self.give(twin, value.to(twin.dtype), assumed=assumed)

    def _real(self, value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            real = self.of(value)
            if real is None and value.is_meta:
                raise LookupError
            return value if real is None else real
        if isinstance(value, torch.device):
            return torch.device("cpu")
        if isinstance(value, dict):
            return {key: self._real(item) for key, item in value.items()}
        if isinstance(value, slice):
            return slice(self._real(value.start), self._real(value.stop), self._real(value.step))
        if type(value) in (list, tuple):
            return type(value)(map(self._real, value))
        return value


class Building(TorchFunctionMode):
    """While a module is built on meta: its small buffers remember the numbers that they were made from."""

    def __init__(self) -> None:
        super().__init__()
        self.values = Values()

    def __torch_function__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        raw = getattr(func, "__name__", "")
        if raw in NUMBERS and self.values.known(args, kwargs):
            return self.values.run(func, args, kwargs)
        out = func(*args, **kwargs)
        if raw == "__setitem__" or (raw.endswith("_") and not raw.endswith("__")):
            written = args[0] if args else kwargs.get("tensor")  # as torch.nn.init calls it
            known = self.values.known(args, kwargs) and not raw.startswith(_RANDOM)
            if not (known and self.values.wrote(func, args, kwargs)) and isinstance(written, torch.Tensor):
                self.values.forget(written)
        else:
            self.values.follow(raw, func, args, kwargs, out)
        return out

    def tell(self, module: nn.Module) -> None:
        """Every buffer is given what is known of it."""
        for buffer in module.buffers():
            real = self.values.of(buffer)
            if real is not None:
                buffer.boardwork_values = real  # type: ignore[attr-defined]


def remembered(tensor: torch.Tensor) -> torch.Tensor | None:
    """The values of a small tensor of whole numbers: its own on CPU, those it was made from on meta."""
    if tensor.is_floating_point() or tensor.is_complex() or tensor.numel() > LARGEST:
        return None
    return table(tensor)


def table(tensor: torch.Tensor) -> torch.Tensor | None:
    """The values of a buffer or constant of any sort: masks and frequencies are made of fractions too."""
    if tensor.numel() > LARGEST_TABLE or tensor.layout != torch.strided:
        return None
    return tensor.detach() if tensor.device.type == "cpu" else getattr(tensor, "boardwork_values", None)


def _on_cpu(kwargs: dict[str, Any]) -> dict[str, Any]:
    return {"device": "cpu"} if kwargs.get("device") is not None else {}


def whole(tensor: torch.Tensor) -> torch.Tensor:
    """All rows of what code inside torch.vmap sees one of; torch has no public name for them."""
    while torch._C._functorch.is_functorch_wrapped_tensor(tensor):
        tensor = torch._C._functorch.get_unwrapped(tensor)
    return tensor


def storage_of(tensor: torch.Tensor) -> int:
    """Identity of the memory behind a tensor; torch has no public name for it that works on meta."""
    try:
        return int(whole(tensor).untyped_storage()._cdata)
    except (RuntimeError, NotImplementedError):
        return -id(tensor)


def bytes_of(tensor: torch.Tensor) -> int:
    """Bytes of the memory behind a tensor, which a view may use a part of, or several times over."""
    try:
        return tensor.untyped_storage().nbytes()
    except (RuntimeError, NotImplementedError):
        return tensor.numel() * tensor.element_size()
