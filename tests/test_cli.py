"""The command line: what it prints and writes, and how it fails: one message, an exit code, no file left."""

import json

import pytest
from click.testing import CliRunner

from boardwork.cli import main
from boardwork.sheet import Sheet

LAYER = "torch.nn:Linear(3, 4)"


def boardwork(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_a_sheet_is_printed_as_text():
    result = boardwork("draw", LAYER)
    assert result.exit_code == 0, result.output
    assert "Linear" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_a_model_that_prints_does_not_write_into_the_sheet():
    result = boardwork("draw", "tests/data/nets.py:Random", "--format", "json")
    assert json.loads(result.stdout)["subject"]["title"] == "Random"
    assert "this model prints" in result.stderr


def test_text_in_plain_ascii():
    assert boardwork("draw", LAYER, "--ascii").stdout.isascii()


def test_the_suffix_chooses_and_the_format_overrides(tmp_path):
    names = [tmp_path / name for name in ("a.svg", "a.json", "a.txt")]
    assert boardwork("draw", LAYER, *(word for name in names for word in ("-o", name))).exit_code == 0
    svg, data, text = (name.read_text(encoding="utf-8") for name in names)
    assert "<svg" in svg
    assert json.loads(data)["boardwork"] == 1
    assert text == boardwork("draw", LAYER).stdout
    assert boardwork("draw", LAYER, "-o", tmp_path / "b.x", "--format", "json").exit_code == 0
    assert (tmp_path / "b.x").read_text(encoding="utf-8") == data
    assert boardwork("draw", LAYER, "-o", "-", "--format", "json").stdout == data


def test_a_sheet_that_was_drawn_before_is_a_target(tmp_path):
    assert boardwork("draw", LAYER, "-o", tmp_path / "a.json").exit_code == 0
    assert boardwork("draw", tmp_path / "a.json").stdout == boardwork("draw", LAYER).stdout
    assert Sheet.from_json(tmp_path / "a.json").to_json() == (tmp_path / "a.json").read_text(encoding="utf-8")


def test_the_options_of_formats(tmp_path):
    assert boardwork("draw", LAYER, "--format", "ascii").stdout.isascii()
    alone = boardwork("draw", LAYER, "--panel", "big-picture").stdout
    assert "Big picture" in alone
    assert "Zoom" not in alone
    assert len(boardwork("draw", LAYER, "--compact").stdout) < len(boardwork("draw", LAYER).stdout)
    figure = tmp_path / "figure.svg"
    assert boardwork("draw", LAYER, "--big-picture-only", "--width", "3.5in", "-o", figure).exit_code == 0
    assert 'width="252pt"' in figure.read_text(encoding="utf-8")
    assert boardwork("draw", LAYER, "--theme", "dark", "--paper", "letter", "-o", tmp_path / "a.pdf").exit_code == 0
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--theme", "neon"], "dark, mono, paper, sketch"),
        (["--paper", "a3"], "a4, letter"),
        (["--width", "wide"], "3.5in"),
        (["--width", "12"], "40 columns"),
        (["--width", "3.5in"], "--big-picture-only"),
        (["--panel", "equations", "--format", "mermaid"], "big-picture"),
    ],
)
def test_options_that_cannot_be_are_told_and_leave_no_file(arguments, said, tmp_path):
    result = boardwork("draw", LAYER, *arguments, "-o", tmp_path / "out.svg")
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith("Error: ")
    assert said in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_steps_are_explained():
    result = boardwork("explain", LAYER)
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) > 2


def test_the_paths_that_zoom_takes_are_listed():
    result = boardwork("tree", "torch.nn:TransformerEncoderLayer(d_model=16, nhead=2)")
    assert result.exit_code == 0, result.output
    paths = [line.split()[0] for line in result.stdout.splitlines()]
    assert {"self_attn", "linear1", "norm2"} <= set(paths)


def test_targets_are_listed():
    result = boardwork("targets")
    assert all(word in result.stdout for word in ("torchvision:", "timm:", "hf:DIR", "lstm-classifier"))


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["torchvision:resnt50"], 2, "resnet50"),
        (["nothing"], 2, "torchvision:nothing"),
        (["missing.json"], 2, "missing.json"),
        (["tests/data/llama-3-8b/config.json"], 2, "no boardwork sheet"),
        ([LAYER, "--input", "1,x"], 2, "'1,x'"),
        ([LAYER, "--input", "1,5"], 1, "Linear"),
        (["tests/data/nets.py:ForwardRaises"], 1, "this forward never works"),
        (["tests/data/nets.py:TakesAPath"], 2, "needs path"),
        (["tests/data/nets.py:TakesADict"], 1, "give it from Python, as in boardwork.draw"),
        ([LAYER, "--zoom", "no.such.block"], 1, "no.such.block"),
    ],
)
def test_mistakes_give_one_message_and_leave_no_file(arguments, code, said, tmp_path):
    result = boardwork("draw", *arguments, "-o", tmp_path / "out.svg")
    assert result.exit_code == code, result.output
    assert result.stderr.startswith("Error: ")
    assert said in result.stderr
    assert "Traceback" not in result.output
    assert sum(line.startswith("Error: ") for line in result.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["none/out.svg", "out.nosuch", "out", "folder"])
def test_what_cannot_be_written_is_told_before_anything_slow(name, tmp_path, monkeypatch):
    (tmp_path / "folder").mkdir()
    monkeypatch.setattr("boardwork.targets.load", lambda *_: pytest.fail("the model was built"))
    result = boardwork("draw", LAYER, "-o", tmp_path / name)
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: ")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_the_gallery_command_checks_and_mends(tmp_path):
    (tmp_path / "gallery.toml").write_text('[[sheet]]\nfolder = "a"\ntarget = "torch.nn:Linear(3, 4)"\n')
    assert boardwork("gallery", tmp_path, "--check").exit_code == 1
    assert boardwork("gallery", tmp_path).exit_code == 0
    assert boardwork("gallery", tmp_path, "--check").exit_code == 0


def test_level_and_questions_are_settled_when_a_model_is_drawn(tmp_path):
    layer = "torch.nn:TransformerEncoderLayer(d_model=64, nhead=4, batch_first=True)"
    asked = boardwork("draw", layer, "--questions", "--level", "junior", "-o", tmp_path / "a.json", "-o", "-")
    assert "Questions" in asked.stdout
    assert {question.level for question in Sheet.from_json(tmp_path / "a.json").questions} == {"junior"}
    assert boardwork("draw", tmp_path / "a.json").stdout == asked.stdout
    assert boardwork("draw", layer, "--panel", "questions").stdout.count("?") > 1
    asked_late = (["--level", "mid"], ["--questions", "-o", tmp_path / "b.txt"], ["--zoom", "nope"], ["--input", "1,3"])
    for late in asked_late:
        boardwork("draw", layer, "-o", tmp_path / "a.json")
        refused = boardwork("draw", tmp_path / "a.json", *late)
        assert refused.exit_code == 2
        assert "drawn before" in refused.stderr


def test_equations_of_a_block_are_run():
    result = boardwork("check", "torch.nn:TransformerEncoderLayer(16, 2, 32, batch_first=True)", "--zoom", "self_attn")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[0] == "block      self_attn: Multi-head attention"
    assert result.stdout.splitlines()[-1] == "pass"


def test_the_code_that_was_run_is_drawn_where_it_is_asked_for(tmp_path):
    path = tmp_path / "sheet.json"
    assert boardwork("draw", "torch.nn:LSTM(3, 4)", "--panel", "code", "-o", path).exit_code == 0
    assert "def lstm_step(" in boardwork("draw", path, "--panel", "code").stdout
    assert "def lstm_step(" not in boardwork("draw", path).stdout
    for suffix in ("md", "html", "svg"):
        assert boardwork("draw", path, "--panel", "code", "-o", tmp_path / f"sheet.{suffix}").exit_code == 0
    refused = boardwork("draw", "diagrams/vision/resnet50/sheet.json", "--panel", "code")
    assert refused.exit_code == 2
    assert "holds no code" in refused.stderr
