"""The table, what changed, the costs: numbers of both, marks where they differ, silence where nothing does."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import pytest
from tests.comparison.sheets import LAYER, PRE, RESNET, VIT, WIDE, sheet_of

import boardwork
from boardwork.comparison import Comparison, compared
from boardwork.comparison.changes import OTHER
from boardwork.comparison.costs import Cost, kept, multiply_adds
from boardwork.comparison.curves import crossings
from boardwork.comparison.words import entries, ratio, said
from boardwork.errors import FormatError, TargetError
from boardwork.knowledge.expressions import parse
from boardwork.knowledge.scope import HOLE
from boardwork.knowledge.topics import topics
from boardwork.options import Options
from boardwork.render.comparison import render


def of(*targets: str) -> Comparison:
    return compared([sheet_of(target) for target in targets])


def row(comparison: Comparison, topic: str) -> tuple[tuple[str, ...], bool, str]:
    found = next(r for r in comparison.rows if r.topic == topic)
    return found.values, found.differs, found.note


def test_rows_have_units_a_mark_and_a_ratio() -> None:
    found = of(LAYER, WIDE)
    assert row(found, "Width d_model") == (("64", "128"), True, "2 ×")
    assert row(found, "Query heads") == (("4", "4"), False, "")
    assert row(found, "Parameters") == (("281 k (1.12 MB)", "593 k (2.37 MB)"), True, "2.11 ×")
    assert row(found, "Multiply-adds at 128 tokens")[1]
    assert row(found, "Norm") == (("LayerNorm, post-norm", "LayerNorm, post-norm"), False, "")


def test_rows_that_no_model_has_a_value_for_are_left_out() -> None:
    topics = {r.topic for r in of(LAYER, WIDE).rows}
    assert not topics & {"Vocabulary", "Experts", "Patches", "Recurrence"}
    assert all(any(r.values) for r in of(LAYER, RESNET).rows)


def test_multiply_adds_are_those_at_one_size_of_the_input() -> None:
    longer = boardwork.draw(LAYER, input_size=(1, 512, 64))
    values, differs, _ = row(compared([sheet_of(LAYER), longer]), "Multiply-adds at 128 tokens")
    assert values[0] == values[1]
    assert not differs


def test_models_of_other_inputs_say_at_what_size() -> None:
    values, _, note = row(of(LAYER, RESNET), "Multiply-adds")
    assert values[0].endswith("at 128 tokens")
    assert values[1].endswith("at 224 × 224")
    assert note == "inputs differ"


def test_pre_norm_against_post_norm_says_why_once_and_of_the_right_one() -> None:
    for targets, subject in (((PRE, LAYER), 0), ((LAYER, PRE), 1)):
        found = [c for c in of(*targets).changes if c.topic == "Place of the norm"]
        assert [(c.subject, c.source) for c in found] == [(subject, "arXiv:2002.04745")]
        assert not of(*targets).identical


def test_attention_against_convolution_has_the_numbers_of_both() -> None:
    found = next(c for c in of(RESNET, VIT).changes if c.topic == "Attention instead of convolution")
    assert found.subject == 1
    assert "101 patches" in found.text
    assert "20 convolutions" in found.text


def test_identical_models_are_told() -> None:
    found = of(LAYER, LAYER)
    assert found.identical
    assert not found.changes
    assert "do not differ" in str(found)
    assert "≠" not in str(found).partition("Facts")[2]


def test_three_models_have_a_table_and_pictures_and_no_zooms() -> None:
    found = of(LAYER, PRE, WIDE)
    assert not found.zooms
    assert len(found.pictures) == 3
    assert all(len(r.values) == 3 for r in found.rows)
    assert "C TransformerEncoderLayer" in str(found)


@pytest.mark.parametrize("form", ["text", "svg", "html", "markdown", "json", "png", "dot", "mermaid"])
def test_six_models_have_a_letter_each_in_every_format(form: str) -> None:
    found = of(LAYER, PRE, WIDE, LAYER, PRE, WIDE)
    assert [name.partition(" ")[0] for name in found.names] == list("ABCDEF")
    assert render(found, form, Options())


def test_seven_models_are_refused() -> None:
    with pytest.raises(TargetError, match="7 are given"):
        of(*[LAYER] * 7)


def test_a_comparison_reads_back_from_json() -> None:
    found = of(LAYER, RESNET)
    assert Comparison.from_json(found.to_json()) == found
    data = json.loads(found.to_json())
    assert set(data) >= {"subjects", "rows", "alignment", "panels"}
    assert set(data["rows"][0]) == {"topic", "values", "differs", "note", "source"}
    with pytest.raises(FormatError, match="no boardwork comparison"):
        Comparison.from_json(sheet_of(LAYER).to_json())


def test_the_public_function_takes_modules_targets_and_sheets() -> None:
    import torch

    module = torch.nn.TransformerEncoderLayer(64, 4, batch_first=True)
    sheet = boardwork.draw(module, input_size=(1, 128, 64))
    found = boardwork.compare(sheet, LAYER)
    assert found.identical
    again = boardwork.compare(
        module, torch.nn.TransformerEncoderLayer(64, 4, batch_first=True, norm_first=True), input_size=(1, 128, 64)
    )
    assert [c.topic for c in again.changes] == ["Place of the norm"]


def test_a_sheet_without_facts_is_still_compared() -> None:
    old = replace(sheet_of(LAYER), facts={})
    found = compared([old, sheet_of(LAYER)])
    assert any("drawn before" in note for note in found.footnotes)


def test_saved_sheets_are_compared_without_torch(tmp_path) -> None:
    for name, target in (("a", LAYER), ("b", PRE)):
        sheet_of(target).save(tmp_path / f"{name}.json")
    code = (
        "import sys; from boardwork.cli import main; "
        "main(['compare', 'a.json', 'b.json', '-o', 'c.txt'], standalone_mode=False); "
        "main(['diff', 'a.json', 'b.json'], standalone_mode=False); "
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True)
    assert "Pre-norm instead of post-norm" in (tmp_path / "c.txt").read_text(encoding="utf-8")


# -- costs ------------------------------------------------------------------------------------------------------------


def test_costs_are_said_as_formulas() -> None:
    assert Cost("seq_len", (0, 2_000_000, 1024)).formula() == "2.00 M · T + 1024 · T²"
    assert Cost("seq_len", (0, 1000, 0), (500, 4096), "bytes").formula() == "1.00 kB · T + 500 B · min(T, 4096)"
    assert Cost("seq_len", (0, 1000, 0), (500, 4096)).at(10_000) == 1000 * 10_000 + 500 * 4096


def test_costs_come_from_facts() -> None:
    facts = {
        "growth.axis": "seq_len", "growth.macs_linear": 3, "growth.macs_square": 2, "cache.decodes": True,
        "cache.token_bytes": 100, "cache.open_bytes": 20, "cache.window_bytes": 80 * 512,
    }  # fmt: skip
    cost, memory = multiply_adds(facts), kept(facts)
    assert cost is not None
    assert cost.at(10) == 230
    assert memory is not None
    assert (memory.at(100), memory.at(1000)) == (10_000, 20 * 1000 + 80 * 512)
    assert kept({"state.bytes": 64, "growth.axis": "seq_len"}) == Cost("seq_len", (64, 0, 0), unit="bytes")
    assert kept({}) is None
    assert multiply_adds({}) is None


def test_crossings_are_exact() -> None:
    square, line = Cost("seq_len", (0, 0, 1)), Cost("seq_len", (0, 1000, 0))
    assert crossings(square, line, 16, 1_000_000) == [1001]
    assert crossings(line, square, 16, 1_000_000) == [1001]
    assert crossings(line, square, 16, 900) == []
    assert crossings(line, line, 16, 1_000_000) == []


def test_curves_tell_where_one_overtakes_the_other() -> None:
    state = {"state.bytes": 5000, "growth.axis": "seq_len", "growth.size": 128, "growth.macs_linear": 5}
    cache = {**state, "state.bytes": 0, "cache.decodes": True, "cache.token_bytes": 100, "growth.macs_linear": 7}
    sheets = [replace(sheet_of(LAYER), facts=facts) for facts in (state, cache)]
    curve = next(c for c in compared(sheets).curves if c.title == "Kept of the past")
    assert curve.formulas == ("5.00 kB", "100 B · T")
    assert curve.notes == ("B costs more than A from 51 tokens on (5.00 kB).",)


# -- the files of lines -----------------------------------------------------------------------------------------------


def test_every_expression_of_the_files_is_sound() -> None:
    names = {topic.name for topic in topics()}
    for entry in entries("changes.toml", "change"):
        texts = [entry["one"], entry["other"], entry.get("value", "1"), *OTHER.findall(entry["text"])]
        for text in (*texts, *HOLE.findall(OTHER.sub("", entry["text"]))):
            parse(text)
        assert entry["source"]
        assert set(entry.get("covers", ())) <= names
    for entry in entries("rows.toml", "row"):
        for text in (entry.get("number", "1"), *(hole for value in entry["values"] for hole in HOLE.findall(value))):
            parse(text)


def test_words() -> None:
    assert said("{attention.heads} heads", {"attention.heads": 12}) == "12 heads"
    assert said("{attention.heads} heads", {}) is None
    assert (ratio(12, 32), ratio(32, 12), ratio(5, 5), ratio(0, 5)) == ("2.67 ×", "1 / 2.67", "", "")
