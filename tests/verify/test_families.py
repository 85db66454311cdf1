"""Every hand-written model of the outline's tests: the statement of its zoomed block holds."""

import importlib.util
from functools import cache
from pathlib import Path

import pytest

from boardwork import check

OUTLINE = Path(__file__).parents[1] / "outline"
FILES = {path.stem: path for path in (*sorted((OUTLINE / "families").glob("*.py")), OUTLINE / "models.py")}


@cache
def examples(family):
    spec = importlib.util.spec_from_file_location(f"stated_{family}", FILES[family])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.EXAMPLES


CASES = [(family, name) for family in FILES for name in examples(family)]


@pytest.mark.parametrize(("family", "name"), CASES)
def test_the_statement_holds(family, name):
    build, args = examples(family)[name]
    found = check(build().eval(), args)
    assert found.passed, found.code
