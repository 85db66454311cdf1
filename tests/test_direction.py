"""Imports go one way: no stage knows of a later one, there are no cycles, and torch ends with the trace."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "boardwork"
STAGES = (
    {"errors"},
    {"options", "numbers", "plain", "law_names"},
    {"examples"},
    {"meta"},
    {"targets"},
    {"trace"},
    {"outline"},
    {"statement"},
    {"facts"},
    {"measure"},
    {"sheet"},  # the hand-over's data classes, which knowledge fills
    {"diagrams"},
    {"verify"},
    {"formula"},
    {"axes"},
    {"knowledge", "notation"},
    {"compose", "comparison"},
    {"figure"},
    {"render"},
    {"pipeline"},
    {"gallery"},
    {"__init__"},
    {"cli"},
    {"__main__"},
)
RANK = {name: rank for rank, names in enumerate(STAGES) for name in names}
HEAVY = {"torch", "torchinfo", "torchvision", "timm", "transformers"}
MAY_USE_TORCH = {"examples", "meta", "targets", "trace", "verify"}
PICTURES = {"figure", "render"}  # they know the sheet and nothing before it
PICTURES_MAY_USE = {
    "errors",
    "options",
    "sheet",
    "diagrams",
    "formula",
    "figure",
    "render",
    "numbers",
    "law_names",
    "comparison",
}
MODULES = sorted(path for path in SOURCE.rglob("*.py"))
# A sheet prints, saves and shows itself; these imports are made when it does.
LATE = {("sheet", "render"), ("comparison", "render"), ("__init__", "pipeline"), ("__init__", "targets")}


def dotted(path):
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


NAMES = {dotted(path) for path in MODULES}


def is_type_checking(node):
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def imports(node, *, late):
    """Dotted names imported below `node`; those inside functions only with `late`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        elif not is_type_checking(child) and (late or not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)):
            yield from imports(child, late=late)


def own(name):
    """`boardwork.trace.records.Op` -> `trace.records`; "" for what is not ours."""
    if name.split(".")[0] != "boardwork":
        return ""
    parts = name.split(".")[1:]
    while parts and ".".join(parts) not in NAMES:
        parts.pop()
    return ".".join(parts) or "__init__"


def stage(name):
    return name.split(".")[0]


def read(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def test_every_module_belongs_to_a_stage():
    assert {stage(name) for name in NAMES} <= set(RANK)


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_no_stage_imports_a_later_one(path):
    here = stage(dotted(path))
    used = {stage(own(name)) for name in imports(read(path), late=True) if own(name)} - {here}
    later = {name for name in used if RANK[name] >= RANK[here] and (here, name) not in LATE}
    assert not later
    if here in PICTURES:
        assert used <= PICTURES_MAY_USE


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_torch_ends_with_the_trace(path):
    used = {name.split(".")[0] for name in imports(read(path), late=True)} & HEAVY
    assert not used or stage(dotted(path)) in MAY_USE_TORCH


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_first_line_says_what_goes_in_and_what_comes_out(path):
    assert ast.get_docstring(read(path))


def test_there_are_no_cycles():
    graph = {
        dotted(path): {own(name) for name in imports(read(path), late=False) if own(name)} - {dotted(path)}
        for path in MODULES
    }
    list(TopologicalSorter(graph).static_order())
