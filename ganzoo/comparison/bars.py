"""Bars of a comparison: one for all runs, and one for each that is under way."""

import sys
import time
from collections.abc import Collection, Sequence

from ganzoo.comparison.workers import Task
from ganzoo.runs.log import last_step
from ganzoo.training.callbacks.log import METRICS
from ganzoo.utils.progress import Bar, tell

QUIET = 15.0  # seconds between two lines where there is no bar


class Bars:
    """Shows the G steps of each run and of all runs, with the time left.

    The progress of runs is read from their logs. Without a terminal or widgets, lines
    report it every `QUIET` seconds.

    Args:
        tasks: all tasks.
        done: those that are done.
        show: False for no bars, and no lines.
    """

    def __init__(self, tasks: Sequence[Task], done: Sequence[Task], show: bool):
        self.count, self.done = len(tasks), list(done)
        self.show, self.told = show, time.monotonic()
        self.whole = Bar(_steps(tasks), "steps", show=show, smoothing=0)
        self.runs: dict[str, Bar] = {}  # by the run's directory
        self.whole.begin(_steps(done), self._words())

    def __enter__(self):
        return self

    def __exit__(self, kind, *exception):
        for bar in self.runs.values():
            bar.close()
        self.whole.close(keep=kind is None)

    def end(self, task: Task) -> None:
        """Counts a task as done, which `compare` tells."""
        self.done.append(task)
        self.told = time.monotonic()

    def watch(self, busy: Collection[Task]) -> None:
        """Moves the bars, by the logs of the tasks that are under way."""
        if not self.whole.moves:
            if self.show and time.monotonic() >= self.told + QUIET:
                self._tell(busy)
            return
        names = {str(task.path) for task in busy}
        for name in self.runs.keys() - names:
            self.runs.pop(name).close()
        running = 0
        for task in busy:
            step, words = _state(task)
            bar = self._run(task)
            bar.says(words)
            bar.to(step)
            running += step
        self.whole.says(self._words())
        self.whole.to(_steps(self.done) + running)

    def _tell(self, busy):
        for task in busy:
            step, words = _state(task)
            line = f"[{len(self.done)}/{self.count}] {words}"
            tell(f"{line}, {step:,} of {task.experiment.steps:,} steps", sys.stderr)
        self.told = time.monotonic()

    def _words(self):
        return f"{len(self.done)} of {self.count} runs"

    def _run(self, task):
        name = str(task.path)
        if name not in self.runs:
            self.runs[name] = Bar(task.experiment.steps, "steps", leave=False)
        return self.runs[name]


def _state(task):
    """The step of a task, and its name and stage."""
    entry, seed = task.about
    steps = task.experiment.steps
    step = min(last_step(task.path / METRICS), steps)
    stage = "training" if step < steps else "scoring"
    return step, f"{entry.name}, seed {seed}: {stage if step else 'starting'}"


def _steps(tasks):
    return sum(task.experiment.steps for task in tasks)
