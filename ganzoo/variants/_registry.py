"""The registry: names to builders, with helpful errors.

Nothing here needs TensorFlow. Variants are described from their source; a builder is
imported when it is first called.
"""

import fnmatch
import functools
import importlib
import importlib.metadata
import inspect
import json
import os
import sys
import traceback
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.machinery import SourceFileLoader
from typing import TYPE_CHECKING, Any

from ganzoo.utils import html, precision, untrusted
from ganzoo.utils.options import check_known, check_list
from ganzoo.utils.seeds import first_weights
from ganzoo.utils.source import KEYWORD, REST, source_of
from ganzoo.variants import _files

if TYPE_CHECKING:
    from ganzoo.models.adversarial import AdversarialModel

ENTRY_POINTS = "ganzoo.variants"
SOURCES = ("source", "unpaired")
"""Batch keys of images to translate: with paired targets, or without."""


@dataclass(frozen=True)
class Variant:
    """A registered builder and its description."""

    name: str
    builder: Callable
    paper: str
    tasks: tuple[str, ...]
    batch_keys: tuple[str, ...]
    by_steps: tuple[str, ...] = ()

    @property
    def source_key(self) -> str | None:
        """The batch key of the images to translate, None for other variants."""
        return next((key for key in SOURCES if key in self.batch_keys), None)

    @property
    def own_options(self) -> dict:
        """The builder's own options with their defaults."""
        parameters = inspect.signature(self.builder).parameters.values()
        return {p.name: p.default for p in parameters if p.kind is not REST}

    @property
    def options(self) -> dict:
        """Every option that `build` takes for this variant, with its default.

        A builder that ends in `**options` forwards them to `assemble`, whose
        keyword-only signature is the one list of common options.
        """
        own = self.own_options
        parameters = inspect.signature(self.builder).parameters.values()
        if not any(p.kind is REST for p in parameters):
            return own
        return {**_common_options("network" in own), **own}

    def check_known(self, options: Mapping) -> None:
        """Raises `ValueError`, with the nearest name, for an unknown option.

        A variant with a `network` also takes the options of that network family.
        """
        allowed = {**self.options, **self.network_options(options)}
        check_known(f"option of {self.name!r}", options, allowed)

    def network_options(self, options: Mapping) -> dict:
        """The options of the network's family with their defaults, {} for no family.

        Args:
            options: options of `build`; their `network`, or else the variant's own,
                names the family.
        """
        known = {**self.options, **options}
        if "network" not in known:
            return {}
        from ganzoo import networks

        table = networks.table(
            known["network"], known["image_shape"], known.get("codec")
        )
        shown = networks.defaults(table.pop("name"))
        for option, value in table.items():  # of both players, unless one has its own
            each = (option, f"g_{option}", f"d_{option}")
            shown |= {key: value for key in each if key in shown}
        return shown


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
        tasks: uses of the variant: `image`, `points`, `conditional`, ...
        batch_keys: keys that batches must hold, `real` first.
        by_steps: options that an experiment sets to its number of steps by default.

    Raises:
        ValueError: the name is taken by another builder, or words instead of a list of
            them.
    """
    lists = {"tasks": tasks, "batch_keys": batch_keys, "by_steps": by_steps}
    for option, words in lists.items():
        check_list(option, words)

    def decorate(builder):
        other = _variants.get(_key(name))
        # A plug-in replaces what a notebook defined before it became a file.
        replaced = (builder.__module__, "__main__")
        if other and other.builder.__module__ not in replaced:
            raise ValueError(
                f"The name {name!r} is registered already, by "
                f"{other.builder.__module__}. Choose another name for the builder "
                f"of {builder.__module__}."
            )
        _variants[_key(name)] = Variant(
            name, builder, paper, tuple(tasks), tuple(batch_keys), tuple(by_steps)
        )
        return builder

    return decorate


def build(name: str, *, dtype: str | None = None, **options: Any) -> "AdversarialModel":
    """Builds the variant called `name`: a compiled `keras.Model`.

    With a `seed`, the first weights are the same in every process; without one, they
    follow `keras.utils.set_random_seed`, and the noise of training has seed 0.

    Args:
        name: a name of `list_models()`; case, `-` and `_` do not matter.
        dtype: `float32`, `mixed_bfloat16` (float32 weights, bfloat16 arithmetic;
            losses and penalties stay float32) or `float64`; by default Keras' policy,
            see `keras.config.set_dtype_policy`.
        **options: see `describe(name)["options"]`.

    Raises:
        ValueError: an unknown name, an unknown option, or a value that the
            variant does not support.
        RuntimeError: Keras uses a backend other than TensorFlow, or channels first.
    """
    _check_backend()
    _check_image_format()
    variant = find(name)
    dtype = precision.checked(dtype)
    options = {option: _plain(value) for option, value in options.items()}
    variant.check_known(options)
    _check_plain(variant, options)
    try:
        with precision.policy(dtype), first_weights(options.get("seed")):
            return variant.builder(**options)
    except Exception as error:  # whatever error a bad value causes further in
        if isinstance(error, ValueError | RuntimeError) and _is_ours(error):
            raise
        raise ValueError(
            f"An option of {variant.name!r} has an unfit value "
            f"({type(error).__name__}: {error}). "
            f"Allowed: values like the defaults in describe({variant.name!r}). "
            f"Received: {options!r}."
        ) from error


def _plain(value):
    """Numbers and arrays of NumPy as Python's own, which files can hold."""
    import numpy as np

    return value.tolist() if isinstance(value, np.generic | np.ndarray) else value


def _is_ours(error) -> bool:
    """True if ganzoo raised the error, rather than a library."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return frame.f_globals["__name__"].startswith("ganzoo.")


def _check_plain(variant, options) -> None:
    """Refuses tables with a `class_name`: Keras would make any object from them."""
    if any("class_name" in table for table in untrusted.tables(options)):
        raise ValueError(
            f"Options of {variant.name!r} are plain values or objects, no tables with "
            f"a class_name. Received: {options!r}."
        )


def list_models(task: str | None = None, pattern: str = "*") -> list[str]:
    """Names of the variants, sorted, optionally by task and shell pattern.

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


class Description(dict):
    """The result of `describe`: a dict that notebooks show as tables."""

    def _repr_html_(self):
        facts = [(key, ", ".join(self[key])) for key in ("tasks", "batch_keys")]
        options = {**self["options"], **self["network_options"]}
        results = [
            (name, result["headline"], result["target"])
            for name, result in self["results"].items()
        ]
        parts = [
            html.table([("name", self["name"]), ("paper", self["paper"]), *facts]),
            html.lines(self["notes"]),
            html.table(
                ((name, repr(value)) for name, value in options.items()),
                head=("option", "default"),
            ),
        ]
        if results:
            parts.append(html.table(results, head=("experiment", "measured", "target")))
        return "".join(parts)


def describe(name: str) -> Description:
    """Returns name, paper, tasks, batch keys, options with defaults, notes, results.

    The results come from the zoo's experiments with this variant: for each experiment,
    its headline and the target that was fixed beforehand.

    Raises:
        ValueError: an unknown name, with the nearest one.
    """
    variant = find(name)
    file = resources.files("ganzoo.zoo_configs") / "results.json"
    return Description(
        name=variant.name,
        paper=variant.paper,
        tasks=list(variant.tasks),
        batch_keys=list(variant.batch_keys),
        options=variant.options,
        network_options=variant.network_options({}),
        notes=inspect.getdoc(variant.builder) or "",
        results=json.loads(file.read_text("utf-8")).get(variant.name, {}),
    )


def find(name: str) -> Variant:
    """Returns the registered variant; `ValueError` names the nearest one."""
    discover()
    if not isinstance(name, str) or _key(name) not in _variants:
        names = [variant.name for variant in _variants.values()]
        check_known("model", [str(name).lower()], sorted(names))
    return _variants[_key(name)]


@functools.cache
def discover() -> None:
    """Registers every variant: the files of `ganzoo.variants`, then plug-ins.

    The files are read, not imported. Plug-ins are imported.

    Raises:
        RuntimeError: Keras uses a backend other than TensorFlow, and there are
            plug-ins.
    """
    for module, path in _files.modules():
        for arguments, builder in _files.registered(module, path):
            register(**arguments)(builder)
    for entry in importlib.metadata.entry_points(group=ENTRY_POINTS):
        _check_backend()
        entry.load()


def import_plugin(plugin: str) -> str:
    """Imports a module, or a .py file, that registers variants; returns its name.

    A file that is imported already is not imported again.

    Raises:
        ValueError: there is no such module or file.
        RuntimeError: Keras uses a backend other than TensorFlow.
    """
    _check_backend()
    if not plugin.endswith(".py"):
        try:
            return importlib.import_module(plugin).__name__
        except ModuleNotFoundError as error:
            raise ValueError(
                "A plug-in is a module that Python finds, or a file NAME.py. "
                f"Received: {plugin!r} ({error})."
            ) from error
    if not os.path.isfile(plugin):
        raise ValueError(f"There is no plug-in file {plugin!r}.")
    here = os.path.realpath(plugin)
    for known in [*sys.modules.values()]:
        if os.path.realpath(getattr(known, "__file__", None) or "") == here:
            return known.__name__
    name = f"ganzoo_plugin_{os.path.basename(plugin)[:-3]}"
    sys.modules[name] = module = types.ModuleType(name)
    SourceFileLoader(name, plugin).exec_module(module)
    return name


def import_variants() -> None:
    """Imports every variant, so that saved models find their classes.

    Raises:
        RuntimeError: Keras uses a backend other than TensorFlow.
    """
    _check_backend()
    discover()
    for module, _ in _files.modules():
        importlib.import_module(module)


def _check_backend() -> None:
    # The environment first: importing Keras fails if its backend is missing.
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


def _check_image_format() -> None:
    import keras

    received = keras.config.image_data_format()
    if received != "channels_last":
        raise RuntimeError(
            "ganzoo's images have their channels last. Set keras.config."
            'set_image_data_format("channels_last"), or image_data_format in '
            f"~/.keras/keras.json. Received: {received!r}."
        )


def _common_options(with_networks: bool) -> dict:
    """The keywords of `assemble`, with the networks' options if it builds them."""
    source = source_of("models.assemble")
    keywords = source.signature("assemble", kinds=[KEYWORD]).parameters
    of_networks = source.constant("OF_NETWORKS")
    apart = {"network", *of_networks}
    common = {k: p.default for k, p in keywords.items() if k not in apart}
    return {**(of_networks if with_networks else {}), **common}


def _key(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")
