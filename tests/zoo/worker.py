"""Names of models on standard input -> a line of JSON each on standard output: outcome, seconds, guesses, message."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

from models import target_of

from boardwork.errors import BoardworkError
from boardwork.options import Options


def outcome(name: str, folder: Path) -> dict[str, Any]:
    """`ok` with a sheet as text, `refused` with one clear message, or `crash` with the end of the traceback."""
    from boardwork.pipeline import draw_trace
    from boardwork.render.text import text
    from boardwork.targets import load
    from boardwork.trace import trace

    start = time.perf_counter()
    told: dict[str, Any] = {"name": name, "outcome": "ok", "message": "", "ops": 0, "guesses": []}
    try:
        subject = load(target_of(name, folder))
        record = trace(subject)
        told.update(ops=len(record.ops), guesses=record.guesses, traced=round(time.perf_counter() - start, 2))
        text(draw_trace(record, Options()), Options())
    except BoardworkError as error:
        told.update(outcome="refused", message=str(error), cause=_end(error.__cause__))
    except Exception as error:
        told.update(outcome="crash", message=f"{type(error).__name__}: {error}", cause=_end(error))
    return {**told, "seconds": round(time.perf_counter() - start, 2)}


def _end(error: BaseException | None) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-6:] if error else []
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.line}" for frame in frames]


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # a model that prints must not write between the answers
    with tempfile.TemporaryDirectory() as folder:
        for line in sys.stdin:
            print(json.dumps(outcome(line.strip(), Path(folder))), file=answers, flush=True)


if __name__ == "__main__":
    main()
