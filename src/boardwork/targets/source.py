"""A Python file or a dotted name -> the imported module, with sys.modules and sys.path put back afterwards."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from boardwork.errors import TargetError
from boardwork.targets.state import global_state_kept

PRIVATE = "_boardwork_user_file"


@contextmanager
def imported_file(path: Path) -> Iterator[ModuleType]:
    """The module of `path` under a private name; files beside it can be imported while the block runs.

    A file in a package (a folder with `__init__.py`) is imported by its dotted name, so that relative imports work.

    Raises:
        TargetError: the file does not compile or raises.
    """
    path = path.resolve()
    root, name = _root(path)
    with _importable(root):
        try:
            with global_state_kept():
                module = importlib.import_module(name) if "." in name else _execute(path)
        except (Exception, SystemExit) as error:  # a script may read its command line and leave
            raise TargetError(f"{path.name} does not import: {_told(error, path)}") from error
        yield module


def imported(name: str) -> ModuleType:
    """An importable module by its dotted name, looked for in the current folder too.

    Raises:
        TargetError: there is none, or it raises.
    """
    with _importable(Path.cwd(), forget=False), global_state_kept():
        try:
            return importlib.import_module(name)
        except (Exception, SystemExit) as error:
            raise TargetError(f"The module {name!r} does not import: {error}") from error


def _execute(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(PRIVATE, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path.name} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[PRIVATE] = module  # dataclasses and the like look their own module up
    spec.loader.exec_module(module)
    return module


def _root(path: Path) -> tuple[Path, str]:
    folder, names = path.parent, [path.stem]
    while (folder / "__init__.py").exists():
        names.insert(0, folder.name)
        folder = folder.parent
    return folder, ".".join(names)


@contextmanager
def _importable(folder: Path, *, forget: bool = True) -> Iterator[None]:
    before, path, no_bytecode = set(sys.modules), list(sys.path), sys.dont_write_bytecode
    sys.path.insert(0, str(folder))
    sys.dont_write_bytecode = True
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path[:] = path
        sys.dont_write_bytecode = no_bytecode
        for name in set(sys.modules) - before if forget else ():
            if name == PRIVATE or _beside(folder, name.partition(".")[0]):
                del sys.modules[name]


def _beside(folder: Path, name: str) -> bool:
    """Whether the top-level module `name` lies in `folder` itself, not in an environment below it."""
    spec = getattr(sys.modules.get(name), "__spec__", None)
    places = [spec.origin, *(spec.submodule_search_locations or ())] if spec else []
    return any(
        Path(place) in (folder / f"{name}.py", folder / name, folder / name / "__init__.py")
        for place in places
        if place
    )


def _told(error: BaseException, path: Path) -> str:
    text = f"{type(error).__name__}: {error}"
    trace, line = error.__traceback__, 0
    while trace:
        line = trace.tb_lineno if trace.tb_frame.f_code.co_filename == str(path) else line
        trace = trace.tb_next
    return f"{text} (line {line})" if line else text
