"""Config files: reads TOML to checked values."""

import re
import tomllib
from collections.abc import Iterable
from importlib import resources
from pathlib import Path

from ganzoo.runs.experiment import check_values
from ganzoo.utils import untrusted
from ganzoo.utils.options import check_known


def load_config(name: str) -> dict:
    """Reads a TOML config: a file, or a name in `zoo_configs`.

    Raises:
        ValueError: no such config (with the nearest name), invalid TOML, or values
            that `from_dict` refuses.
    """
    values = read_toml(name)
    check_values(values)
    return values


def read_toml(name: str, folder: str = "") -> dict:
    """Reads a TOML file, or a shipped one in a folder of `zoo_configs`.

    Raises:
        ValueError: no such file (with the nearest name), or invalid TOML.
    """
    if name.endswith(".toml"):
        path = Path(name)
        if not path.is_file():
            raise ValueError(f"There is no config file {name!r}.")
    else:
        check_known("config", [name], config_names(folder))
        path = _shipped(folder) / f"{name}.toml"
    return parse_toml(untrusted.read_bytes(path, untrusted.MAX_TEXT), name)


def config_names(folder: str = "") -> list[str]:
    """Names of the shipped configs in a folder of `zoo_configs`."""
    files = (path.name for path in _shipped(folder).iterdir())
    return sorted(name[:-5] for name in files if name.endswith(".toml"))


def _shipped(folder):
    return resources.files("ganzoo.zoo_configs") / folder


def parse_toml(data: bytes, where: str) -> dict:
    """Parses TOML text.

    Raises:
        ValueError: invalid TOML, nested too deep, or a number too large.
    """
    try:
        values = tomllib.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{where} is not valid TOML: {error}.") from error
    untrusted.check_values(values, where)
    return values


def parse_options(words: Iterable[str]) -> dict:
    """Reads words OPTION=VALUE, with a value as in TOML or a bare word.

    A name with a point sets one key of a table: `penalties.r1=1.0`. The last of two
    values of an option counts.

    Raises:
        ValueError: a word that is not an assignment.
    """
    options: dict = {}
    for word in words:
        try:
            found = parse_toml(word.encode(), "an option")
            if len(found) != 1:
                raise ValueError("it sets no option")
            _merge(options, found, "." in word.partition("=")[0])
        except ValueError as error:
            # A bare word is a string. Python's True and None are refused.
            bare = re.fullmatch(r"(\w+)=([a-z][\w-]*)", word)
            if not bare:
                raise ValueError(
                    "An option is set as OPTION=VALUE, the value as in TOML (0.5, "
                    f"true, [8, 8]) or a word ({error}). Received: {word!r}."
                ) from error
            options[bare[1]] = bare[2]
    return options


def _merge(table, found, within):
    """Puts what was found into a table, or, with `within`, into the tables in it."""
    for key, value in found.items():
        if within and isinstance(value, dict) and isinstance(table.get(key), dict):
            _merge(table[key], value, within)
        else:
            table[key] = value


def split(text: str) -> list[str]:
    """Splits at commas outside brackets and quotes."""
    parts, depth, quote = [""], 0, ""
    for character in text:
        if quote:
            if character == quote:
                quote = ""
        elif character in "\"'":
            quote = character
        elif character in "[{":
            depth += 1
        elif character in "]}":
            depth -= 1
        if character == "," and not depth and not quote:
            parts.append("")
        else:
            parts[-1] += character
    return parts
