"""Local workers, to try out training on several machines."""

import json
import os
import socket
import subprocess
import sys
import threading

from ganzoo.cli.flags import code_of
from ganzoo.utils import signals

GRACE = 10.0  # seconds from SIGTERM to SIGKILL, for workers that lost another


def launch(count: int, arguments: list[str]) -> int:
    """Runs `ganzoo ARGUMENTS` in `count` processes that form one cluster.

    Each line of output is prefixed with the worker's index. If one worker fails, the
    others are stopped. SIGTERM and Ctrl-C are passed on: the workers save, and this
    waits until they have; a second Ctrl-C kills them.

    Returns:
        0, or the exit code of the worker that failed first; 143 after SIGTERM, 130
        after Ctrl-C.

    Raises:
        ValueError: fewer than one worker.
    """
    if count < 1:
        raise ValueError(f"`workers` must be 1 or more. Received: {count}.")
    addresses = [f"localhost:{port}" for port in _free_ports(count)]
    workers: list[subprocess.Popen] = []
    printers = []
    try:
        with signals.raised():
            try:
                for i in range(count):
                    workers.append(_start(i, addresses, arguments))
                    printers.append(_printer(i, workers[i].stdout))
                return _first_failure(workers)
            except KeyboardInterrupt as stop:
                _pass_on(workers)
                return code_of(stop)
    finally:
        _end(workers)
        for printer, worker in zip(printers, workers, strict=False):
            printer.join(timeout=GRACE)
            worker.stdout.close()


def _printer(index, stream):
    thread = threading.Thread(target=_print_lines, args=(index, stream), daemon=True)
    thread.start()
    return thread


def _pass_on(workers):
    """Ends all workers as this process was; waits, however long saving takes."""
    for worker in workers:
        worker.terminate()
    for worker in workers:
        while worker.poll() is None:
            try:
                worker.wait()
            except signals.Terminated:
                pass  # once is enough


def _start(index, addresses, arguments):
    config = {
        "cluster": {"worker": addresses},
        "task": {"type": "worker", "index": index},
    }
    return subprocess.Popen(
        [sys.executable, "-m", "ganzoo", *arguments],
        env={**os.environ, "TF_CONFIG": json.dumps(config)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="backslashreplace",  # a library may print names of files as they are
    )


def _first_failure(workers) -> int:
    """Waits until a worker fails or all have ended."""
    running = dict(enumerate(workers))
    while running:
        for index, worker in list(running.items()):
            try:
                code = worker.wait(timeout=0.1)
            except subprocess.TimeoutExpired:
                continue
            del running[index]
            if code:
                others = "; the others are ended" if running else ""
                print(f"Worker {index} failed with exit code {code}{others}.")
                return abs(code)
    return 0


def _end(workers):
    for worker in workers:
        if worker.poll() is None:
            worker.terminate()
    for worker in workers:
        try:
            worker.wait(timeout=GRACE)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()


def _print_lines(index, stream):
    for line in stream:
        print(f"[{index}] {line}", end="", flush=True)


def _free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()
