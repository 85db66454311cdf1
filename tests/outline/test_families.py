"""What each hand-written model of families/ must show: boxes, facts; and every check holds."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from tests.outline import written

from boardwork.measure import measure
from boardwork.measure.examples import everything
from boardwork.options import Options
from boardwork.outline import outline
from boardwork.pipeline import draw_trace
from boardwork.trace.records import Trace

FOLDER = Path(__file__).parent / "families"
EXPECTED: dict[str, dict[str, dict[str, Any]]] = {
    path.stem: tomllib.loads(path.with_suffix(".toml").read_text(encoding="utf-8"))
    for path in sorted(FOLDER.glob("*.py"))
}
CASES = [(family, name) for family, models in EXPECTED.items() for name in models]


def traced(family: str, name: str) -> Trace:
    return written.traced(FOLDER / f"{family}.py", name)


@pytest.mark.parametrize("family", EXPECTED)
def test_every_model_is_expected(family: str) -> None:
    assert list(EXPECTED[family]) == list(written.models(FOLDER / f"{family}.py").EXAMPLES)


@pytest.mark.parametrize(("family", "name"), CASES)
def test_parts_and_numbers(family: str, name: str) -> None:
    wanted = EXPECTED[family][name]
    found = outline(traced(family, name))
    labels, facts = {block.label for block in everything(found.root)}, measure(found)
    assert [label for label in wanted["shows"] if label not in labels] == []
    assert {word: facts.get(word, False) for word in wanted.get("facts", {})} == wanted.get("facts", {})
    beside = {box.label for box in found.zoom.boxes if box.kind == "mask"}
    assert beside >= set(wanted.get("beside", ()))
    groups = {word.partition(".")[0] for word in facts}
    assert groups & set(wanted.get("lacks", ())) == set()


@pytest.mark.parametrize(("family", "name"), CASES)
def test_every_check_holds(family: str, name: str) -> None:
    sheet = draw_trace(traced(family, name), Options())
    assert [note for note in sheet.footnotes if "not printed" in note] == []
    assert sum(node.params for node in sheet.big_picture.nodes) == sheet.summary["params_total"]
    assert sum(node.flops for node in sheet.big_picture.nodes) == sheet.summary["flops"]


@pytest.mark.parametrize(("family", "name"), CASES)
def test_every_operation_is_in_one_box(family: str, name: str) -> None:
    found = outline(traced(family, name))
    hidden = [op for ops in found.hidden.values() for op in ops]
    assert sorted(found.root.all()) == sorted({op.id for op in found.trace.ops} - set(hidden))


def test_weights_that_run_on_a_second_input_say_so() -> None:
    sheet = draw_trace(traced("habits", "pair"), Options())
    again = [node for node in sheet.big_picture.nodes if "same weights again" in node.detail]
    assert [node.params for node in again] == [0] * len(again) != []
