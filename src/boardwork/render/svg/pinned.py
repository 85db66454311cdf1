"""Marks at fixed places -> DOT text with every position pinned -> SVG, drawn by graphviz and laid out by nobody."""

from __future__ import annotations

import importlib.metadata
import math
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import graphviz
from graphviz.backend import dot_command

from boardwork.errors import DrawingError
from boardwork.figure import lettering
from boardwork.figure.points import in_font
from boardwork.render.drawing.marks import CODE, MATHS, MATHS_ITALIC, Label, Mark, Piece, Shape, Stroke
from boardwork.render.drawing.sketch import sketched
from boardwork.render.drawing.style import PAPER
from boardwork.render.drawing.theme import Theme

FONTS = {
    "plain": "Inter", "bold": "Inter SemiBold", MATHS: "Boardwork Math", MATHS_ITALIC: "Boardwork Math Italic",
    CODE: lettering.CODE.family,
}  # fmt: skip
ARROW = 6.0  # length of an arrow head
_BASELINE = 0.3  # graphviz sets the baseline this many font sizes below the middle of a line


def draw(page: Piece, theme: Theme) -> bytes:
    """The SVG as graphviz writes it.

    Raises:
        DrawingError: no graphviz, or it refused.
    """
    dot_command.DOT_BINARY = binary()
    try:
        source = graphviz.Source(source_of(page, theme), engine="neato")
        drawn: bytes = source.pipe("svg", neato_no_op=2, quiet=True)
        return drawn
    except (graphviz.ExecutableNotFound, OSError, graphviz.CalledProcessError) as error:
        raise DrawingError(
            f"Graphviz did not draw the sheet: {str(error).splitlines()[0]}",
            hint="pip install --force-reinstall graphviz-pure",
        ) from error


@cache
def binary() -> Path:
    """The `dot` of graphviz-pure, which no PATH needs to name; else the system's.

    Raises:
        DrawingError: neither is there.
    """
    names = ("graphviz-pure", "graphviz-pure.exe")
    try:
        for file in importlib.metadata.files("graphviz-pure") or ():
            path = Path(str(file.locate()))
            if file.name in names and path.is_file():
                return path.resolve()
    except importlib.metadata.PackageNotFoundError:
        pass
    found = shutil.which("graphviz-pure") or shutil.which("dot")
    if not found:
        raise DrawingError(
            "There is no graphviz to draw with.",
            hint="pip install graphviz-pure (or install graphviz), or draw as text: -o sheet.txt",
        )
    return Path(found)


def source_of(page: Piece, theme: Theme) -> str:
    """The page as DOT text."""
    return "\n".join(_lines(page, theme)) + "\n"


def _lines(page: Piece, theme: Theme) -> Iterator[str]:
    yield "digraph sheet {"
    yield 'graph [pad=0, margin=0, outputorder=nodesfirst, splines=true, bgcolor="none"]'
    yield 'node [shape=plaintext, fixedsize=true, margin=0, width=0.01, height=0.01, label=""]'
    yield "edge [arrowhead=none]"
    drawn = sketched(page, theme.wobble) if theme.wobble else page
    everything = (Shape(0, 0, page.width, page.height, PAPER), *drawn.marks)
    for index, mark in enumerate(everything):
        if not isinstance(mark, Stroke):
            yield _node(f"m{index}", mark, page.height, theme)
    for end in "ab":
        yield f'{end} [shape=point, style=invis, pos="{page.width / 2:.2f},{page.height / 2:.2f}!"]'
    for mark in everything:
        if isinstance(mark, Stroke):
            yield _edge(mark, page.height, theme)
    yield "}"


def _node(name: str, mark: Mark, height: float, theme: Theme) -> str:
    if isinstance(mark, Label):
        place = f"{mark.x:.2f},{height - mark.y + _BASELINE * mark.size:.2f}"
        text = mark.string if mark.face in (MATHS, MATHS_ITALIC) else in_font(mark.string)
        return (
            f'{name} [label="{_escaped(text)}", pos="{place}!", fontsize={mark.size:.2f}, '
            f'fontname="{FONTS[mark.face]}", fontcolor="{theme.colour(mark.colour)}"]'
        )
    assert isinstance(mark, Shape)
    place = f"{mark.x + mark.width / 2:.2f},{height - mark.y - mark.height / 2:.2f}"
    look = mark.style or "filled"
    return (
        f'{name} [shape={mark.form}, style="{look}", '
        f'fillcolor="{theme.colour(mark.fill)}", color="{theme.colour(mark.stroke)}", '
        f"penwidth={mark.pen:.2f}, peripheries={mark.rings}, "
        f'width={mark.width / 72:.5f}, height={mark.height / 72:.5f}, pos="{place}!"]'
    )


def _edge(mark: Stroke, height: float, theme: Theme) -> str:
    points = [*mark.points]
    tip = ""
    if mark.arrow:
        end = points[-1]
        points, back = _shortened(points)
        tip = f"e,{end[0]:.2f},{height - end[1]:.2f} " if back else ""
    path = " ".join(f"{x:.2f},{height - y:.2f}" for x, y in points)
    head = f", arrowhead=normal, arrowsize={ARROW / 10:.2f}" if tip else ""
    look = f'color="{theme.colour(mark.colour)}", penwidth={mark.pen:.2f}, style={mark.dash or "solid"}'
    return f'a -> b [pos="{tip}{path}", {look}{head}]'


def _shortened(points: list[tuple[float, float]]) -> tuple[list[tuple[float, float]], bool]:
    """The last segment, a straight one, cut by the length of the arrow head."""
    (x1, y1), (x2, y2) = points[-4], points[-1]
    length = math.hypot(x2 - x1, y2 - y1)
    if length < 1e-6:
        return points, False
    cut = min(ARROW, 0.9 * length) / length
    end = (x2 - (x2 - x1) * cut, y2 - (y2 - y1) * cut)
    return [*points[:-2], end, end], True


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')
