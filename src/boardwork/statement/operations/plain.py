"""An operation -> the call that was recorded: a method of its first tensor, or a function of torch."""

from __future__ import annotations

import ast
import math

from boardwork.statement.calls import Tensors
from boardwork.statement.expressions import expression
from boardwork.statement.terms import UnstatedError, Value
from boardwork.statement.writing import Writing

# What torch.nn.functional has and tensors have not.
_FUNCTIONAL = frozenset(
    [
        "gelu", "silu", "mish", "elu", "selu", "celu", "leaky_relu", "relu6", "hardswish", "hardsigmoid", "hardtanh",
        "softplus", "softsign", "logsigmoid", "glu", "prelu", "threshold", "normalize", "pad", "interpolate",
        "grid_sample", "affine_grid", "pixel_shuffle", "pixel_unshuffle", "unfold", "fold", "one_hot", "embedding_bag",
        "cosine_similarity", "local_response_norm", "max_pool1d", "max_pool2d", "max_pool3d", "avg_pool1d",
        "avg_pool2d", "avg_pool3d", "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d",
        "adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d", "lp_pool2d", "upsample", "bilinear",
        "softmin", "tanhshrink", "hardshrink", "softshrink", "rrelu",
    ]
)  # fmt: skip
_OF_TORCH = frozenset(
    ["cat", "stack", "einsum", "where", "meshgrid", "polar", "complex", "outer", "conv_tbc", "block_diag", "hstack",
     "vstack", "dstack", "cartesian_prod", "broadcast_tensors", "cdist",
     "view_as_complex", "view_as_real", "real", "imag", "rsub", "arange",
     "zeros", "ones", "full", "zeros_like", "ones_like", "full_like", "empty_like", "tensordot", "linspace",
     "bucketize"]
)  # fmt: skip
_DRAWS = ("randn", "rand", "randint", "randn_like", "rand_like", "normal", "bernoulli", "multinomial", "randperm")
_MODULES = {"fft": "torch.fft", "linalg": "torch.linalg", "special": "torch.special"}
_MADE_WITH = ("device", "dtype", "layout", "pin_memory", "requires_grad", "inplace", "memory_format", "out")
_NOT_DONE = {"training": False, "p": 0.0, "dropout_p": 0.0}
_DEFAULTS: dict[str, dict[str, object]] = {
    "normalize": {"p": 2.0, "eps": 1e-12},
    "pad": {"mode": "constant", "value": 0},
    "clamp": {"min": -math.inf, "max": math.inf},
    "interpolate": {"align_corners": False, "antialias": False},
}
_RESULTS = {"topk": ("best", "top"), "sort": ("", "order"), "max": ("largest", "place"), "min": ("least", "place")}
_BOUNDS = {"min": "max", "minimum": "max", "max": "min", "maximum": "min"}
_SAID_BY_SHAPE = ("output_size",)  # of repeat_interleave


def as_called(writing: Writing) -> list[Value]:
    """The call, with its constants."""
    if writing.op.name in _DRAWS:
        raise UnstatedError("a random draw")
    found = _call(writing)
    if len(found) > 1:
        for value, name in zip(found, _RESULTS.get(writing.op.name, ()), strict=False):
            name = "weights" if (writing.within, name) == ("router", "best") else name
            value.term.wanted = name or writing.first().term.wanted  # what is sorted keeps its name
    return found


def _call(writing: Writing) -> list[Value]:
    op, given = writing.op, writing.arguments
    placed = [writing.node(argument) for argument in given.placed]
    named = [
        ast.keyword(name, writing.node(argument))
        for name, argument in given.named.items()
        if name not in _MADE_WITH and argument is not None and not _is_default(op.name, name, argument)
    ]
    if op.name == "einsum" and len(placed) == 2 and isinstance(placed[1], ast.List):
        placed[1:] = placed[1].elts
    if op.name == "getitem":
        index = given.placed[1] if len(given.placed) > 1 else given.named["index"]
        return writing.results(ast.Subscript(placed[0], _index(writing, index), ast.Load()))
    if op.name == "unfold" and len(placed) == 4:  # the tensor's method of this name
        return writing.results(ast.Call(expression("x.unfold", x=placed[0]), placed[1:], named))
    if op.name in _BOUNDS and len(op.inputs) == 2 and not writing.flow.tensors[op.inputs[1]].shape:  # a number
        bound = ast.keyword(_BOUNDS[op.name], placed[1])
        return writing.results(ast.Call(expression("x.clamp", x=placed[0]), [], [bound]))
    family, _, rest = op.name.partition("_")
    if family in _MODULES and rest:
        return writing.results(ast.Call(expression(f"{_MODULES[family]}.{rest}"), placed, named))
    if op.name in _FUNCTIONAL or op.name in _OF_TORCH or not placed or not isinstance(given.placed[0], Tensors):
        origin = "F" if op.name in _FUNCTIONAL else "torch"
        return writing.results(ast.Call(expression(f"{origin}.{op.name}"), placed, named))
    return writing.results(ast.Call(expression(f"x.{op.name}", x=placed[0]), placed[1:], named))


def _is_default(call: str, name: str, argument: object) -> bool:
    """True for an argument that says nothing."""
    if call == "repeat_interleave" and name in _SAID_BY_SHAPE:
        return True
    return argument in (_NOT_DONE.get(name, ...), _DEFAULTS.get(call, {}).get(name, ...))


def _index(writing: Writing, index: object) -> ast.expr:
    """An index in brackets: several parts are a tuple."""
    if isinstance(index, Tensors) and index.many:
        return ast.Tuple([writing.node(Tensors((t,), many=False)) for t in index.ids], ast.Load())
    return writing.node(index)
