"""A role -> the form of its box and the names of its paints; the sizes of text. Forms differ, so greyscale tells them.

A paint is a name that a theme turns into a colour (`render/drawing/theme.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

INK, GREY, PALE, ACCENT, ALARM, PAPER = "ink", "grey", "pale", "accent", "alarm", "paper"
WIRE, RESIDUAL, FRAME, FRAME_FILL, REPEAT, REPEAT_FILL = (
    "wire", "residual", "frame", "frame-fill", "repeat", "repeat-fill",
)  # fmt: skip
NONE = "none"
CAP = 0.364  # half the height of a capital, in sizes: centres text on a line
LEAST_SIZE = 7.0  # points; nothing on a page is smaller, scripts in formulas included


@dataclass(frozen=True)
class Type:
    """Sizes in points: running text, small text, headings, formulas; `leading` in sizes; room in and between panels."""

    body: float
    small: float
    title: float
    heading: float
    formula: float
    least_formula: float
    leading: float
    pad: float  # inside a panel
    gap: float  # between panels
    head: float  # a panel's heading with its rule
    item_gap: float  # between equations or notes
    loosest: float  # a gap between items grows by at most this share
    column: float  # the least width of a column of text
    between: float  # two of them
    saves_lines: bool = False  # topics run into their text, checks stand beside short formulas


SCREEN = Type(
    body=8.2, small=7.2, title=20, heading=11.5, formula=10.5, least_formula=8, leading=1.38, pad=12, gap=10, head=27,
    item_gap=11, loosest=1, column=220, between=20,
)  # fmt: skip
DENSE = Type(
    body=7, small=7, title=15, heading=9, formula=9, least_formula=8, leading=1.19, pad=6, gap=5, head=16,
    item_gap=4.5, loosest=2.4, column=145, between=12, saves_lines=True,
)  # fmt: skip


def enlarged(type: Type, factor: float) -> Type:
    """Every length times a factor."""
    kept = ("leading", "loosest", "saves_lines")
    return replace(type, **{name: value * factor for name, value in vars(type).items() if name not in kept})


@dataclass(frozen=True)
class Style:
    """`form` is graphviz's style of a box; `rings` outlines; `bars`: upright lines inside the left, or both, edges."""

    name: str
    stroke: str
    fill: str
    form: str = "rounded,filled"
    rings: int = 1
    bars: str = ""
    pen: float = 1.1


def _hue(name: str) -> tuple[str, str]:
    return name, f"{name}-fill"


STYLES = {
    "linear": Style("linear", *_hue("blue")),
    "matmul": Style("matrix product", *_hue("blue"), pen=1.8),
    "conv": Style("convolution", *_hue("blue"), form="filled"),
    "feed_forward": Style("feed-forward", *_hue("blue"), bars="both"),
    "attention": Style("attention", *_hue("green"), rings=2),
    "recurrent": Style("recurrent", *_hue("rose"), bars="left"),
    "embedding": Style("embedding", *_hue("sky"), form="filled", bars="left"),
    "position": Style("position", *_hue("sky"), form="filled,dashed"),
    "parameter": Style("parameter", *_hue("sky"), form="rounded,filled,dashed"),
    "norm": Style("norm", *_hue("gold"), form="filled", bars="both"),
    "activation": Style("activation", *_hue("red"), form="filled,diagonals"),
    "softmax": Style("softmax", *_hue("red"), form="filled,diagonals", pen=1.8),
    "pool": Style("pooling", *_hue("purple"), form="filled", rings=2),
    "dropout": Style("dropout", *_hue("plain"), form="rounded,filled,dashed"),
    "reshape": Style("reshape", *_hue("plain"), form="filled,dashed"),
    "other": Style("other", *_hue("plain")),
    "stem": Style("stem", *_hue("slate"), form="filled", pen=1.6),
    "block": Style("block", *_hue("slate")),
    "stage": Style("stage", *_hue("slate"), pen=1.8),
    "head": Style("head", *_hue("slate"), form="filled"),
    "input": Style("input", NONE, NONE, form=""),
    "output": Style("output", NONE, NONE, form=""),
}
LINKS = {"residual": "residual", "state": "state"}
LINE_PAINTS = {"residual": RESIDUAL, "state": ACCENT}
DASHES = {"residual": "dashed", "state": "dotted"}


def style(role: str) -> Style:
    """The style of a role; a role that nothing is known of is drawn as "other"."""
    return STYLES.get(role, STYLES["other"])
