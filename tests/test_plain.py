"""Data classes as plain dicts and lists, and back."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from boardwork.plain import from_plain, to_plain


@dataclass(frozen=True)
class Part:
    cls: str = field(metadata={"json": "class"})
    sizes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Whole:
    pair: tuple[str, int]
    parts: tuple[Part, ...]
    named: dict[str, Part]
    rest: dict[str, Any]
    below: tuple["Whole", ...] = ()


PART = Part("Linear", (2, 3))
WHOLE = Whole(("a", 1), (PART, Part("ReLU")), {"x": PART}, {"list": [1, [2]]})


def test_what_is_written_reads_back() -> None:
    nested = Whole(("b", 2), (), {}, {}, (WHOLE, WHOLE))
    assert from_plain(Whole, json.loads(json.dumps(to_plain(nested)))) == nested


def test_names_in_json() -> None:
    assert to_plain(PART) == {"class": "Linear", "sizes": [2, 3]}


@pytest.mark.parametrize("wrong", [{}, {"sizes": [1]}, {"class": "x", "sizes": 3}])
def test_data_of_another_form(wrong: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        from_plain(Part, wrong)
