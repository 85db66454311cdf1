"""`import boardwork`, its help and the way from sheet.json to a picture do not import torch."""

import subprocess
import sys

import pytest

SHEET = "diagrams/recurrent/lstm-classifier/sheet.json"
HEAVY = ("torch", "torchinfo", "torchvision", "timm", "transformers")
BLOCKED = f"import sys; sys.path.insert(0, 'src'); sys.modules.update(dict.fromkeys({HEAVY}));"
COMMAND = "from boardwork.cli import main; main(sys.argv[1:])"


def without_torch(code, *arguments):
    command = [sys.executable, "-c", BLOCKED + code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


@pytest.mark.parametrize(
    "code",
    [
        "import boardwork",
        "import boardwork; boardwork.Sheet, boardwork.Options, boardwork.draw, boardwork.BoardworkError",
        "import boardwork.cli, boardwork.gallery, boardwork.render, boardwork.targets",
        f"from boardwork import Sheet; sheet = Sheet.from_json({SHEET!r}); str(sheet); sheet._repr_svg_()",
    ],
)
def test_imports_work_where_torch_does_not(code):
    result = without_torch(code)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["draw", "--help"], ["targets"], ["draw", SHEET]])
def test_commands_work_where_torch_does_not(arguments):
    result = without_torch(COMMAND, *arguments)
    assert result.returncode == 0, result.stderr
    assert result.stdout


def test_few_names_are_public():
    import boardwork

    assert len(boardwork.__all__) <= 9
    assert all(hasattr(boardwork, name) for name in boardwork.__all__)
