"""The `ganzoo` command: flags are generated from Experiment's fields."""

import argparse
import os
import sys
from pathlib import Path

from absl import app, flags, logging
from absl.flags import argparse_flags

from ganzoo.runs import config_files
from ganzoo.runs import experiment as schema
from ganzoo.runs.directory import Terminated
from ganzoo.variants import _registry


def main():
    """Entry point of the console script."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # what TensorFlow found, or not
    app.run(_run, flags_parser=_parse)


def _parse(argv):
    parser = argparse_flags.ArgumentParser(
        prog="ganzoo",
        description="The GAN model zoo for TensorFlow and Keras 3.",
        inherited_absl_flags=None,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (function, add_arguments) in COMMANDS.items():
        command = commands.add_parser(
            name, help=function.__doc__.splitlines()[0], inherited_absl_flags=None
        )
        add_arguments(command)
        command.set_defaults(function=function)
    flags.FLAGS(argv[:1])  # absl's own flags keep their defaults
    return parser.parse_args(argv[1:])


def _run(args):
    logging.set_verbosity(logging.ERROR)  # TFDS tells of each set that it opens
    try:
        args.function(args)
    except (ValueError, RuntimeError, OSError, ImportError) as error:
        sys.exit(f"ganzoo: {error}")


def list_command(args):
    """List the variants, or the pretrained models."""
    if args.pretrained:
        from ganzoo.runs import pretrained

        for name in pretrained.names():
            about = pretrained.card(name)
            print(f"{name:<16} {about['dataset']:<8} {about['evaluate']}")
        return
    for name in _registry.list_models(task=args.task):
        variant = _registry.find(name)
        print(f"{name:<12} {', '.join(variant.tasks):<24} {variant.paper}")


def describe_command(args):
    """Describe one variant: paper, options with defaults, notes, results."""
    about = _registry.describe(args.name)
    print(f"{about['name']}: {about['paper']}")
    print(f"tasks: {', '.join(about['tasks'])}")
    print(f"batch keys: {', '.join(about['batch_keys'])}")
    print("options:")
    for name, default in about["options"].items():
        print(f"  {name} = {default!r}")
    if about["network_options"]:
        print("options of its network:")
    for name, default in about["network_options"].items():
        print(f"  {name} = {default!r}")
    print(f"\n{about['notes']}\n")
    for name, result in about["results"].items():
        print(f"measured ({name}): {result['headline']}; target: {result['target']}")
    if not about["results"]:
        print("measured: nothing yet")


def train_command(args):
    """Train a variant, or go on with a run."""
    experiment = _experiment(args)
    model = _registry.find(experiment.model).name  # a known one: no path
    default = f"{model}_{Path(experiment.dataset).stem}"
    default = Path(args.config).stem if args.config else default
    workdir = Path(args.workdir or Path("runs") / default)
    try:
        from ganzoo.training.train import train

        train(experiment, workdir)
    except KeyboardInterrupt as stop:
        print(f"\nStopped. The same command goes on with {workdir}.", file=sys.stderr)
        sys.exit(143 if isinstance(stop, Terminated) else 130)
    print(f"Trained {experiment.steps} steps: see {workdir}/samples")


def _experiment(args):
    """Flags go before the config, `--set` before both; the builder comes last."""
    values = config_files.load_config(args.config) if args.config else {}
    given = {name: getattr(args, name) for name in _FLAGS}
    given["model"] = args.name
    values |= {name: value for name, value in given.items() if value is not None}
    values["options"] = {
        **values.get("options", {}),
        **config_files.parse_options(args.set),
    }
    return schema.from_dict(values)


def sample_command(args):
    """Write samples of a run or a .keras file: a picture, arrays, or a mesh."""
    from ganzoo.cli import sample_files
    from ganzoo.runs.load import load
    from ganzoo.utils.options import check_known, parameters

    write = sample_files.writer(args.out)
    model = load(args.source)
    asked = {name: getattr(args, name) for name in CONDITIONS}
    asked = {name: value for name, value in asked.items() if value is not None}
    allowed = [name for name in parameters(model.sample) if name in CONDITIONS]
    check_known("condition of this model", asked, allowed)
    write(model.sample(args.n, seed=args.seed, **asked), args.out)
    print(f"Wrote {args.out}")


def evaluate_command(args):
    """Score a run or a .keras file beside real data."""
    from ganzoo.evaluation.evaluate import evaluate

    evaluation = evaluate(
        args.source,
        n=args.n,
        extractor=args.extractor,
        only=args.only.split(",") if args.only else None,
        dataset=args.dataset,
        data_dir=args.data_dir,
        seed=args.seed,
    )
    print(evaluation.table())


def translate_command(args):
    """Translate a folder of images by a run or a .keras file."""
    from ganzoo.cli.translate_folder import translate_folder
    from ganzoo.runs.load import load

    done = translate_folder(
        load(args.source),
        args.in_folder,
        args.out_folder,
        image_size=args.image_size,
        samples=args.samples,
        seed=args.seed,
        reverse=args.reverse,
    )
    print(f"Translated {done.count} images to {args.out_folder}")
    if done.broken:
        lines = [f"  {name}: {why}" for name, why in done.broken.items()]
        sys.exit("\n".join([f"ganzoo: {len(lines)} could not be read:", *lines]))


def compare_command(args):
    """Compare variants on one data set: a table, and report.html."""
    from ganzoo.comparison import entries
    from ganzoo.comparison.compare import compare

    values = entries.load_plan(args.config) if args.config else {}
    given = {name: getattr(args, name) for name in [*entries.SHARED, "images", "seeds"]}
    values |= {name: value for name, value in given.items() if value is not None}
    words = args.cells or values.get("cells", [])
    grid = entries.parse_grid(args.grid) or values.get("grid")
    options = {**values.get("options", {}), **config_files.parse_options(args.set)}
    values = {k: v for k, v in values.items() if k not in ("cells", "grid", "options")}
    name = args.config or f"compare_{values.get('dataset', schema.Experiment.dataset)}"
    workdir = Path(args.workdir or Path("runs") / Path(name).stem)
    try:
        found = compare(
            words,
            workdir,
            grid=grid,
            options=options,
            jobs=args.jobs,
            only=args.only.split(",") if args.only else None,
            **values,
        )
    except KeyboardInterrupt:
        print(f"\nStopped. The same command goes on with {workdir}.", file=sys.stderr)
        sys.exit(130)
    print(f"{found.table()}\nSee {workdir}/report.html")


def export_command(args):
    """Write the generator of a run or a .keras file for other programs."""
    from ganzoo.models.export import export
    from ganzoo.runs.load import load

    model = load(args.source)
    ending = ".keras" if args.format == "keras" else ""
    out = export(model, args.out or f"generator{ending}", args.format)
    span = "any range" if model.value_range is None else list(model.value_range)
    print(f"Wrote {out}: {model.interface} in {span}")


def launch_command(args):
    """Run a command on several local workers, to try out multi_worker."""
    from ganzoo.cli.launch import launch

    words = args.command[1:] if args.command[:1] == ["--"] else args.command
    if words[:1] == ["train"] and not any("--strategy" in word for word in words):
        words = [*words, "--strategy=multi_worker"]
    sys.exit(launch(args.workers, words))


def benchmark_command(args):
    """Measure a variant's speed on this machine."""
    from ganzoo.cli.benchmark import run

    options = config_files.parse_options(args.set)
    run(
        args.name,
        batch_size=args.batch_size,
        dtype=args.dtype,
        options=options,
        seconds=args.seconds,
    )


CONDITIONS = ("label", "caption")  # what a sample can be asked for
_FLAGS = [name for name in schema.FIELDS if name not in ("model", "options")]


def _add_list(command):
    command.add_argument("--task", help="only the variants for this task")
    command.add_argument(
        "--pretrained", action="store_true", help="the models that `load` has by name"
    )


def _add_describe(command):
    command.add_argument("name")


def _add_train(command):
    command.add_argument("name", nargs="?", help="the variant")
    command.add_argument("--config", help="one of zoo_configs, or a TOML file")
    command.add_argument("--workdir", help="run directory (default: runs/NAME)")
    for name in _FLAGS:
        kind = schema.FIELDS[name].type
        _add_field(command, name, kind)
    _add_set(command)


def _add_field(command, name, kind):
    default = schema.FIELDS[name].default
    text = f"{schema.HELP[name]} (default: {default})"
    if kind is bool:
        command.add_argument(f"--{name}", action="store_true", default=None, help=text)
    else:
        number = "int" in str(kind)
        command.add_argument(f"--{name}", type=int if number else str, help=text)


def _add_set(command):
    command.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="OPTION=VALUE",
        help="an option of the variant, the value as in TOML: --set filters=32",
    )


def _add_sample(command):
    command.add_argument("source", help="a run directory or a .keras file")
    command.add_argument("--n", type=int, default=64)
    command.add_argument("--seed", type=int, default=0)
    command.add_argument("--label", type=int, help="of a conditional model")
    command.add_argument("--caption", help="of a model of captions: 'a red apple'")
    command.add_argument(
        "--out",
        default="samples.png",
        help="a picture .png, arrays .npz, or of volumes a mesh .obj, .ply, .stl, .glb",
    )


def _add_evaluate(command):
    command.add_argument("source", help="a run directory or a .keras file")
    command.add_argument("--n", type=int, default=10_000, help="samples")
    command.add_argument(
        "--extractor", help="classifier, pixels, inception, or a .keras file"
    )
    command.add_argument("--only", help="names of scores, joined by commas")
    command.add_argument("--dataset", help="of a .keras file; a run knows its own")
    command.add_argument("--data_dir", help="where prepared TFDS sets are")
    command.add_argument("--seed", type=int, default=0, help="of the latents")


def _add_translate(command):
    command.add_argument("source", help="a run directory or a .keras file")
    command.add_argument("in_folder", help="of images, with all its subfolders")
    command.add_argument("out_folder", help="gets the results by the same names")
    command.add_argument(
        "--image_size", type=int, help="side to resize to (default: as each image is)"
    )
    command.add_argument(
        "--samples", type=int, help="answers to each image: a.png gives a_1.png, ..."
    )
    command.add_argument("--seed", type=int, default=0, help="of the noise")
    command.add_argument("--reverse", action="store_true", help="from B to A")


def _add_compare(command):
    command.add_argument(
        "cells",
        nargs="*",
        help="variants, NAME:option=value,option=value, configs, or `all`; LABEL= in "
        "front names one",
    )
    command.add_argument("--config", help="a comparison of zoo_configs, or a TOML file")
    command.add_argument(
        "--grid",
        action="append",
        default=[],
        metavar="OPTION=A,B",
        help="cells for each value of an option, for the product if given again",
    )
    command.add_argument("--images", type=int, help="real images a run (60000)")
    command.add_argument("--seeds", type=int, help="runs a cell (3)")
    command.add_argument("--jobs", type=int, default=1, help="runs at the same time")
    command.add_argument("--only", help="names of scores, joined by commas")
    command.add_argument("--workdir", help="(default: runs/compare_DATASET)")
    for name in _FLAGS:
        if name not in ("steps", "seed"):
            _add_field(command, name, schema.FIELDS[name].type)
    _add_set(command)


def _add_export(command):
    command.add_argument("source", help="a run directory or a .keras file")
    command.add_argument("--format", default="keras", help="keras or saved_model")
    command.add_argument("--out", help="default: generator.keras, or generator")


def _add_launch(command):
    command.add_argument("--workers", type=int, default=2)
    command.add_argument(
        "command", nargs=argparse.REMAINDER, help="-- and a command: -- train dcgan"
    )


def _add_benchmark(command):
    command.add_argument("name")
    command.add_argument("--batch_size", type=int, default=128)
    command.add_argument("--dtype", default="float32")
    command.add_argument(
        "--seconds", type=float, default=8.0, help="least time of a measurement"
    )
    _add_set(command)


COMMANDS = {
    "list": (list_command, _add_list),
    "describe": (describe_command, _add_describe),
    "train": (train_command, _add_train),
    "sample": (sample_command, _add_sample),
    "evaluate": (evaluate_command, _add_evaluate),
    "translate": (translate_command, _add_translate),
    "compare": (compare_command, _add_compare),
    "export": (export_command, _add_export),
    "launch": (launch_command, _add_launch),
    "benchmark": (benchmark_command, _add_benchmark),
}
