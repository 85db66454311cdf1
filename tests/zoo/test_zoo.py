"""Models of the libraries -> a sheet each, or a refusal that is listed; a few by default, all with `-m zoo -s`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

RUN = [sys.executable, str(Path(__file__).with_name("run.py"))]


def test_a_few_models_give_sheets() -> None:
    told = subprocess.run([*RUN, "--few"], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.mark.zoo
def test_every_model_gives_a_sheet_or_a_listed_refusal() -> None:
    assert subprocess.run(RUN, check=False).returncode == 0
