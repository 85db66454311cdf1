"""Words on the command line -> sheets as text or files; a mistake -> one message and an exit code that is not 0."""

from __future__ import annotations

import click

from boardwork import __version__
from boardwork.cli.check import check
from boardwork.cli.compare import compare
from boardwork.cli.diff import diff
from boardwork.cli.draw import draw
from boardwork.cli.gallery import gallery
from boardwork.cli.inspect import explain, targets, tree


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="boardwork")
def main() -> None:
    """Draw a PyTorch model the way an engineer does at a whiteboard."""


for command in (draw, check, compare, diff, explain, tree, targets, gallery):
    main.add_command(command)
