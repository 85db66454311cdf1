"""An operation with its shapes -> its multiply-adds. Products and convolutions count, all else is zero."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isqrt, prod
from typing import Any, Protocol

from boardwork.trace.records import Op

_STATES = ("out", "input", "hx", "0", "1")  # what a recurrent operation takes besides its weights


class Sized(Protocol):
    """What a count needs of a tensor, which a torch.Tensor has."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def numel(self) -> int: ...

    def dim(self) -> int: ...


@dataclass(frozen=True)
class Shaped:
    """A tensor of which only the shape is known."""

    shape: tuple[int, ...]

    def numel(self) -> int:
        return prod(self.shape)

    def dim(self) -> int:
        return len(self.shape)


@dataclass(frozen=True)
class Called:
    """One call: its tensors with the names of their arguments, its scalars, its first result."""

    slots: Sequence[tuple[str, Sized]]
    attrs: dict[str, Any]
    out: Sized

    @property
    def operands(self) -> list[Sized]:
        """Tensors in the order of the arguments, without the one that takes the result."""
        return [tensor for slot, tensor in self.slots if slot != "out"]

    def __getitem__(self, slot: str) -> Sized:
        return dict(self.slots)[slot]


def multiply_adds(name: str, slots: Sequence[tuple[str, Sized]], attrs: dict[str, Any], out: Sized) -> int:
    """Multiply-adds of one call; a multiply-add is two FLOPs. Attention counts every score, causal or not."""
    formula = _FORMULAS.get(name)
    return 0 if formula is None else formula(Called(slots, attrs, out))


def recounted(op: Op, shape_of: Callable[[int], tuple[int, ...]]) -> int:
    """Multiply-adds of a recorded operation, with the shapes that `shape_of` gives to its tensors' ids."""
    if op.name not in _FORMULAS:
        return 0
    slots = [(slot, Shaped(shape_of(tensor))) for slot, tensor in zip(op.slots, op.inputs, strict=True)]
    return multiply_adds(op.name, slots, op.attrs, Shaped(shape_of(op.outputs[0])))


def _matrix_product(call: Called) -> int:
    """The last two operands are the factors; what comes before them is added."""
    return call.out.numel() * int(call.operands[-2].shape[-1])


def _batch_added(call: Called) -> int:
    return call.out.numel() * prod(call.operands[-1].shape[:-1])


def _contraction(call: Called) -> int:
    """Each element of the result sums over k products, where numel(a) numel(b) = numel(out) k^2."""
    first, second = call.operands[:2]
    return isqrt(first.numel() * second.numel() * call.out.numel())


def _grouped_product(call: Called) -> int:
    """(N, K) x (E, K, M): each row meets one matrix. (M, K) x (K, N) to (E, M, N): each column of K one group."""
    left, right = call.operands[:2]
    both_flat = left.dim() == right.dim() == 2
    return left.shape[0] * left.shape[1] * right.shape[1] if both_flat else call.out.numel() * left.shape[-1]


def _linear(call: Called) -> int:
    return call.out.numel() * int(call["input"].shape[-1])


def _bilinear(call: Called) -> int:
    return call.out.numel() * prod(call.operands[2].shape[1:])


def _distances(call: Called) -> int:
    """Squares of differences; other norms have no product."""
    if call.attrs.get("p", call.attrs.get("2", 2)) != 2:
        return 0
    return call.out.numel() * int(call.operands[0].shape[-1])


def _convolution(call: Called) -> int:
    return call.out.numel() * prod(call["weight"].shape[1:])


def _transposed_convolution(call: Called) -> int:
    return call["input"].numel() * prod(call["weight"].shape[1:])


def _deformed_convolution(call: Called) -> int:
    return call.out.numel() * prod(call.operands[1].shape[1:])


def _attention(call: Called) -> int:
    """Scores and weighted sum: (..., q_len, d_k), (..., k_len, d_k), (..., k_len, d_v) -> (..., q_len, d_v)."""
    query, key, value = call.operands[:3]
    return call.out.numel() // value.shape[-1] * key.shape[-2] * (query.shape[-1] + value.shape[-1])


def _einsum(call: Called) -> int:
    """From left to right, as torch contracts: a letter that no later term needs is summed as soon as it can be.

    A step that sums over no common letter is a product of elements, which counts as zero.
    """
    terms, result = _terms(str(call.attrs.get("equation", "")), call.operands)
    if len(terms) != len(call.operands):
        return 0
    sizes: dict[str, int] = {}
    for term, operand in zip(terms, call.operands, strict=True):
        for letter, size in zip(term, operand.shape, strict=True):
            sizes[letter] = max(size, sizes.get(letter, 1))
    total, left = 0, set(terms[0])
    for index, right in enumerate(terms[1:], 2):
        needed = set(result).union(*terms[index:])
        summed = left & set(right) - needed
        kept = (left | set(right)) & needed
        total += prod(sizes[letter] for letter in kept | summed) if summed else 0
        left = kept
    return total


def _terms(equation: str, operands: Sequence[Sized]) -> tuple[list[str], str]:
    """The letters of each operand and of the result; the axes behind an ellipsis get letters of their own."""
    given, arrow, result = equation.replace(" ", "").partition("->")
    terms = given.split(",")
    if not arrow:
        letters = given.replace(",", "").replace(".", "")
        result = "".join(sorted(letter for letter in set(letters) if letters.count(letter) == 1))
        result = "..." + result if "." in given else result
    widths = [t.dim() - len(term.replace(".", "")) for term, t in zip(terms, operands, strict=False) if "." in term]
    more = "".join(chr(0x3B1 + i) for i in range(max(widths, default=0)))
    named = [
        term.replace("...", more[len(more) - (t.dim() - len(term.replace(".", ""))) :])
        for term, t in zip(terms, operands, strict=False)
    ]
    return named, result.replace("...", more)


def _recurrent(call: Called) -> int:
    """Every weight matrix multiplies one vector a step and a sequence: out is (..., D * H) or (N, H)."""
    weights = [tensor for slot, tensor in call.slots if slot not in _STATES and tensor.dim() == 2]
    return sum(weight.numel() for weight in weights) * prod(call.out.shape[:-1])


_FORMULAS: dict[str, Callable[[Called], int]] = {
    "linear": _linear,
    "bilinear": _bilinear,
    "cdist": _distances,
    "einsum": _einsum,
    "addbmm": _batch_added,
    "deform_conv2d": _deformed_convolution,
    **dict.fromkeys(
        ("matmul", "linalg_matmul", "mm", "bmm", "mv", "dot", "vdot", "linalg_vecdot", "addmm", "addmv", "baddbmm"),
        _matrix_product,
    ),
    **dict.fromkeys(("tensordot", "inner"), _contraction),
    **dict.fromkeys(("grouped_mm", "scaled_grouped_mm"), _grouped_product),
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), _convolution),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), _transposed_convolution),
    **dict.fromkeys(("scaled_dot_product_attention", "flex_attention"), _attention),
    **dict.fromkeys(
        ("lstm", "gru", "rnn_tanh", "rnn_relu", "lstm_cell", "gru_cell", "rnn_tanh_cell", "rnn_relu_cell"), _recurrent
    ),
}
