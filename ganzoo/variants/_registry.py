"""The registry: names to builders, with errors that help.

Nothing here needs TensorFlow; the variants are imported when first asked for.
"""

import fnmatch
import functools
import importlib
import importlib.metadata
import inspect
import json
import os
import pkgutil
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import resources

from ganzoo.utils import precision, untrusted
from ganzoo.utils.options import check_known

ENTRY_POINTS = "ganzoo.variants"


@dataclass(frozen=True)
class Variant:
    """A registered builder and what `describe` says of it."""

    name: str
    builder: Callable
    paper: str
    tasks: tuple[str, ...]
    batch_keys: tuple[str, ...]
    by_steps: tuple[str, ...] = ()

    @property
    def own_options(self) -> dict:
        """The builder's own options with their defaults."""
        parameters = inspect.signature(self.builder).parameters.values()
        return {p.name: p.default for p in parameters if p.kind is not p.VAR_KEYWORD}

    @property
    def options(self) -> dict:
        """Every option that `build` takes for this variant, with its default.

        A builder that ends in `**options` forwards them to `assemble`, whose
        keyword-only signature is the one list of common options.
        """
        own = self.own_options
        kinds = {p.kind for p in inspect.signature(self.builder).parameters.values()}
        common = _common_options("network" in own) if _FORWARDS in kinds else {}
        return {**common, **own}

    def check_known(self, options: Mapping) -> None:
        """Raises `ValueError`, with the nearest name, for an option that is unknown.

        A variant with a `network` also takes the options of the family that it names.
        """
        allowed = [*self.options, *self.network_options(options)]
        check_known(f"option of {self.name!r}", options, allowed)

    def network_options(self, options: Mapping) -> dict:
        """The options of the network's family with their defaults, {} for no family.

        Args:
            options: of `build`; their `network`, or the variant's own, names the
                family.
        """
        known = {**self.options, **options}
        if "network" not in known:
            return {}
        from ganzoo import networks

        table = networks.table(known["network"], known["image_shape"])
        family = table.pop("name")
        return {**networks.defaults(family), **table}


_FORWARDS = inspect.Parameter.VAR_KEYWORD
_variants: dict[str, Variant] = {}


def register(
    name: str,
    *,
    paper: str,
    tasks: Iterable[str],
    batch_keys: Iterable[str] = ("real",),
    by_steps: Iterable[str] = (),
) -> Callable:
    """Decorator: registers a builder under the variant's name.

    Args:
        name: the paper's short name, lower case, words joined by `-`.
        paper: authors, year, title, arXiv id.
        tasks: what it is for: `image`, `points`, `conditional`, ...
        batch_keys: what the batches must hold, `real` first.
        by_steps: options that an experiment sets to its steps unless it has them.

    Raises:
        ValueError: the name is taken by another builder.
    """

    def decorate(builder):
        taken = _variants.get(_key(name))
        if taken and taken.builder.__module__ != builder.__module__:
            raise ValueError(
                f"The name {name!r} is registered already, by "
                f"{taken.builder.__module__}. Choose another name for the builder "
                f"of {builder.__module__}."
            )
        _variants[_key(name)] = Variant(
            name, builder, paper, tuple(tasks), tuple(batch_keys), tuple(by_steps)
        )
        return builder

    return decorate


def build(name: str, *, dtype: str = "float32", **options):
    """Builds the variant called `name`: a compiled `keras.Model`.

    Args:
        name: a name of `list_models()`; case, `-` and `_` do not matter.
        dtype: `float32`, `mixed_bfloat16` (float32 weights, bfloat16 arithmetic;
            losses and penalties stay float32) or `float64`.
        **options: see `describe(name)["options"]`.

    Raises:
        ValueError: an unknown name, an unknown option, or a value that the
            variant cannot serve.
        RuntimeError: Keras computes with another backend than TensorFlow.
    """
    variant = find(name)
    precision.check(dtype)
    variant.check_known(options)
    _check_plain(variant, options)
    try:
        with precision.policy(dtype):
            return variant.builder(**options)
    except Exception as error:  # whatever an unfit value sets off further in
        if isinstance(error, ValueError | RuntimeError) and _is_ours(error):
            raise
        raise ValueError(
            f"An option of {variant.name!r} has an unfit value "
            f"({type(error).__name__}: {error}). "
            f"Allowed: values like the defaults in describe({variant.name!r}). "
            f"Received: {options!r}."
        ) from error


def _is_ours(error) -> bool:
    """Whether it was raised here, with a message of ours, and not by a library."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return frame.f_globals["__name__"].startswith("ganzoo.")


def _check_plain(variant, options) -> None:
    """Keras would make whatever object a table with a `class_name` describes."""
    if any("class_name" in table for table in untrusted.tables(options)):
        raise ValueError(
            f"Options of {variant.name!r} are plain values or objects, no tables with "
            f"a class_name. Received: {options!r}."
        )


def list_models(task: str | None = None, pattern: str = "*") -> list[str]:
    """Names of the variants, sorted; by task and by shell pattern if given.

    Raises:
        ValueError: no variant has this task.
    """
    discover()
    tasks = {task for variant in _variants.values() for task in variant.tasks}
    if task is not None:
        check_known("task", [task], sorted(tasks))
    return sorted(
        variant.name
        for variant in _variants.values()
        if (task is None or task in variant.tasks)
        and fnmatch.fnmatch(variant.name, pattern)
    )


def describe(name: str) -> dict:
    """Returns name, paper, tasks, batch keys, options with defaults, notes, results.

    The results are what was measured of this variant: by the name of the file in
    `zoo_configs/results`, its headline and the target that was fixed before.
    """
    variant = find(name)
    return {
        "name": variant.name,
        "paper": variant.paper,
        "tasks": list(variant.tasks),
        "batch_keys": list(variant.batch_keys),
        "options": variant.options,
        "network_options": variant.network_options({}),
        "notes": inspect.getdoc(variant.builder) or "",
        "results": _results_of(variant.name),
    }


def find(name: str) -> Variant:
    """Returns the registered variant; `ValueError` names the nearest one."""
    discover()
    if not isinstance(name, str) or _key(name) not in _variants:
        names = [variant.name for variant in _variants.values()]
        check_known("model", [str(name).lower()], sorted(names))
    return _variants[_key(name)]


@functools.cache
def discover() -> None:
    """Imports every variant: the modules of `ganzoo.variants`, then plug-ins.

    Raises:
        RuntimeError: Keras computes with another backend than TensorFlow.
    """
    _check_backend()
    package = importlib.import_module("ganzoo.variants")
    modules = (module.name for module in pkgutil.iter_modules(package.__path__))
    for name in modules:
        if not name.startswith("_"):
            importlib.import_module(f"{package.__name__}.{name}")
    for entry in importlib.metadata.entry_points(group=ENTRY_POINTS):
        entry.load()


def _results_of(name: str) -> dict[str, dict[str, str]]:
    """The recorded results whose experiment trained the variant called `name`."""
    found = {}
    folder = resources.files("ganzoo.zoo_configs") / "results"
    for file in sorted(folder.iterdir(), key=lambda path: path.name):
        result = json.loads(file.read_text("utf-8"))
        if result.get("experiment", {}).get("model") == name:
            found[file.name] = {key: result[key] for key in ("headline", "target")}
    return found


def _check_backend() -> None:
    # The environment first: importing Keras fails where its backend is missing.
    backend = os.environ.get("KERAS_BACKEND") or "tensorflow"
    if backend == "tensorflow" or "keras" in sys.modules:
        import keras

        backend = keras.config.backend()
    if backend != "tensorflow":
        raise RuntimeError(
            "ganzoo needs Keras on TensorFlow. Set the environment variable "
            "KERAS_BACKEND=tensorflow, or the backend in ~/.keras/keras.json, before "
            f"Keras is imported. Received: {backend!r}."
        )


def _common_options(of_networks: bool) -> dict:
    """The keywords of `assemble`; those of networks where it builds them."""
    from ganzoo.models.assemble import OF_NETWORKS, assemble

    parameters = inspect.signature(assemble).parameters.values()
    keywords = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
    common = {k: v for k, v in keywords.items() if k not in ("network", *OF_NETWORKS)}
    return {**(OF_NETWORKS if of_networks else {}), **common}


def _key(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")
