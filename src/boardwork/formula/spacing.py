"""Two neighbours in a row of maths -> the space between them in em, after TeX's classes."""

from __future__ import annotations

from boardwork.formula.tree import BARS, BIG, BINARIES, CLOSES, OPENS, RELATIONS, Node

THIN, MEDIUM, THICK = 1 / 6, 2 / 9, 5 / 18


def kind_of(node: Node) -> str:
    """relation, binary, comma, open, close, big, name, fence or ordinary."""
    if node.kind in ("script", "limits", "accent"):
        return kind_of(node.kids[0])
    if node.kind == "name" and node.text.endswith("-"):  # part of the word that follows, as in top-k
        return "ordinary"
    if node.kind != "operator":
        return node.kind if node.kind in ("name", "fence", "space") else "ordinary"
    for name, signs in (
        ("relation", RELATIONS),
        ("binary", BINARIES),
        ("comma", set(",;:")),
        ("open", {*OPENS, *BARS}),
        ("close", CLOSES),
        ("big", BIG),
    ):
        if node.text in signs:
            return name
    return "ordinary"


def kinds(row: tuple[Node, ...]) -> list[str]:
    """The kind of each piece; a plus or minus with nothing to its left is a "sign"."""
    out: list[str] = []
    for node in row:
        kind, before = kind_of(node), out[-1] if out else "open"
        unary = kind == "binary" and before in ("relation", "binary", "comma", "open", "big", "space", "sign")
        out.append("sign" if unary else kind)
    for i, node in enumerate(row):  # between words a stroke needs room: d_model / heads, but 2i/d
        if node.text == "/" and "name" in out[max(0, i - 1) : i + 2]:
            out[i] = "binary"
        elif node.text == "/":
            out[i] = "stroke"
    return out


def gap(left: str, right: str, level: int) -> float:
    """Space between two kinds in em; in scripts (`level` > 0) only names and big signs keep theirs."""
    pair = {left, right}
    if pair & {"space", "stroke"} or left in ("open", "sign") or right in ("close", "comma"):
        return 0.0
    if "relation" in pair:
        return THICK if level == 0 and pair != {"relation"} else 0.0
    if "binary" in pair:
        return MEDIUM if level == 0 else 0.0
    if left == "comma":
        return THIN if level == 0 else 0.0
    if left == "big" or (right == "big" and left != "open"):
        return THIN
    if left == "name" and right == "sign":
        return THIN
    return THIN if "name" in pair and right != "fence" else 0.0
