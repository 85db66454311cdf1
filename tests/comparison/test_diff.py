"""boardwork diff: a short list, and an exit code."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from tests.comparison.sheets import LAYER, PRE, WIDE, sheet_of

from boardwork.cli import main
from boardwork.comparison.differences import differences


def run(*arguments: str) -> tuple[int, list[str]]:
    result = CliRunner().invoke(main, ["diff", *arguments])
    return result.exit_code, result.output.splitlines()


@pytest.fixture
def saved(tmp_path) -> str:
    path = tmp_path / "sheet.json"
    sheet_of(LAYER).save(path)
    return str(path)


def test_the_same_model_has_no_difference(saved: str) -> None:
    assert run(saved, saved, "--exit-code") == (0, ["No structural difference."])


def test_a_norm_that_moved_is_removed_and_added(saved: str) -> None:
    code, lines = run(saved, PRE, "--exit-code")
    assert code == 1
    assert lines == [
        "+ LayerNorm at norm1",
        "- LayerNorm at norm2",
        "~ Norm: LayerNorm, post-norm → LayerNorm, pre-norm",
    ]


def test_without_the_flag_a_difference_is_no_failure(saved: str) -> None:
    assert run(saved, PRE)[0] == 0


def test_other_sizes_are_told_exactly() -> None:
    found = differences(sheet_of(LAYER), sheet_of(WIDE))
    assert "~ parameters: 281,152 → 593,024 (+311,872)" in found
    assert any(line.startswith("~ Feed-forward (64 → 2048 → 64, ReLU) → Feed-forward (128") for line in found)


def test_a_file_that_is_no_sheet_is_one_message(tmp_path) -> None:
    (tmp_path / "other.json").write_text("{}")
    result = CliRunner().invoke(main, ["diff", str(tmp_path / "other.json"), LAYER])
    assert result.exit_code == 2
    assert "no boardwork sheet" in result.output
