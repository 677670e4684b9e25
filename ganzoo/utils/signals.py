"""Ctrl-C and SIGTERM: a request to stop that a long computation can answer."""

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

STOPPING = (signal.SIGINT, signal.SIGTERM)


class Terminated(KeyboardInterrupt):
    """Raised by SIGTERM: the machine is needed for something else."""


@contextmanager
def raised() -> Iterator[None]:
    """Lets SIGTERM raise `Terminated`, as Ctrl-C raises KeyboardInterrupt."""
    with _handled([signal.SIGTERM], _terminate):
        yield


@contextmanager
def calling(stop: Callable[[], object]) -> Iterator[None]:
    """Lets Ctrl-C and SIGTERM call `stop` in a thread of its own, at once.

    Python's own handlers wait until the main thread returns from TensorFlow. The block
    runs to its end, and then the exception of the first signal is raised. A second
    Ctrl-C raises KeyboardInterrupt at once.
    """
    received: list[int] = []

    def note(number, frame):
        if received and number == signal.SIGINT:
            raise KeyboardInterrupt
        received.append(number)

    with _handled(STOPPING, note), _watched(stop):
        yield
    if received:
        raise Terminated if received[0] == signal.SIGTERM else KeyboardInterrupt


def _terminate(number, frame):
    raise Terminated


@contextmanager
def _handled(numbers, handler):
    """Installs a handler; only in the main thread, which alone may do so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, previous in before.items():
            # None: it was not installed from Python.
            signal.signal(number, signal.SIG_DFL if previous is None else previous)


@contextmanager
def _watched(stop):
    """Calls `stop` when a signal arrives, while the main thread may be in C."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ours, pythons = socket.socketpair()
    pythons.setblocking(False)

    def watch():
        while numbers := ours.recv(64):
            if set(numbers) & set(STOPPING):
                stop()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    before = signal.set_wakeup_fd(pythons.fileno(), warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        pythons.close()  # ends the watcher
        watcher.join()
        ours.close()
