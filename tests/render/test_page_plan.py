"""Panels on one page: text stands beside a figure that is narrower than its column, rows fill what they have."""

from boardwork.render.drawing.marks import Piece, Shape
from boardwork.render.drawing.style import DENSE
from boardwork.render.page.plan import Planner
from boardwork.render.panels.contents import figure_panel
from boardwork.render.panels.plans import Panel

FIGURES = [
    figure_panel("Big picture", "", Piece(100, 200), DENSE),
    figure_panel("Zoom", "", Piece(200, 300), DENSE),
]


def text(least, area):
    """A panel of text of an area that is at least so wide."""
    return Panel("Text", "", lambda room, height: Piece(room, area / room), lambda room: area / room, least, False)


def test_text_stands_beside_a_narrow_figure():
    fit = Planner([*FIGURES, text(130, 23_000), text(130, 23_500)], DENSE).best(550, 360)
    assert fit is not None
    assert any(len(row) > 1 for _, column in fit.plan.columns for row in column)


def test_a_row_is_as_high_as_it_is_told_and_nothing_stands_over_another_panel():
    planner = Planner([*FIGURES, text(130, 23_000), text(130, 23_500)], DENSE)
    fit = planner.best(550, 360)
    frames = [m for m in planner.built(fit.plan, 360, 1.0).marks if isinstance(m, Shape) and m.form == "box"]
    assert len(frames) == 4
    assert max(frame.y + frame.height for frame in frames) <= 360 + 1e-6
    for i, a in enumerate(frames):
        for b in frames[i + 1 :]:
            apart = a.x + a.width <= b.x or b.x + b.width <= a.x or a.y + a.height <= b.y or b.y + b.height <= a.y
            assert apart
