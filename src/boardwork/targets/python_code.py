"""`path/to/model.py:Net(hidden=64)` or `package.module:Net` -> the module that the class or function there builds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from torch import nn

from boardwork.errors import TargetError
from boardwork.targets import torchvision_operators
from boardwork.targets.assemble import assemble
from boardwork.targets.build import build
from boardwork.targets.call import Call
from boardwork.targets.input_spec import InputSpec
from boardwork.targets.source import imported, imported_file
from boardwork.targets.subject import Subject
from boardwork.targets.unknown import unknown


def load_file(path: str, call: Call, given: Sequence[InputSpec]) -> Subject:
    """Build `call.name` of the file at `path`. Raises TargetError."""
    if not Path(path).is_file():
        raise TargetError(f"There is no file {path!r}.", where=call.target)
    with _explained(path, call), imported_file(Path(path)) as namespace:
        return _subject(namespace, path, call, given)


def load_module(name: str, call: Call, given: Sequence[InputSpec]) -> Subject:
    """Build `call.name` of an importable module. Raises TargetError."""
    with _explained(name, call):
        return _subject(imported(name), name, call, given)


def classes_in(namespace: ModuleType) -> list[str]:
    """Names of the nn.Module classes that the module itself defines."""
    return [
        name
        for name, value in vars(namespace).items()
        if isinstance(value, type) and issubclass(value, nn.Module) and value.__module__ == namespace.__name__
    ]


def _subject(namespace: ModuleType, where: str, call: Call, given: Sequence[InputSpec]) -> Subject:
    listing = ", ".join(classes_in(namespace)) or "none"
    if call.name not in vars(namespace):
        raise unknown(f"class in {where}", call.name, classes_in(namespace), listing)
    make = getattr(namespace, call.name)
    if isinstance(make, nn.Module):
        module = make
    elif callable(make):
        module = build(make, call)
    else:
        raise TargetError(f"{call.name} in {where} is no class or function.", hint=f"classes: {listing}")
    return assemble(module, target=call.target, title=call.name, given=given)


@contextmanager
def _explained(where: str, call: Call) -> Iterator[None]:
    torchvision_operators.prepare()  # the user's code may import it, or a library that does
    try:
        yield
    except ImportError as error:
        raise TargetError(f"{where} does not import: {error}", where=call.target) from error
