"""Name of a template -> the jinja2 template: the user's folders first, then the package, then the checkout."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

_PACKAGE = Path(__file__).parents[1]
_FOLDERS = (_PACKAGE / "templates", _PACKAGE.parents[1] / "templates")


def folders() -> list[Path]:
    """Where templates and themes lie. The variable BOARDWORK_TEMPLATES lists folders that go before our own."""
    own = os.environ.get("BOARDWORK_TEMPLATES", "").split(os.pathsep)
    return [*(Path(folder) for folder in own if folder), *_FOLDERS]


def template(name: str) -> Template:
    """The template `name`, compiled once."""
    return _environment(tuple(folders())).get_template(name)


@cache
def _environment(folders: tuple[Path, ...]) -> Environment:
    return Environment(
        loader=FileSystemLoader(folders),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
    )
