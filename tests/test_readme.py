"""What the README shows is what the program draws, and its two commands are there to be run."""

import re
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def blocks():
    """Marker -> the code block that follows it."""
    found = re.findall(r"<!-- (.+?) -->\n```\w+\n(.*?)```\n", README.read_text(encoding="utf-8"), re.DOTALL)
    return dict(found)


def test_the_sheet_is_the_one_in_the_gallery():
    (marker,) = [name for name in blocks() if name.startswith("sheet: ")]
    path = marker.removeprefix("sheet: ")
    drawn = (README.parent / path).read_text(encoding="utf-8")
    assert blocks()[marker] == drawn, f"paste {path} into the README"


def test_both_commands_are_there():
    assert "boardwork draw" in blocks()["draw"]
    assert "pytest" in blocks()["test"]


def test_pictures_and_folders_exist():
    for target in re.findall(r"\]\(([^):#]+)\)", README.read_text(encoding="utf-8")):
        assert (README.parent / target).exists(), target
