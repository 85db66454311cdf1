"""`torchvision:resnet50`, `hf:DIR`, `file.py:Net(hidden=64)` or a live module -> a Subject, ready to be traced."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from boardwork.errors import TargetError

if TYPE_CHECKING:
    from boardwork.targets.call import Call
    from boardwork.targets.input_spec import InputSpec
    from boardwork.targets.subject import Subject

    Loader = Callable[[Call, Sequence[InputSpec]], Subject]

__all__ = ["KINDS", "from_module", "load"]

# Prefix -> (where its loader is, how to write it). Packages add to it by the entry point group "boardwork.targets".
KINDS: dict[str, tuple[str, str]] = {
    "torch.nn": ("boardwork.targets.torch_nn:load", "torch.nn:LSTM(64, 128, batch_first=True)"),
    "torchvision": ("boardwork.targets.torchvision_models:load", "torchvision:resnet50"),
    "timm": ("boardwork.targets.timm_models:load", "timm:vit_base_patch16_224"),
    "hf": ("boardwork.targets.hugging_face.model:load", "hf:DIR  (a folder with a config.json)"),
    "example": ("boardwork.targets.example:load", "example:lstm-classifier"),
}
_FILE = re.compile(r"(?P<path>.+?\.py)(?::(?P<call>.*))?", re.DOTALL)


def load(target: str, inputs: Sequence[str] = ()) -> Subject:
    """Build what `target` names, on the meta device where possible; `inputs` as `--input` takes them.

    Raises:
        TargetError: nothing of that name, arguments that are no literals, or inputs that do not fit.
    """
    from boardwork.targets.input_spec import parse_input

    return load_given(target, [parse_input(text) for text in inputs])


def load_given(target: str, given: Sequence[InputSpec]) -> Subject:
    """As `load`, with inputs that are read already."""
    from boardwork.targets.call import parse_call
    from boardwork.targets.python_code import load_file, load_module

    prefix, colon, rest = target.partition(":")
    if colon and _loader(prefix):
        return _resolve(_loader(prefix))(parse_call(target, rest), given)
    file = _FILE.fullmatch(target)
    if file and file["call"]:
        return load_file(file["path"], parse_call(target, file["call"]), given)
    if file:
        raise TargetError(f"{target!r} names a file but no class in it.", hint=f"{target}:NAME  ({_classes(target)})")
    if colon and all(part.isidentifier() for part in prefix.split(".")) and "." in prefix:
        return load_module(prefix, parse_call(target, rest), given)
    raise _unknown(target, prefix if colon else "")


def from_module(model: Any, args: Any = (), kwargs: Any = None, **call: Any) -> Subject:
    """`boardwork.targets.own_module.from_module`, imported when it is called, as it needs torch."""
    from boardwork.targets import own_module

    return own_module.from_module(model, args, kwargs, **call)


def _loader(prefix: str) -> str:
    if prefix in KINDS:
        return KINDS[prefix][0]
    return next((point.value for point in entry_points(group="boardwork.targets", name=prefix)), "")


def _resolve(place: str) -> Loader:
    module, _, name = place.partition(":")
    loader: Loader = getattr(importlib.import_module(module), name)
    return loader


def _classes(path: str) -> str:
    from pathlib import Path

    from boardwork.targets.python_code import classes_in
    from boardwork.targets.source import imported_file

    if not Path(path).is_file():
        raise TargetError(f"There is no file {path!r}.")
    with imported_file(Path(path)) as namespace:
        return f"classes: {', '.join(classes_in(namespace)) or 'none'}"


def _unknown(target: str, prefix: str) -> TargetError:
    from boardwork.targets.unknown import unknown

    if prefix:
        return unknown("kind of target", prefix, KINDS, f"{', '.join(KINDS)}, FILE.py; see boardwork targets")
    name = target.strip(": ") or "NAME"
    return TargetError(
        f"{target!r} does not say where the model comes from.",
        hint=f"torchvision:{name}, timm:{name}, torch.nn:{name} or FILE.py:{name}; see boardwork targets",
    )
