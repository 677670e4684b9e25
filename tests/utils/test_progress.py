"""Bars, and what moves them from below."""

import io
import os
import pty
import threading
import time

from terminal import Terminal

from ganzoo.utils import progress
from ganzoo.utils.progress import Bar


def test_without_a_terminal_nothing_is_written():
    stream = io.StringIO()
    with Bar(3, "runs", stream=stream) as bar:
        bar.says("building")
        bar.to(2, "facts")
        assert list(progress.each("abc", "inner", "letters")) == [*"abc"]
    assert not bar.moves
    assert stream.getvalue() == ""


def test_a_bar_that_is_not_asked_for_is_not_shown():
    stream = Terminal()
    with Bar(3, "runs", show=False, stream=stream) as bar:
        bar.step("building")
        list(progress.each("abc", "inner", "letters"))
    assert stream.getvalue() == ""


def test_it_shows_words_count_and_facts():
    stream = Terminal()
    with Bar(3, "runs", stream=stream) as bar:
        progress.says("building")
        assert "building:   0%" in stream.frames[-1]
        bar.step("scoring")
        bar.to(3, "D 1.0")
    last = stream.frames[-2]
    assert last.startswith("scoring: 100%") and "3/3" in last and "D 1.0" in last


def test_a_terminal_that_tells_no_size_has_a_bar_too():
    """A new pseudo-terminal has no rows and no columns."""
    ours, theirs = pty.openpty()
    with open(theirs, "w") as stream, Bar(3, "runs", stream=stream, words="building"):
        assert b"building:   0%" in os.read(ours, 1000)
    os.close(ours)


def test_its_clock_runs_while_nothing_moves(monkeypatch):
    monkeypatch.setattr(progress, "PULSE", 0.01)
    stream = Terminal()
    with Bar(3, "runs", stream=stream):
        begin, before = time.monotonic(), len(stream.getvalue())
        while len(stream.getvalue()) == before and time.monotonic() < begin + 20:
            time.sleep(0.01)
        assert len(stream.getvalue()) > before


def test_no_thread_is_left():
    before = threading.active_count()
    with Bar(3, "runs", stream=Terminal()):
        assert threading.active_count() == before + 1
    assert threading.active_count() == before


def test_what_is_below_has_a_bar_of_its_own_that_vanishes(monkeypatch):
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    with Bar(2, "stages"):
        for letter in progress.each("abc", "reading", "letters"):
            assert letter in "abc"
        assert any("reading:" in f and "/3 " in f for f in stream.frames)
        assert "reading" not in stream.frames[-1]
    before = stream.getvalue()
    progress.says("nothing is open")
    assert list(progress.each("ab", "reading", "letters")) == ["a", "b"]
    assert stream.getvalue() == before


def test_an_error_takes_the_bar_away():
    stream = Terminal()
    try:
        with Bar(3, "runs", stream=stream):
            raise ValueError
    except ValueError:
        assert "\n" not in stream.getvalue()
        assert stream.frames[-2].strip() == ""


def test_a_line_goes_above_the_bar(capsys):
    progress.tell("hello")
    assert capsys.readouterr().out == "hello\n"
