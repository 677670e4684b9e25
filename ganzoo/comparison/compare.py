"""`compare`: trains entries with several seeds in separate processes; ranks them."""

import csv
import hashlib
import io
import json
import re
import sys
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ganzoo.comparison import report, run_process
from ganzoo.comparison.bars import Bars
from ganzoo.comparison.entries import PILOT_STEPS, Budget, Entry, budget, make
from ganzoo.comparison.result import Comparison, Run
from ganzoo.comparison.workers import Task, Workers
from ganzoo.data.label_names import listed
from ganzoo.evaluation.evaluate import read
from ganzoo.evaluation.metric_table import BETTER
from ganzoo.evaluation.score import Score
from ganzoo.runs import directory
from ganzoo.runs.experiment import completed, to_dict
from ganzoo.utils import signals, untrusted
from ganzoo.utils.files import write_atomically
from ganzoo.utils.options import check_known, check_list, check_whole
from ganzoo.utils.progress import Bar, tell
from ganzoo.variants._registry import find, import_plugin

FORMAT = 1
FILE = "comparison.json"


def compare(
    entries: str | Iterable[str],
    workdir: str | Path,
    *,
    steps: int | None = None,
    images: int | None = None,
    seconds: float | None = None,
    seeds: int = 3,
    grid: Mapping[str, Iterable] | None = None,
    options: Mapping | None = None,
    jobs: int = 1,
    only: Iterable[str] | None = None,
    plugins: Iterable[str] = (),
    progress: bool = True,
    command: str = "",
    **settings: Any,
) -> Comparison:
    """Trains entries on one data set with one budget and several seeds; ranks them.

    Runs take place in separate processes: if one dies or runs out of memory, only its
    run is lost, and its memory can be measured. Table and report are written after each
    run. Call it again to resume: finished runs are kept, failed ones are tried again.

    Args:
        entries: see `entries.make`: `dcgan`, `dcgan:loss=hinge`, `a=dcgan`, a config,
            `all`.
        workdir: directory of the comparison.
        steps: G steps of each run; the default budget, `entries.STEPS` of them.
        images: real images that D sees in a run, instead of steps.
        seconds: seconds of training of a run, instead of steps: a short run of each
            entry measures the time of a step, which gives the number of steps.
        seeds: runs per entry, with the seeds 0, 1, ...
        grid: values by option; entries are made for their product.
        options: options of every entry.
        jobs: number of runs at the same time.
        only: names of scores; by default all that apply.
        plugins: modules and .py files that register further variants.
        progress: if True, print a line per run, and show bars on a terminal or in a
            notebook; elsewhere lines tell what runs.
        command: the command that makes this call, for the report.
        **settings: settings of `Experiment` for all entries: `dataset`, `batch_size`,
            `metric`, `extractor`, `evaluation_samples`, ...

    Raises:
        ValueError: several budgets; as in `entries.make`; a directory that another
            process uses, that is not a comparison, is of a newer version or has other
            settings; scores of different protocols; a variant that the processes
            cannot import.
        RuntimeError: the short run that measures the time of a step failed.
        KeyboardInterrupt: after the runs under way have saved (SIGTERM: its subclass
            `Terminated`).
    """
    check_whole(1, seeds=seeds, jobs=jobs)
    spent = budget(steps=steps, images=images, seconds=seconds)
    words = [entries] if isinstance(entries, str) else list(entries)
    lists = {"plugins": plugins, "only": only or (), **(grid or {})}
    for name, values in lists.items():
        check_list(name, values)
    grid = {k: list(v) for k, v in (grid or {}).items()}
    plugins = [str(plugin) for plugin in plugins]
    for plugin in plugins:
        import_plugin(plugin)

    def entries_of(budget):
        return make(words, budget, grid=grid, options=options, settings=settings)

    pilots = spent.unit == "seconds"
    compared = entries_of(Budget(amount=PILOT_STEPS) if pilots else spent)
    metric = compared[0].experiment.metric
    check_known("score", [metric, *(only or [])], BETTER)
    only = None if only is None else sorted({*only, metric})
    modules = [*plugins, *_modules(compared, plugins)]
    workers = Workers(jobs, modules)
    with directory.claim(workdir) as path, signals.raised(), workers:
        if (path / directory.CONFIG).exists():
            raise ValueError(f"{path} is a run directory. Choose another --workdir.")
        if pilots:
            spent = replace(spent, paces=_paces(compared, path, workers, progress))
            compared = entries_of(spent)
        _keep_settings(path, compared)
        comparison = Comparison(compared, [], path, spent, seeds, command)
        tasks = [_task(path, e, seed, only) for seed in range(seeds) for e in compared]
        _tell_others(path, tasks)
        return _run_all(comparison, tasks, workers, progress)


def _run_all(comparison, tasks, workers, progress):
    """Runs the tasks that are not done; writes all files after each."""
    order = {entry.name: i for i, entry in enumerate(comparison.entries)}
    known = [(task, _outcome(task)) for task in tasks]
    done = [task for task, run in known if run.is_done]
    pending = [task for task, run in known if not run.is_done]
    runs = [run for _, run in known if run.is_done]

    def write_all():
        runs.sort(key=lambda run: (order[run.entry], run.seed))
        result = replace(comparison, runs=list(runs))
        if runs:
            _write(result)
        return result

    def tell_of(count, run):
        if progress:
            _print_progress(f"{count}/{len(tasks)}", run, comparison.metric)

    for count, run in enumerate(runs, 1):
        tell_of(count, run)
    result = write_all()
    with Bars(tasks, done, show=progress) as bars:
        for task, failure in workers.run(pending, bars.watch):
            run = _outcome(task, failure)
            runs.append(run)
            bars.end(task)
            tell_of(len(runs), run)
            result = write_all()
        bars.watch([])
    return result


def _print_progress(count, run, metric):
    if run.failure:
        result = run.failure.splitlines()[0]
    else:
        result = f"{metric} {run.score(metric).value:.4g}"
    line = f"[{count}] {run.entry}, seed {run.seed}: {result}"
    tell(line, sys.stderr)


def _task(path, entry: Entry, seed: int, only) -> Task:
    name = folder(entry.name)
    run = path / "runs" / name / f"seed_{seed}"
    log = path / "logs" / f"{name}_seed_{seed}.txt"
    return Task(entry.run(seed), run, log, only, about=(entry, seed))


def _paces(entries, path, workers, progress) -> dict[str, float]:
    """Measures the seconds of a step of each entry, one after the other."""
    words = "measuring the time of a step"
    with Bar(len(entries), "entries", show=progress, leave=False, words=words) as bar:
        paces = {}
        for entry in entries:
            paces[entry.name] = _pace(entry, path, workers)
            bar.to(len(paces))
        return paces


def _pace(entry, path, workers):
    name = folder(entry.name)
    rare = dict.fromkeys(("sample_every", "checkpoint_every"), PILOT_STEPS)
    experiment = replace(
        entry.experiment, log_every=PILOT_STEPS // 3, evaluate_every=None, **rare
    )
    log = path / "logs" / f"{name}_pilot.txt"
    task = Task(experiment, path / "pilots" / name, log, [])
    if not _record(task):
        ((_, failure),) = workers.run([task])
        if failure:
            raise RuntimeError(
                f"The time of a step of {entry.name!r} could not be measured: "
                f"{failure} Leave it out, or set a budget of steps."
            )
    return _record(task)["cost"]["ms_per_step"] / 1000


def _modules(entries, plugins):
    """The modules of builders outside this package, which workers must import."""
    names = {find(entry.experiment.model).builder.__module__ for entry in entries}
    if "__main__" in names:
        raise ValueError(
            "A variant that is registered in a notebook or in the script that runs "
            "cannot be compared: the runs have processes of their own. Put it in a "
            'file, and name that: plugins=["my_variants.py"] '
            "(--plugin=my_variants.py)."
        )
    known = ("ganzoo.", "ganzoo_plugin_")
    return sorted(n for n in names if not n.startswith(known) and n not in plugins)


def folder(name: str) -> str:
    """Makes a safe folder name from an entry's name; different names stay different."""
    safe = re.sub(r"[^\w.=+-]+", "_", name, flags=re.ASCII)[:80].strip(".")
    if safe == name:
        return name
    return f"{safe}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _outcome(task, failure=""):
    """Reads the run of a task; without scores or failure if it is unfinished."""
    (entry, seed), path = task.about, task.path
    record = {} if failure else _record(task)
    if record and record["format"] > run_process.FORMAT:
        failure = f"{path} was written by a newer version of ganzoo. Update it."
    elif record:
        measured = record["cost"], record.get("blends")  # unknown until 0.1.0
        return Run(entry.name, seed, path, _scores(record, path), *measured)
    return Run(entry.name, seed, path, failure=failure)


def _record(task) -> dict:
    """The record of a finished run; empty if it is unfinished, damaged or another."""
    file = task.path / run_process.FILE
    file = file if file.exists() else task.path / run_process.OLD_FILE
    try:
        record = untrusted.read_json(file)
        if record["format"] > run_process.FORMAT:
            return record
        settings = completed(record["experiment"]), record["only"]
        same = settings == (to_dict(task.experiment), task.only)
        scored = task.only == [] or _scores(record, task.path)
        return record if same and record["cost"] and scored else {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _scores(record, path) -> list[Score]:
    """The scores of a finished run; until 0.1.0, only its evaluation has them."""
    if "scores" in record:
        return [Score.from_dict(row) for row in record["scores"]]
    evaluation = read(path)
    return evaluation.scores if evaluation else []


def _keep_settings(path, entries):
    """Refuses a directory with other settings; writes comparison.json."""
    file = path / FILE
    before = _experiments_in(file) if file.exists() else {}
    now = {entry.name: to_dict(entry.experiment) for entry in entries}
    both = before.keys() & now.keys()
    directory.check_same(
        {name: completed(before[name]) for name in both},
        {name: now[name] for name in both},
        path,
    )
    content = {"format": FORMAT, "entries": {**before, **now}}
    write_atomically(file, json.dumps(content, indent=2).encode())


def _tell_others(path, tasks):
    """Names finished runs that the table leaves out: of other entries or seeds."""
    known = {task.path for task in tasks}
    finished = sorted((path / "runs").glob(f"*/seed_*/{run_process.FILE}"))
    others = [file.parent for file in finished if file.parent not in known]
    if others:
        names = listed(str(other.relative_to(path / "runs")) for other in others)
        tell(
            f"{path} also holds {names}: name these entries, or more seeds, to keep "
            "them in the table.",
            sys.stderr,
        )


def _experiments_in(file):
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
