"""A line of text -> its width in points, from the advances of the bundled fonts; the layout's sizes for pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from boardwork.figure.lettering import advances, font_in_use
from boardwork.figure.metrics import Metrics

SIZES = {"label": 10.0, "detail": 8.0, "shape": 7.5, "port": 9.0, "title": 9.0, "tag": 7.5}
SMALL_SIZES = {"label": 8.5, "detail": 7.0, "shape": 7.0, "port": 8.0, "title": 8.0, "tag": 7.0}  # for a printed page
SMALLEST_SIZES = {"label": 7.5, "detail": 7.0, "shape": 7.0, "port": 7.2, "title": 7.2, "tag": 7.0}  # for a full one
BOLD = ("port", "title")
_UNKNOWN = 1000  # advance of a sign that the font lacks: a full em is seldom too narrow
_INSTEAD = {
    "⊕": "+", "⊗": "×", "⊙": "·", "ℝ": "R", "∈": "in", "∥": "‖", "▸": "→",
    "⊤": "ᵀ", "✗": "×", "‴": "′″", "\t": " ", "\n": " ", "\xa0": " ", "∝": "~", "≡": "=", "≔": "=", "∣": "|", "∙": "·",
    "⟨": "<", "⟩": ">", "∗": "*", "≪": "<<", "≫": ">>", "⇒": "→", "↦": "→", "Ω": "Ω",
}  # fmt: skip
_TABLE = str.maketrans(_INSTEAD)


def in_font(text: str) -> str:
    """The text with stand-ins for the signs that the font lacks; other writing systems stay as they are."""
    shown = text.translate(_TABLE)
    return "".join(c for c in shown if c.isprintable())


def width(text: str, size: float, bold: bool = False) -> float:
    """Width of one line in the font in use."""
    return advance(text, bold, font_in_use()) * size / 1000


@lru_cache(maxsize=100_000)
def advance(text: str, bold: bool, family: str) -> int:
    """Width of one line of a font in 1/1000 of its size; those of its parts add up to it."""
    table = advances(family)["bold" if bold else "regular"]
    return sum(table.get(c, _UNKNOWN) for c in in_font(text))


def _lettered(sizes: Mapping[str, float], metrics: Metrics) -> Metrics:
    """The metrics with text of these sizes."""
    return replace(
        metrics, width_of=lambda text, kind: width(text, sizes[kind], kind in BOLD), size_of=lambda kind: sizes[kind]
    )


POINTS = _lettered(
    SIZES,
    Metrics(
        width_of=lambda text, kind: 0.0,
        label_height=13,
        detail_height=10.5,
        text_height=11,
        pad_x=10,
        pad_y=5,
        circle=8,
        circle_height=8,
        gap=20,
        text_gap=5,
        branch_gap=18,
        gutter=18,
        frame_pad=10,
        most_label=190,
        most_shape=170,
        branch_label=150,
        branch_shape=125,
        arrow=8,
        unit=0,
        card=2.3,
        off_wire=2.5,
    ),
)
# The same in less room: smaller letters, then shapes broken earlier and less air.
COMPACT = _lettered(
    SMALL_SIZES,
    replace(
        POINTS,
        label_height=10.5,
        detail_height=8.8,
        text_height=9,
        pad_x=8,
        pad_y=3,
        circle=7,
        circle_height=7,
        gap=14,
        text_gap=4,
        branch_gap=11,
        gutter=12,
        frame_pad=7,
        most_label=150,
        most_shape=150,
        branch_label=110,
        branch_shape=90,
        arrow=8,
    ),
)
NARROW = replace(
    COMPACT,
    pad_x=5,
    pad_y=2,
    gap=9,
    branch_gap=7,
    gutter=8,
    frame_pad=5,
    most_label=100,
    most_shape=92,
    branch_label=66,
    branch_shape=56,
    arrow=6.5,
)
# The names and widths of projections, `16384 → 4096`, still stand on one line.
NARROWEST = replace(NARROW, most_label=66, most_shape=50, branch_label=50, branch_shape=0, branch_gap=5, gutter=6)
# The same in the smallest letters that can be read.
SMALLEST = _lettered(
    SMALLEST_SIZES,
    replace(NARROWEST, label_height=9.2, text_height=8.4, detail_height=8.4, circle=6.5, circle_height=6.5),
)
