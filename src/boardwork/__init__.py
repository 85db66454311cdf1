"""Boardwork: a PyTorch module -> the sheet an engineer would draw of it. Importing this does not import torch."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from boardwork.errors import BoardworkError
from boardwork.options import Options
from boardwork.sheet import Sheet

if TYPE_CHECKING:
    import torch
    from torch import nn

    from boardwork.targets import load

__all__ = ["BoardworkError", "Options", "Sheet", "__version__", "draw", "load"]
__version__ = "0.1.0"


def draw(
    model: nn.Module | str,
    args: Any = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    input_size: Sequence[Any] | None = None,
    dtypes: Sequence[torch.dtype] | None = None,
    zoom: str = "",
    level: str = "",
    questions: bool = False,
    title: str = "",
) -> Sheet:
    """Draw a model: its big picture, one block opened, its equations and its trade-offs.

    Args:
        model: a module on any device, which is left as it is, or a target such as "torchvision:resnet50".
        args: positional arguments of forward, a tuple as in torch.export.export.
        kwargs: its named arguments.
        input_size: instead of both, the size of the input or a sequence of sizes, with the batch, as in torchinfo.
        dtypes: one for each size.
        zoom: path of the block to open, as in `named_modules`; chosen by itself if empty.
        level: junior, mid or senior: how deep equations, trade-offs and questions go; all that fits if empty.
        questions: also the follow-up questions of an interviewer, with answers.
        title: heading of the sheet, the class name by default.

    Raises:
        BoardworkError: the model or its inputs cannot be used; the message says why and what to try.
    """
    from boardwork.pipeline import draw_subject
    from boardwork.targets import from_module

    subject = from_module(model, args, kwargs, input_size=input_size, dtypes=dtypes, title=title)
    return draw_subject(subject, Options(zoom=zoom, level=level, questions=questions))


def __getattr__(name: str) -> Any:
    if name == "load":
        return importlib.import_module("boardwork.targets").load
    raise AttributeError(f"module 'boardwork' has no attribute {name!r}")
