"""What every format says in the same words: checks, sources, trade-offs."""

import dataclasses

import pytest

from boardwork.render.words import cited, computed, differs, number, reasons
from boardwork.sheet import Check, Tradeoff


@pytest.mark.parametrize(
    ("formula", "said"),
    [("4 * d ** 2", "4 · d² = 64"), ("2 ** n", "2 ^ n = 64"), ("d**12 + 1", "d¹² + 1 = 64"), ("8 · 8", "8 · 8 = 64")],
)
def test_a_check_is_written_as_mathematics(formula: str, said: str) -> None:
    assert computed(Check("", formula, 64, 64, True)) == said


def test_a_difference_is_said() -> None:
    assert differs(Check("", "8", 8, 8, True)) == ""
    assert differs(Check("", "8", 8, 1024, False)) == "measured 1,024"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("1706.03762", "arXiv:1706.03762"),
        ("2205.14135v2", "arXiv:2205.14135v2"),
        ("arXiv:1706.03762", "arXiv:1706.03762"),
        ("1706.03762, 2002.04745", "arXiv:1706.03762, arXiv:2002.04745"),
        ("Hochreiter 1997", "Hochreiter 1997"),
        ("doi:10.1234.56789", "doi:10.1234.56789"),
        ("", ""),
    ],
)
def test_a_preprint_is_named_with_its_archive(source: str, said: str) -> None:
    assert cited(source) == said


def test_numbers() -> None:
    assert [number(v) for v in (4096, 2.5, True, "gelu", float("inf"))] == ["4,096", "2.5", "True", "gelu", "inf"]


def test_a_trade_off_has_four_parts() -> None:
    item = Tradeoff("t", "why", "", "fails", {"d": 16384, "mode": "x"}, "")
    assert dict(reasons(item)) == {
        "Why": "why",
        "Instead": "",
        "Fails when": "fails",
        "Decides": "d = 16.4 k, mode = x",
    }
    assert dict(reasons(dataclasses.replace(item, decides={})))["Decides"] == ""
