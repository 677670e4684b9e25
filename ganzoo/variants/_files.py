"""The files of `ganzoo.variants`: their registrations, read without an import."""

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

from ganzoo import variants
from ganzoo.utils.source import Source


def modules() -> Iterator[tuple[str, Path]]:
    """Name and path of each module that registers variants."""
    for finder, name, _ in pkgutil.iter_modules(variants.__path__):
        if not name.startswith("_"):
            yield f"{variants.__name__}.{name}", Path(finder.path) / f"{name}.py"


def registered(module: str, path: Path) -> Iterator[tuple[dict, "Builder"]]:
    """The arguments of each `@register(...)` of a module, and the builder under it.

    Raises:
        ValueError: an argument or a default that is neither a literal nor a constant
            of the module.
    """
    source = Source(path)
    for function, node in source.functions.items():
        for decorator in node.decorator_list:
            is_call = isinstance(decorator, ast.Call)
            if is_call and ast.unparse(decorator.func) == "register":
                words = {word.arg: word.value for word in decorator.keywords}
                (words["name"],) = decorator.args
                arguments = {name: source.value(node) for name, node in words.items()}
                yield arguments, Builder(module, source, function)


class Builder:
    """A builder that is imported when it is called.

    For `inspect`, it has the signature and docstring of the real builder.
    """

    def __init__(self, module: str, source: Source, function: str):
        self.__module__ = module
        self.__name__ = function
        self.__doc__ = ast.get_docstring(source.functions[function])
        self.__signature__ = source.signature(function)

    def __call__(self, **options):
        module = importlib.import_module(self.__module__)
        return getattr(module, self.__name__)(**options)
