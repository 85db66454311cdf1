"""Node and Metrics -> the box or circle that shows it, with its text wrapped and centred on x = 0."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from boardwork.figure.blocks import Op
from boardwork.figure.metrics import Metrics
from boardwork.figure.primitives import Box, Circle, Primitive, Text
from boardwork.sheet import CIRCLES, Edge, Node

# A space outside of `2 × Conv`, `pool 2×2 /2`, `8 heads`, `d_ff = 64` and `→ 64`, and not before a last short word.
_BREAK = re.compile(r"(?<![×=→])(?<!->) (?![×/=])(?!(?<=[a-z] )\d+×\d|(?<=\d )[a-z])(?!\S{1,3}$)")
_LESS = 0.01  # than the widest line, where lines are made more even
SIGNS = {"add": "+", "multiply": "×", "subtract": "−", "concat": "cat"}


@dataclass(frozen=True)
class Shape:
    """`half`: from the spine to the border. `middle`: height at which side wires arrive. `extra`: room to the right."""

    half: float
    height: float
    middle: float
    items: tuple[Primitive, ...]
    extra: float = 0
    round: bool = False


@dataclass(frozen=True)
class Beside:
    """Lines beside a box, joined to it by a wire of a kind; all after the first `names` are the shape.

    `edge`: a bus brings it from afar, and nothing is written.
    """

    lines: tuple[str, ...]
    kind: str
    names: int = 1
    edge: Edge | None = None


def box_of(op: Op, m: Metrics, spread: float = 0, arrows: int = 1) -> Shape:
    """The placed form of a node; `spread` is the least half width of a box. It is as high as what stands beside it.

    `arrows`: how many wires come from the right, which a box has room for one under the other.
    """
    node, rows = op.node, sum(len(side.lines) for side in side_texts(op, "in", m))
    if node.role in CIRCLES:
        return _circle(node, m)
    if node.role in ("input", "output"):
        return _port(node, m)
    most = max(m.most_label, 2 * (spread - m.pad_x))
    labels = wrap(node.label, most, m, "label")
    details = wrap(node.detail, most, m, "detail") if node.detail else []
    widths = [m.width_of(t, "label") for t in labels] + [m.width_of(t, "detail") for t in details]
    half = max((max(widths) + (m.unit and max(widths) % 2 == 0)) / 2 + m.pad_x, spread)
    half = float(int(half)) if m.unit else half
    height = len(labels) * m.label_height + len(details) * m.detail_height + 2 * m.pad_y
    rows += 2 * bool(m.unit and op.from_left)  # a wire does not end in a corner
    height = max(height, rows * m.text_height, arrows * m.text_height + 2 * m.unit if arrows > 1 else 0)
    rise = m.rise if node.repeat > 1 else 0.0
    box = Box(-half, rise, 2 * half + m.unit, height, (*labels, *details), len(labels), node.role, node.id, node.repeat)
    extra = rise + m.width_of(f" × {node.repeat}", "label") + m.unit if node.repeat > 1 else 0
    return Shape(half, rise + height, rise + _middle(height, m), (box,), extra)


def _circle(node: Node, m: Metrics) -> Shape:
    radius = m.circle + (m.unit if node.role == "concat" else 0) * 1
    height = 2 * m.circle_height + m.unit
    sign = SIGNS[node.role]
    return Shape(
        radius, height, m.circle_height, (Circle(0, m.circle_height, radius, sign, node.role, node.id),), round=True
    )


def _port(node: Node, m: Metrics) -> Shape:
    """The name of an input or output with its shape, without a border."""
    lines = named((node.label, node.detail), m, m.most_label)
    half = max(m.width_of(line, "port") for line in lines) / 2
    half = float(int(half + 0.5)) if m.unit else half
    height = len(lines) * m.text_height + m.off_wire
    top = m.off_wire if node.role == "output" else 0.0
    kinds = ["port", *["shape"] * (len(lines) - 1)]
    texts = (Text(0, top + i * m.text_height, line, kinds[i], "middle") for i, line in enumerate(lines))
    return Shape(half + m.unit, height, _middle(height, m), tuple(texts))


def named(words: Sequence[str], m: Metrics, room: float = 0) -> list[str]:
    """A name with its shape, on one line if the shape is not too long or there is `room` for it."""
    name, *rest = words
    shape, one, wide = " ".join(rest), " ".join(filter(None, words)), m.width_of(name, "port")
    if m.width_of(one, "port") <= max(m.most_shape + wide * (not m.break_words), room):
        return [one]
    return [name, *wrap(shape, max(m.most_shape, wide, room), m, "shape")]


def _middle(height: float, m: Metrics) -> float:
    return float(int((height - 1) / 2)) if m.unit else height / 2


def wrap(text: str, most: float, m: Metrics, kind: str) -> list[str]:
    """Break at spaces so that no line is wider than `most`, if its words allow; a count keeps what it counts.

    The lines end with commas where they can, and are about as long as one another; where a word is wider than `most`,
    they may all be.
    """
    if m.width_of(text, kind) <= most:
        return [text]
    words = [word for glued in re.split(_BREAK, text) for word in _fitting(glued, most, m, kind)]
    if m.break_words:
        words = [piece for word in words for piece in _broken(word, most, m, kind)]
    ways = _ways(words, max(most, *(m.width_of(word, kind) for word in words)), m, kind)
    return max(reversed(ways), key=lambda lines: sum(line.endswith((",", ";")) for line in lines[:-1]))


def _ways(words: Sequence[str], most: float, m: Metrics, kind: str) -> list[list[str]]:
    """The fewest lines with as many words on each as it takes, then the same number of them more and more even."""
    found = [_filled(words, most, m, kind)]
    widest, narrower = math.inf, max(m.width_of(line, kind) for line in found[0])
    while narrower < widest:
        widest, evener = narrower, _filled(words, narrower - _LESS, m, kind)
        if len(evener) == len(found[0]):
            found.append(evener)
            narrower = max(m.width_of(line, kind) for line in evener)
    return found


def _filled(words: Sequence[str], most: float, m: Metrics, kind: str) -> list[str]:
    """As many words on each line as it takes."""
    lines: list[str] = []
    for word in words:
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and m.width_of(longer, kind) <= most:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _fitting(glued: str, most: float, m: Metrics, kind: str) -> list[str]:
    """`2 × Conv` in one piece if it fits."""
    return [glued] if m.width_of(glued, kind) <= most else glued.split(" ")


def _broken(word: str, most: float, m: Metrics, kind: str) -> list[str]:
    """A word that is too wide, cut between two factors of a product or parts of a path if one of them ends in time."""
    pieces, ending = [], re.compile(r"[·._](?=\w)|(?<=.)(?=\()")
    while most > 0 and m.width_of(word, kind) > most:
        fits = next((n for n in range(1, len(word)) if m.width_of(word[: n + 1], kind) > most), 1)
        ends = [found.end() for found in ending.finditer(word[: fits + 1]) if found.end() <= fits]
        cut = ends[-1] if ends and ends[-1] >= fits / 3 else fits
        pieces.append(word[:cut])
        word = word[cut:]
    return [*pieces, word]


def _at_joints(word: str, most: float, m: Metrics) -> list[str]:
    """A name in as few lines as its underscores and dots allow."""
    lines = [""]
    for part in re.findall(r"[^._]+[._]*|[._]+", word):
        if lines[-1] and m.width_of(lines[-1] + part, "port") > most:
            lines.append("")
        lines[-1] += part
    return lines


def _numbers(tags: Sequence[int], m: Metrics, most: int) -> tuple[str, ...]:
    """Numbers as lines of at most so many."""
    shown = [m.tag(tag) for tag in tags]
    return tuple(" ".join(shown[i : i + most]) for i in range(0, len(shown), most))


def side_texts(op: Op, way: str, m: Metrics) -> list[Beside]:
    """What stands beside a box: side inputs or outputs, then the numbers that stand for lifted edges."""
    sides, tags = (op.side_inputs, op.tags_in) if way == "in" else (op.side_outputs, op.tags_out)
    small = op.node.role in CIRCLES
    most = math.inf if (small or way == "out") and not m.break_words else m.branch_label
    found = [_beside(node, edge.kind, most, m) for node, edge in sides]
    if tags:
        found.append(Beside(_numbers(tags, m, 6 if small else 4), "data"))
    brought = op.from_left if way == "in" else ()
    if not brought and way == "in" and len(found) > 1 and small:  # one arrow is all that a circle has room for
        names = [*(node.label for node, _ in sides), *_numbers(tags, m, 6)[:1]]
        lines = tuple(wrap(", ".join(names), most, m, "port"))
        return [Beside(lines, found[0].kind, len(lines))]
    return [*found, *(Beside(("",), edge.kind, edge=edge) for edge in brought)]


def _beside(node: Node, kind: str, most: float, m: Metrics) -> Beside:
    names = [part for word in wrap(node.label, most, m, "port") for part in _at_joints(word, most, m)]
    widest = max(most, *(m.width_of(line, "port") for line in names))
    is_told = m.shapes or m.unit  # a page without shapes has no room for these either
    shape = wrap(node.detail, widest, m, "port") if node.detail and is_told else []
    return Beside((*names, *shape), kind, len(names))
