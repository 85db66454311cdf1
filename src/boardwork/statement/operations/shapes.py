"""Operations that move elements -> views of the first tensor."""

from __future__ import annotations

from collections.abc import Callable

from boardwork.statement.operations.plain import as_called
from boardwork.statement.terms import Value
from boardwork.statement.writing import Writing

_SAME_ORDER = (
    "view", "reshape", "flatten", "unflatten", "squeeze", "unsqueeze", "view_as", "reshape_as", "ravel",
)  # fmt: skip
_SAME = (
    "contiguous", "clone", "detach", "alias", "positive", "dropout", "alpha_dropout", "feature_dropout", "dropout1d",
    "dropout2d", "dropout3d", "data", "cpu", "cuda",
)  # fmt: skip
_CASTS = ("to", "type", "type_as", "float", "half", "bfloat16", "double", "long", "int", "bool", "_maybe_cast")
_EXPANDS = ("expand", "expand_as", "broadcast_to")


def _same_order(writing: Writing) -> list[Value]:
    value = writing.first()
    before, after = (writing.flow.tensors[t] for t in (writing.op.inputs[0], writing.op.outputs[0]))
    if before.dtype != after.dtype:  # view(dtype)
        return as_called(writing)
    return writing.fitting(value, value.layout.viewed(writing.shape()))


def _same(writing: Writing) -> list[Value]:
    return [writing.first()]


def _cast(writing: Writing) -> list[Value]:
    """A cast between floating types says nothing in real numbers, one to shorter whole numbers nothing of places."""
    before, after = (writing.flow.tensors[t].dtype for t in (writing.op.inputs[0], writing.op.outputs[0]))
    if before == after or ("float" in before and "float" in after) or (before, after) == ("int64", "int32"):
        return _same(writing)
    return writing.made(f"x.to(torch.{after if 'float' not in after else 'float32'})", x=writing.first())


def _expand(writing: Writing) -> list[Value]:
    value = writing.first()
    return [Value(value.term, value.layout.expanded(writing.shape()))]


def _pad(writing: Writing) -> list[Value]:
    """Nothing beside a tensor is the tensor."""
    sides = writing.argument("pad", 1)
    nothing = isinstance(sides, list | tuple) and not any(sides)
    return _same(writing) if nothing else as_called(writing)


def _permute(writing: Writing) -> list[Value]:
    value = writing.first()
    return [Value(value.term, value.layout.permuted(_order(writing, len(value.shape))))]


def _order(writing: Writing, rank: int) -> list[int]:
    """Which axis of the argument each axis of the result is."""
    name, order = writing.op.name, list(range(rank))
    if name == "permute":
        given = writing.argument("dims", 1)
        numbers = given if isinstance(given, list) else list(writing.arguments.placed[1:])
        return [n % rank for n in numbers]
    if name in ("transpose", "swapaxes", "swapdims"):
        one = writing.argument("dim0", 1) % rank
        two = writing.argument("dim1", 2) % rank
    else:
        one, two = (rank - 2, rank - 1) if rank > 1 else (0, 0)
    order[one], order[two] = order[two], order[one]
    return order


SHAPES: dict[str, Callable[[Writing], list[Value]]] = {
    **dict.fromkeys(_SAME_ORDER, _same_order),
    **dict.fromkeys(_SAME, _same),
    **dict.fromkeys(_CASTS, _cast),
    **dict.fromkeys(_EXPANDS, _expand),
    "pad": _pad,
    **dict.fromkeys(("permute", "transpose", "swapaxes", "swapdims", "t", "T", "mT"), _permute),
}
