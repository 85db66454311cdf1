"""A model with every class, attribute and argument renamed gives the same sheet but for the names."""

from __future__ import annotations

import ast
import dataclasses
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import nn

from boardwork.options import Options
from boardwork.pipeline import draw_trace
from boardwork.sheet import Diagram, Sheet
from boardwork.targets import from_module
from boardwork.trace import trace

HERE = Path(__file__).parent
SOURCES = {p.stem: p.read_text(encoding="utf-8") for p in (HERE / "models.py", *sorted(HERE.glob("families/*.py")))}
NAMED = ("input", "output")  # their labels are names of arguments
WORDS = ("Zebra", "Heron", "Tapir", "Otter", "Lynx", "Ibis", "Vole", "Newt")
KEPT = {*dir(nn.Module), *dir(torch.Tensor), *vars(nn.functional), *vars(torch), "weight", "bias"}


class Names(ast.NodeVisitor):
    """Names of classes, of functions, of attributes set on self, and of the arguments of forward."""

    def __init__(self) -> None:
        self.classes: list[str] = []
        self.others: list[str] = []

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.classes.append(node.name)
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        own = isinstance(node.value, ast.Name) and node.value.id == "self"
        if own and isinstance(node.ctx, ast.Store):
            self.others.append(node.attr)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Attribute) and node.func.attr == "register_buffer":
            self.others.append(str(getattr(node.args[0], "value", "")))
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if node.name == "forward":
            self.others += [arg.arg for arg in node.args.args[1:]]
        elif not node.name.startswith("__"):
            self.others.append(node.name)
        self.generic_visit(node)


class Renamed(ast.NodeTransformer):
    """Every name replaced, wherever it stands."""

    def __init__(self, new: dict[str, str]) -> None:
        self.new = new

    def visit(self, node: ast.AST) -> Any:
        for field in ("name", "id", "attr", "arg", "value"):
            old = getattr(node, field, None)
            if isinstance(old, str) and old in self.new:
                setattr(node, field, self.new[old])
        return self.generic_visit(node)


@cache
def modules(family: str) -> tuple[ModuleType, ModuleType]:
    """The models as they are written, and renamed."""
    tree = ast.parse(SOURCES[family])
    names = Names()
    names.visit(tree)
    assert set(names.others) & KEPT == set()
    new = {old: f"{WORDS[i % 8]}{WORDS[i // 8 % 8]}" for i, old in enumerate(dict.fromkeys(names.classes))}
    new |= {
        old: f"{WORDS[i % 8]}_{WORDS[i // 8 % 8]}_{i // 64}".lower()
        for i, old in enumerate(dict.fromkeys(names.others))
    }
    assert len(set(new.values())) == len(new)
    keys = dict.fromkeys(node.value for table in _tables(tree) for node in table.keys if isinstance(node, ast.Constant))
    return _module("as_written", tree, {}), _module(
        "renamed", ast.parse(SOURCES[family]), {k: v for k, v in new.items() if k not in keys}
    )


def _tables(tree: ast.Module) -> Iterator[ast.Dict]:
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.Dict))


def _module(name: str, tree: ast.Module, new: dict[str, str]) -> ModuleType:
    module = ModuleType(f"models_{name}")
    sys.modules[module.__name__] = module
    exec(compile(Renamed(new).visit(tree), module.__name__, "exec"), module.__dict__)
    return module


def sheet(module: ModuleType, name: str) -> Sheet:
    build, args = module.EXAMPLES[name]
    return draw_trace(trace(from_module(build().eval(), args)), Options())


def plain(found: Sheet) -> dict[str, Any]:
    """The sheet without what a name may change."""
    data = found.to_dict()
    data["subject"] = [(p["shape"], p["sizes"], p["dtype"]) for k in ("inputs", "outputs") for p in data["subject"][k]]
    data["panels"]["big_picture"] = diagram(found.big_picture)
    data["panels"]["zoom"] = {"reason": found.zoom.reason.partition(": ")[2], **diagram(found.zoom.diagram)}
    for equation in data["panels"]["equations"]:  # one names a module path
        equation["values"] = {k: v for k, v in equation["values"].items() if k != "path"}
        equation["name"] = equation["name"].partition(",")[0]
    data["facts"].pop("conv.path", None)
    data["footnotes"] = [re.sub(r" \(in .*\)|with .*?\. |\(\w[\w.]* \.\.\.\)", "", note) for note in data["footnotes"]]
    return data


def diagram(drawn: Diagram) -> dict[str, Any]:
    nodes = [dataclasses.asdict(node) for node in drawn.nodes]
    for node in nodes:
        if node["role"] in NAMED or node["role"] == "block":
            node["label"] = ""
        node["path"] = node["cls"] = ""
    return {
        "nodes": nodes,
        "edges": [dataclasses.asdict(edge) for edge in drawn.edges],
        "groups": [(g.label, g.detail, g.role) for g in drawn.groups],
    }


@pytest.mark.parametrize(("family", "name"), [(f, name) for f in SOURCES for name in modules(f)[0].EXAMPLES])
def test_renaming_leaves_the_sheet(family: str, name: str) -> None:
    written, renamed = (sheet(module, name) for module in modules(family))
    assert plain(written) == plain(renamed)
