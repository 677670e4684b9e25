"""`compare`: trains entries with several seeds in separate processes; ranks them."""

import csv
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ganzoo.comparison import report, run_process
from ganzoo.comparison.entries import Entry, make
from ganzoo.comparison.result import Comparison, Run
from ganzoo.evaluation.evaluate import read
from ganzoo.evaluation.metric_table import BETTER
from ganzoo.runs import directory
from ganzoo.runs.experiment import completed, to_dict
from ganzoo.utils import signals, untrusted
from ganzoo.utils.files import write_atomically
from ganzoo.utils.options import check_known, check_whole

FORMAT = 1
FILE = "comparison.json"


def compare(
    entries: Iterable[str],
    workdir: str | Path,
    *,
    images: int = 60_000,
    seeds: int = 3,
    grid: Mapping[str, Iterable] | None = None,
    options: Mapping | None = None,
    jobs: int = 1,
    only: Iterable[str] | None = None,
    progress: bool = True,
    **settings: Any,
) -> Comparison:
    """Trains entries on one data set with one budget and several seeds; ranks them.

    Each run has its own process: if it dies or runs out of memory, the others continue,
    and its memory can be measured. Table and report are written after each run, so that
    they are there when it is stopped. Call it again to resume: finished runs are kept,
    failed ones are tried again.

    Args:
        entries: see `entries.make`: `dcgan`, `dcgan:loss=hinge`, `a=dcgan`, a config,
            `all`.
        workdir: directory of the comparison.
        images: real images that D sees in a run.
        seeds: runs per entry, with the seeds 0, 1, ...
        grid: values by option; entries are made for their product.
        options: options of every entry.
        jobs: number of runs at the same time.
        only: names of scores; by default all that apply.
        progress: if True, print a line per run.
        **settings: settings of `Experiment` for all entries: `dataset`, `batch_size`,
            `metric`, `extractor`, `evaluation_samples`, ...

    Raises:
        ValueError: as in `entries.make`; a directory that another process uses, that
            is not a comparison, of a newer version, or with other settings; scores of
            different protocols.
        KeyboardInterrupt: after the present runs have saved (SIGTERM: its subclass
            `Terminated`).
    """
    check_whole(1, seeds=seeds, jobs=jobs)
    compared = make(
        entries, images=images, grid=grid, options=options, settings=settings
    )
    metric = compared[0].experiment.metric
    check_known("score", [metric, *(only or [])], BETTER)
    only = None if only is None else sorted({*only, metric})
    with directory.claim(workdir) as path, signals.raised():
        _keep_settings(path, compared)
        tasks = [(entry, seed) for seed in range(seeds) for entry in compared]
        order = {entry.name: i for i, entry in enumerate(compared)}

        def write(runs: Iterable[Run]) -> Comparison:
            done = sorted(runs, key=lambda run: (order[run.entry], run.seed))
            comparison = Comparison(compared, done, path, total=len(tasks))
            _write(comparison)
            return comparison

        processes = _Processes(path, only, len(tasks) if progress else 0, write)
        return write(processes.run_all(tasks, jobs))


class _Processes:
    """Runs tasks, each an entry with a seed, in processes.

    Args:
        path: directory of the comparison.
        only: names of scores, None for all.
        total: number of tasks for the lines of progress; 0 prints none.
        write: writes the files of the runs so far.
    """

    def __init__(self, path, only, total, write: Callable[[Iterable[Run]], object]):
        self.path = path
        self.only = only
        self.total = total
        self.write = write
        self.runs = []
        self.children = []
        self.stopped = False
        self.lock = threading.Lock()

    def run_all(self, tasks, jobs):
        tasks = list(tasks)
        # The first run makes shared files, such as the classifier.
        while tasks and not any(run.scores for run in self.runs):
            self.run(*tasks.pop(0))
        pool = ThreadPoolExecutor(jobs)
        try:
            list(pool.map(lambda task: self.run(*task), tasks))
        except BaseException:
            self.stopped = True  # a run that is ended has not failed
            raise
        finally:
            for child in self.children:
                child.stdin.close()  # tells the child to save and end
            pool.shutdown(cancel_futures=True)
        return self.runs

    def run(self, entry: Entry, seed: int) -> None:
        path = self.path / "runs" / folder(entry.name) / f"seed_{seed}"
        run = _outcome(entry, seed, path, self.only)
        if not (run.scores or run.failure):
            failure = self._train(entry, seed, path)
            run = _outcome(entry, seed, path, self.only, failure)
        with self.lock:
            if self.stopped:
                return
            self.runs.append(run)
            if self.total:
                self._print_progress(run, entry.experiment.metric)
            self.write(self.runs)

    def _print_progress(self, run, metric):
        if run.failure:
            result = run.failure.splitlines()[0]
        else:
            result = f"{metric} {run.score(metric).value:.4g}"
        line = f"[{len(self.runs)}/{self.total}] {run.entry}, seed {run.seed}: {result}"
        print(line, file=sys.stderr, flush=True)

    def _train(self, entry, seed, path):
        """Runs the task; returns the reason of a failure, else an empty text."""
        task = {
            "experiment": to_dict(entry.run(seed)),
            "path": str(path),
            "only": self.only,
        }
        log = self.path / "logs" / f"{path.parent.name}_seed_{seed}.txt"
        log.parent.mkdir(exist_ok=True)
        with open(log, "w") as file:
            child = subprocess.Popen(
                [sys.executable, "-m", run_process.__name__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
                env={"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ},
                start_new_session=True,  # Ctrl-C reaches it through this process alone
            )
        self.children.append(child)
        try:
            child.stdin.write(json.dumps(task) + "\n")
            child.stdin.flush()
            output = child.stdout.read().splitlines()
        finally:
            child.stdin.close()
            child.stdout.close()
            code = child.wait()
        if not code:
            return ""
        default = f"The process ended with code {code}: see {log}."
        try:
            return json.loads(output[-1])[run_process.FAILURE]
        except (IndexError, ValueError, KeyError, TypeError):
            return default


def folder(name: str) -> str:
    """Makes a safe folder name of an entry's name; different names stay different."""
    safe = re.sub(r"[^\w.=+-]+", "_", name, flags=re.ASCII)[:80].strip(".")
    if safe == name:
        return name
    return f"{safe}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _outcome(entry, seed, path, only, failure=""):
    """Reads the run of a directory; without scores or failure if it is unfinished."""
    if failure:
        return Run(entry.name, seed, path, failure=failure)
    try:
        record = _record(path)
        if record["format"] > run_process.FORMAT:
            failure = f"{path} was written by a newer version of ganzoo. Update it."
            return Run(entry.name, seed, path, failure=failure)
        settings = completed(record["experiment"])
        if (settings, record["only"]) == (to_dict(entry.run(seed)), only):
            return Run(entry.name, seed, path, read(path).scores, record["cost"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass  # no record yet, or a damaged one
    return Run(entry.name, seed, path)


def _record(path):
    file = path / run_process.FILE
    return untrusted.read_json(file if file.exists() else path / run_process.OLD_FILE)


def _keep_settings(path, entries):
    """Refuses a directory with other settings; writes comparison.json."""
    if (path / "config.json").exists():
        raise ValueError(f"{path} is a run directory. Choose another --workdir.")
    file = path / FILE
    before = _kept_settings(file) if file.exists() else {}
    now = {entry.name: to_dict(entry.experiment) for entry in entries}
    both = before.keys() & now.keys()
    directory.check_same(
        {name: completed(before[name]) for name in both},
        {name: now[name] for name in both},
        path,
    )
    content = {"format": FORMAT, "entries": {**before, **now}}
    write_atomically(file, json.dumps(content, indent=2).encode())


def _kept_settings(file):
    """The experiments in comparison.json, by entry."""
    try:
        content = untrusted.read_json(file)
        version = content["format"]
        key = "cells" if "cells" in content else "entries"  # cells: until 0.1.0
        experiments = content[key]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{file} is damaged: {error}.") from error
    if version != FORMAT:
        raise ValueError(
            f"{file} was written by a newer version of ganzoo (format {version}; "
            f"this one reads {FORMAT}). Update ganzoo, or choose another --workdir."
        )
    return experiments


def _write(comparison):
    rows = comparison.rows()
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, rows[0].keys())
    table.writeheader()
    table.writerows(rows)
    write_atomically(comparison.path / "scores.csv", text.getvalue().encode())
    content = {"format": FORMAT, "verdict": comparison.verdict(), "scores": rows}
    text = json.dumps(content, indent=2) + "\n"
    write_atomically(comparison.path / "scores.json", text.encode())
    try:
        report.write(comparison)
    except Exception as error:  # what is only drawn ends no comparison
        warnings.warn(
            f"{report.FILE} could not be drawn: {type(error).__name__}: {error}",
            stacklevel=2,
        )
