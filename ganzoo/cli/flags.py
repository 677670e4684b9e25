"""Flags that several commands share; most come from the fields of Experiment."""

from ganzoo.runs import experiment as schema

SOURCE = "run directory, .keras file or pretrained model"


def add_experiment(command, names) -> None:
    """Adds a flag for each of the named fields of `Experiment`.

    A flag that is not set is None: the config, or the field's default, decides.
    """
    for name in names:
        field = schema.FIELDS[name]
        text = schema.HELP[name]
        if field.default is not None and field.type is not bool:
            text += f" (default: {field.default})"
        if field.type is bool:
            settings = {"action": "store_true", "default": None}
        elif "str" in str(field.type) and "int" in str(field.type):
            settings = {"type": _whole_or_text, "metavar": "N"}
        elif "int" in str(field.type):
            settings = {"type": int, "metavar": "N"}
        else:
            settings = {"metavar": name.rpartition("_")[2].upper()}
        command.add_argument(f"--{name}", help=text, **settings)


def _whole_or_text(text):
    return int(text) if text.isdecimal() else text


def add_set(command) -> None:
    """Adds `--set OPTION=VALUE`, which may be repeated."""
    command.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="OPTION=VALUE",
        help="set an option of the variant, the value as in TOML: --set filters=32",
    )


def set_values(args, names) -> dict:
    """Returns the named flags that were set."""
    values = {name: getattr(args, name) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def names_of(text: str | None) -> list[str] | None:
    """Splits names at commas; None if the flag was not set."""
    return text.split(",") if text else None
