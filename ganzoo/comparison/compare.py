"""`compare`: cells and seeds, each run in a process of its own, become a ranking."""

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

from ganzoo.comparison import entries, report, run_process
from ganzoo.comparison.entries import Cell
from ganzoo.comparison.result import Comparison, Run
from ganzoo.evaluation.evaluate import read
from ganzoo.evaluation.metric_table import BETTER
from ganzoo.runs import directory
from ganzoo.runs.experiment import completed, to_dict
from ganzoo.utils import untrusted
from ganzoo.utils.files import write_atomically
from ganzoo.utils.options import check_known

FORMAT = 1
FILE = "comparison.json"


def compare(
    words: Iterable[str],
    workdir,
    *,
    images: int = 60_000,
    seeds: int = 3,
    grid: Mapping[str, Iterable] | None = None,
    options: Mapping | None = None,
    jobs: int = 1,
    only: Iterable[str] | None = None,
    progress: bool = True,
    **settings,
) -> Comparison:
    """Trains cells on one data set with one budget and several seeds, and ranks them.

    Each run has a process of its own, so that one that dies, or takes all the memory,
    takes no other with it, and that its memory can be told. Runs that are done are
    not run again: the same call goes on with a comparison that was stopped. One that
    fails is shown as failed, and is tried again by the next call.

    Args:
        words: the cells, see `cells.make`: `dcgan`, `dcgan:loss=hinge`, `a=dcgan`, a
            config, `all`.
        workdir: directory of the comparison.
        images: real images that D sees in a run.
        seeds: runs a cell, with the seeds 0, 1, ...
        grid: values by option: cells for their product.
        options: of every cell.
        jobs: runs at the same time.
        only: names of scores; by default all that apply.
        progress: whether to print a line a run.
        **settings: of `Experiment`, for all cells: `dataset`, `batch_size`, `metric`,
            `extractor`, `evaluation_samples`, ...

    Raises:
        ValueError: what `cells.make` refuses; a directory that another process uses,
            that is no comparison, of a newer version, or with other settings; scores
            of different protocols.
    """
    _check_whole(seeds=seeds, jobs=jobs)
    made = entries.make(
        words, images=images, grid=grid, options=options, settings=settings
    )
    metric = made[0].experiment.metric
    check_known("score", [metric, *(only or [])], BETTER)
    only = None if only is None else sorted({*only, metric})
    with directory.claim(workdir) as path:
        _keep_settings(path, made)
        waiting = [(cell, seed) for seed in range(seeds) for cell in made]
        runs = _Runs(path, only, len(waiting) if progress else 0)
        found = runs.all(waiting, jobs)
        order = {cell.name: i for i, cell in enumerate(made)}
        found.sort(key=lambda run: (order[run.cell], run.seed))
        comparison = Comparison(made, found, path)
        _write(comparison)
        return comparison


class _Runs:
    """Runs tasks, a cell with a seed each, in processes."""

    def __init__(self, path, only, total):
        self.path = path
        self.only = only
        self.total = total
        self.count = 0
        self.children = []

    def all(self, waiting, jobs):
        found = []
        # What all share, such as the classifier, is made by the first that gets so far.
        while waiting and not any(run.scores for run in found):
            found.append(self.one(*waiting.pop(0)))
        pool = ThreadPoolExecutor(jobs)
        try:
            found += pool.map(lambda task: self.one(*task), waiting)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            for child in self.children:
                child.stdin.close()  # it saves and ends, if it has not ended
        return found

    def one(self, cell: Cell, seed: int) -> Run:
        path = self.path / "runs" / folder(cell.name) / f"seed_{seed}"
        run = _outcome(cell, seed, path, self.only)
        if not (run.scores or run.failure):
            failure = self._train(cell, seed, path)
            run = _outcome(cell, seed, path, self.only, failure)
        self.count += 1
        if self.total:
            score = run.score(cell.experiment.metric)
            result = run.failure.splitlines() or [f"{score.metric} {score.value:.4g}"]
            line = f"[{self.count}/{self.total}] {cell.name}, seed {seed}: {result[0]}"
            print(line, file=sys.stderr, flush=True)
        return run

    def _train(self, cell, seed, path):
        """Runs the task; returns why it failed, or nothing."""
        task = {
            "experiment": to_dict(cell.run(seed)),
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
            said = child.stdout.read().splitlines()
        finally:
            child.stdin.close()
            child.stdout.close()
            code = child.wait()
        if not code:
            return ""
        default = f"The process ended with code {code}: see {log}."
        try:
            return json.loads(said[-1])[run_process.FAILURE]
        except (IndexError, ValueError, KeyError, TypeError):
            return default


def folder(name: str) -> str:
    """A name for files, whatever the cell's is; of another cell it is another one."""
    safe = re.sub(r"[^\w.=+-]+", "_", name, flags=re.ASCII)[:80].strip(".")
    if safe == name:
        return name
    return f"{safe}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _outcome(cell, seed, path, only, failure=""):
    """What the run directory holds; neither scores nor a failure if it is to do."""
    if failure:
        return Run(cell.name, seed, path, failure=failure)
    try:
        done = untrusted.read_json(path / run_process.FILE)
        if done["format"] > run_process.FORMAT:
            failure = f"{path} was written by a newer version of ganzoo. Update it."
            return Run(cell.name, seed, path, failure=failure)
        settings = completed(done["experiment"])
        if (settings, done["only"]) == (to_dict(cell.run(seed)), only):
            return Run(cell.name, seed, path, read(path).scores, done["cost"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass  # none yet, or damaged
    return Run(cell.name, seed, path)


def _keep_settings(path, made):
    """Refuses what another comparison left in the directory; writes comparison.json."""
    if (path / "config.json").exists():
        raise ValueError(f"{path} is a run directory. Choose another --workdir.")
    file = path / FILE
    before = {}
    if file.exists():
        try:
            content = untrusted.read_json(file)
            version, before = content["format"], content["cells"]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{file} is damaged: {error}.") from error
        if version != FORMAT:
            raise ValueError(
                f"{file} was written by a newer version of ganzoo (format {version}; "
                f"this one reads {FORMAT}). Update ganzoo, or choose another --workdir."
            )
    now = {cell.name: to_dict(cell.experiment) for cell in made}
    both = before.keys() & now.keys()
    directory.check_same(
        {name: completed(before[name]) for name in both},
        {name: now[name] for name in both},
        path,
    )
    content = {"format": FORMAT, "cells": {**before, **now}}
    write_atomically(file, json.dumps(content, indent=2).encode())


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


def _check_whole(**values):
    for name, value in values.items():
        if not isinstance(value, int) or value < 1:
            raise ValueError(
                f"`{name}` must be a whole number from 1. Received: {value!r}."
            )
