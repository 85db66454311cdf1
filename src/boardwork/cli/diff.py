"""boardwork diff: two targets or saved sheets -> a short list of what changed, and an exit code for CI."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout

import click

from boardwork.cli.compare import item
from boardwork.cli.progress import working
from boardwork.cli.shared import input_option, told, zoom_option
from boardwork.options import Options
from boardwork.sheet import Sheet

SAME = "No structural difference."


@click.command()
@click.argument("before", metavar="TARGET")
@click.argument("after", metavar="TARGET")
@input_option
@zoom_option
@click.option("--exit-code", is_flag=True, help="Exit with 1 if anything changed, as git diff does.")
def diff(before: str, after: str, inputs: tuple[str, ...], zoom: str, exit_code: bool) -> None:
    """List what changed in the architecture from the first TARGET to the second, each a model or a sheet.json.

    `-` is only in the first, `+` only in the second, `~` in both and different.
    """
    with told():
        from boardwork.comparison.differences import differences

        with redirect_stdout(sys.stderr):
            first, second = (_sheet(target, inputs, zoom) for target in (before, after))
        found = differences(first, second)
    for line in found or (SAME,):
        click.echo(line)
    if exit_code and found:
        raise SystemExit(1)


def _sheet(target: str, inputs: tuple[str, ...], zoom: str) -> Sheet:
    with working(f"building {target}"):
        found = item(target, inputs)
    if isinstance(found, Sheet):
        return found
    from boardwork.pipeline import draw_subject

    with working(f"running and explaining {target}"):
        return draw_subject(found, Options(zoom=zoom))
