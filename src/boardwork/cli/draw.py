"""boardwork draw: a target and what to draw of it -> sheets as text or files."""

from __future__ import annotations

import gc
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import click

from boardwork.cli.progress import working
from boardwork.cli.shared import (
    ascii_option,
    format_option,
    input_option,
    output_option,
    theme_option,
    told,
    zoom_option,
)
from boardwork.errors import FormatError
from boardwork.options import Options
from boardwork.sheet import Sheet

STDOUT = "-"
LEAST_COLUMNS = 40
WAYS = ("long", "short", "numbers")
PANELS = ("big-picture", "zoom", "equations", "trade-offs", "questions", "code")
LEVELS = ("junior", "mid", "senior")


@click.command()
@click.argument("target")
@output_option
@format_option
@input_option
@zoom_option
@click.option("--level", type=click.Choice(LEVELS), help="How deep it goes; without it, all that fits.")
@click.option("--questions", is_flag=True, help="Also what an interviewer would ask of this model, with answers.")
@ascii_option
@click.option("--compact", is_flag=True, help="Text for a chat: diagrams, a line an equation and a trade-off.")
@click.option("--symbols", default="long", show_default=True, type=click.Choice(WAYS), help="How sizes are written.")
@click.option("--panel", "panels", multiple=True, type=click.Choice(PANELS), help="Only this step. Repeatable.")
@click.option("--big-picture-only", "bare", is_flag=True, help="The first figure alone, without title and frame.")
@click.option("--width", default="80", show_default=True, help="Columns of text; or 3.5in, of a lone figure or step.")
@click.option("--paper", default="a4", show_default=True, help="a4 or letter, of PDF and PNG; turned as it fits.")
@theme_option
def draw(
    target: str,
    outputs: tuple[str, ...],
    format: str | None,
    inputs: tuple[str, ...],
    zoom: str,
    width: str,
    level: str | None,
    questions: bool,
    **chosen: Any,
) -> None:
    """Draw TARGET: torchvision:resnet50, hf:DIR, model.py:Net(hidden=64), or a sheet.json drawn before.

    `boardwork targets` lists what a target can be.
    """
    with told():
        from boardwork.render import check

        asking = questions or "questions" in chosen["panels"]
        options = Options(zoom=zoom, level=level or "", questions=asking, **widths(width), **chosen)
        check(options)
        planned = [(output, planned_format(output, format)) for output in outputs or (STDOUT,)]
        sheet = _read(target, inputs, options) if target.endswith(".json") else _drawn(target, inputs, options)
        for output, form in planned:
            _put(sheet, output, form, options)


def _drawn(target: str, inputs: tuple[str, ...], options: Options) -> Sheet:
    from boardwork.pipeline import draw_subject
    from boardwork.targets import load

    with redirect_stdout(sys.stderr):  # a model that prints must not write into the sheet
        with working(f"building {target}"):
            subject = load(target, inputs)
        gc.freeze()  # torch, libraries and the model stay until the end: they are not looked through again and again
        with working(f"running and explaining {target}"):
            return draw_subject(subject, options)


def _read(path: str, inputs: tuple[str, ...], options: Options) -> Sheet:
    """A sheet drawn before says what it was asked then."""
    sheet = Sheet.from_json(path)
    asked = {
        "--input": inputs,
        "--zoom": options.zoom not in ("", sheet.zoom.path),
        "--level": options.level,
        "--questions": options.questions and not sheet.questions,
    }
    if late := [name for name, given in asked.items() if given]:
        raise FormatError(
            f"{path} was drawn before: {' and '.join(late)} can no longer be answered.",
            hint="draw the model itself with that, and save it as JSON",
        )
    return sheet


def widths(width: str) -> dict[str, Any]:
    """Columns if it is a number, points if it has a unit."""
    from boardwork.render.paper import points

    if not width.isdecimal():
        return {"picture_width": points(width)}
    if int(width) < LEAST_COLUMNS:
        raise FormatError(f"A text sheet needs {LEAST_COLUMNS} columns, {width} are given.", hint="--width 72")
    return {"width": int(width)}


def planned_format(output: str, format: str | None) -> str:
    """The format of `output`. What cannot work is refused before anything slow starts."""
    from boardwork.render import format_of

    if output == STDOUT:
        return format or "text"
    path = Path(output)
    if path.is_dir() or not path.parent.is_dir():
        raise FormatError(f"Cannot write {output}: {'it is a folder' if path.is_dir() else 'no such folder'}.")
    return format or format_of(path)


def _put(sheet: Sheet, output: str, format: str, options: Options) -> None:
    from boardwork.render import render, write

    with working(f"drawing {format}"):
        if output != STDOUT:
            write(sheet, Path(output), format=format, options=options)
            return
        drawn = render(sheet, format, options)
    click.echo(drawn, nl=False)
