"""Laws of axes -> lengths at sizes of the input that tell every law apart, and each written with names of sizes."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from math import prod

from boardwork.statement.expressions import expression
from boardwork.trace.laws import evaluated
from boardwork.trace.records import Tensor

# Large primes, far apart: a length that an axis of the input has a part in is no number that a model would hold.
_PRIMES = (
    1_030_000_001, 1_970_000_017, 3_110_000_063, 4_490_000_017, 5_830_000_019, 7_210_000_013,
    8_570_000_009, 9_910_000_007, 11_300_000_009, 12_700_000_009,
)  # fmt: skip
_LARGEST_OFFSET = 1_000_000
_MOST_FACTORS = 4  # a batch of films has as many axes that vary
_SHORT = {"batch": "B", "seq_len": "T", "src_len": "S", "tgt_len": "T", "height": "H", "width": "W", "length": "L"}

Shape = tuple[int, ...]


class Sizes:
    """Lengths at large sizes. `names`: what a function calls the lengths of its inputs that are no fixed numbers."""

    def __init__(self, axes: dict[str, int]) -> None:
        self._large = {name: size * prime for (name, size), prime in zip(axes.items(), _PRIMES, strict=False)}
        self.names: dict[int, str] = {}
        self._numbers: dict[int, int] = {}  # lengths that hold in the trace alone
        self.traced: dict[int, int] = {}  # lengths that vary -> what they are in the trace

    def of(self, tensor: Tensor) -> Shape:
        """The shape at the large sizes; the traced one where a law says nothing there."""
        shape = tuple(
            self._length(size, law)
            for size, law in zip(tensor.shape, tensor.symbols or map(str, tensor.shape), strict=True)
        )
        self.traced |= zip(shape, tensor.shape, strict=True)
        return shape

    def _length(self, size: int, law: str) -> int:
        if law.isdigit():
            return size
        found = evaluated(law, self._large)
        return int(found) if found == int(found) else size

    def name(self, tensors: Sequence[Tensor]) -> None:
        """Give names to the lengths of inputs that vary, the simple ones first: B * T needs no name then."""
        varying = [pair for tensor in tensors for pair in zip(self.of(tensor), tensor.symbols, strict=False)]
        for length, law in sorted(varying, key=lambda pair: not pair[1].isidentifier()):
            if not law.isdigit() and length >= min(_PRIMES) and self.write(length) is None:
                self.names[length] = self._free(_letter(law))

    def _free(self, wanted: str) -> str:
        taken = set(self.names.values())
        others = [wanted, *(["S"] if wanted == "T" else []), *(f"{wanted}_{n}" for n in range(2, 10))]
        return next(name for name in others if name not in taken)

    def write(self, length: int) -> ast.expr | None:
        """A length as Python: a number, `T`, `B * T`, `T + 1`; None where no named length leads to it."""
        if length < min(_PRIMES):
            return ast.Constant(length)
        for names, whole in self._products():
            if length % whole == 0 and length // whole < min(_PRIMES):
                return expression(" * ".join([*names, *([str(length // whole)] if length != whole else [])]))
            if whole % length == 0 and whole // length < min(_PRIMES):
                return expression(f"{' * '.join(names)} // {whole // length}")
        for known, name in self.names.items():
            if 0 < abs(length - known) < _LARGEST_OFFSET and self._stays(length, known):
                return expression(f"{name} {'+' if length > known else '-'} {abs(length - known)}")
        return None

    def _stays(self, length: int, known: int) -> bool:
        """True where two lengths are as far apart in the trace: what fills up to a multiple is not."""
        traced = self.traced.get(length), self.traced.get(known)
        return traced[0] is None or traced[1] is None or traced[0] - traced[1] == length - known

    def write_or_number(self, length: int) -> ast.expr | None:
        """The same, from now on as a number where no name leads to it: sides of a grid whose area alone is told."""
        if self.write(length) is None and length in self.traced:
            self._numbers[length] = self.traced[length]
        return self._written(length)

    def _written(self, length: int) -> ast.expr | None:
        return ast.Constant(self._numbers[length]) if length in self._numbers else self.write(length)

    def _products(self) -> Iterator[tuple[list[str], int]]:
        for count in range(1, _MOST_FACTORS + 1):
            for chosen in combinations(self.names.items(), count):
                yield [name for _, name in chosen], prod(length for length, _ in chosen)

    def comment(self, shape: Iterable[int]) -> str:
        """A shape in a comment: (B, T, 512)."""
        words = [self._commented(length) for length in shape]
        return f"({', '.join(words)})" if len(words) != 1 else f"({words[0]},)"

    def _commented(self, length: int) -> str:
        """A length that no name leads to is that of the trace, where the function holds there alone."""
        node = self._written(length)
        if node is not None:
            return ast.unparse(node).replace(" // ", "/")
        return str(self.traced.get(length, "?")) if self._numbers else "?"


def _letter(law: str) -> str:
    """The letter for a law: that of its first axis of the input, T for what several axes of an image make together."""
    found = [name for name in _SHORT if name in law]
    if len(found) > 1 and "batch" not in found:
        return "T"
    first = min(found, key=law.index) if found else ""
    return _SHORT.get(first, "N")
