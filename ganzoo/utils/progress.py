"""Bars that move: on a terminal, as widgets in a notebook, and nowhere else.

Code below a command uses `says` and `each` to tell what it does. They use the bar that
is open around them, if there is one.
"""

import os
import sys
import threading
import warnings
from collections.abc import Iterable, Iterator, Sized
from contextvars import ContextVar
from typing import TypeVar

from tqdm import TqdmWarning

with warnings.catch_warnings():  # in a notebook without widgets there are lines instead
    warnings.simplefilter("ignore", TqdmWarning)
    from tqdm.auto import tqdm

PULSE = 1.0  # seconds between two redraws, so that the clock of a long step runs
UNTOLD = {"ncols": 80, "nrows": 24}  # size of a terminal that does not tell it
T = TypeVar("T")


class _Tqdm(tqdm):
    monitor_interval = 0  # `Bar` redraws, so tqdm need not


class Bar:
    """A bar of tqdm with a clock that runs while nothing else moves.

    It is a context: inside, it is the bar that `says` and `each` talk to.

    Args:
        total: units of the whole.
        unit: name of a unit.
        show: False for no bar; otherwise the stream decides.
        stream: standard error by default; a bar needs a terminal, or a notebook with
            widgets.
        leave: False for a bar that vanishes when it is closed.
        words: before the bar.
        smoothing: weight of the newest pace in the time left; 0 takes the mean.
    """

    def __init__(
        self,
        total: int,
        unit: str,
        *,
        show=True,
        stream=None,
        leave=True,
        words="",
        smoothing=0.3,
    ):
        self._bar = _Tqdm(
            total=total,
            desc=words,
            unit=f" {unit}",
            file=stream,
            disable=None if show else True,
            leave=leave,
            smoothing=smoothing,
            miniters=0,
            **_size(stream or sys.stderr),
        )
        self._pulse = None
        if self.moves:
            self._closed = threading.Event()
            self._pulse = threading.Thread(target=self._redraw, daemon=True)
            self._pulse.start()

    @property
    def moves(self) -> bool:
        """True if it can be seen."""
        return not self._bar.disable

    def says(self, words: str) -> None:
        """Puts words before the bar."""
        if self.moves and words != self._bar.desc.removesuffix(": "):
            self._bar.set_description(words)

    def begin(self, count: int, words: str) -> None:
        """Begins at a number of units; those before do not count for the pace."""
        self._bar.initial = self._bar.n = self._bar.last_print_n = count
        self._bar.set_description(words)

    def to(self, count: int, facts: str | None = None) -> None:
        """Moves it to a number of units; puts facts behind the bar."""
        if facts is not None:
            self._bar.set_postfix_str(facts, refresh=False)
        self._bar.update(count - self._bar.n)

    def step(self, words: str) -> None:
        """Begins another stage: one unit further, with its words."""
        self.to(self._bar.n + 1)
        self.says(words)

    def close(self, keep: bool = True) -> None:
        """Ends it; it vanishes unless `keep` and `leave`."""
        if self._pulse:
            self._closed.set()
            self._pulse.join()
        self._bar.leave = self._bar.leave and keep
        self._bar.close()

    def __enter__(self):
        self._token = _open.set(self)
        return self

    def __exit__(self, kind, *exception):
        _open.reset(self._token)
        self.close(keep=kind is None)

    def _redraw(self):
        while not self._closed.wait(PULSE):
            self._bar.refresh()


def _size(stream) -> dict:
    """Settings of tqdm, which would draw nothing where a terminal has no size."""
    try:
        known = os.get_terminal_size(stream.fileno()).columns > 0
    except (OSError, ValueError):  # no terminal
        known = True
    return {"dynamic_ncols": True} if known else UNTOLD


_open: ContextVar[Bar | None] = ContextVar("open bar", default=None)


def says(words: str) -> None:
    """Puts words before the open bar, if there is one."""
    if bar := _open.get():
        bar.says(words)


def each(items: Iterable[T], words: str, unit: str) -> Iterator[T]:
    """Iterates over items with a bar of their own below the open bar, if it is seen."""
    items = items if isinstance(items, Sized) else list(items)
    outer = _open.get()
    show = outer is not None and outer.moves
    bar = Bar(len(items), unit, show=show, leave=False, words=words)
    try:
        for count, item in enumerate(items, 1):
            yield item
            bar.to(count)
    finally:
        bar.close()


def tell(line: str, stream=None) -> None:
    """Prints a line above all bars, to standard output by default."""
    tqdm.write(line, file=stream or sys.stdout)
    (stream or sys.stdout).flush()
