"""Flags that several commands share; most come from the fields of Experiment."""

import argparse
import os
import sys
from collections.abc import Callable, Iterable
from os.path import expanduser
from pathlib import Path
from typing import NoReturn

from ganzoo.runs import experiment as schema
from ganzoo.utils.options import SYNONYMS, did_you_mean
from ganzoo.utils.signals import Terminated
from ganzoo.variants import _registry

GROUPS = {
    "data": (
        "dataset",
        "data_dir",
        "label_column",
        "drop_columns",
        "image_size",
        "channels",
        "load_size",
        "flip",
        "patch_stride",
        "class_name",
        "labels_per_class",
        "pairs",
        "direction",
        "strict",
    ),
    "training": ("steps", "batch_size", "seed", "init_from", "init_optimizers"),
    "devices": ("dtype", "strategy", "virtual_devices", "local_batch_norm"),
    "files": ("log_every", "sample_every", "checkpoint_every", "checkpoint_minutes"),
    "scores": ("evaluate_every", "metric", "extractor", "evaluation_samples"),
}
"""Fields of `Experiment` by the group of flags in which the help shows them."""
PATHS = ("dataset", "data_dir", "init_from")
"""Those whose `~` is the home: shells leave it as it is in --flag=~/folder."""


def add_experiment(command, names) -> None:
    """Adds a flag for each of the named fields of `Experiment`.

    A flag that is not set is None: the config, or the field's default, decides.
    """
    for title, fields in GROUPS.items():
        chosen = [name for name in fields if name in names]
        if chosen:
            _add_group(command.add_argument_group(title), chosen)


def _add_group(group, names):
    for name in names:
        field = schema.FIELDS[name]
        text = schema.HELP[name]
        if field.default is not None and field.type is not bool:
            text += f" (default: {field.default})"
        if field.type is bool:
            settings = {"action": argparse.BooleanOptionalAction}
        elif "str" in str(field.type) and "int" in str(field.type):
            settings = {"type": _whole_or_text, "metavar": "N"}
        elif "int" in str(field.type):
            settings = {"type": int, "metavar": "N"}
        else:
            kind = expanduser if name in PATHS else str
            settings = {"type": kind, "metavar": name.rpartition("_")[2].upper()}
        group.add_argument(f"--{name}", help=text, **settings)


def _whole_or_text(text):
    return int(text) if text.isdecimal() else text


def add_flag(command, name: str, default, text: str, **settings) -> None:
    """Adds a flag, by default of the type of its default, which its help names."""
    text = f"{text} (default: {default})"
    settings = {"type": type(default), "default": default, "help": text, **settings}
    command.add_argument(f"--{name}", **settings)


def add_source(command) -> None:
    """Adds the model that a command reads."""
    command.add_argument(
        "source",
        type=expanduser,
        help="run directory, .keras file or pretrained model",
    )


def add_data(command, text: str) -> None:
    """Adds `--dataset`, with its help, and `--data_dir`."""
    command.add_argument("--dataset", type=expanduser, help=text)
    add_data_dir(command)


def add_data_dir(command) -> None:
    """Adds `--data_dir`."""
    text = schema.HELP["data_dir"]
    command.add_argument("--data_dir", type=expanduser, help=text)


def add_set(command) -> None:
    """Adds `--set OPTION=VALUE`, which may be repeated."""
    command.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="OPTION=VALUE",
        help="set an option of the variant, the value as in TOML: --set filters=32",
    )


def with_names(argument, names: Callable[[], Iterable[str]]) -> None:
    """Lets the shell complete an argument by names, see `main.complete`."""
    argument.completer = lambda **_: list(names())


def unknown_words(args, words) -> str:
    """The error for words of the command line that no flag takes, with a remedy."""
    flag, _, value = words[0].partition("=")
    name = flag.lstrip("-").replace("-", "_")
    name = SYNONYMS.get(name, name)
    flags = [word for word in args.parser.format_help().split() if word[:2] == "--"]
    hint = did_you_mean(f"--{name}", {word.rstrip(",]") for word in flags}, cutoff=0.7)
    if not flag.startswith("-") and "dataset" in args:
        hint = f" Did you mean '--dataset={words[0]}'?"
    elif "set" in args and name in _options():
        hint = f" It is an option of the variant: --set {name}={value or 'VALUE'}."
    return f"unrecognized arguments: {' '.join(words)}.{hint}"


def _options() -> set[str]:
    """The options of all variants, and of their networks."""
    variants = [_registry.find(name) for name in _registry.list_models()]
    return {
        option
        for variant in variants
        for option in (*variant.options, *variant.network_options({}))
    }


def end(stop: KeyboardInterrupt, what: str) -> NoReturn:
    """Ends a command that was stopped, with the exit code of its signal."""
    print(f"\nStopped; {what} Run the same command again to resume.", file=sys.stderr)
    sys.exit(code_of(stop))


def code_of(stop: KeyboardInterrupt) -> int:
    """The exit code of a command that was stopped: that of its signal."""
    return 143 if isinstance(stop, Terminated) else 130


def set_values(args, names) -> dict:
    """Returns the named flags that were set."""
    values = {name: getattr(args, name) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def stem_of(dataset: str) -> str:
    """The name that a data set gives to a run directory: of `.`, that of the folder."""
    return Path(os.path.abspath(dataset)).stem


def names_of(text: str | None) -> list[str] | None:
    """Splits names at commas; None if the flag was not set."""
    return None if text is None else text.split(",")
