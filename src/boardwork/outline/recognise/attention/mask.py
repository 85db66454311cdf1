"""What meets the scores of an attention -> masks and biases: causal, windows, blocks, linear or learned biases."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import dataclass

from boardwork.outline.flow import Flow
from boardwork.outline.recognise.attention.core import Core
from boardwork.outline.recognise.attention.triangle import is_triangular
from boardwork.outline.recognise.attention.written_window import written_band
from boardwork.trace.records import Op

_KINDS = ("band", "blocks", "slopes", "decay", "open", "other")
_COMBINES = frozenset(
    [
        "add",
        "sub",
        "mul",
        "div",
        "rsub",
        "neg",
        "where",
        "masked_fill",
        "logical_and",
        "logical_or",
        "logical_not",
        "and",
        "or",
        "bitwise_and",
        "bitwise_or",
        "bitwise_not",
        "invert",
        "eq",
        "ne",
        "cat",
        "log",
        "exp",
    ]
)
_DIAGONAL = (0.0, 0.0)  # nobody sees another: marks of the text, which no forward without it knows, widen it


@dataclass(frozen=True)
class Mask:
    """What is known of all masks and biases together.

    `window`: keys that a query sees at most, itself included, 0 for all. `blocks`: size of groups that see themselves
    alone, 0 for none. `slopes`: factors on the distance, one a head; `decays`: what the scores are multiplied by, as
    `records.Table` has them. `learned`: elements of learned relative biases, `bias_ops` the operations that make them.
    `given`: an input of the model has a part. `unread`: a constant has a part of which no more is known. `made`:
    operations that put masks together.
    """

    causal: bool = False
    window: int = 0
    blocks: int = 0
    slopes: tuple[float, ...] = ()
    decays: tuple[float, ...] = ()
    learned: int = 0
    rows: tuple[int, ...] = ()
    bias_ops: frozenset[int] = frozenset()
    given: bool = False
    unread: bool = False
    made: frozenset[int] = frozenset()


def mask(flow: Flow, core: Core) -> Mask:
    """All masks and biases of a core, which may cut the triangle by itself."""
    found = read(flow, core.added, core.keys)
    cut = any(flow.ops[op].attrs.get("is_causal") is True for op in core.ops)
    return dataclasses.replace(found, causal=found.causal or cut)


def read(flow: Flow, added: tuple[int, ...], keys: int) -> Mask:
    """Read every tensor that is added to the scores or hides some.

    `keys`: how many each query is compared with; a table of fewer says who sees whom in a part of the scores alone;
    with 0 no table can tell.
    """
    made = set[int]()
    leaves = list(dict.fromkeys(leaf for tensor in added for leaf in _leaves(flow, tensor, made)))
    constants = [t for t in leaves if flow.is_constant(t) and not _is_filled(flow, t)]
    whole = [t for t in constants if keys in flow.tensors[t].shape]
    read_bands = [band for t in whole for band in flow.readings(t, "band")]
    bands = [band for band in read_bands if band != _DIAGONAL]
    bands += [written_band(flow, t) for t in whole if flow.readings(t, "band") or flow.readings(t, "open")]
    causal = any(high <= 0 for _, high in bands)
    triangular = [t for t in whole if not _is_read(flow, t) and is_triangular(flow, t)]
    blocks = [int(size) for t in constants for (size,) in flow.readings(t, "blocks")]
    slopes = [numbers for t in constants for numbers in flow.readings(t, "slopes")]
    decays = [numbers for t in constants for numbers in flow.readings(t, "decay")]
    learned = [t for t in leaves if not flow.is_constant(t) and flow.tensors[t].producer not in flow.fed]
    tables = {t for leaf in learned for t in _parameters(flow, leaf)}
    return Mask(
        causal=causal or bool(triangular or decays),
        window=_window(bands),
        blocks=max(blocks, default=0),
        slopes=slopes[0] if slopes else (),
        decays=decays[0] if decays else (),
        learned=sum(flow.tensors[t].size for t in tables),
        rows=next((flow.tensors[t].shape for t in sorted(tables) if len(flow.tensors[t].shape) > 1), ()),
        bias_ops=frozenset(op for t in added for op in _makers(flow, t)),
        given=any(flow.tensors[t].producer in flow.fed or flow.tensors[t].kind == "input" for t in leaves),
        unread=_DIAGONAL in read_bands
        or any(_hides(flow, t) and not _means_something(flow, t) and t not in triangular for t in constants),
        made=frozenset(made),
    )


def _leaves(flow: Flow, start: int, made: set[int]) -> Iterator[int]:
    """Where masks are put together the parts, else the tensor itself; what puts them together is noted."""
    todo, seen = [start], set[int]()
    while todo:
        tensor = todo.pop()
        op = flow.producer(tensor)
        if tensor in seen:
            continue
        seen.add(tensor)
        if (
            op is None
            or flow.is_constant(tensor)
            or not (op.name in _COMBINES or flow.is_shape(op.id))
            or _looks_up(op)
        ):
            yield tensor
        else:
            made.add(op.id)
            todo.extend(op.inputs[:1] if flow.is_shape(op.id) else op.inputs)


def _is_filled(flow: Flow, tensor: int) -> bool:
    """True for one number everywhere."""
    op = flow.producer(tensor)
    return op is not None and op.name.removeprefix("new_").removesuffix("_like") in ("zeros", "ones", "full", "empty")


def _is_read(flow: Flow, tensor: int) -> bool:
    return any(flow.readings(tensor, kind) for kind in _KINDS)


def _means_something(flow: Flow, tensor: int) -> bool:
    return any(flow.readings(tensor, kind) for kind in _KINDS[:-1])


def _hides(flow: Flow, tensor: int) -> bool:
    """True for a table of pairs."""
    shape = flow.tensors[tensor].shape
    return len(shape) > 1 and min(shape[-2:]) > 1


def _looks_up(op: Op) -> bool:
    """Rows of a learned table are taken by an index."""
    return op.name == "getitem" and len(op.inputs) > 1


def _window(bands: list[tuple[float, ...]]) -> int:
    """Keys that all bands let through."""
    width = min((high for _, high in bands), default=math.inf) - max((low for low, _ in bands), default=-math.inf) + 1
    return int(width) if math.isfinite(width) else 0


def _parameters(flow: Flow, tensor: int) -> set[int]:
    """Every parameter that a tensor is made from."""
    found, todo, seen = set(), [tensor], set()
    while todo:
        record = flow.tensors[todo.pop()]
        if record.kind == "parameter":
            found.add(record.id)
        elif record.producer >= 0 and record.producer not in seen:
            seen.add(record.producer)
            todo.extend(flow.ops[record.producer].inputs)
    return found


def _makers(flow: Flow, tensor: int) -> set[int]:
    """Operations that make a bias from parameters alone."""
    found, todo = set(), [tensor]
    while todo:
        op = flow.producer(todo.pop())
        if op is not None and op.id not in found and op.id in flow.weighted and op.id not in flow.fed:
            found.add(op.id)
            todo.extend(op.inputs)
    return found
