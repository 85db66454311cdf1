"""Progress: on a terminal what is slow is told and erased; a pipe stays as it is."""

import io
import time

import pytest

from boardwork.cli.progress import each, working


class Terminal(io.StringIO):
    def isatty(self):
        return True

    def seen(self):
        """What is left on the line."""
        line = ""
        for part in self.getvalue().split("\r"):
            line = part + line[len(part) :]
        return line.strip()


def wait_for(condition):
    """Until the other thread has written; gives up after far longer than that takes."""
    for _ in range(1000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("nothing was told")


def test_slow_work_is_told_and_erased():
    terminal = Terminal()
    with working("tracing it", stream=terminal, patience=0):
        wait_for(lambda: "tracing it" in terminal.getvalue())
        assert terminal.seen().startswith("tracing it")
    assert terminal.seen() == ""


def test_it_is_erased_where_the_work_fails_too():
    terminal = Terminal()

    def fail():
        with working("tracing it", stream=terminal, patience=0):
            wait_for(terminal.getvalue)
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    assert terminal.seen() == ""


def test_quick_work_is_not_told():
    terminal = Terminal()
    with working("tracing it", stream=terminal, patience=600):
        pass
    assert terminal.getvalue() == ""


def test_a_pipe_is_told_nothing():
    pipe = io.StringIO()
    with working("tracing it", stream=pipe, patience=0):
        pass
    assert pipe.getvalue() == ""


def test_lines_are_told_one_by_one_with_nothing_left_between(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setattr("boardwork.cli.progress.PATIENCE", 0)

    def found():
        wait_for(terminal.getvalue)
        yield "a.txt"
        yield "b.txt"

    seen = [(line, terminal.seen()) for line in each(found(), "drawing them")]
    assert seen == [("a.txt", ""), ("b.txt", "")]
    assert "drawing them" in terminal.getvalue()
