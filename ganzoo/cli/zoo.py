"""Commands that list the contents of the zoo; they run without TensorFlow."""

from collections.abc import Callable, Iterable, Iterator

from ganzoo.cli.flags import with_names
from ganzoo.runs import config_files, pretrained
from ganzoo.runs.experiment import BATCH, from_dict
from ganzoo.utils.options import check_known
from ganzoo.utils.source import source_of
from ganzoo.utils.text import aligned
from ganzoo.variants import _registry

TABLE = "evaluation.metric_table"
Row = tuple[str, ...]


def add_commands(add) -> None:
    """Adds `list` and `describe`."""
    command = add("list", list_all)
    what = command.add_argument(
        "what",
        nargs="?",
        default="variants",
        help=f"{', '.join(LISTS)} (default: variants)",
    )
    with_names(what, lambda: LISTS)
    command.add_argument("--task", help="list only the variants for this task")
    command = add("describe", describe)
    name = command.add_argument("name", help="variant")
    with_names(name, _registry.list_models)


def list_all(args):
    """List variants, configs, data sets, scores, losses or pretrained models."""
    check_known("list", [args.what], LISTS)
    if args.task is not None and args.what != "variants":
        raise ValueError(f"--task chooses among variants. Received: {args.what}.")
    rows = LISTS[args.what]() if args.task is None else _variants(args.task)
    print("\n".join(aligned(list(rows))))


def _variants(task=None) -> Iterator[Row]:
    for name in _registry.list_models(task=task):
        variant = _registry.find(name)
        yield name, ", ".join(variant.tasks), variant.paper


def _configs() -> Iterator[Row]:
    for name in config_files.config_names():
        experiment = from_dict(config_files.load_config(name))
        what = f"{experiment.model} on {experiment.dataset}"
        batch = experiment.batch_size or BATCH
        yield name, what, f"{experiment.steps:,} steps of {batch}"
    for name in config_files.config_names("comparisons"):
        yield name, "comparison", f"ganzoo compare --config={name}"


def _datasets() -> Iterator[Row]:
    from ganzoo.data.load import BUILT_IN

    yield from ((name, about) for name, (_, about) in BUILT_IN.items())
    yield "NAME", "an image set of TensorFlow Datasets, such as mnist or cifar10"
    yield (
        "PATH",
        "a folder of images, a zip of one, an .npz, .npy or HDF5 file, a table (.csv, "
        ".tsv, .parquet), or a .txt file of lines",
    )


def _networks() -> Iterator[Row]:
    from ganzoo.networks import FAMILIES

    for name in FAMILIES:
        yield name, source_of(f"networks.{name}").summary


def _pretrained() -> Iterator[Row]:
    for name in pretrained.names():
        card = pretrained.card(name)
        extractor, scores = [*card["scores"].items()][-1]
        first = scores[0]
        score = f"{first['metric']} ({extractor}) {first['value']:.3g}"
        size = f"{pretrained.size(name) / 2**20:.1f} MiB"
        yield name, card["dataset"], size, f"{score}, real data {first['floor']:.3g}"


LISTS: dict[str, Callable[[], Iterable[Row]]] = {
    "variants": _variants,
    "configs": _configs,
    "datasets": _datasets,
    "metrics": lambda: source_of(TABLE).constant("MEANINGS").items(),
    "losses": lambda: source_of("losses").summaries("LOSSES").items(),
    "penalties": lambda: source_of("penalties").summaries("PENALTIES").items(),
    "networks": _networks,
    "pretrained": _pretrained,
}
"""The lists of `ganzoo list`: functions that give a row for each name."""


def describe(args):
    """Describe a variant: paper, options with defaults, notes, results."""
    if args.name in {*config_files.config_names()} - {*_registry.list_models()}:
        values = config_files.load_config(args.name)
        raise ValueError(
            f"{args.name!r} is a config of {values['model']}: `ganzoo train "
            f"{args.name}`, or `ganzoo describe {values['model']}`."
        )
    facts = _registry.describe(args.name)
    print(f"{facts['name']}: {facts['paper']}")
    print(f"tasks: {', '.join(facts['tasks'])}")
    print(f"batch keys: {', '.join(facts['batch_keys'])}")
    _print_options("options", facts["options"])
    if facts["network_options"]:
        _print_options("options of its network", facts["network_options"])
    print(f"\n{facts['notes']}\n\nFor other options see help(ganzoo.assemble).\n")
    for name, result in facts["results"].items():
        print(f"measured ({name}): {result['headline']}; target: {result['target']}")
    if not facts["results"]:
        print("measured: nothing yet")


def _print_options(title, options):
    print(f"{title}:")
    for name, default in options.items():
        print(f"  {name} = {default!r}")
