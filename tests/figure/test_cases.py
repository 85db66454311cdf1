"""Golden cases: a diagram in a few lines and the text that it must become. `pytest --accept` writes what came out."""

from __future__ import annotations

import dataclasses
import re
import shlex
from pathlib import Path

import pytest

from boardwork.figure import CELLS, draw
from boardwork.render.text.raster import Raster
from boardwork.sheet import Diagram, Edge, Group, Node

CASES = sorted((Path(__file__).parents[1] / "cases" / "figure").glob("*.txt"))


def read(text: str) -> Diagram:
    """`node ID ROLE "label" "detail" REPEAT`, `edge FROM TO KIND (shape) LABEL`, `frame ID "label" NODE ...`."""
    nodes, edges, groups, parents = [], [], [], {}
    for line in text.splitlines():
        word, rest = line.split(" ", 1)
        if word == "node":
            name, role, label, *more = shlex.split(rest)
            nodes.append(Node(name, label, more[0] if more else "", role, repeat=int(more[1]) if len(more) > 1 else 1))
        elif word == "frame":
            name, label, *inside = shlex.split(rest)
            groups.append(Group(name, label))
            parents.update(dict.fromkeys(inside, name))
        else:
            source, target, kind, shape, label = re.fullmatch(r"(\S+) (\S+) (\S+) \((.*)\) ?(.*)", rest).groups()
            edges.append(Edge(source, target, kind, tuple(shape.split(", ")), (), label))
    nodes = [dataclasses.replace(node, parent=parents.get(node.id, "")) for node in nodes]
    return Diagram(tuple(nodes), tuple(edges), tuple(groups))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path, request: pytest.FixtureRequest) -> None:
    given, _, wanted = path.read_text(encoding="utf-8").partition("---\n")
    drawn = "\n".join(Raster(draw(read(given), CELLS)).lines()) + "\n"
    if request.config.getoption("--accept"):
        path.write_text(f"{given}---\n{drawn}", encoding="utf-8")
    else:
        assert drawn == wanted, f"pytest tests/figure --accept, then read the change of {path.name}"
