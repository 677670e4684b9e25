"""The command that compares variants."""

import shlex
import sys
from os.path import expanduser
from pathlib import Path

from ganzoo.cli.flags import (
    add_experiment,
    add_flag,
    add_set,
    end,
    names_of,
    set_values,
    stem_of,
)
from ganzoo.runs import config_files
from ganzoo.runs import experiment as schema


def add_commands(add) -> None:
    """Adds `compare`."""
    from ganzoo.comparison.entries import SHARED, STEPS

    command = add("compare", compare)
    command.add_argument(
        "entries",
        nargs="*",
        help="variants, NAME:option=value,option=value, configs, or `all`; LABEL= in "
        "front renames one",
    )
    command.add_argument(
        "--config", help="name of a zoo comparison, or a TOML file of one"
    )
    command.add_argument(
        "--grid",
        action="append",
        default=[],
        metavar="OPTION=A,B",
        help="compare each value of an option; repeat it for the product",
    )
    command.add_argument(
        "--steps",
        type=int,
        metavar="N",
        help=f"G steps of each entry (default: {STEPS})",
    )
    command.add_argument(
        "--images",
        type=int,
        metavar="N",
        help="instead of steps: real images that D sees in a run",
    )
    command.add_argument(
        "--seconds",
        type=float,
        metavar="S",
        help="instead of steps: seconds of training of a run, by the measured time of "
        "a step",
    )
    command.add_argument(
        "--seeds", type=int, metavar="N", help="runs per entry (default: 3)"
    )
    add_flag(command, "jobs", 1, "run N at a time", metavar="N")
    command.add_argument(
        "--only", help="scores besides that of the ranking, joined by commas"
    )
    command.add_argument(
        "--plugin",
        action="append",
        default=[],
        metavar="FILE.py",
        help="file or module that registers further variants; repeat it for several",
    )
    command.add_argument(
        "--workdir",
        type=expanduser,
        help="output directory (default: runs/compare_DATASET)",
    )
    add_experiment(command, SHARED)
    add_set(command)


def compare(args):
    """Compare variants on one data set: a table, and report.html."""
    from ganzoo.comparison.compare import compare
    from ganzoo.comparison.entries import SHARED, UNITS, load_plan, parse_grid

    plan = load_plan(args.config) if args.config else {}
    if budget := set_values(args, UNITS):
        plan = {key: value for key, value in plan.items() if key not in UNITS}
    plan |= budget | set_values(args, [*SHARED, "seeds"])
    plan["entries"] = args.entries or plan.get("entries", [])
    plan["grid"] = parse_grid(args.grid) or plan.get("grid")
    plan["plugins"] = args.plugin or plan.get("plugins", [])
    options = config_files.parse_options(args.set)
    plan["options"] = {**plan.get("options", {}), **options}
    dataset = stem_of(plan.get("dataset", schema.Experiment.dataset))
    name = Path(args.config).stem if args.config else f"compare_{dataset}"
    workdir = Path(args.workdir or Path("runs") / name)
    try:
        comparison = compare(
            workdir=workdir,
            jobs=args.jobs,
            only=names_of(args.only),
            command=shlex.join(["ganzoo", *sys.argv[1:]]),
            **plan,
        )
    except KeyboardInterrupt as stop:
        end(stop, f"{workdir} has the runs that are done.")
    print(f"{comparison.table()}\nSee {workdir}/report.html")
    if not comparison.places:
        sys.exit("ganzoo: no run gave a score.")
