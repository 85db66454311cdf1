"""The words of an error -> the rank or the size that an argument should have had, as far as they say so."""

from __future__ import annotations

import re

from boardwork.targets.layers import Argument, resized

LARGEST = 2048  # of an axis
RANKS = (
    r"\(expected (\d+)(?:, got \d+)?\)$",
    r"len\(dims\) = (\d+)",
    r"in the equation \((\d+)\)",
    r"expected (\d+) dims",
    r"Expected (\d+)-D tensors, but got",
    r"to be (one|two|three|four)-dimensional",
)
WORDS = {"one": 1, "two": 2, "three": 3, "four": 4}
NUMBER = r"(?<![\w.-])\d+"  # that is not part of a name and no place counted from the end
DIVIDED, EVEN = r"divisible|multiple", 64


def rank_told(told: str) -> int:
    """The number of axes that is asked for, 0 if none is."""
    found = next((match for pattern in RANKS if (match := re.search(pattern, told))), None)
    return (WORDS.get(found[1]) or int(found[1])) if found else 0


def size_told(now: Argument, told: str) -> Argument | None:
    """The argument at the size that is named beside its own, as in `got 224, wants 384`, or one that divides well."""
    sizes = {i: size for i, size in enumerate(now.tensor.shape) if now.axes[i] != "batch"}
    if re.search(DIVIDED, told):
        return resized(now, {i: -(-size // EVEN) * EVEN for i, size in sizes.items() if now.axes[i]})
    numbers = set(map(int, re.findall(NUMBER, told)))
    for size in reversed(sizes.values()):
        if size in numbers and len(others := numbers - {size}) == 1 and 0 < min(others) <= LARGEST:
            return resized(now, {i: min(others) for i, same in sizes.items() if same == size})
    return None
