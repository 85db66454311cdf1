"""Names of models, all by default -> a table on standard output, and exit code 1 if anything is not as expected.

python tests/zoo/run.py [--few] [--json FILE] [--sheets FOLDER] [NAME ...]
Expected is a sheet, or the refusal that refusals.toml lists with its reason. A worker limits the time of each model;
one that does not even answer is stopped after `LIMIT` seconds on the clock.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from models import SLICE, all_models

HERE = Path(__file__).parent
LIMIT = 600.0
STARTING = 60.0  # importing the libraries, once a worker
RENEW = 100  # models a worker draws before the next one takes over, so that memory stays bounded


def outcomes(names: Iterable[str], sheets: Path | None = None) -> Iterator[dict[str, Any]]:
    """What the workers say about each model; one that takes too long is stopped with its worker."""
    worker: subprocess.Popen[str] | None = None
    for drawn, name in enumerate(names, 1):
        fresh = worker is None
        worker = worker or _worker(sheets)
        answer = _ask(worker, name, LIMIT + (STARTING if fresh else 0))
        yield answer or _stopped(worker, name)
        if answer is None or drawn % RENEW == 0:
            _stop(worker)
            worker = None
    if worker is not None:
        _stop(worker)


def _worker(sheets: Path | None) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "ignore", str(HERE / "worker.py"), *([str(sheets)] if sheets else [])]
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        bufsize=1,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},  # a default that asks the network is a refusal, not a wait
    )


def _ask(worker: subprocess.Popen[str], name: str, seconds: float) -> dict[str, Any] | None:
    assert worker.stdin
    assert worker.stdout
    worker.stdin.write(name + "\n")
    worker.stdin.flush()
    ready, _, _ = select.select([worker.stdout], [], [], seconds)
    line = worker.stdout.readline() if ready else ""
    answer: dict[str, Any] | None = json.loads(line) if line else None
    return answer


def _stopped(worker: subprocess.Popen[str], name: str) -> dict[str, Any]:
    code = worker.poll()
    message = f"no answer within {LIMIT:.0f} s" if code is None else f"the process ended with {code}"
    return {"name": name, "outcome": "crash", "message": message, "ops": 0, "guesses": [], "seconds": LIMIT}


def _stop(worker: subprocess.Popen[str]) -> None:
    worker.kill()
    worker.communicate()


def unexpected(answer: dict[str, Any], refusals: dict[str, str]) -> bool:
    """A crash, a refusal that is not listed, or a sheet where a refusal is listed."""
    return bool(answer["outcome"] != ("refused" if answer["name"] in refusals else "ok"))


def table(answers: list[dict[str, Any]]) -> Iterator[str]:
    """Counts a library, and the slowest models."""
    counts = Counter((answer["name"].partition(":")[0], answer["outcome"]) for answer in answers)
    yield f"{'library':<14}{'ok':>6}{'refused':>9}{'broken':>8}{'crash':>7}"
    for library in dict.fromkeys(library for library, _ in counts):
        ok, refused, broken, crash = (counts[library, kind] for kind in ("ok", "refused", "broken", "crash"))
        yield f"{library:<14}{ok:>6}{refused:>9}{broken:>8}{crash:>7}"
    for answer in sorted(answers, key=lambda answer: -float(answer["seconds"]))[:5]:
        yield f"slowest: {answer['name']} {answer['seconds']:.0f} s, {answer['ops']} operations"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--few", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--sheets", type=Path)
    chosen = parser.parse_args()
    if chosen.sheets:
        chosen.sheets.mkdir(parents=True, exist_ok=True)
    refusals = tomllib.loads((HERE / "refusals.toml").read_text(encoding="utf-8"))
    answers = []
    for answer in outcomes(chosen.names or (SLICE if chosen.few else all_models()), chosen.sheets):
        answers.append(answer)
        mark = "! " if unexpected(answer, refusals) else "  "
        first = answer["message"].partition("\n")[0]
        print(f"{mark}{answer['name']:<46}{answer['outcome']:<8}{answer['seconds']:>6.1f} s  {first}", flush=True)
        if chosen.json:
            chosen.json.write_text("\n".join(json.dumps(row) for row in answers) + "\n", encoding="utf-8")
    print("\n".join(table(answers)))
    return int(any(unexpected(answer, refusals) for answer in answers))


if __name__ == "__main__":
    sys.exit(main())
