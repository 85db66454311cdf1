"""Lines of a function -> its text, shapes in comments."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from boardwork.statement.expressions import is_put, names_in, swapped
from boardwork.statement.lengths import name_lengths
from boardwork.statement.lines import Line
from boardwork.statement.loops import COUNTER
from boardwork.statement.terms import Scope, Term

_COLUMNS = 100
_COMMENT = 64  # column at which comments stand, where code is no longer


def function_text(name: str, scope: Scope, lines: Sequence[Line], told: Sequence[Term], *, shapes: bool = True) -> str:
    """`def name(...)` with a line a step. Comments tell the shapes of the arguments `told`; `shapes`: of steps too."""
    names = [term.wanted for term in scope.arguments]
    head, given = _wrapped(f"def {name}(", names, "):"), _sizes(scope, lines)
    shapes_told = _argument_shapes(scope, told)
    lines, lengths = name_lengths(scope.sizes, lines, names)
    body, own = [*shapes_told, *given, *lengths], set[str]()
    for line in lines:
        *before, code = [f"    {code}" if line.inside else code for code in _codes(line, own)]
        shape = line.term.shape if line.term is not None and line.form != "for" else ()
        body += [*before, _with_comment(code, scope.sizes.comment(shape) if shapes and shape else "")]
    return "\n".join([*head, *(f"    {line}" for line in body)])


def _codes(line: Line, own: set[str]) -> list[str]:
    """A line in Python, two where a part of a tensor is written that is not the function's own."""
    if is_put(line.code):
        return _put(line, line.code, own)
    code = _unparsed(line.code)
    if line.form == "assign":
        (own.add if code.startswith(_NEW) else own.discard)(line.name)
        if len(f"{line.name} = {code}") > _COLUMNS and (parts := _in_two(line.name, line.code)):
            return parts
    return _folded(_FORMS[line.form].format(name=line.name, code=code, counter=COUNTER), line.code)


def _in_two(name: str, code: ast.expr) -> list[str]:
    """A chain of calls on two lines, as much on the first as fits; [] for what is no such chain."""
    calls = list(_chain(code))
    for inner in calls[1:]:
        first = f"{name} = {_unparsed(inner)}"
        rest = swapped(code, {id(inner): ast.Name(name, ast.Load())})
        if len(first) <= _COLUMNS and names_in(rest).count(name) == 1:
            return [first, f"{name} = {_unparsed(rest)}"]
    return []


def _chain(code: ast.expr) -> Iterator[ast.expr]:
    """x.a().b().c(), x.a().b(), x.a()"""
    while isinstance(code, ast.Call) and isinstance(code.func, ast.Attribute):
        yield code
        code = code.func.value


def _folded(text: str, code: ast.expr) -> list[str]:
    """A call with more arguments than a line holds has as many a line as fit."""
    calls = [node for node in ast.walk(code) if isinstance(node, ast.Call) and len(node.args) >= _MANY]
    if len(text) <= _COLUMNS or not calls:
        return [text]
    words = [ast.unparse(argument) for argument in calls[0].args]
    start, end = text.split(", ".join(words), 1)
    return _wrapped(start, words, end)


def _put(line: Line, code: ast.Call, own: set[str]) -> list[str]:
    base, index, value = code.args
    source = _unparsed(base)
    first = [] if source == line.name in own else [f"{line.name} = {_copied(source)}"]
    own.add(line.name)
    written = ast.unparse(ast.Subscript(ast.Name(line.name, ast.Load()), index, ast.Load()))
    return [*first, f"{written} = {_unparsed(value)}"]


def _copied(source: str) -> str:
    """What is made here is written to as it is, anything else in a copy."""
    return source if source.startswith(_NEW) else f"{source}.clone()"


_MANY = 6  # arguments
_NEW = ("torch.zeros(", "torch.ones(", "torch.empty(", "torch.full(")
_FORMS = {
    "assign": "{name} = {code}",
    "append": "{name}.append({code})",
    "for": "for {counter} in {code}:",
    "return": "return {code}",
}


def _unparsed(code: ast.expr) -> str:
    text = ast.unparse(code)
    return text[1:-1] if isinstance(code, ast.Tuple) and text.startswith("(") else text


def _with_comment(code: str, comment: str) -> str:
    if not comment:
        return code
    return f"{code:<{_COMMENT}}  # {comment}" if len(code) <= _COMMENT else f"{code}  # {comment}"


def _wrapped(start: str, words: Sequence[str], end: str) -> list[str]:
    """Words with commas, as many a line as fit."""
    lines, line = [], start
    for place, word in enumerate(words):
        piece = word + (", " if place < len(words) - 1 else end)
        if len(line) + len(piece.rstrip()) > _COLUMNS:
            lines.append(line.rstrip())
            line = " " * len(start)
        line += piece
    return [*lines, line if words else start + end]


def _argument_shapes(scope: Scope, arguments: Sequence[Term]) -> list[str]:
    """Names of one shape together."""
    alike: dict[str, list[str]] = {}
    for term in arguments:
        if term.shape or term.members:
            alike.setdefault(_shape(scope, term), []).append(term.wanted)
    words = [name for shape, names in alike.items() for name in (*names[:-1], f"{names[-1]} {shape};")]
    found = [f"# {line.strip()}" for line in _wrapped("", words, "")]
    return [line.replace(";,", ";").removesuffix(";") for line in found] if words else []


def _shape(scope: Scope, term: Term) -> str:
    """Of a list, how many of which shape."""
    if term.members:
        return f"{len(term.members)} x {_shape(scope, term.members[0])}"
    return scope.sizes.comment(term.shape)


def _sizes(scope: Scope, lines: Sequence[Line]) -> list[str]:
    """`B, T, _ = x.shape` for the lengths that the lines use."""
    used = {name for line in lines for name in names_in(line.code)}
    missing = {length: name for length, name in scope.sizes.names.items() if name in used}
    found = []
    for term in scope.arguments:
        names = [missing.pop(length, "_") for length in term.shape]
        if any(name != "_" for name in names):
            found.append(f"{', '.join(names)}{',' if len(names) == 1 else ''} = {term.wanted}.shape")
    return found
