"""What commands share: their common options, and how a mistake is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from boardwork.errors import BoardworkError, FormatError, TargetError

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


@contextmanager
def told() -> Iterator[None]:
    """A mistake of the user's or a model's refusal is told in its own words: 2 for usage, 1 for the rest."""
    try:
        yield
    except BoardworkError as error:
        click.echo(f"Error: {error}", err=True)
        raise SystemExit(2 if isinstance(error, TargetError | FormatError) else 1) from error
