"""`compare`: entries and seeds, each run in a process of its own, become a ranking."""

import csv
import hashlib
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
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
from ganzoo.utils import untrusted
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

    Each run has a process of its own: one that dies, or takes all the memory, takes no
    other with it, and its memory can be measured. Call it again to resume: finished
    runs are kept, failed ones are tried again.

    Args:
        entries: see `entries.make`: `dcgan`, `dcgan:loss=hinge`, `a=dcgan`, a config,
            `all`.
        workdir: directory of the comparison.
        images: real images that D sees in a run.
        seeds: runs per entry, with the seeds 0, 1, ...
        grid: values by option: entries for their product.
        options: of every entry.
        jobs: runs at the same time.
        only: names of scores; by default all that apply.
        progress: whether to print a line per run.
        **settings: of `Experiment`, for all entries: `dataset`, `batch_size`, `metric`,
            `extractor`, `evaluation_samples`, ...

    Raises:
        ValueError: as `entries.make`; a directory that another process uses, that is
            no comparison, of a newer version, or with other settings; scores of
            different protocols.
    """
    check_whole(1, seeds=seeds, jobs=jobs)
    compared = make(
        entries, images=images, grid=grid, options=options, settings=settings
    )
    metric = compared[0].experiment.metric
    check_known("score", [metric, *(only or [])], BETTER)
    only = None if only is None else sorted({*only, metric})
    with directory.claim(workdir) as path:
        _keep_settings(path, compared)
        tasks = [(entry, seed) for seed in range(seeds) for entry in compared]
        processes = _Processes(path, only, total=len(tasks) if progress else 0)
        runs = processes.run_all(tasks, jobs)
        order = {entry.name: i for i, entry in enumerate(compared)}
        runs.sort(key=lambda run: (order[run.entry], run.seed))
        comparison = Comparison(compared, runs, path)
        _write(comparison)
        return comparison


class _Processes:
    """Runs tasks, an entry with a seed each, in processes.

    Args:
        path: directory of the comparison.
        only: names of scores, None for all.
        total: number of tasks for the lines of progress; 0 prints none.
    """

    def __init__(self, path, only, total):
        self.path = path
        self.only = only
        self.total = total
        self.count = 0
        self.children = []

    def run_all(self, tasks, jobs):
        tasks, runs = list(tasks), []
        # The first run makes what all share, such as the classifier.
        while tasks and not any(run.scores for run in runs):
            runs.append(self.run(*tasks.pop(0)))
        pool = ThreadPoolExecutor(jobs)
        try:
            runs += pool.map(lambda task: self.run(*task), tasks)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            for child in self.children:
                child.stdin.close()  # it saves and ends, if it has not ended
        return runs

    def run(self, entry: Entry, seed: int) -> Run:
        path = self.path / "runs" / folder(entry.name) / f"seed_{seed}"
        run = _outcome(entry, seed, path, self.only)
        if not (run.scores or run.failure):
            failure = self._train(entry, seed, path)
            run = _outcome(entry, seed, path, self.only, failure)
        self.count += 1
        if self.total:
            self._print_progress(run, entry.experiment.metric)
        return run

    def _print_progress(self, run, metric):
        if run.failure:
            result = run.failure.splitlines()[0]
        else:
            result = f"{metric} {run.score(metric).value:.4g}"
        line = f"[{self.count}/{self.total}] {run.entry}, seed {run.seed}: {result}"
        print(line, file=sys.stderr, flush=True)

    def _train(self, entry, seed, path):
        """Runs the task; returns why it failed, or nothing."""
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
                start_new_session=True,  # Ctrl-C reaches it through us alone
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
    """A safe folder name for any entry's name; different names get different ones."""
    safe = re.sub(r"[^\w.=+-]+", "_", name, flags=re.ASCII)[:80].strip(".")
    if safe == name:
        return name
    return f"{safe}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _outcome(entry, seed, path, only, failure=""):
    """The run of a directory; without scores and failure if it is not finished."""
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
    """Refuses the settings of another comparison; writes comparison.json."""
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
    """The experiments that comparison.json holds, by entry."""
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
    report.write(comparison)
