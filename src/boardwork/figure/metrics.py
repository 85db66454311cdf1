"""How wide and high things are: in character cells for text, in points for pictures. The layout asks nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


def _one(kind: str) -> float:
    return 1.0


@dataclass(frozen=True)
class Metrics:
    """Sizes in one unit. `width_of(text, kind)` measures one line; kinds: label, detail, shape, port, title, tag."""

    width_of: Callable[[str, str], float]
    label_height: float  # one line of a box's label
    detail_height: float  # one line of a box's detail
    text_height: float  # a shape, port or title line
    pad_x: float  # between a box's border and its text, each side, border included
    pad_y: float
    circle: float  # half the width of a circle
    circle_height: float  # half its height
    gap: float  # between a box and the next below, without a shape between them
    text_gap: float  # between a wire and the text beside it
    branch_gap: float  # between branches side by side
    gutter: float  # between a box and the rail of a residual
    frame_pad: float  # between a frame and what it holds
    most_label: float  # a label or detail wider than this is wrapped
    most_shape: float  # a shape wider than this is broken over lines
    branch_label: float  # the same two limits where branches stand side by side
    branch_shape: float
    arrow: float  # room under a wire's text for the arrow head
    unit: float  # 1 where a coordinate is a cell that is filled, 0 where it is a point
    tag: Callable[[int], str] = "({})".format  # how the number of a lifted edge is written
    size_of: Callable[[str], float] = _one  # the size of the letters of a kind of text
    break_words: bool = False  # whether a word that is too wide is broken
    card: float = 0.0  # how far each of the two cards behind a box that repeats stands out
    off_wire: float = 0.0  # between the name of an input or output and its wire
    shapes: bool = True  # whether shapes stand beside wires; what flows there (Q, K, V) always does
    branch_shapes: bool = True  # the same beside branches that come from one fork

    @property
    def stub(self) -> float:
        """The length of a short wire to what stands beside the spine: it holds an arrow head."""
        return self.gutter if self.unit else max(self.gutter, 1.6 * self.arrow)

    @property
    def rise(self) -> float:
        """The height of the cards above a box that repeats."""
        return 2 * self.card


def _cells(text: str, kind: str) -> float:
    return float(len(text))


def circled(number: int) -> str:
    """①, up to ⑳; (21) from there on."""
    return chr(0x2460 + number - 1) if number <= 20 else f"({number})"


CELLS = Metrics(
    width_of=_cells,
    label_height=1,
    detail_height=1,
    text_height=1,
    pad_x=2,
    pad_y=1,
    circle=1,
    circle_height=0,
    gap=2,
    branch_label=24,
    branch_shape=32,
    arrow=1,
    unit=1,
    text_gap=2,
    branch_gap=3,
    gutter=3,
    frame_pad=2,
    most_label=28,
    most_shape=32,
    tag=circled,
)
