"""A role -> its colours and its form; the sizes of the page. Kinds differ in form too, so that greyscale tells them."""

from __future__ import annotations

from dataclasses import dataclass

INK, GREY, PALE, ACCENT, RESIDUAL, FRAME, ALARM = (
    "#1a1a1a", "#595959", "#c8ccd2", "#0b5a8a", "#b5483f", "#7f858c", "#b00020",
)  # fmt: skip
WIRE = "#3d3d3d"
CAP = 0.364  # half the height of a capital, in sizes: centres text on a line

BODY, SMALL, TITLE, HEADING = 8.2, 7.2, 20.0, 11.5
LEADING = 1.38  # lines of running text, in sizes
MARGIN, GAP, PAD = 26.0, 10.0, 12.0  # round the page, between panels, inside a panel
HEAD = 27.0  # a panel's heading with its rule


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


_BLUE, _SKY, _GOLD = ("#0072B2", "#dfecf7"), ("#2f86ad", "#e6f4fb"), ("#b08300", "#fff5d6")
_RED, _GREEN, _PURPLE = ("#d55e00", "#fde5d8"), ("#009e73", "#dcf2e6"), ("#8e5ba6", "#f1e6f6")
_ROSE, _GREY, _SLATE = ("#b4558a", "#fae7f1"), ("#767676", "#f5f5f5"), ("#4b5f78", "#e9eef4")

STYLES = {
    "linear": Style("linear", *_BLUE),
    "matmul": Style("matrix product", *_BLUE, pen=1.8),
    "conv": Style("convolution", *_BLUE, form="filled"),
    "feed_forward": Style("feed-forward", *_BLUE, bars="both"),
    "attention": Style("attention", *_GREEN, rings=2),
    "recurrent": Style("recurrent", *_ROSE, bars="left"),
    "embedding": Style("embedding", *_SKY, form="filled", bars="left"),
    "position": Style("position", *_SKY, form="filled,dashed"),
    "parameter": Style("parameter", *_SKY, form="rounded,filled,dashed"),
    "norm": Style("norm", *_GOLD, form="filled", bars="both"),
    "activation": Style("activation", *_RED, form="filled,diagonals"),
    "softmax": Style("softmax", *_RED, form="filled,diagonals", pen=1.8),
    "pool": Style("pooling", *_PURPLE, form="filled", rings=2),
    "dropout": Style("dropout", *_GREY, form="rounded,filled,dashed"),
    "reshape": Style("reshape", *_GREY, form="filled,dashed"),
    "other": Style("other", *_GREY),
    "stem": Style("stem", *_SLATE, form="filled", pen=1.6),
    "block": Style("block", *_SLATE),
    "stage": Style("stage", *_SLATE, pen=1.8),
    "head": Style("head", *_SLATE, form="filled"),
    "input": Style("input", "none", "none", form=""),
    "output": Style("output", "none", "none", form=""),
}
LINKS = {"residual": "residual", "state": "state"}


def style(role: str) -> Style:
    """The style of a role; a role that nothing is known of is drawn as "other"."""
    return STYLES.get(role, STYLES["other"])
