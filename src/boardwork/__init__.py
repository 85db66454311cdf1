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

    from boardwork.comparison import Comparison
    from boardwork.targets import load
    from boardwork.verify import Checked

__all__ = ["BoardworkError", "Options", "Sheet", "__version__", "check", "compare", "draw", "load"]
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


def compare(
    *models: nn.Module | str | Sheet,
    args: Any = (),
    kwargs: Mapping[str, Any] | None = None,
    input_size: Sequence[Any] | None = None,
    dtypes: Sequence[torch.dtype] | None = None,
    zooms: Sequence[str] = (),
) -> Comparison:
    """Hold two to six models side by side: towers on common rows, a table of facts, what changed and why, costs.

    Args:
        models: modules, targets such as "torchvision:resnet50", or sheets.
        args: positional arguments of forward for every module; modules that need others are drawn to sheets first.
        kwargs, input_size, dtypes: as in `draw`, for every module.
        zooms: the path of the block to open in each; blocks that stand beside each other if empty.

    Raises:
        BoardworkError: a model or its inputs cannot be used; the message says why and what to try.
    """
    from boardwork.pipeline import compare as side_by_side
    from boardwork.targets import from_module, load

    def item(model: nn.Module | str | Sheet) -> Any:
        if isinstance(model, Sheet):
            return model
        if isinstance(model, str) and not (args or kwargs or input_size):
            return load(model)
        return from_module(model, args, kwargs, input_size=input_size, dtypes=dtypes)

    return side_by_side([item(model) for model in models], Options(), zooms)


def check(
    model: nn.Module | str,
    args: Any = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    input_size: Sequence[Any] | None = None,
    dtypes: Sequence[torch.dtype] | None = None,
    zoom: str = "",
) -> Checked:
    """Run the equations of one block, written as plain PyTorch, against the block itself on CPU.

    Args:
        model: a module, whose weights are used and left as they are, or a target; its weights are then drawn.
        args, kwargs, input_size, dtypes: the inputs of forward as in `draw`; what has no numbers is drawn.
        zoom: path of the block, as in `named_modules`; chosen by itself if empty.

    Returns:
        A record with `passed`, `error`, `relative`, `tolerance`, the `roles` stated, and `code`, the text that was run.

    Raises:
        BoardworkError: the model cannot be used, the block has no statement, or it cannot be run.
    """
    from boardwork.pipeline import check_subject
    from boardwork.targets import from_module

    subject = from_module(model, args, kwargs, input_size=input_size, dtypes=dtypes)
    return check_subject(subject, Options(zoom=zoom), given=not isinstance(model, str))


def __getattr__(name: str) -> Any:
    if name == "load":
        return importlib.import_module("boardwork.targets").load
    raise AttributeError(f"module 'boardwork' has no attribute {name!r}")
