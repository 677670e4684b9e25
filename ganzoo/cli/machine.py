"""Commands on this machine: local workers and benchmarks."""

import argparse
import sys
from os.path import expanduser

from ganzoo.cli.flags import add_flag, add_set, set_values, with_names
from ganzoo.runs.config_files import parse_options
from ganzoo.runs.experiment import Experiment
from ganzoo.variants import _registry


def add_commands(add) -> None:
    """Adds `launch` and `benchmark`."""
    command = add("launch", launch)
    add_flag(command, "workers", 2, "number of workers")
    command.add_argument(
        "command",
        nargs=argparse.REMAINDER,
        help="command to run on each, after --: -- train dcgan",
    )
    command = add("benchmark", benchmark)
    name = command.add_argument("name", help="variant")
    with_names(name, _registry.list_models)
    command.add_argument(
        "--batch_size",
        type=int,
        metavar="N",
        help="real samples per D update (default: 128; with --startup: as of `train`)",
    )
    add_flag(command, "dtype", "float32", "float32, mixed_bfloat16 or float64")
    command.add_argument(
        "--seconds",
        type=float,
        metavar="S",
        help="minimum duration of a measurement (default: 8)",
    )
    command.add_argument(
        "--startup",
        action="store_true",
        help="measure the first minute of `ganzoo train NAME` instead, stage by stage",
    )
    command.add_argument(
        "--dataset",
        type=expanduser,
        help="with --startup: data set (default: digits)",
    )
    add_set(command)


def launch(args):
    """Run a command on several local workers, to try out multi_worker."""
    from ganzoo.cli.launch import launch

    words = args.command[1:] if args.command[:1] == ["--"] else args.command
    if words[:1] == ["train"] and not any("--strategy" in word for word in words):
        words = [*words, "--strategy=multi_worker"]
    sys.exit(launch(args.workers, words))


def benchmark(args):
    """Measure a variant's speed on this machine."""
    options = parse_options(args.set)
    if args.startup:
        if args.seconds is not None:
            raise ValueError("--seconds is for speed; --startup measures one start.")
        from ganzoo.cli import startup

        settings = set_values(args, ["batch_size", "dtype", "dataset"])
        variant = _registry.find(args.name)
        startup.run(Experiment(variant.name, options, **settings))
        return
    if args.dataset:
        raise ValueError("--dataset is for --startup. Speed is measured on noise.")
    from ganzoo.cli.benchmark import run

    run(
        args.name,
        dtype=args.dtype,
        options=options,
        **set_values(args, ["batch_size", "seconds"]),
    )
