"""Views of views -> one view, and its Python run on numbers."""

import ast

import pytest
import torch

from boardwork.statement.expressions import constant
from boardwork.statement.layout import Layout

SHAPE = (2, 6, 20)


def heads(layout):
    return layout.viewed((2, 6, 4, 5)).permuted((0, 2, 1, 3))


CASES = {
    "nothing": (lambda layout: layout, lambda x: x, "x"),
    "heads": (heads, lambda x: x.view(2, 6, 4, 5).transpose(1, 2), "x.view(2, 6, 4, 5).transpose(1, 2)"),
    "heads and back": (
        lambda layout: heads(layout).permuted((0, 2, 1, 3)).viewed(SHAPE),
        lambda x: x,
        "x",
    ),
    "two turns": (
        lambda layout: layout.permuted((1, 0, 2)).viewed((6, 8, 5)).permuted((1, 0, 2)).viewed((2, 4, 6, 5)),
        lambda x: x.view(2, 6, 4, 5).transpose(1, 2),
        "x.view(2, 6, 4, 5).transpose(1, 2)",
    ),
    "joined": (lambda layout: layout.viewed((12, 20)), lambda x: x.flatten(0, 1), "x.flatten(0, 1)"),
    "a new axis": (lambda layout: layout.viewed((2, 1, 6, 20)), lambda x: x[:, None], "x.unsqueeze(1)"),
    "one head for each of three": (
        lambda layout: heads(layout).viewed((2, 4, 1, 6, 5)).expanded((2, 4, 3, 6, 5)).viewed((2, 12, 6, 5)),
        lambda x: x.view(2, 6, 4, 5).transpose(1, 2).repeat_interleave(3, dim=1),
        "x.view(2, 6, 4, 5).transpose(1, 2).repeat_interleave(3, dim=1)",
    ),
    "repeated": (
        lambda layout: layout.viewed((2, 1, 6, 20)).expanded((2, 3, 6, 20)),
        lambda x: x[:, None].expand(2, 3, 6, 20),
        "x.unsqueeze(1).expand(-1, 3, -1, -1)",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_one_view_for_many(name):
    moves, wanted, text = CASES[name]
    x = torch.arange(240.0).view(SHAPE)
    code = moves(Layout.identity(SHAPE)).write(ast.Name("x", ast.Load()), constant)
    assert ast.unparse(code) == text
    assert torch.equal(eval(ast.unparse(code), {"x": x}), wanted(x))


def test_an_uneven_cut_is_no_view():
    assert Layout.identity((4, 6)).viewed((3, 8)) is None
