"""A torchvision built for another torch imports all the same, even after a first import that failed."""

import subprocess
import sys
from importlib.util import find_spec
from types import ModuleType

import pytest

from boardwork.targets import torchvision_operators

needs_torchvision = pytest.mark.skipif(find_spec("torchvision") is None, reason="needs boardwork[torchvision]")
FAILED_FIRST = """
try:
    import torchvision
except RuntimeError:
    pass
"""
LOAD = """
from boardwork.targets.build import library
print(library("torchvision").models.resnet18(weights=None).fc.out_features)
import torchvision, torchvision.ops
"""


@needs_torchvision
@pytest.mark.parametrize("code", [LOAD, FAILED_FIRST + LOAD], ids=["first", "after a failure"])
def test_torchvision_imports(code):
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, 'src')\n{code}"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.stdout == "1000\n", result.stderr


@needs_torchvision
def test_code_of_the_user_may_import_it(tmp_path):
    model = tmp_path / "model.py"
    model.write_text("import torchvision\n\ndef net():\n    return torchvision.models.resnet18()\n")
    load = f"from boardwork import load; print(load({str(model) + ':net()'!r}).module.fc.out_features)"
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, 'src')\n{load}"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.stdout == "1000\n", result.stderr


def test_nothing_is_done_where_the_operators_load(monkeypatch):
    monkeypatch.setattr(torchvision_operators, "_operators_load", lambda folders: True)
    monkeypatch.setattr(torchvision_operators, "_kept", [])
    monkeypatch.setattr(sys, "modules", {"sys": sys})
    torchvision_operators.prepare()
    assert torchvision_operators._kept == []


def test_the_check_of_the_operators_is_put_back(monkeypatch):
    extension = ModuleType("torchvision.extension")
    extension._has_ops = before = lambda: False
    monkeypatch.setitem(sys.modules, "torchvision.extension", extension)
    monkeypatch.setattr(torchvision_operators, "_kept", ["placeholders"])
    with torchvision_operators.admitted():
        assert extension._has_ops()
    assert extension._has_ops is before
