"""Lengths at two sizes -> the law that reads best, and that is true at both."""

from __future__ import annotations

import pytest

from boardwork.trace.laws import Laws, evaluated

SIZES = {"batch": 2, "seq_len": 128, "height": 224, "width": 320, "length": 299}
FACTORS = {"batch": 11, "seq_len": 2, "height": 3, "width": 5, "length": 17}
LARGER = {name: size * FACTORS[name] for name, size in SIZES.items()}


def laws(*known: str) -> Laws:
    """Laws that have found `known` before."""
    found = Laws(SIZES, FACTORS)
    for law in known:
        found.of(int(evaluated(law, SIZES)), int(evaluated(law, LARGER)))
    return found


@pytest.mark.parametrize(
    ("law", "known"),
    [
        ("768", ()),
        ("batch", ()),
        ("12*batch", ()),
        ("batch*seq_len", ()),
        ("seq_len+1", ()),
        ("2*seq_len-1", ()),
        ("seq_len+197", ()),
        ("height/16", ()),
        ("(height/16)*(width/16)+1", ()),
        ("batch*(height/8)*(width/8)", ()),
        ("batch*(height/224)*(width/160)", ("height/224", "width/160")),
        ("(height/8)*(width/16)", ("height/8", "width/16")),
        ("batch*((height/16)*(width/16)+1)", ("(height/16)*(width/16)+1",)),
        ("(height/16)*(width/16)+64", ("(height/16)*(width/16)",)),
        ("seq_len+(height/16)*(width/16)", ("seq_len", "(height/16)*(width/16)")),
        ("64*(height/4)*(width/4)", ("height/4", "width/4")),
        ("floor(height/64)", ("height/32",)),
        ("ceil(height/64)", ("height/32",)),
        ("floor(length/2)-2", ()),
        ("floor(length/2)-12", ("floor(length/2)-6",)),
        ("(height/7-1)*(width/5-1)", ("height/7-1", "width/5-1")),
        ("batch*(ceil(height/64))", ("height/32", "ceil(height/64)")),
    ],
)
def test_a_law_is_found_again(law: str, known: tuple[str, ...]) -> None:
    first, second = int(evaluated(law, SIZES)), int(evaluated(law, LARGER))
    assert laws(*known).of(first, second) == law


def test_both_sides_of_a_square_have_one_law() -> None:
    """Of the laws that fit the width alone, the one that is the height's too."""
    found = Laws({"height": 105, "width": 105}, {"height": 2, "width": 3})
    assert found.of(42, 94) == "floor((height-21)/2)"
    assert found.of(42, 147) == "floor((width-21)/2)"  # not height-63


@pytest.mark.parametrize(("first", "second"), [(17, 23), (3, 1000), (1, 7), (5, 0)])
def test_what_has_no_law_keeps_its_number(first: int, second: int) -> None:
    assert laws().of(first, second) == str(first)


def test_a_batch_is_never_divided() -> None:
    assert "batch/" not in laws().of(2 * 224 * 320 // 64, 11 * 3 * 5 * 2 * 224 * 320 // 64)


def test_every_law_gives_both_lengths() -> None:
    found = laws("height/2", "height/4", "width/2")
    for first in range(1, 60):
        for second in range(1, 60):
            law = found.of(first, second)
            assert evaluated(law, SIZES) == first
            assert law == str(first) or evaluated(law, LARGER) == second
