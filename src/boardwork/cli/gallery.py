"""boardwork gallery: a folder with a gallery.toml -> its sheets, or what of them is out of date."""

from __future__ import annotations

from pathlib import Path

import click

from boardwork.cli.progress import each
from boardwork.cli.shared import told


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--check", is_flag=True, help="Write nothing; show what is out of date and exit with 1.")
@click.option("--render-only", is_flag=True, help="From the sheet.json files that are there, without torch.")
def gallery(folder: Path, check: bool, render_only: bool) -> None:
    """Draw the sheets that FOLDER/gallery.toml lists."""
    from boardwork.gallery import update

    with told():
        lines = each(update(folder, check=check, render_only=render_only), f"drawing {folder}")
        stale = False
        for line in lines:
            click.echo(line)
            stale = True
    if check and stale:
        raise SystemExit(1)
