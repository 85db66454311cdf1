"""A module -> the first layer with weights that its forward reaches, found by reading forward's source."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from functools import reduce

from torch import nn

from boardwork.targets.layers import layer_arguments


def first_layer(module: nn.Module, path: str = "") -> tuple[str, nn.Module] | None:
    """Path and layer, or None if no known layer with weights is inside.

    The children come in the order in which forward mentions them, then in the order of their registration.
    """
    if _has_weights(module) and layer_arguments(module) is not None:
        return path, module
    for name in dict.fromkeys([*_mentioned(module), *(name for name, _ in module.named_children())]):
        child = reduce(getattr, name.split("."), module)  # a scripted module has no get_submodule
        if _has_weights(child):
            found = first_layer(child, f"{path}.{name}" if path else name)
            if found is not None:
                return found
    return None


def _has_weights(module: nn.Module) -> bool:
    return next(module.parameters(), None) is not None


def _mentioned(module: nn.Module) -> list[str]:
    try:
        source = textwrap.dedent(inspect.getsource(type(module).forward))
        function = ast.parse(source).body[0]
    except (OSError, TypeError, SyntaxError, IndexError, AttributeError):  # AttributeError: a scripted module
        return []
    paths = (_child_path(module, names) for names in _self_attributes(function))
    return [path for path in paths if path]


def _self_attributes(node: ast.AST) -> Iterator[list[str]]:
    """`self.a.b` as ["a", "b"], in the order of execution: what a call is given comes before what it calls."""
    names: list[str] = []
    inner: ast.AST = node
    while isinstance(inner, ast.Attribute):
        names.insert(0, inner.attr)
        inner = inner.value
    if names and isinstance(inner, ast.Name) and inner.id == "self":
        yield names
        return
    children = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.Call):
        children = [*node.args, *node.keywords, node.func]
    for child in children:
        yield from _self_attributes(child)


def _child_path(module: nn.Module, names: list[str]) -> str:
    path: list[str] = []
    for name in names:
        child = module._modules.get(name)
        if child is None:
            break
        path.append(name)
        module = child
    return ".".join(path)
