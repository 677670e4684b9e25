"""What a comparison compares: cells, each an experiment under a name."""

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ganzoo.runs.config_files import (
    config_names,
    load_config,
    parse_options,
    read_toml,
    split,
)
from ganzoo.runs.experiment import FIELDS, Experiment, from_dict
from ganzoo.runs.resolve import SOURCES
from ganzoo.utils.options import check_known
from ganzoo.variants._registry import find, list_models

ALL = "all"
FOLDER = "comparisons"  # of zoo_configs
SHARED = [name for name in FIELDS if name not in ("model", "options", "steps", "seed")]
"""The settings of an experiment that all cells have in common."""

LOG_LINES = 20  # of a run, where the settings do not say
SCORES = 4  # during a run
_FORM = re.compile(r"(?:(?P<label>[^=:]+)=)?(?P<base>[^=:]+)(?::(?P<options>.+))?")


@dataclass(frozen=True)
class Cell:
    """One thing that is compared.

    Attributes:
        name: how tables and pictures call it.
        experiment: with the seed 0; another seed is another run.
        choices: what the grid chose, by option.
    """

    name: str
    experiment: Experiment
    choices: Mapping

    def run(self, seed: int) -> Experiment:
        """The experiment with one of the seeds."""
        return replace(self.experiment, seed=seed)


def make(
    words: Iterable[str],
    *,
    images: int,
    grid: Mapping[str, Iterable] | None = None,
    options: Mapping | None = None,
    settings: Mapping | None = None,
) -> list[Cell]:
    """Makes the cells: each word with each choice of the grid.

    Args:
        words: `NAME`, `NAME:option=value,option=value`, the name or file of a config,
            each with `LABEL=` in front where two cells would bear one name; `all`
            stands for every unconditional variant of images.
        images: real images that D sees in a run; steps = images / (batch size x
            d_steps), rounded, so that the budget of all cells is the same.
        grid: values by option; cells are made for their product.
        options: of every cell; those of the word and of the grid go before them.
        settings: of `Experiment`, see `SHARED`; they go before those of a config.

    Raises:
        ValueError: an unknown variant, option or setting, with the nearest one; two
            cells of one name; cells on different data.
    """
    settings, grid = settings or {}, grid or {}
    check_known("setting of a comparison", settings, SHARED)
    if not isinstance(images, int) or images < 1:
        raise ValueError(
            f"`images` must be a whole number from 1. Received: {images!r}."
        )
    words = list(itertools.chain.from_iterable(map(_expanded, words)))
    made = []
    for word in words:
        name, values = _parsed(word)
        for chosen in itertools.product(*grid.values()):
            choices = dict(zip(grid, chosen, strict=True))
            made.append(
                Cell(
                    _label(name, choices),
                    _experiment(values, options or {}, choices, settings, images),
                    choices,
                )
            )
    _check(made)
    return made


def parse_grid(words: Iterable[str]) -> dict[str, list]:
    """Reads words OPTION=VALUE,VALUE.

    Raises:
        ValueError: a word that is no assignment.
    """
    grid = {}
    for word in words:
        name, _, values = word.partition("=")
        options = [parse_options([f"{name}={value}"]) for value in split(values)]
        grid[name] = [value for option in options for value in option.values()]
    return grid


def images_per_step(experiment: Experiment) -> int:
    """Real images that D sees in a step."""
    default = find(experiment.model).options.get("d_steps", 1)
    d_steps = experiment.options.get("d_steps", default)
    return experiment.batch_size * max(1, d_steps)


def load_plan(name: str) -> dict:
    """Reads a comparison's TOML: `cells`, `grid`, `images`, `seeds`, shared settings.

    Raises:
        ValueError: no such config, or a key that it may not hold.
    """
    values = read_toml(name, FOLDER)
    own = ["cells", "grid", "images", "seeds", "options"]
    check_known("key of a comparison", values, [*own, *SHARED])
    return values


def _expanded(word):
    if word != ALL:
        return [word]
    return [n for n in list_models("image") if find(n).batch_keys == ("real",)]


def _parsed(word):
    form = _FORM.fullmatch(word)
    if not form:
        raise ValueError(
            "A cell is NAME, NAME:option=value,option=value or a config, with LABEL= "
            f"in front if need be. Received: {word!r}."
        )
    base, options = form["base"], parse_options(split(form["options"] or ""))
    configs = config_names()
    if base in configs or base.endswith(".toml"):
        values = load_config(base)
    else:
        if base not in list_models():  # names in another spelling, and errors
            check_known("variant or config", [base], _names(configs))
        values = {"model": base}
    values["options"] = {**values.get("options", {}), **options}
    return form["label"] or word, values


def _names(configs):
    spellings = [n.replace("-", "_") for n in list_models()]
    return [*dict.fromkeys([*list_models(), *spellings]), *configs]


def _label(name, choices):
    chosen = ",".join(f"{key}={value}" for key, value in choices.items())
    return name + (("," if ":" in name else ":") + chosen if chosen else "")


def _experiment(values, shared, choices, settings, images):
    options = {**shared, **values["options"], **choices}
    variant = find(values["model"])
    variant.check_known(options)
    values = {**values, **settings, "options": options, "seed": 0}
    steps = max(1, round(images / images_per_step(from_dict(values))))
    return from_dict({**values, "steps": steps, **_intervals(steps, settings)})


def _intervals(steps, settings):
    """The log, pictures and scores at the same shares of every cell's budget."""
    every = max(1, steps // LOG_LINES)
    every -= every % 10 if every >= 10 else 0  # round numbers make long calls
    every = settings.get("log_every", every)
    rare = every * max(1, steps // (every * SCORES))
    names = ("sample_every", "checkpoint_every", "evaluate_every")
    return {"log_every": every} | {name: settings.get(name, rare) for name in names}


def _check(made):
    if not made:
        raise ValueError("There is nothing to compare: name a variant or a config.")
    for cell in made:
        given = {*SOURCES, "caption"} & {*find(cell.experiment.model).batch_keys}
        if given:
            raise ValueError(
                "Models that sample from noise or of a label are compared. "
                f"{cell.name!r} makes its samples of what it is given "
                f"({', '.join(given)}): train it, then `ganzoo evaluate` its run."
            )
    names = [cell.name for cell in made]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(
            f"Two cells have the name {twice[0]!r}. Give them labels: a={twice[0]} "
            f"b={twice[0]}."
        )
    for name in ("dataset", "evaluation_samples", "extractor", "metric"):
        found = {getattr(cell.experiment, name) for cell in made}
        if len(found) > 1:
            raise ValueError(
                f"Cells are compared with one {name} for all: --{name}. "
                f"Received: {', '.join(map(str, sorted(found, key=str)))}."
            )
