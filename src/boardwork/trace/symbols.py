"""Shapes at two sizes -> one expression an axis: `batch`, `height/16`, `batch*heads`, `seq_len+1`, or the number."""

from __future__ import annotations

from fractions import Fraction

# One prime ratio an axis: the ratio of an observed size then tells which axes it depends on.
RATIOS = {"batch": 11, "seq_len": 2, "height": 3, "width": 5, "src_len": 7, "tgt_len": 13, "length": 17, "depth": 19}
_SPARE = (23, 29, 31, 37, 41, 43)


def ratios(axes: dict[str, int]) -> dict[str, int]:
    """A prime for every axis."""
    spare = iter(_SPARE)
    return {name: RATIOS.get(name) or next(spare, 47) for name in axes}


def explain(first: int, second: int, axes: dict[str, int], primes: dict[str, int]) -> str:
    """The size of an axis in symbols.

    `first` and `second` are its sizes at axes' sizes and at those times `primes`; the simplest law that gives both.
    """
    if first == second:
        return str(first)
    for offset in (0, 1, -1, 2, -2, 3, -3, 4, -4):
        law = _monomial(first - offset, second - offset, axes, primes)
        if law:
            return law if not offset else f"{law}{offset:+d}"
    for name, size in axes.items():
        if second - first == size * (primes[name] - 1):
            return f"{name}{first - size:+d}"
    return str(first)


def _monomial(first: int, second: int, axes: dict[str, int], primes: dict[str, int]) -> str:
    if first <= 0 or second <= 0 or second % first:
        return ""
    ratio, factors, coefficient = second // first, [], Fraction(first)
    for name, prime in primes.items():
        while ratio % prime == 0:
            ratio //= prime
            factors.append(name)
            coefficient /= axes[name]
    if ratio != 1 or not factors or 1 not in (coefficient.numerator, coefficient.denominator):
        return ""
    return _written(factors, coefficient)


def _written(factors: list[str], coefficient: Fraction) -> str:
    if coefficient.denominator > 1:
        root = round(coefficient.denominator ** (1 / len(factors)))
        if len(factors) > 1 and root ** len(factors) == coefficient.denominator:
            return "*".join(f"({name}/{root})" for name in factors)
        return "*".join(factors) + f"/{coefficient.denominator}"
    front = [str(coefficient.numerator)] if coefficient.numerator > 1 else []
    return "*".join(front + factors)
