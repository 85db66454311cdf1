"""Two panels of text beside one another, whatever their titles are."""

from __future__ import annotations

import pytest

from boardwork.render.text.columns import TextPanel, abreast


def panel(title: str) -> TextPanel:
    return TextPanel("zoom", title, "why", "\n".join(["-" * 40] * 9))


@pytest.mark.parametrize("titles", [("one", "two"), ("one\n   more", "two"), ("one", "two\n   more\n   still more")])
def test_panels_stand_beside_one_another_though_their_titles_break(titles: tuple[str, str]) -> None:
    left, right = map(panel, titles)
    both = abreast(lambda width: left, lambda width: right, 90)
    assert both is not None
    assert both.title.splitlines()[0].split() == ["one", "two"]
    assert len(both.title.splitlines()) == max(len(title.splitlines()) for title in titles)
    assert all(line.split() == ["-" * 40] * 2 for line in both.body.splitlines()[-9:])
    assert sum(not line for line in both.body.splitlines()) == 1
