"""What commands share: their common options, and how a mistake is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from boardwork.errors import BoardworkError, FormatError, TargetError

FORMATS = ("text", "ascii", "markdown", "html", "svg", "pdf", "png", "dot", "mermaid", "json")

input_option = click.option(
    "--input",
    "inputs",
    multiple=True,
    metavar="[NAME:]SHAPE[:DTYPE]",
    help="An input of forward, as in 1,3,224,224 tokens:1,128:int64 or batch.image:1,3,64,64. Repeatable.",
)
zoom_option = click.option(
    "--zoom",
    default="",
    metavar="PATH",
    help="Module path of the block to open; `boardwork tree` lists them. Without it, the one that tells most.",
)
output_option = click.option(
    "-o", "--output", "outputs", multiple=True, metavar="FILE", help="Repeatable; - is standard output."
)
format_option = click.option(
    "--format", type=click.Choice(FORMATS), help="Instead of the one that the suffix of FILE names."
)
ascii_option = click.option("--ascii", is_flag=True, help="Text in bytes below 128, as --format ascii.")
theme_option = click.option(
    "--theme", default="paper", show_default=True, help="paper, mono, dark, sketch, or a file of your own."
)


@contextmanager
def told() -> Iterator[None]:
    """A mistake of the user's or a model's refusal is told in its own words: 2 for usage, 1 for the rest."""
    try:
        yield
    except BoardworkError as error:
        click.echo(f"Error: {error}", err=True)
        raise SystemExit(2 if isinstance(error, TargetError | FormatError) else 1) from error
