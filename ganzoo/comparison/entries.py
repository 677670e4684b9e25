"""Entries of a comparison: experiments with names."""

import itertools
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from ganzoo.runs.config_files import (
    config_names,
    load_config,
    parse_options,
    read_toml,
    split,
)
from ganzoo.runs.experiment import (
    BATCH,
    FIELDS,
    Experiment,
    check_values,
    from_dict,
    to_dict,
)
from ganzoo.utils.options import check_known, check_whole
from ganzoo.variants._registry import SOURCES, find, list_models

ALL = "all"
FOLDER = "comparisons"  # subfolder of zoo_configs
SHARED = [name for name in FIELDS if name not in ("model", "options", "steps", "seed")]
"""The settings of an experiment that all entries have in common."""

STEPS = 5000
"""G steps of an entry by default: over ten epochs of MNIST in batches of 128. Digits
are learnt after some 2,000 (docs/defaults.md)."""

PILOT_STEPS = 30
"""Steps of the short run that measures the time of a step, for a budget of seconds."""

LOG_LINES = 20  # lines of the log per run, by default
SCORES = 8  # scores during a run, by default
_FORM = re.compile(r"(?:(?P<label>[^=:]+)=)?(?P<base>[^=:]+)(?::(?P<options>.+))?")


@dataclass(frozen=True)
class Budget:
    """The budget of every run, the same for all entries.

    Attributes:
        unit: `steps` of G, real `images` that D sees, or `seconds` of training.
        amount: number of them.
        paces: for a budget of seconds: the seconds of a step, by the entry's name.
    """

    unit: str = "steps"
    amount: float = STEPS
    paces: Mapping[str, float] = field(default_factory=dict)

    def __str__(self):
        return f"{self.amount:,.12g} {UNITS[self.unit]}"

    def steps(self, name: str, experiment: Experiment) -> int:
        """Returns the G steps that an entry can make of it, at least 1."""
        if self.unit == "steps":
            return int(self.amount)
        if self.unit == "images":
            return max(1, round(self.amount / images_per_step(experiment)))
        return max(1, round(self.amount / self.paces[name]))


UNITS = {"steps": "G steps", "images": "real images", "seconds": "seconds of training"}


def budget(**amounts: float | None) -> Budget:
    """Makes the budget of the one amount that is not None; by default of `STEPS`.

    Raises:
        ValueError: several amounts, or one that is not positive.
    """
    chosen = {unit: n for unit, n in amounts.items() if n is not None}
    if len(chosen) > 1:
        received = ", ".join(f"{unit}={n}" for unit, n in chosen.items())
        raise ValueError(
            f"A comparison has one budget: {', '.join(UNITS)}. Received: {received}."
        )
    for unit, amount in chosen.items():
        if unit != "seconds":
            check_whole(1, **{unit: amount})
        elif not isinstance(amount, int | float) or not 0 < amount < math.inf:
            raise ValueError(f"`seconds` must be above 0. Received: {amount!r}.")
        return Budget(unit, amount)
    return Budget()


@dataclass(frozen=True)
class Entry:
    """A competitor in a comparison.

    Attributes:
        name: name in tables and pictures.
        experiment: the experiment with seed 0; other seeds are other runs.
        choices: values from the grid, by option.
    """

    name: str
    experiment: Experiment
    choices: Mapping

    def run(self, seed: int) -> Experiment:
        """Returns the experiment with a seed."""
        return replace(self.experiment, seed=seed)


def make(
    words: Iterable[str],
    budget: Budget,
    *,
    grid: Mapping[str, Iterable] | None = None,
    options: Mapping | None = None,
    settings: Mapping | None = None,
) -> list[Entry]:
    """Makes the entries: each word with each choice of the grid.

    Args:
        words: `NAME`, `NAME:option=value,option=value`, or the name or file of a
            config, each with an optional `LABEL=` in front to rename the entry; `all`
            stands for every unconditional image variant.
        budget: the budget of every run. For images, steps = images / (batch size x
            d_steps), rounded.
        grid: values by option; entries are made for their product.
        options: options of every entry; the word and the grid override them.
        settings: settings of `Experiment`, see `SHARED`; they override a config.

    Raises:
        ValueError: an unknown variant, option or setting, with the nearest one; two
            entries with the same name, or on different data.
    """
    settings, grid = settings or {}, grid or {}
    check_known("setting of a comparison", settings, SHARED)
    entries = []
    for word in itertools.chain.from_iterable(map(_expanded, words)):
        name, values = _parsed(word)
        for combination in itertools.product(*grid.values()):
            choices = dict(zip(grid, combination, strict=True))
            all_options = {**(options or {}), **values["options"], **choices}
            label = _label(name, choices)
            experiment = _experiment(values, all_options, settings, budget, label)
            entries.append(Entry(label, experiment, choices))
    _check(entries)
    return entries


def parse_grid(words: Iterable[str]) -> dict[str, list]:
    """Reads words OPTION=VALUE,VALUE.

    Raises:
        ValueError: a word that is not an assignment.
    """
    grid = {}
    for word in words:
        name, _, values = word.partition("=")
        tables = [parse_options([f"{name}={value}"]) for value in split(values)]
        found = [value for table in tables for value in table.values()]
        grid.setdefault(name, []).extend(found)
    return grid


def images_per_step(experiment: Experiment) -> int:
    """Number of real images that D sees per step."""
    default = find(experiment.model).options.get("d_steps", 1)
    d_steps = experiment.options.get("d_steps", default)
    return experiment.batch_size * max(1, d_steps)


def load_plan(name: str) -> dict:
    """Reads a comparison's TOML: `entries`, a budget, `seeds`, shared settings, ...

    Raises:
        ValueError: no such config, an unknown key, or a value of the wrong type.
    """
    plan = read_toml(name, FOLDER)
    if "cells" in plan:  # the key's name until 0.1.0
        plan["entries"] = plan.pop("cells")
    own = ["entries", "grid", *UNITS, "seeds", "options", "plugins"]
    check_known("key of a comparison", plan, [*own, *SHARED])
    check_values({key: plan[key] for key in plan if key in SHARED})
    for key, kind in _TYPES.items():
        if not isinstance(plan.get(key, kind()), kind):
            raise ValueError(
                f"`{key}` of a comparison must be {_WORDS[kind]}. "
                f"Received: {plan[key]!r}."
            )
    for option, values in plan.get("grid", {}).items():
        if not isinstance(values, list):
            raise ValueError(
                f"The grid lists the values of each option: {option} = [{values}]. "
                f"Received: {values!r}."
            )
    return plan


_TYPES = {"entries": list, "plugins": list, "grid": dict, "options": dict}
_WORDS = {list: 'a list, ["a", "b"]', dict: "a table"}


def _expanded(word):
    if word != ALL:
        return [word]
    return [n for n in list_models("image") if find(n).batch_keys == ("real",)]


def _parsed(word):
    """Parses a word to an entry's name and the values of its experiment."""
    match = _FORM.fullmatch(word)
    if not match:
        raise ValueError(
            "An entry is NAME, NAME:option=value,option=value or a config, with LABEL= "
            f"in front to rename it. Received: {word!r}."
        )
    base, options = match["base"], {}
    if match["options"]:
        options = parse_options(split(match["options"]))
    configs = config_names()
    if base in configs or base.endswith(".toml"):
        values = load_config(base)
    else:
        if base not in list_models():  # another spelling of a name, or an error
            check_known("variant or config", [base], _names(configs))
        values = {"model": base}
    values["options"] = {**values.get("options", {}), **options}
    return match["label"] or word, values


def _names(configs):
    spellings = [n.replace("-", "_") for n in list_models()]
    return [*dict.fromkeys([*list_models(), *spellings]), *configs]


def _label(name, choices):
    if not choices:
        return name
    separator = "," if ":" in name else ":"
    return name + separator + ",".join(f"{k}={value}" for k, value in choices.items())


def _experiment(values, options, settings, budget, name):
    find(values["model"]).check_known(options)
    values = {**values, **settings, "options": options, "seed": 0}
    if budget.unit == "images":  # which counts batches before the data are read
        values = {"batch_size": BATCH, **values}
    steps = budget.steps(name, from_dict(values))
    return from_dict({**values, "steps": steps, **_intervals(steps, settings)})


def _intervals(steps, settings):
    """Intervals of log, pictures and scores, as shares of the entry's budget."""
    every = max(1, steps // LOG_LINES)
    if every >= 10:
        every -= every % 10  # round intervals allow more steps per call
    every = settings.get("log_every", every)
    rare = every * max(1, steps // (every * SCORES))
    names = ("sample_every", "checkpoint_every", "evaluate_every")
    return {"log_every": every} | {name: settings.get(name, rare) for name in names}


def _check(entries):
    if not entries:
        raise ValueError("There is nothing to compare: name a variant or a config.")
    for entry in entries:
        to_dict(entry.experiment)  # refuses options that no file can hold
        batch_keys = find(entry.experiment.model).batch_keys
        inputs = [key for key in (*SOURCES, "caption") if key in batch_keys]
        if inputs:
            raise ValueError(
                "Only models that sample from noise or a label are compared. "
                f"{entry.name!r} makes its samples from each {', '.join(inputs)}: "
                "train it, then `ganzoo evaluate` its run."
            )
    names = [entry.name for entry in entries]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(
            f"Two entries have the name {twice[0]!r}. Give them labels: a={twice[0]} "
            f"b={twice[0]}."
        )
    for name in ("dataset", "evaluation_samples", "extractor", "metric"):
        values = {getattr(entry.experiment, name) for entry in entries}
        if len(values) > 1:
            raise ValueError(
                f"Entries are compared with one {name} for all: --{name}. "
                f"Received: {', '.join(map(str, sorted(values, key=str)))}."
            )
