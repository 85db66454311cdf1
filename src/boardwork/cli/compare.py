"""boardwork compare: two targets or saved sheets, or more -> one comparison as text or files."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from boardwork.cli.draw import STDOUT, planned_format, widths
from boardwork.cli.progress import working
from boardwork.cli.shared import ascii_option, format_option, input_option, output_option, theme_option, told
from boardwork.options import Options
from boardwork.sheet import Sheet

if TYPE_CHECKING:
    from boardwork.targets.subject import Subject


@click.command()
@click.argument("targets", nargs=-1, required=True, metavar="TARGET TARGET [TARGET ...]")
@output_option
@format_option
@input_option
@click.option("--zoom", "zooms", multiple=True, metavar="PATH", help="The block to open; once for each TARGET.")
@ascii_option
@click.option("--width", default="100", show_default=True, help="Columns of text; below 80 one under the other.")
@click.option("--paper", default="a4", show_default=True, help="a4 or letter, of PDF and PNG.")
@theme_option
def compare(
    targets: tuple[str, ...],
    outputs: tuple[str, ...],
    format: str | None,
    inputs: tuple[str, ...],
    zooms: tuple[str, ...],
    width: str,
    **chosen: Any,
) -> None:
    """Hold two to six models side by side: what `boardwork draw` takes, or a sheet.json drawn before.

    --input is given to every TARGET.
    """
    with told():
        from boardwork.pipeline import compare as side_by_side
        from boardwork.render import check
        from boardwork.render.comparison import render, write

        options = Options(**widths(width), **chosen)
        check(options)
        planned = [(output, planned_format(output, format)) for output in outputs or (STDOUT,)]
        with redirect_stdout(sys.stderr):  # a model that prints must not write into the text
            with working(f"building {' and '.join(targets)}"):
                items = [item(target, inputs) for target in targets]
            with working("running, explaining and comparing them"):
                comparison = side_by_side(items, options, zooms)
        for output, form in planned:
            if output == STDOUT:
                click.echo(render(comparison, form, options), nl=False)
            else:
                write(comparison, Path(output), format=form, options=options)


def item(target: str, inputs: tuple[str, ...]) -> Subject | Sheet:
    """A saved sheet, or a model that is to be traced, for which torch is loaded."""
    if target.endswith(".json"):
        return Sheet.from_json(target)
    from boardwork.targets import load

    return load(target, inputs)
