"""Commands on one run: train, sample, evaluate, translate, export and push."""

import itertools
import sys
from os.path import expanduser
from pathlib import Path

from ganzoo.cli.flags import (
    GROUPS,
    add_data,
    add_data_dir,
    add_experiment,
    add_flag,
    add_set,
    add_source,
    end,
    names_of,
    set_values,
    stem_of,
    with_names,
)
from ganzoo.runs import config_files
from ganzoo.runs import experiment as schema
from ganzoo.runs.checkpoint import newest
from ganzoo.runs.directory import CHECKPOINTS, OtherRun
from ganzoo.utils.options import check_known, check_whole, did_you_mean, parameters
from ganzoo.utils.text import counted
from ganzoo.variants import _registry

FLAGS = [name for name in schema.FIELDS if name not in ("model", "options")]
LOST = 138
"""Exit code after another worker was lost: TFJob's for an error to try again."""
CONDITIONS = ("label", "caption", "truncation")
"""Flags of `sample` that some models take."""


def add_commands(add) -> None:
    """Adds `train`, `sample`, `evaluate`, `translate`, `export` and `push`."""
    _add_train(add("train", train))
    for function, flags in {
        sample: _sample_flags,
        evaluate: _evaluate_flags,
        augmentation: _augmentation_flags,
        translate: _translate_flags,
        export: _export_flags,
        push: _push_flags,
    }.items():
        command = add(function.__name__, function)
        add_source(command)
        flags(command)


def _add_train(command):
    name = command.add_argument(
        "name",
        nargs="?",
        help="variant or config, see `ganzoo list` and `ganzoo list configs`, or a "
        "TOML file",
    )
    with_names(name, lambda: [*_registry.list_models(), *config_files.config_names()])
    config = command.add_argument(
        "--config",
        help="name of a zoo config, or a TOML file, for the variant that is named",
    )
    with_names(config, config_files.config_names)
    add_set(command)
    command.add_argument(
        "--workdir",
        type=expanduser,
        help="run directory (default: runs/VARIANT_DATASET, or the config; with a "
        "number if that holds another run)",
    )
    command.add_argument(
        "--log",
        metavar="TRACKERS",
        help="send the log to tensorboard, wandb or mlflow, too; several joined by "
        "commas",
    )
    command.add_argument(
        "--patience",
        type=float,
        metavar="SECONDS",
        help="how long a worker of multi_worker waits for the others at the start "
        "(default: GANZOO_PATIENCE, or 60)",
    )
    add_experiment(command, FLAGS)


def _sample_flags(command):
    add_flag(command, "n", 64, "number of samples")
    add_flag(command, "seed", 0, "seed of the latents")
    command.add_argument(
        "--label",
        action="append",
        help="label to sample, for a conditional model: a class by its name or number, "
        "tags or numbers joined by commas; repeat it for several labels in turn",
    )
    command.add_argument(
        "--caption", help="text to sample from, for a text-to-image model: 'a red box'"
    )
    command.add_argument(
        "--truncation",
        type=float,
        help="shrink latents of a normal prior to this share, 0 to 1: more typical "
        "samples, which vary less",
    )
    out = (
        "output file: a picture .png, arrays .npz, for rows of a table .csv, .tsv or "
        ".parquet, for text and molecules .txt, or for volumes a mesh .obj, .ply, .stl "
        "or .glb; or folder/ for single PNGs"
    )
    add_flag(command, "out", "samples.png", out, type=expanduser)


def _evaluate_flags(command):
    add_flag(command, "n", 10_000, "number of samples")
    command.add_argument(
        "--extractor",
        help="feature extractor: classifier, pixels, efficientnet_lite0, inception, "
        "fid or clean_fid (or fid:PATH of its weights), inception_2015:PATH, or a "
        ".keras file",
    )
    command.add_argument("--only", help="scores to compute, joined by commas")
    add_data(command, "data set to score a .keras file on, or the new place of a run's")
    add_flag(command, "seed", 0, "seed of the latents")
    command.add_argument(
        "--thorough",
        action="store_true",
        help="add intervals over the samples, scores by size, tests for copies, and "
        "nearest.png; takes about ten times as long",
    )


def _augmentation_flags(command):
    add_flag(
        command, "shares", "0.5,1,4", "numbers of samples as shares of the real images"
    )
    add_flag(command, "seeds", 5, "trainings of each arm")
    add_data_dir(command)


def _translate_flags(command):
    command.add_argument(
        "in_folder",
        type=expanduser,
        help="folder of images, searched with its subfolders",
    )
    command.add_argument(
        "out_folder",
        type=expanduser,
        help="folder for the results, by the same names",
    )
    command.add_argument(
        "--image_size",
        type=int,
        metavar="N",
        help="resize images to N x N pixels (default: keep each image's size)",
    )
    command.add_argument(
        "--samples",
        type=int,
        metavar="N",
        help="write N translations of each image: a.png becomes a_1.png, a_2.png, ...",
    )
    add_flag(command, "seed", 0, "seed of the noise")
    command.add_argument(
        "--reverse", action="store_true", help="translate from B to A instead"
    )
    command.add_argument(
        "--water",
        type=float,
        metavar="H",
        help="flood the images up to H, from 0 to 1 of their height: pix2pix_flood",
    )


def _export_flags(command):
    add_flag(command, "format", "keras", "keras, saved_model, tflite or onnx")
    command.add_argument(
        "--out",
        type=expanduser,
        help="output path (default: generator, with the format's ending)",
    )


def _push_flags(command):
    command.add_argument("repository", help="owner/name on the Hugging Face Hub")
    command.add_argument(
        "--private", action="store_true", help="make the repository private"
    )


def train(args):
    """Train a variant or a config, or resume a run."""
    experiment = experiment_of(args)
    _check_scores(args, experiment)
    default = Path("runs") / _default_name(args, experiment)
    workdir, number = Path(args.workdir or default), 1
    from ganzoo.training.cluster import WorkerLost
    from ganzoo.training.train import train

    log = names_of(args.log) or ()
    try:
        while True:
            try:
                train(experiment, workdir, log=log, patience=args.patience)
                break
            except OtherRun as error:
                if args.workdir or experiment.strategy == "multi_worker":
                    raise
                number += 1
                workdir = default.with_name(f"{default.name}-{number}")
                print(f"{error}\nSo this one goes to {workdir}.", flush=True)
    except KeyboardInterrupt as stop:
        saved = newest(workdir / CHECKPOINTS)
        end(stop, f"saved in {workdir}." if saved else "no step was saved.")
    except WorkerLost as error:
        print(f"ganzoo: {error}", file=sys.stderr)
        sys.exit(LOST)
    print(f"Trained {counted(experiment.steps, 'step')}: see {workdir}/samples")


def _check_scores(args, experiment):
    """Refuses flags of scores in training that nothing would compute."""
    for name in set_values(args, GROUPS["scores"]):
        if experiment.evaluate_every is None:
            raise ValueError(
                f"--{name} is of the scores in training, which --evaluate_every=N asks "
                "for. Received none."
            )


def experiment_of(args) -> schema.Experiment:
    """Makes the experiment from the arguments of `train`.

    Flags override the config, and `--set` its options.
    """
    variant, config = _named(args)
    values = config_files.load_config(config) if config else {}
    values |= set_values(args, FLAGS)
    if variant is not None:
        values["model"] = variant
    options = config_files.parse_options(args.set)
    for name in options.keys() & set(FLAGS) - {"seed"}:  # which models have, too
        value = options[name]
        flag = f"--{name}={value}"
        if schema.FIELDS[name].type is bool:
            flag = f"--{name} or --no-{name}"
        raise ValueError(
            f"{name!r} is a flag, not an option of the variant: {flag}. "
            f"Received: --set {name}={value}."
        )
    values["options"] = {**values.get("options", {}), **options}
    return schema.from_dict(values)


def _named(args) -> tuple[str | None, str | None]:
    """The variant and the config that the words of `train` name.

    Raises:
        ValueError: an unknown name, a name of both, or two configs.
    """
    name, configs = args.name, config_files.config_names()
    if name is None:
        return None, args.config
    is_variant = _is_variant(name)
    if name not in configs and not name.endswith(".toml"):
        if is_variant:
            return name, args.config
        hint = did_you_mean(name.lower(), [*_registry.list_models(), *configs])
        raise ValueError(
            f"Unknown model {name!r}.{hint} Allowed: a name of `ganzoo list`, or a "
            "config: a name of `ganzoo list configs`, or a file NAME.toml."
        )
    if is_variant:
        raise ValueError(
            f"{name!r} is the name of both a variant and a config. Write "
            f"--config={name} for the config, or {name.upper()} for the variant."
        )
    if args.config:
        raise ValueError(
            f"Two configs are named, {name!r} and --config={args.config}. Give one; "
            "flags and --set change it."
        )
    return None, name


def _is_variant(name):
    try:
        return bool(_registry.find(name))
    except ValueError:
        return False


def _default_name(args, experiment):
    variant = _registry.find(experiment.model)  # a known name is safe in a path
    _, config = _named(args)
    if config:
        return Path(config).stem
    return f"{variant.name}_{stem_of(experiment.dataset)}"


def sample(args):
    """Write samples: a picture, arrays, rows, a mesh, text, or single images."""
    from ganzoo.cli import sample_files
    from ganzoo.data import codecs
    from ganzoo.runs.load import load

    check_whole(1, n=args.n)
    if sample_files.is_folder(args.out):
        folder = sample_files.Folder(args.out, args.n)
    else:
        folder = None
        sample_files.writer(args.out)  # refuses a file of another type at once
    model = load(args.source)
    conditions = set_values(args, CONDITIONS)
    allowed = [name for name in parameters(model.sample) if name in CONDITIONS]
    check_known("condition of this model", conditions, allowed)
    if len(args.label or ()) == 1:
        conditions["label"] = args.label[0]
    elif args.label and args.n < len(args.label):
        raise ValueError(
            f"--n must be {len(args.label)} or more for {len(args.label)} labels. "
            f"Received: --n={args.n}."
        )
    elif args.label:
        in_turn = itertools.islice(itertools.cycle(args.label), args.n)
        conditions["label"] = list(in_turn)
    sample_files.check_fits(args.out, model)
    if folder:
        model.sample(args.n, seed=args.seed, into=folder.write, **conditions)
        print(f"Wrote {counted(folder.written, 'image')} to {folder.path}")
        return
    table = sample_files.is_table(args.out)
    make = model.sample_frame if table else model.sample
    write = sample_files.writer(args.out, codecs.get(model.codec))
    write(make(args.n, seed=args.seed, **conditions), args.out)
    print(f"Wrote {args.out}")


def evaluate(args):
    """Score a model next to real data."""
    from ganzoo.evaluation.evaluate import evaluate

    evaluation = evaluate(
        args.source,
        n=args.n,
        extractor=args.extractor,
        only=names_of(args.only),
        dataset=args.dataset,
        data_dir=args.data_dir,
        seed=args.seed,
        thorough=args.thorough,
    )
    print(evaluation.table())


def augmentation(args):
    """Test whether a model's samples help a classifier: an honest no is an answer."""
    from ganzoo.evaluation.augmentation import augmentation

    try:
        shares = [float(share) for share in names_of(args.shares)]
    except ValueError as error:
        raise ValueError(
            "--shares are numbers joined by commas, such as 0.5,1,4. "
            f"Received: --shares={args.shares}."
        ) from error
    result = augmentation(
        args.source, shares=shares, seeds=args.seeds, data_dir=args.data_dir
    )
    print(result.table())


def translate(args):
    """Translate a folder of images."""
    from ganzoo.cli.translate_folder import translate_folder
    from ganzoo.runs.load import load

    result = translate_folder(
        load(args.source),
        args.in_folder,
        args.out_folder,
        image_size=args.image_size,
        samples=args.samples,
        seed=args.seed,
        reverse=args.reverse,
        water=args.water,
    )
    said = f"Translated {counted(result.count, 'image')} to {args.out_folder}"
    print("; ".join((said, *result.remarks)))
    if result.broken:
        lines = [f"  {name}: {reason}" for name, reason in result.broken.items()]
        sys.exit("\n".join([f"ganzoo: {len(lines)} could not be read:", *lines]))


def export(args):
    """Write the generator of a model for other programs."""
    from ganzoo.models.export import export
    from ganzoo.runs.load import load

    model = load(args.source)
    ending = "" if args.format == "saved_model" else f".{args.format}"
    out = export(model, args.out or f"generator{ending}", args.format)
    bounds = "any range" if model.value_range is None else list(model.value_range)
    print(f"Wrote {out}: {model.interface} in {bounds}")


def push(args):
    """Upload a model and its card to the Hugging Face Hub."""
    from ganzoo.evaluation import model_card
    from ganzoo.runs import hub
    from ganzoo.runs.load import load

    name = hub.repository(args.repository)[0]
    model = load(args.source)
    card = model_card.card(args.source, model, hub.PREFIX + name)
    print(hub.push(model, args.repository, card, private=args.private))
