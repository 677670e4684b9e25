"""Commands that list the contents of the zoo; they run without TensorFlow."""

from ganzoo.runs import pretrained
from ganzoo.variants import _registry


def add_commands(add) -> None:
    """Adds `list` and `describe`."""
    command = add("list", list_models)
    command.add_argument("--task", help="list only the variants for this task")
    command.add_argument(
        "--pretrained",
        action="store_true",
        help="list the pretrained models instead, which load by name",
    )
    command = add("describe", describe)
    command.add_argument("name", help="variant")


def list_models(args):
    """List the variants, or the pretrained models."""
    if args.pretrained:
        for name in pretrained.names():
            card = pretrained.card(name)
            print(f"{name:<16} {card['dataset']:<8} {card['evaluate']}")
        return
    for name in _registry.list_models(task=args.task):
        variant = _registry.find(name)
        print(f"{name:<15} {', '.join(variant.tasks):<24} {variant.paper}")


def describe(args):
    """Describe a variant: paper, options with defaults, notes, results."""
    facts = _registry.describe(args.name)
    print(f"{facts['name']}: {facts['paper']}")
    print(f"tasks: {', '.join(facts['tasks'])}")
    print(f"batch keys: {', '.join(facts['batch_keys'])}")
    _print_options("options", facts["options"])
    if facts["network_options"]:
        _print_options("options of its network", facts["network_options"])
    print(f"\n{facts['notes']}\n")
    for name, result in facts["results"].items():
        print(f"measured ({name}): {result['headline']}; target: {result['target']}")
    if not facts["results"]:
        print("measured: nothing yet")


def _print_options(title, options):
    print(f"{title}:")
    for name, default in options.items():
        print(f"  {name} = {default!r}")
