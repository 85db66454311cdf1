"""boardwork explain, tree, targets: what the steps did, what can be opened, what can be drawn -> lines."""

from __future__ import annotations

import click

from boardwork.cli.progress import working
from boardwork.cli.shared import input_option, told, zoom_option
from boardwork.options import Options


@click.command()
@click.argument("target")
@input_option
@zoom_option
def explain(target: str, inputs: tuple[str, ...], zoom: str) -> None:
    """Print what each step did with TARGET."""
    with told():
        from boardwork.pipeline import explain as steps
        from boardwork.targets import load

        with working(f"running {target}"):
            lines = list(steps(load(target, inputs), Options(zoom=zoom)))
        for line in lines:
            click.echo(line)


@click.command()
@click.argument("target")
@input_option
def tree(target: str, inputs: tuple[str, ...]) -> None:
    """List the blocks of TARGET with the paths that --zoom takes.

    Of folded copies one is listed; the path of any other opens that one. Paths of single layers work too.
    """
    with told():
        from boardwork.pipeline import tree as blocks
        from boardwork.targets import load

        with working(f"running {target}"):
            lines = list(blocks(load(target, inputs), Options()))
        for line in lines:
            click.echo(line)


@click.command()
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
