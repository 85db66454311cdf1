"""Names of models on standard input -> a line of JSON each on standard output: outcome, seconds, guesses, message.

Seconds are the processor's: a busy machine makes no model late. With a folder as argument, the sheets are kept there.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from time import process_time
from typing import Any, NoReturn

from laws import broken_laws
from models import target_of

from boardwork.errors import BoardworkError
from boardwork.options import Options

LIMIT = 60.0  # seconds of the processor for a model


class Late(BaseException):
    """A model took more than LIMIT; nothing on the way takes it for an error of the model's own."""


def outcome(name: str, folder: Path, sheets: Path | None) -> dict[str, Any]:
    """`ok` with a sheet as text, `broken` if it breaks a law, `refused` or `crash`.

    A refusal comes with one clear message, a crash with the end of the traceback.
    """
    from boardwork.outline import outline
    from boardwork.pipeline import draw_trace
    from boardwork.render.text.sheet import text
    from boardwork.targets import load
    from boardwork.trace import trace

    start = process_time()
    told: dict[str, Any] = {"name": name, "outcome": "ok", "message": "", "ops": 0, "guesses": []}
    signal.setitimer(signal.ITIMER_PROF, LIMIT)
    try:
        subject = load(target_of(name, folder))
        record = trace(subject)
        told.update(ops=len(record.ops), guesses=record.guesses, traced=round(process_time() - start, 2))
        sheet = draw_trace(record, Options())
        drawn = text(sheet, Options())
        told["seconds"] = round(process_time() - start, 2)
        if broken := broken_laws(outline(record), sheet):
            told.update(outcome="broken", message="; ".join(broken))
        if sheets:
            (sheets / f"{name.replace(':', '-')}.txt").write_text(drawn, encoding="utf-8")
    except BoardworkError as error:
        told.update(outcome="refused", message=str(error), cause=_end(error.__cause__))
    except (Exception, Late) as error:
        told.update(outcome="crash", message=f"{type(error).__name__}: {error}", cause=_end(error))
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return {"seconds": round(process_time() - start, 2), **told}


def _end(error: BaseException | None) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-6:] if error else []
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.line}" for frame in frames]


def _late(_signal: int, _frame: Any) -> NoReturn:
    raise Late(f"no sheet within {LIMIT:.0f} s")


def main(sheets: Path | None = None) -> None:
    signal.signal(signal.SIGPROF, _late)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # a model that prints must not write between the answers
    with tempfile.TemporaryDirectory() as folder:
        for line in sys.stdin:
            print(json.dumps(outcome(line.strip(), Path(folder), sheets)), file=answers, flush=True)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
