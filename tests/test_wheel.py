"""The wheel is what users get: built, installed elsewhere, used where nothing of the checkout lies."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=TOP)
    (path,) = folder.glob("*.whl")
    return path


def test_all_that_the_package_holds_is_in_the_wheel(wheel):
    held = set(zipfile.ZipFile(wheel).namelist())
    source = TOP / "src"
    wanted = {path for path in source.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert {path.relative_to(source).as_posix() for path in wanted} <= held
    assert not any("tests" in name or name.startswith("diagrams") for name in held)


def test_a_sheet_is_drawn_from_the_installed_wheel(wheel, tmp_path):
    place = tmp_path / "installed"
    run(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", str(place), str(wheel))
    work = tmp_path / "work"
    work.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(place)}
    code = "import boardwork; print(boardwork.__file__)"
    assert run(sys.executable, "-c", code, cwd=work, env=environment).startswith(str(place))
    draw = [sys.executable, "-m", "boardwork", "draw", "example:mlp"]
    assert "mlp" in run(*draw, "-o", "sheet.svg", "-o", "sheet.json", "-o", "-", cwd=work, env=environment)
    assert {path.name for path in work.iterdir()} == {"sheet.svg", "sheet.json"}
