"""All tests run in the checkout's top folder, so that targets such as tests/data/residual_net.py are found."""

from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def at_the_top(monkeypatch):
    monkeypatch.chdir(TOP)


def pytest_addoption(parser):
    parser.addoption("--accept", action="store_true", help="write the output of golden cases as the expected one")
