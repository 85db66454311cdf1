"""boardwork check: a target -> the equations of one block run against the block: largest error, pass or fail."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from time import perf_counter
from typing import TYPE_CHECKING

import click

from boardwork.cli.progress import working
from boardwork.cli.shared import input_option, told, zoom_option
from boardwork.options import Options

if TYPE_CHECKING:
    from boardwork.verify import Checked


@click.command()
@click.argument("target")
@input_option
@zoom_option
def check(target: str, inputs: tuple[str, ...], zoom: str) -> None:
    """Run the equations of one block of TARGET against the block itself.

    The block runs on the CPU with drawn weights. `draw --panel code` shows the text that is run.
    """
    with told():
        from boardwork.pipeline import check_subject
        from boardwork.targets import load

        with redirect_stdout(sys.stderr):  # a model that prints
            start = perf_counter()
            with working(f"building {target}"):
                subject = load(target, inputs)
            with working(f"running {target} and its equations"):
                found = check_subject(subject, Options(zoom=zoom))
    for line in lines(found):
        click.echo(line)
    click.echo(f"time       {perf_counter() - start:.1f} s")
    click.echo("pass" if found.passed else "FAIL")
    if not found.passed:
        raise SystemExit(1)


def lines(found: Checked) -> Iterator[str]:
    """What the run showed."""
    inputs = ", ".join(f"{name} {shape}" for name, shape in found.inputs.items())
    yield f"block      {found.path or 'the whole model'}: {found.title}"
    yield f"stated     {', '.join(found.roles)}"
    yield f"run with   {inputs}, drawn weights, on CPU"
    if found.smaller:
        yield f"sizes      {', '.join(f'{name} {small} for {size}' for name, (size, small) in found.smaller.items())}"
    yield f"error      {found.error:.1e} at most, {found.relative:.1e} of the largest value"
    yield f"tolerance  {found.tolerance:.0e} of the largest value"
