"""The length of an axis at two sizes of the input -> its law: `batch`, `height/16`, `12*batch`, `seq_len+1`.

A law is a product of input axes, each divided by a stride, times a number, plus a small number; or made of laws found
before: batch times (patches + 1), text plus image. `evaluated` puts numbers in.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import lru_cache
from itertools import product
from math import prod
from types import MappingProxyType

from boardwork.law_names import names_in, renamed
from boardwork.trace.windows import Rounding

# Axes that are counted, never cut: no stride divides them.
WHOLE = ("batch",)
_OFFSETS = (1, -1, 2, -2, 3, -3, 4, -4)
_CUT_OFF = 12  # less than that is cut off by convolutions without padding; more is likelier a stride on another axis
_STRIDES = (2, 3, 5, 7)  # primes that strides, patches and windows are made of


class Laws:
    """Finds laws and remembers them: what was found before is likelier than what was not.

    `sizes`: lengths of the input axes; `factors`: how many times longer they are the second time, a prime each;
    `exact`: for lengths that windows leave, their rounding; None for a length that has no law, though some fit it.
    """

    def __init__(
        self,
        sizes: dict[str, int],
        factors: dict[str, int],
        exact: Mapping[tuple[int, int], Rounding | None] = MappingProxyType({}),
    ) -> None:
        self.sizes, self.factors, self.exact = sizes, factors, exact
        self._found: dict[tuple[int, int], str] = {}
        self._strides: dict[str, dict[int, None]] = {name: {} for name in sizes}
        self._dividing = {name: {1} for name in sizes}  # strides that leave no rest

    def of(self, first: int, second: int) -> str:
        """The simplest law that gives both lengths; the first as a number if there is none."""
        if first == second or self.exact.get((first, second), ()) is None:
            return str(first)
        if (first, second) not in self._found:
            law = next(self._candidates(first, second), "")
            if not law:
                return str(first)
            self._found[first, second] = law
        return self._found[first, second]

    def _candidates(self, first: int, second: int) -> Iterator[str]:
        exact = self.exact.get((first, second))
        products = list(self._products(first, second))
        yield from (law for law in products if not exact or re.fullmatch(rf"{exact.axis}(/\d+)?", law))
        if exact:
            yield self._windows(exact)
        yield from self._multiples(first, second)
        yield from self._turned(first, second)
        for offset in _offsets(first):
            rest = self._products(first - offset, second - offset, beside=True)
            yield from (f"{law}{offset:+d}" for law in rest)
        yield from self._sums(first, second)
        longer = [name for name, size in self.sizes.items() if second - first == size * (self.factors[name] - 1)]
        yield from (f"{name}{first - self.sizes[name]:+d}" for name in longer if first > self.sizes[name] - _CUT_OFF)
        for (length, other), law in self._found.items():
            beside = first > length - min(_CUT_OFF, length / 2)  # tokens are added, or a border is cut off
            if second - first == other - length and beside:
                yield _shifted(law, first - length)
        yield from self._rounded(first, second)
        yield from (f"{name}{first - self.sizes[name]:+d}" for name in longer)

    def _products(self, first: int, second: int, *, beside: bool = False) -> Iterator[str]:
        """number * axis * axis/stride ...; `beside`: with something added, which is likelier chance."""
        if first <= 0 or second <= 0 or second % first:
            return
        ratio, names = second // first, []
        for name, factor in self.factors.items():
            while ratio % factor == 0:
                ratio //= factor
                names.append(name)
        whole = prod(self.sizes[name] for name in names)
        shared = math.gcd(first, whole)
        number, divisor = first // shared, whole // shared
        if ratio != 1 or not names:
            return
        cut = [name for name in names if name not in WHOLE]
        if len(set(cut)) < len(cut) and number > 1 and divisor > 1:  # a square is seldom both cut and multiplied
            return
        latest = [next(reversed(self._strides[name]), 1) for name in cut]
        flattened = number > 1 and (divisor > 1 or len(cut) > 1)  # channels times a map
        if flattened and prod(latest) % divisor == 0:
            number, divisor = number * prod(latest) // divisor, prod(latest)
        split = self._split(divisor, cut)
        if split is None or not self._possible(cut, split, beside=beside):
            return
        strides = iter(split)
        parts = [str(number)] if number > 1 else []
        parts += [name if name in WHOLE else self._over(name, next(strides)) for name in names]
        yield "*".join(parts) if len(parts) > 1 else parts[0].strip("()")

    def _possible(self, names: list[str], strides: tuple[int, ...], *, beside: bool) -> bool:
        """A stride is no longer than its axis; one that long leaves 1: a map of one window, but not one and a token."""
        lengths = [self.sizes[name] / stride for name, stride in zip(names, strides, strict=True)]
        return all(length >= 1 for length in lengths) and not (beside and len(names) > 1 and 1 in lengths)

    def _over(self, name: str, stride: int) -> str:
        self._strides[name][stride] = None
        self._dividing[name].add(stride)
        return name if stride == 1 else f"({name}/{stride})"

    def _split(self, divisor: int, names: list[str]) -> tuple[int, ...] | None:
        """A stride for each axis; equal ones seen before first, then others seen before, then equal ones, then any."""
        if not _smooth(divisor):
            return None
        if len(names) < 2:
            return (divisor,) if names else () if divisor == 1 else None
        seen = [[1, *self._strides[name]] for name in names]
        root = round(divisor ** (1 / len(names)))
        equal = (root,) * len(names) if root ** len(names) == divisor else None
        if equal and all(root in strides for strides in seen):
            return equal
        known = product(*map(reversed, seen))
        if found := next((strides for strides in known if prod(strides) == divisor), None):
            return found
        if equal:
            return equal
        return (*[1] * (len(names) - 1), divisor)

    def _multiples(self, first: int, second: int) -> Iterator[str]:
        """A sum or a rounded law found before, times a product; or two of them, each of an axis of its own."""
        for (length, other), law in self._found.items():
            if _is_product(law) or length <= 1 or first % length or second % other:
                continue
            rest = first // length, second // other
            if rest[0] == rest[1]:
                yield f"{rest[0]}*({law})"
            yield from (f"{product}*({law})" for product in self._products(*rest))
        for (length, other), law in reversed(self._found.items()):  # the last axis comes last
            if length > 1 and _is_of_one_axis(law) and not first % length and not second % other:
                beside = self._multiples_beside(first // length, second // other, names_in(law))
                yield from (f"{times}*({law})" for times in beside)

    def _multiples_beside(self, first: int, second: int, taken: list[str]) -> Iterator[str]:
        """A sum or a rounded law found before of an axis that is not `taken`, alone or times a product."""
        for (length, other), law in self._found.items():
            if length <= 1 or not _is_of_one_axis(law) or set(names_in(law)) & set(taken) & self.sizes.keys():
                continue
            if not first % length and not second % other:
                rest = first // length, second // other
                yield from [f"({law})"] if rest == (1, 1) else [f"{rest[0]}*({law})"] if rest[0] == rest[1] else []
                yield from (f"{product}*({law})" for product in self._products(*rest))

    def _turned(self, first: int, second: int) -> Iterator[str]:
        """The law of the other side of a square: what happens to the height happens to the width."""
        for (length, _), law in self._found.items():
            names = set(names_in(law)) & self.sizes.keys() if length == first else set()
            if len(names) != 1:
                continue
            (name,) = names
            for other, size in self.sizes.items():
                turned = renamed(law, {name: other})
                twice = {other: size * self.factors[other]}
                if other != name and size == self.sizes[name] and evaluated(turned, twice) == second:
                    yield turned

    def _sums(self, first: int, second: int) -> Iterator[str]:
        """Two laws found before, or the same one twice; and a small number."""
        for offset in (0, *_offsets(first)):
            for (length, other), law in self._found.items():
                rest = self._found.get((first - length - offset, second - other - offset))
                if rest and not (rest == law and "floor" in law):  # twice a rounded map, and one: a coincidence
                    yield f"{law}+{rest}" + (f"{offset:+d}" if offset else "")

    def _windows(self, rounding: Rounding) -> str:
        """The law of what windows leave; the axis is a multiple of the strides that divided it before."""
        name, added, stride, times = rounding
        whole = max(seen for seen in self._dividing[name] if stride % seen == 0)
        least = added - added % whole
        if whole == stride:
            law = _shifted(self._over(name, stride).strip("()"), least // stride)
        else:
            law = _floor(name, stride, range(least, least + whole))
        self._strides[name][stride] = None
        return f"{times}*({law})" if times > 1 else law

    def _rounded(self, first: int, second: int) -> Iterator[str]:
        """An axis over a stride that does not divide it: a stride seen before, or 2 or 3 or 4 times that."""
        for name, size in self.sizes.items():
            strides = {seen * times for seen in [1, *self._strides[name]] for times in (1, 2, 3, 4)}
            for stride in sorted(strides) if name not in WHOLE else ():
                lowest = [n * stride - length for n, length in ((first, size), (second, size * self.factors[name]))]
                offsets = range(max(lowest), min(lowest) + stride)
                if offsets and min(map(abs, offsets)) <= _CUT_OFF * stride:
                    self._strides[name][stride] = None
                    yield _floor(name, stride, offsets)


def _shifted(law: str, number: int) -> str:
    """`floor(height/2)-4` and -6 -> `floor(height/2)-10`."""
    base, added = re.fullmatch(r"(.*?)([+-]\d+)?", law).groups()  # type: ignore[union-attr]
    total = int(added or 0) + number
    return f"{base}{total:+d}" if total else base


def _floor(name: str, stride: int, offsets: range) -> str:
    """floor((axis + offset) / stride) for one of these offsets, the one that reads best."""
    if stride - 1 in offsets and 0 not in offsets:
        return f"ceil({name}/{stride})"
    whole = [offset for offset in offsets if offset % stride == 0]
    offset = min(whole or offsets, key=abs)
    if whole:
        return f"floor({name}/{stride})" + (f"{offset // stride:+d}" if offset else "")
    return f"floor(({name}{offset:+d})/{stride})"


def _offsets(length: int) -> list[int]:
    """What a law may add; any small number is some other one plus 4, so that a short axis has few."""
    return [offset for offset in _OFFSETS if abs(offset) == 1 or length > 8 * abs(offset)]


def _smooth(number: int) -> bool:
    for stride in _STRIDES:
        while number % stride == 0:
            number //= stride
    return number == 1


def _is_of_one_axis(law: str) -> bool:
    return "*" not in law and not _is_product(law)


def _is_product(law: str) -> bool:
    return not re.search(r"[+-]|floor|ceil", law)


def evaluated(law: str, sizes: dict[str, int]) -> Fraction:
    """The length that a law gives at these sizes of the input axes.

    >>> evaluated("batch*((height/16)*(width/16)+1)", {"batch": 2, "height": 64, "width": 32})
    Fraction(18, 1)
    """
    return _value(_parsed(law), sizes)


@lru_cache(maxsize=4096)
def _parsed(law: str) -> ast.expr:
    """Kept, for a law is asked for at several sizes."""
    return ast.parse(law, mode="eval").body


_SIGNS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}


def _value(part: ast.expr, sizes: dict[str, int]) -> Fraction:
    match part:
        case ast.Constant(value=int(number)):
            return Fraction(number)
        case ast.Name(id=name):
            return Fraction(sizes[name])
        case ast.BinOp(left=left, op=sign, right=right):
            found: Fraction = _SIGNS[type(sign)](_value(left, sizes), _value(right, sizes))
            return found
        case ast.Call(func=ast.Name(id=name), args=[inside]):
            return Fraction({"floor": math.floor, "ceil": math.ceil}[name](_value(inside, sizes)))
    raise ValueError(ast.unparse(part))
