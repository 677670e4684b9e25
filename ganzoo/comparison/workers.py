"""Long-lived processes: each runs one task after another."""

import contextlib
import json
import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ganzoo.comparison import run_process
from ganzoo.runs.experiment import Experiment, to_dict

TASKS = 20  # of a process, which grows by what TensorFlow keeps: about 12 MiB a run
WATCH = 1.0  # seconds between two looks at the tasks under way


@dataclass(frozen=True)
class Task:
    """A task of a worker: `run_process.run` with these arguments.

    Attributes:
        experiment: experiment with its seed.
        path: run directory.
        log: file for what the run prints.
        only: names of scores, None for all.
        about: anything, for whoever made the task.
    """

    experiment: Experiment
    path: Path
    log: Path
    only: Sequence[str] | None
    about: Any = None

    @property
    def devices(self) -> tuple:
        """A process sets up its devices once: it keeps to tasks with the same."""
        return self.experiment.strategy, self.experiment.virtual_devices


class Workers:
    """Processes for tasks, started when they are needed and kept until the end.

    A process that dies takes only its task with it; another takes its place, as one
    does after `TASKS` tasks. Leaving the context, even by an error or Ctrl-C, lets the
    tasks under way save, and ends all processes.

    Args:
        count: number of tasks at the same time.
        plugins: modules and files that each process imports first.
    """

    def __init__(self, count: int, plugins: Iterable[str] = ()):
        self.count = count
        self.plugins = list(plugins)
        self.idle = []
        self.busy = {}  # worker: its task

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        workers = [*self.idle, *self.busy]
        for worker in workers:
            worker.dismiss()
        for worker in workers:
            worker.process.wait()

    def run(
        self, tasks: Iterable[Task], watch: Callable = lambda busy: None
    ) -> Iterator[tuple[Task, str]]:
        """Runs tasks; yields each with the reason of its failure, empty if none.

        Args:
            tasks: the tasks.
            watch: called each second with the tasks under way.
        """
        waiting = list(tasks)
        self._fill(waiting)
        while self.busy:
            watch(self.busy.values())
            ready, _, _ = select.select(list(self.busy), [], [], WATCH)
            ended = [(self.busy.pop(worker), self._failure(worker)) for worker in ready]
            self._fill(waiting)  # before the caller takes its time
            yield from ended

    def _fill(self, waiting):
        while waiting and len(self.busy) < self.count:
            task = waiting.pop(0)
            worker = self._worker(task)
            worker.begin(task)
            self.busy[worker] = task

    def _worker(self, task):
        task.log.parent.mkdir(exist_ok=True)
        task.log.write_bytes(b"")
        while self.idle:
            worker = self.idle.pop()
            if worker.process.poll() is None and worker.devices == task.devices:
                return worker
            worker.end()
        return Worker(self.plugins, task)

    def _failure(self, worker):
        failure = worker.answer()
        if worker.done == TASKS:
            worker.end()
        if worker.process.poll() is None:
            self.idle.append(worker)
        return failure


class Worker:
    """A process. After a failure it ends, so that nothing of it stays."""

    def __init__(self, plugins, task: Task):
        self.devices = task.devices
        self.done = 0
        with open(task.log, "a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", run_process.__name__, *plugins],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={
                    **os.environ,
                    "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                },
                start_new_session=True,  # Ctrl-C reaches it through this process alone
            )

    def fileno(self) -> int:
        """For `select`: readable when there is an answer, or the process has ended."""
        return self.process.stdout.fileno()

    def begin(self, task: Task) -> None:
        """Hands it a task."""
        self.log = task.log
        message = {
            "experiment": to_dict(task.experiment),
            "path": str(task.path),
            "log": str(task.log),
            "only": task.only,
        }
        with contextlib.suppress(BrokenPipeError):  # it has died, and will not answer
            self.process.stdin.write(json.dumps(message) + "\n")
            self.process.stdin.flush()

    def answer(self) -> str:
        """Returns the reason of a failure, empty if the task went well."""
        line = self.process.stdout.readline()
        failure = json.loads(line)[run_process.FAILURE] if line else None
        if failure == "":
            self.done += 1
            return ""
        code = self.end()
        return failure or f"The process ended with code {code}: see {self.log}."

    def end(self) -> int:
        """Ends it; returns its exit code."""
        self.dismiss()
        return self.process.wait()

    def dismiss(self) -> None:
        """Lets it end: at once if it waits, else after it has saved."""
        with contextlib.suppress(BrokenPipeError):  # it has died
            self.process.stdin.close()
        self.process.stdout.close()
