"""A forward's arguments and its trace -> the sentence on towers that did not run as nothing was given for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from boardwork.trace.records import Trace

# What a tower reads -> parts of the names of the arguments that bring it.
MEDIA = {
    "images": ("pixel", "image", "video"),
    "sound": ("audio", "speech", "input_features", "input_values"),
}
MOST_NAMED = 3


def tower_notes(trace: Trace, taken: Sequence[str], given: Sequence[str]) -> tuple[str, ...]:
    """One sentence if forward takes a medium that was not given, while modules with parameters took no part.

    `taken`: the names of forward's arguments; `given`: those that have a value.
    """
    missing = [name for name in MEDIA if _brings(name, taken) and not _brings(name, given)]
    idle = list(_idle_modules(trace)) if missing else []
    if not idle:
        return ()
    more = f" and {len(idle) - MOST_NAMED} more" if len(idle) > MOST_NAMED else ""
    named = ", ".join(idle[:MOST_NAMED])
    return (f"Forward was given no {' and no '.join(missing)}: {named}{more} did not run. Give --input to set them.",)


def _brings(medium: str, arguments: Sequence[str]) -> bool:
    return any(part in argument for argument in arguments for part in MEDIA[medium])


def _idle_modules(trace: Trace) -> Iterator[str]:
    """Paths of the outermost modules none of whose parameters took part."""
    used = {trace.tensors[tensor].name for op in trace.ops for tensor in op.inputs}
    busy, idle = set[str](), dict[str, None]()
    for weight in trace.weights:
        paths = [path for name in weight.names for path in _around(name)]
        if used & set(weight.names):
            busy.update(paths)
        elif weight.parameter:
            idle.update(dict.fromkeys(paths))
    outermost = (path for path in idle if path not in busy)
    yield from (path for path in outermost if all(around in busy for around in _around(path)))


def _around(name: str) -> list[str]:
    """Paths of the modules that hold what `name` names, the model itself left out."""
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts))]
