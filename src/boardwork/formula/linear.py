"""A tree of maths -> one line of text, Unicode or pure ASCII."""

from __future__ import annotations

import re

from boardwork.formula.signs import SMALL, ascii_name, raised
from boardwork.formula.spacing import gap, kinds
from boardwork.formula.tree import EMPTY, Node, parse

TOUCHING = {"name", "fence", "ordinary", "big"}  # next to these a fraction on one line needs parentheses
SPACE = 0.1  # em: anything thinner is no space in text


def linear(latex: str, ascii: bool = False) -> str:
    """The formula on one line.

    Raises:
        KnowledgeError: outside the LaTeX subset.
    """
    return re.sub(" +(?=[ ,;:])", "", flat(parse(latex), ascii)).strip()


def flat(node: Node, ascii: bool, level: int = 0) -> str:
    """One line for a node; within scripts (`level` > 0) signs stand close."""

    def inner(kid: Node) -> str:
        return flat(kid, ascii, level)

    match node.kind:
        case "row":
            return _row(node, ascii, level)
        case "space":
            return " " if node.em > SPACE else ""
        case "fraction":
            return "/".join(_wrapped(kid, inner(kid)) for kid in node.kids)
        case "root":
            return root(node, ascii)
        case "accent":
            return inner(node.kids[0]) + ascii_name(node.text) if ascii else inner(node.kids[0]) + combining(node.text)
        case "script" | "limits":
            return inner(node.kids[0]) + scripts(node.kids[1], node.kids[2], ascii)
        case "fence":
            left, right = (ascii_name(node.text), ascii_name(node.close)) if ascii else (node.text, node.close)
            return left + inner(node.kids[0]) + right
        case "table":
            comma = {"align": " ", "cases": " "}.get(node.text, ", ")
            return "; ".join(comma.join(map(inner, row.kids)) for row in node.kids)
    return ascii_name(node.text) if ascii else node.text


def _row(node: Node, ascii: bool, level: int) -> str:
    names, out = kinds(node.kids), ""
    for i, kid in enumerate(node.kids):
        if i:
            out += " " if parted(node.kids[i - 1], kid, gap(names[i - 1], names[i], level), ascii, level) else ""
        near = {*names[max(0, i - 1) : i], *names[i + 1 : i + 2]} & TOUCHING
        text = flat(kid, ascii, level)
        out += f"({text})" if kid.kind == "fraction" and near else text
    return out


def parted(left: Node, right: Node, em: float, ascii: bool, level: int) -> bool:
    """Whether a space stands between two neighbours: TeX has one, or two words would run into one."""
    if em > SPACE:
        return True
    tail = re.search(r"[A-Za-z0-9α-ωΑ-Ω_^.]*$", _plain(flat(left, ascii, level)))
    head = re.match(r"[A-Za-z0-9α-ωΑ-Ω_.]*", _plain(flat(right, ascii, level)))
    last, first = tail[0] if tail else "", head[0] if head else ""
    words = bool(last and first) and (len(last) > 1 or len(first) > 1)
    return words and not (last.isdigit() and len(first) == 1)


def _plain(text: str) -> str:
    """Without small letters above and below, which cannot be taken for a word."""
    return re.sub(r"[\u0300-\u036f]", "", "".join(c for c in text if c not in SMALL))


def _wrapped(node: Node, text: str) -> str:
    return f"({text})" if node.kind == "row" and not re.fullmatch(r"[^\s/·+−-]+", text) else text


def root(node: Node, ascii: bool) -> str:
    body = flat(node.kids[0], ascii)
    sign = "sqrt" if ascii else "√"
    return sign + body if not ascii and node.kids[0].kind != "row" and " " not in body else f"{sign}({body})"


def combining(sign: str) -> str:
    return {"ˆ": "\u0302", "¯": "\u0304", "˜": "\u0303", "˙": "\u0307", "→": "\u20d7"}.get(sign, "")


def scripts(sub: Node, sup: Node, ascii: bool) -> str:
    """Subscript and superscript: small Unicode letters if all exist, else `_x` and `^x`."""
    primes = flat(sup, ascii, 1) if primed(sup) else ""
    return primes + script(sub, "_", ascii) + ("" if primes else script(sup, "^", ascii))


def primed(node: Node) -> bool:
    return bool(node.text) and node.text.strip("′″‴") == ""


def script(node: Node, sign: str, ascii: bool) -> str:
    if node == EMPTY:
        return ""
    text = flat(node, ascii, 1)
    small = None if ascii else raised(text, sign)
    return small or (sign + text if re.fullmatch(r"[\w.*∗⊤]+", text) else f"{sign}({text})")
