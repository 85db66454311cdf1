"""The hand-over of the second stage: what one forward did, as frozen plain data that reads from and writes to JSON."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache, cached_property
from math import prod
from typing import Any

from boardwork.plain import from_plain, to_plain


@dataclass(frozen=True)
class Tensor:
    """A value at one moment; a write in place makes a new one.

    `kind`: op, input, parameter, buffer or constant. `name`: path of a parameter or buffer, name of an input.
    `symbols`: the shape with one expression an axis ("batch", "height/16", "64"), filled by the second forward.
    `storage`: place in the trace's `storages`; views share it.
    """

    id: int
    shape: tuple[int, ...]
    dtype: str
    producer: int = -1
    kind: str = "op"
    name: str = ""
    symbols: tuple[str, ...] = ()
    storage: int = -1

    @cached_property
    def size(self) -> int:
        """Number of elements."""
        return prod(self.shape)

    @property
    def element_bytes(self) -> int:
        """Bytes of one element: float8_e4m3fn and bool have 1, complex64 has 8."""
        return _element_bytes(self.dtype)


@cache
def _element_bytes(dtype: str) -> int:
    bits = re.search(r"\d+", dtype)
    return max(1, int(bits[0]) // 8) if bits else 1


@dataclass(frozen=True)
class Op:
    """One call of the Python API. `slots` names the argument that each of `inputs` fills; `attrs` holds the scalars.

    `call` and `function`: the innermost module call that ran it, and in that the innermost function, -1 for forward.
    """

    id: int
    name: str
    inputs: tuple[int, ...]
    slots: tuple[str, ...]
    outputs: tuple[int, ...]
    attrs: dict[str, Any]
    call: int
    macs: int = 0
    function: int = -1

    def slot(self, name: str) -> int | None:
        """Id of the tensor in the argument `name`, or None."""
        return self.inputs[self.slots.index(name)] if name in self.slots else None


@dataclass(frozen=True)
class Call:
    """One run of a module's forward. `module` is equal for two runs of the same module; `parent` is -1 for the root.

    `function`: the named function of the parent that called it, -1 for the parent's forward.
    """

    id: int
    parent: int
    path: str
    cls: str
    module: int
    function: int = -1


@dataclass(frozen=True)
class Function:
    """One run of a named function inside the module call `call`. `parent`: the function that called it, or -1."""

    id: int
    parent: int
    call: int
    name: str


@dataclass(frozen=True)
class Row:
    """A module as torchinfo lists it; sizes are those of its last run."""

    path: str
    cls: str
    depth: int
    params: int
    trainable_params: int
    input_size: tuple[int, ...]
    output_size: tuple[int, ...]


@dataclass(frozen=True)
class Weight:
    """A parameter or buffer. `names`: every path that leads to it, more than one when tied."""

    names: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: str
    bytes: int
    trainable: bool
    parameter: bool

    @property
    def size(self) -> int:
        """Number of elements."""
        return prod(self.shape)


@dataclass(frozen=True)
class Cell:
    """One time step of a recurrent operation in plain operations: a trace of its own."""

    op: int
    trace: Trace


@dataclass(frozen=True)
class Table:
    """What the numbers in a constant say; only constants that meet unknown values are read.

    `kind` and `numbers`:
        "number": the only element; (its value,)
        "band": query i sees keys i + low to i + high; (low, high), infinite where nothing is cut off
        "open": every query sees every key; ()
        "blocks": queries and keys in groups that see themselves alone; (size of the largest,)
        "slopes": the score falls with the distance by one factor a head; (factor of each head)
        "decay": keys before the query count less by one factor a step, later ones nothing; (1 if rows are scaled,
            factor of each head)
        "angles": sines or cosines of position x base^(-i / pairs); (base, pairs, 1 if pairs are neighbours)
        "waves": sines and cosines of position x base^(-2i / width); (base, width, 1 if they alternate)
        "other": none of these; ()
    """

    tensor: int
    kind: str
    numbers: tuple[float, ...]


@dataclass(frozen=True)
class Trace:
    """One forward. `inputs` and `outputs`: (name, tensor id). `axes`: size of each named input axis.

    `storages`: bytes of each piece of memory that a tensor of the forward was in. `kept`: those of them that were made
    in the forward and that modules hold on to. `second_axes` and `second_macs`: sizes of the input axes and all
    multiply-adds of the second forward, which gave the symbols; absent if there was none. `stretched`: tables and
    layers of a fixed length had to be longer for it. `dropouts`: probabilities of the dropouts that the forward passed;
    in evaluation they do nothing and are no operations.
    """

    target: str
    title: str
    cls: str
    tensors: tuple[Tensor, ...]
    ops: tuple[Op, ...]
    calls: tuple[Call, ...]
    rows: tuple[Row, ...]
    weights: tuple[Weight, ...]
    inputs: tuple[tuple[str, int], ...]
    outputs: tuple[tuple[str, int], ...]
    axes: dict[str, int]
    guesses: tuple[str, ...] = ()
    cells: tuple[Cell, ...] = ()
    functions: tuple[Function, ...] = ()
    tables: tuple[Table, ...] = ()
    storages: tuple[int, ...] = ()
    kept: tuple[int, ...] = ()
    second_axes: dict[str, int] = field(default_factory=dict)
    second_macs: int = 0
    stretched: bool = False
    dropouts: tuple[float, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain dicts and lists, ready for json.dumps."""
        plainly: dict[str, Any] = to_plain(self)
        return plainly

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Trace:
        """Inverse of `to_dict`, also after a pass through JSON."""
        return from_plain(cls, data)
