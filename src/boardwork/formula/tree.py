"""LaTeX -> a small tree of maths (`Node`) by way of latex2mathml's MathML, with fences paired and names merged."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from functools import lru_cache
from xml.etree.ElementTree import Element

from latex2mathml.converter import convert_to_element

from boardwork.errors import KnowledgeError

RELATIONS = set("=≈≠≤≥≪≫<>≡∝∼≔∈∉→←↔↦⇒")
BINARIES = set("+−±×÷·⋅∘∙∗⊙⊕⊗")
OPENS, CLOSES = dict(zip("([{⌊⌈⟨", ")]}⌋⌉⟩", strict=True)), set(")]}⌋⌉⟩")
BARS = "‖|∥∣"
BIG = set("∑∏∫")
LIMITED = {"max", "min", "lim", "argmax", "argmin", "mean"} | BIG
PARTS = {"mfrac": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2, "msubsup": 3, "munderover": 3}
SAME = {
    "⋅": "·", "∥": "‖", "∣": "|", "-": "−", "*": "∗", "~": "∼", "^": "ˆ", "―": "¯", "\u0304": "¯", "∙": "·",
    "ϕ": "φ",
}  # fmt: skip


@dataclass(frozen=True)
class Node:
    """One piece of maths.

    `kind` is one of: id, number, name, operator, space, row, fraction, root, script (base, sub, sup), limits (base,
    under, over), accent (text is the sign), fence (text is the opening sign, close the other), table (kids are rows).
    An absent sub or sup is EMPTY. `em` is the width of a space; `stretch` says that a fence grows with what it holds.
    """

    kind: str
    text: str = ""
    kids: tuple[Node, ...] = ()
    close: str = ""
    em: float = 0.0
    stretch: bool = False
    upright: bool = False


EMPTY = Node("row")


@lru_cache(maxsize=512)
def parse(latex: str) -> Node:
    """The tree of a formula.

    Raises:
        KnowledgeError: the text is no LaTeX, or uses a command outside the subset.
    """
    try:
        root = convert_to_element(latex)
    except Exception as error:  # latex2mathml raises many kinds
        raise KnowledgeError(f"This formula is no LaTeX that can be read ({error!r}): {latex}") from error
    return _row([_node(child, latex) for child in root])


def _node(element: Element, latex: str) -> Node:
    tag = element.tag
    text = html.unescape(element.text or "").replace("\\_", "_").replace("\\%", "%")
    if "\\" in text or "&" in text:
        raise KnowledgeError(f"Unknown command {text!r} in the formula {latex}", hint="see the other topics")
    kids = [_node(child, latex) for child in element]
    if len(kids) < PARTS.get(tag, 0):
        raise KnowledgeError(f"A part is missing in the formula {latex}")
    match tag:
        case "mi" | "mo" | "mn" | "mtext":
            return _token(tag, text, element.get("mathvariant") == "normal")
        case "mspace":
            return Node("space", em=float(element.get("width", "0em").removesuffix("em") or 0))
        case "mrow" | "mstyle" | "mpadded" | "mtd":
            return _fenced(element, kids) if element.find("mo[@form='prefix']") is not None else _row(kids)
        case "mfrac":
            return Node("fraction", kids=tuple(kids))
        case "msqrt":
            return Node("root", kids=(_row(kids),))
        case "msub" | "msup" | "msubsup" | "munder" | "mover" | "munderover":
            return _scripted(tag, kids)
        case "mtable":
            name = "align" if "0em" in element.get("columnspacing", "") else "matrix"
            left = element.find(".//mtd[@columnalign='left']") is not None
            return Node("table", name if name == "align" or not left else "cases", tuple(kids))
        case "mtr":
            return Node("cells", kids=tuple(kids))
    raise KnowledgeError(f"A formula cannot be drawn, its MathML has <{tag}>: {latex}")


def _token(tag: str, text: str, upright: bool) -> Node:
    text = text.replace("\u00a0", " ")
    text = SAME.get(text, text) if tag != "mtext" else text
    if tag == "mn":
        return Node("number", text)
    if tag == "mtext" and text.endswith(" "):
        return Node("row", kids=(Node("name", text.rstrip(), upright=True), Node("space", em=0.25)))
    if tag == "mtext" or (len(text) > 1 and text.isalpha()):
        return Node("name", text, upright=True)
    if tag == "mo" or not (text.isalpha() or text in "∂∇∞…′″‴⊤"):
        return Node("operator", text) if text else EMPTY
    return Node("id", text, upright=upright or not (text.isalpha() and (text.islower() or text.isascii())))


def _scripted(tag: str, kids: list[Node]) -> Node:
    base, *rest = kids
    if base.text in OPENS and base.kind == "operator":
        raise KnowledgeError("latex2mathml loses a matrix with a script", hint="set it in \\left[ … \\right]")
    if tag in ("mover", "munder") and rest[0].kind == "operator":
        return Node("accent", "˜" if rest[0].text == "∼" else rest[0].text, (base,))
    under = rest[0] if tag in ("msub", "munder", "msubsup", "munderover") else EMPTY
    over = rest[-1] if tag in ("msup", "mover", "msubsup", "munderover") else EMPTY
    kind = "limits" if tag in ("munder", "mover", "munderover") or base.text in LIMITED else "script"
    return Node(kind, kids=(base, under, over))


def _fenced(element: Element, kids: list[Node]) -> Node:
    """`\\left( … \\right)`, perhaps without a right side (cases)."""
    closed = element[-1].get("form") == "postfix"
    body = _row(kids[1:-1] if closed else kids[1:])
    return Node("fence", kids[0].text, (body,), close=kids[-1].text if closed else "", stretch=True)


def _row(kids: list[Node]) -> Node:
    """Pair fences that were typed plainly, merge upright letters into names, drop empty pieces."""
    kids = _merge([kid for kid in kids if kid != EMPTY])
    stack: list[tuple[Node, list[Node]]] = [(EMPTY, [])]
    for kid in kids:
        head = kid.kids[0] if kid.kind == "script" else kid
        opener = stack[-1][0].text
        if head.kind == "operator" and opener and (head.text in CLOSES or (head.text in BARS and head.text == opener)):
            body = Node("row", kids=tuple(stack.pop()[1]))
            body = body.kids[0] if len(body.kids) == 1 else body
            fence = Node("fence", opener, (body,), close=head.text, stretch=body.kind == "table")
            stack[-1][1].append(Node("script", kids=(fence, *kid.kids[1:])) if kid.kind == "script" else fence)
        elif kid.kind == "operator" and (kid.text in OPENS or kid.text in BARS):
            stack.append((kid, []))
        else:
            stack[-1][1].append(kid)
    flat = [piece for opener_node, pieces in stack for piece in (opener_node, *pieces) if piece != EMPTY]
    return flat[0] if len(flat) == 1 else Node("row", kids=tuple(flat))


def _merge(kids: list[Node]) -> list[Node]:
    out: list[Node] = []
    for kid in kids:
        letters = re.fullmatch(r"[A-Za-z]", kid.text) and kid.upright
        if letters and out and out[-1].kind in ("id", "name") and out[-1].upright and out[-1].text.isalpha():
            out[-1] = Node("name", out[-1].text + kid.text, upright=True)
        else:
            out.append(kid)
    return out
