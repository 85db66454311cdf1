"""What a user can choose -> one frozen, keyword-only record that every stage may read."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Options:
    """`zoom`: module path to open, "" to let the outline choose. `level`: junior, mid or senior, "" for all that fits.
    `questions`: also what an interviewer would ask. `width`: columns of a text sheet.

    `ascii`: text in bytes below 128 only. `symbols`: shapes in long names, short ones, or numbers.
    `compact`: text short enough for a chat. `panels`: the steps to draw, all if empty; see `render.PANELS`.
    `bare`: a lone figure without heading and frame. `picture_width`: of an SVG, PDF or PNG in points, 0 for its own.
    `paper`: a4 or letter, for PDF and PNG. `theme`: a file of templates/themes.
    """

    zoom: str = ""
    level: str = ""
    questions: bool = False
    width: int = 80
    ascii: bool = False
    symbols: str = "long"
    compact: bool = False
    panels: tuple[str, ...] = ()
    bare: bool = False
    picture_width: float = 0.0
    paper: str = "a4"
    theme: str = "paper"
