"""Traces -> a table: outline, from it text, then SVG, then PDF, in processor seconds and shares of import torch.

python benchmarks/speed.py [--all] [NAME ...]    a slice of the zoo if neither is given
"""

from __future__ import annotations

import argparse
import gc
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "zoo"))
from models import SLICE, all_models, target_of

from boardwork.errors import BoardworkError
from boardwork.options import Options
from boardwork.render import render

WANTED = {"text": 0.15, "svg": 0.5, "pdf": 0.5}  # of an import of torch
_ROWS = 6  # that are compared with one import, for what else a machine does slows both
_IMPORT = "import time, sys; import {}; print(time.process_time())"


def processor_seconds_of(module: str) -> float:
    """What a fresh interpreter takes to import a module; the least of two."""
    ways = [sys.executable, "-c", _IMPORT.format(module)]
    return min(float(subprocess.run(ways, capture_output=True, text=True, check=True).stdout) for _ in range(2))


def row(name: str, folder: Path) -> dict[str, float]:
    """Seconds of the outline and of each format; the text's begin where the outline is there."""
    from boardwork.outline import outline
    from boardwork.pipeline import draw_outline
    from boardwork.targets import load
    from boardwork.trace import trace

    subject = load(target_of(name, folder), ())
    gc.freeze()  # as the command does
    record = trace(subject)
    began = time.process_time()
    found = outline(record)
    seconds = {"outline": time.process_time() - began}
    began = time.process_time()
    sheet = draw_outline(found, Options())
    for format in WANTED:
        render(sheet, format)
        seconds[format] = time.process_time() - began
        began = time.process_time()
    return seconds


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--all", action="store_true")
    chosen = parser.parse_args()
    print(f"Seconds of the processor and shares of import torch; at most: {WANTED}")
    slow, whole = 0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        for number, name in enumerate(chosen.names or (all_models() if chosen.all else SLICE)):
            if number % _ROWS == 0:
                whole = processor_seconds_of("torch")
                print(f"import torch {whole:.2f} s", flush=True)
            try:
                seconds = row(name, Path(folder))
            except BoardworkError as error:
                print(f"{name:<46} not drawn: {error.message[:60]}")
                continue
            shares = {format: spent / whole for format, spent in seconds.items()}
            late = [format for format, most in WANTED.items() if shares[format] > most]
            slow += bool(late)
            told = "".join(f"{format:>9}{seconds[format]:>6.2f} s{share:>6.2f}" for format, share in shares.items())
            print(f"{name:<46}{told}{'  slow: ' + ', '.join(late) if late else ''}", flush=True)
    print(f"{slow} are slower than wanted")
    return int(slow > 0)


if __name__ == "__main__":
    sys.exit(main())
