"""The sheets in diagrams/ are what the program draws today, in two halves so that a failure names its cause."""

from pathlib import Path

import pytest

from boardwork import gallery
from boardwork.errors import FormatError

FOLDER = Path("diagrams")
ENTRIES = gallery.entries(Path(__file__).parents[1] / FOLDER)
each_entry = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.folder)


@each_entry
def test_target_to_data(entry):
    assert "\n".join(gallery.update_data(FOLDER, entry, check=True)) == ""


@each_entry
def test_data_to_text_and_picture(entry):
    assert "\n".join(gallery.update_rendered(FOLDER, entry, check=True)) == ""


def test_nothing_else_lies_in_the_gallery():
    kept = {FOLDER / entry.folder for entry in ENTRIES}
    assert {path.parent for path in FOLDER.rglob("sheet.*")} == kept


def test_a_difference_is_shown_with_the_command_that_mends_it(tmp_path):
    (tmp_path / "gallery.toml").write_text('[[sheet]]\nfolder = "a"\ntarget = "torch.nn:Linear(3, 4)"\n')
    assert len(list(gallery.update(tmp_path))) == 3
    assert list(gallery.update(tmp_path, check=True)) == []
    text = tmp_path / "a" / "sheet.txt"
    text.write_text("old\n" + text.read_text(encoding="utf-8"), encoding="utf-8")
    (found,) = gallery.update(tmp_path, check=True, render_only=True)
    assert "-old" in found
    assert f"boardwork gallery {tmp_path}" in found


def test_a_damaged_list_is_told(tmp_path):
    with pytest.raises(FormatError, match="Cannot read"):
        gallery.entries(tmp_path)
    (tmp_path / "gallery.toml").write_text("[[sheet]]\ncolour = 1\n")
    with pytest.raises(FormatError, match="colour"):
        gallery.entries(tmp_path)
