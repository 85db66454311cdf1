"""Models of the libraries -> zoomed blocks whose statements hold, or a refusal in words; minutes, with `-m zoo`."""

import importlib.util
from pathlib import Path

import pytest

from boardwork import check
from boardwork.errors import CheckError

SPEC = importlib.util.spec_from_file_location("zoo_models", Path(__file__).with_name("models.py"))
MODELS = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(MODELS)


@pytest.mark.zoo
@pytest.mark.parametrize("name", MODELS.SLICE)
def test_the_statement_of_the_zoomed_block_holds(name, tmp_path):
    try:
        found = check(MODELS.target_of(name, tmp_path))
    except CheckError as refusal:
        pytest.skip(str(refusal))
    assert found.passed, found.code
