"""Sheets on a page of paper -> a table: smallest text, pages, texts that overlap or leave the page, what is left out.

python benchmarks/page.py [--paper a4] [--few] [NAME or sheet.json ...]    all models of the zoo if none is named
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "zoo"))
from models import SLICE, all_models, target_of

from boardwork.errors import BoardworkError
from boardwork.options import Options
from boardwork.render.page.inspection import inspect
from boardwork.render.page.sheet import page
from boardwork.sheet import Sheet


def sheets(names: list[str]) -> Iterator[tuple[str, Sheet]]:
    """Each model's sheet; what cannot be drawn at all is another benchmark's business."""
    from boardwork.pipeline import draw_subject
    from boardwork.targets import load

    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            try:
                if name.endswith(".json"):
                    yield name, Sheet.from_json(name)
                else:
                    yield name, draw_subject(load(target_of(name, Path(folder)), ()), Options())
            except BoardworkError:
                continue


def row(name: str, sheet: Sheet, paper: str) -> tuple[str, bool]:
    """The line of a sheet, and whether all is well."""
    start = time.perf_counter()
    try:
        drawn = page(sheet, paper)
    except BoardworkError as error:
        return f"{name:<46} no page: {error.message}", False
    found = inspect(drawn)
    well = found.smallest >= 7 and not found.overlaps and not found.outside
    turn = "portrait" if drawn.height > drawn.width else "landscape"
    said = (
        f"{name:<46}{found.smallest:>6.2f} pt  1 page {turn:<10}{len(found.overlaps):>4} overlaps"
        f"{len(found.outside):>4} outside{time.perf_counter() - start:>7.1f} s"
    )
    return said + "".join(f"\n    {a!r} over {b!r}" for a, b in found.overlaps[:2]), well


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--few", action="store_true")
    parser.add_argument("--paper", default="a4")
    chosen = parser.parse_args()
    total = bad = 0
    for name, sheet in sheets(chosen.names or [*(SLICE if chosen.few else all_models())]):
        line, well = row(name, sheet, chosen.paper)
        total, bad = total + 1, bad + (not well)
        print(line, flush=True)
    print(
        f"{total} sheets, {total - bad} on one page with nothing under 7 pt, nothing over another text, nothing outside"
    )
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
