"""Words on the command line -> sheets as text or files; a mistake -> one message and an exit code that is not 0."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

import click

from boardwork import __version__
from boardwork.errors import BoardworkError, FormatError, TargetError
from boardwork.options import Options
from boardwork.sheet import Sheet

STDOUT = "-"
LEAST_COLUMNS = 40
WAYS = ("long", "short", "numbers")
FORMATS = ("text", "ascii", "markdown", "html", "svg", "pdf", "png", "dot", "mermaid", "json")
PANELS = ("big-picture", "zoom", "equations", "trade-offs")

input_option = click.option(
    "--input",
    "inputs",
    multiple=True,
    metavar="[NAME:]SHAPE[:DTYPE]",
    help="An input of forward, as in 1,3,224,224 or tokens:1,128:int64. Repeatable.",
)
zoom_option = click.option(
    "--zoom",
    default="",
    metavar="PATH",
    help="Module path of the block to open; `boardwork tree` lists them. Without it, the one that tells most.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="boardwork")
def main() -> None:
    """Draw a PyTorch model the way an engineer does at a whiteboard."""


@main.command()
@click.argument("target")
@click.option("-o", "--output", "outputs", multiple=True, metavar="FILE", help="Repeatable; - is standard output.")
@click.option("--format", type=click.Choice(FORMATS), help="Instead of the one that the suffix of FILE names.")
@input_option
@zoom_option
@click.option("--ascii", is_flag=True, help="Text in bytes below 128, as --format ascii.")
@click.option("--compact", is_flag=True, help="Text for a chat: diagrams, a line an equation and a trade-off.")
@click.option("--symbols", default="long", show_default=True, type=click.Choice(WAYS), help="How sizes are written.")
@click.option("--panel", "panels", multiple=True, type=click.Choice(PANELS), help="Only this step. Repeatable.")
@click.option("--big-picture-only", "bare", is_flag=True, help="The first figure alone, without title and frame.")
@click.option("--width", default="80", show_default=True, help="Columns of text; or 3.5in, of a lone figure or step.")
@click.option("--paper", default="a4", show_default=True, help="a4 or letter, of PDF and PNG; turned as it fits.")
@click.option("--theme", default="paper", show_default=True, help="paper, mono, dark, sketch, or a file of your own.")
def draw(
    target: str,
    outputs: tuple[str, ...],
    format: str | None,
    inputs: tuple[str, ...],
    zoom: str,
    width: str,
    **chosen: Any,
) -> None:
    """Draw TARGET: torchvision:resnet50, hf:DIR, model.py:Net(hidden=64), or a sheet.json drawn before.

    `boardwork targets` lists what a target can be.
    """
    with told():
        from boardwork.render import check

        options = Options(zoom=zoom, **_widths(width), **chosen)
        check(options)
        planned = [(output, _planned_format(output, format)) for output in outputs or (STDOUT,)]
        sheet = Sheet.from_json(target) if target.endswith(".json") else _drawn(target, inputs, options)
        for output, form in planned:
            _put(sheet, output, form, options)


@main.command()
@click.argument("target")
@input_option
@zoom_option
def explain(target: str, inputs: tuple[str, ...], zoom: str) -> None:
    """Print what each step did with TARGET."""
    with told():
        from boardwork.pipeline import explain as steps
        from boardwork.targets import load

        for line in steps(load(target, inputs), Options(zoom=zoom)):
            click.echo(line)


@main.command()
@click.argument("target")
@input_option
def tree(target: str, inputs: tuple[str, ...]) -> None:
    """List the blocks of TARGET with the paths that --zoom takes.

    Of folded copies one is listed; the path of any other opens that one. Paths of single layers work too.
    """
    with told():
        from boardwork.pipeline import tree as blocks
        from boardwork.targets import load

        for line in blocks(load(target, inputs), Options()):
            click.echo(line)


@main.command()
def targets() -> None:
    """List what a target can be, and the examples."""
    from boardwork.examples import EXAMPLES
    from boardwork.targets import KINDS

    for prefix, (_, how) in KINDS.items():
        click.echo(f"{prefix + ':':<14}{how}")
    click.echo(f"{'FILE.py:':<14}model.py:Net(hidden=64)")
    click.echo(f"{'MODULE:':<14}package.module:Net(hidden=64)")
    click.echo(f"{'sheet.json':<14}a sheet drawn before, rendered without torch")
    click.echo(f"examples:     {', '.join(EXAMPLES)}")


@main.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--check", is_flag=True, help="Write nothing; show what is out of date and exit with 1.")
@click.option("--render-only", is_flag=True, help="From the sheet.json files that are there, without torch.")
def gallery(folder: Path, check: bool, render_only: bool) -> None:
    """Draw the sheets that FOLDER/gallery.toml lists."""
    from boardwork.gallery import update

    with told():
        stale = False
        for line in update(folder, check=check, render_only=render_only):
            click.echo(line)
            stale = True
    if check and stale:
        raise SystemExit(1)


@contextmanager
def told() -> Iterator[None]:
    """A mistake of the user's or a model's refusal is told in its own words: 2 for usage, 1 for the rest."""
    try:
        yield
    except BoardworkError as error:
        click.echo(f"Error: {error}", err=True)
        raise SystemExit(2 if isinstance(error, TargetError | FormatError) else 1) from error


def _drawn(target: str, inputs: tuple[str, ...], options: Options) -> Sheet:
    from boardwork.pipeline import draw_subject
    from boardwork.targets import load

    with redirect_stdout(sys.stderr):  # a model that prints must not write into the sheet
        return draw_subject(load(target, inputs), options)


def _widths(width: str) -> dict[str, Any]:
    """Columns if it is a number, points if it has a unit."""
    from boardwork.render.paper import points

    if not width.isdigit():
        return {"picture_width": points(width)}
    if int(width) < LEAST_COLUMNS:
        raise FormatError(f"A text sheet needs {LEAST_COLUMNS} columns, {width} are given.", hint="--width 72")
    return {"width": int(width)}


def _planned_format(output: str, format: str | None) -> str:
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

    if output == STDOUT:
        click.echo(render(sheet, format, options), nl=False)
    else:
        write(sheet, Path(output), format=format, options=options)
