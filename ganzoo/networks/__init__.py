"""Networks: plain functions from shapes to functional Keras models.

Each family is a module with `generator` and `discriminator`. A network names its
inputs: `latent` (and `label`) to the generator, `sample` (and `label`) to the
discriminator. `make` builds both players of a family by its name.
"""

import inspect
from collections.abc import Callable, Mapping
from types import ModuleType

import keras

from ganzoo.layers import SpectralNorm
from ganzoo.networks import dcgan, mlp, norms, resnet, volumetric
from ganzoo.penalties import terms_of
from ganzoo.utils.options import check_known, from_spec, parameters

FAMILIES = {"mlp": mlp, "dcgan": dcgan, "resnet": resnet, "volumetric": volumetric}
# What the variant decides, for any family.
GIVEN = ("image_shape", "latent_dim", "num_classes", "value_range")


def make(
    network: str | Mapping,
    image_shape,
    *,
    latent_dim: int,
    d_shape=None,
    num_classes: int = 0,
    value_range="auto",
    label_in_d: bool = True,
    penalties: Mapping | None = None,
    own: Mapping | None = None,
    builder: Callable | None = None,
) -> dict:
    """Builds the two players of a family: what `gan.assemble` takes of networks.

    An option of the family goes to each player that has it, or to one alone with
    `g_` or `d_` before its name.

    Args:
        network: a family, or `{"name": family, option: value}`.
        image_shape: of a sample; what the family can serve.
        latent_dim: length of the latent.
        d_shape: of what D judges, where it is not one sample.
        num_classes: number of labels; 0 for none.
        value_range: of the samples; `auto` is None for vectors, else (-1, 1).
        label_in_d: whether D takes the label too, where there is one.
        penalties: the model's. If one needs D's gradient at each sample alone,
            `d_norm` is, unless it is given, `layer` where the family's is `batch`,
            and `none` where it is `spectral`.
        own: the builder's options that shape networks, None for the family's own
            value. The network's own options come before them; those that the family
            lacks must have been left at the builder's default.
        builder: the builder, for these defaults.

    Returns:
        {"generator", "discriminator", "num_classes", "value_range"}.

    Raises:
        ValueError: an unknown family or option, with the nearest one, or a value
            that the family cannot serve.
    """
    options = dict(network) if isinstance(network, Mapping) else {"name": network}
    name = options.pop("name", None)
    family = from_spec("network", {"name": name}, _FACTORIES)
    own = {key: value for key, value in (own or {}).items() if value is not None}
    allowed = option_names(family)
    asked = [*options, *_changed(own, builder)]
    check_known(f"option of network {name!r}", asked, allowed)
    if value_range == "auto":
        value_range = None if len(image_shape) == 1 else (-1.0, 1.0)
    given = {
        "image_shape": image_shape,
        "latent_dim": latent_dim,
        "num_classes": num_classes,
        "d_num_classes": num_classes if label_in_d else 0,
        "value_range": value_range,
    }
    if any(term.penalty.per_sample for term in terms_of(penalties).values()):
        usual = inspect.signature(family.discriminator).parameters["d_norm"].default
        given["d_norm"] = norms.PER_SAMPLE.get(usual, usual)
    judged = {**given, "image_shape": d_shape or image_shape}
    return {
        "generator": _player(family.generator, "g_", (given, own, options)),
        "discriminator": _player(family.discriminator, "d_", (judged, own, options)),
        "num_classes": num_classes,
        "value_range": value_range,
    }


def open_features(discriminator, **heads: int) -> keras.Model:
    """A discriminator that says more than its logits.

    Args:
        discriminator: of a family, one that takes no label.
        **heads: units of further linear outputs, by name, on D's features; with
            spectral normalisation where D's last layer has it.

    Returns:
        D answering {"logits", "features": what its last layer sees, and the heads}.
    """
    last = discriminator.layers[-1]
    wrap = SpectralNorm if isinstance(last, SpectralNorm) else lambda layer: layer
    answers = {"logits": discriminator.output, "features": last.input}
    for name, units in heads.items():
        answers[name] = wrap(keras.layers.Dense(units, name=name))(last.input)
    return keras.Model(discriminator.input, answers, name=discriminator.name)


def option_names(family: ModuleType) -> list[str]:
    """The options of a family: those of its players, and `g_`, `d_` where both."""
    of_g, of_d = (
        [name for name in parameters(player) if name not in GIVEN]
        for player in (family.generator, family.discriminator)
    )
    both = [name for name in of_g if name in of_d]
    apart = [prefix + name for name in both for prefix in ("g_", "d_")]
    return [*dict.fromkeys([*of_g, *of_d]), *apart]


def _changed(own, builder):
    """Those of the builder's options that are not at their default."""
    declared = inspect.signature(builder).parameters if builder else {}
    return [
        name
        for name, value in own.items()
        if name not in declared or value != declared[name].default
    ]


def _player(function, prefix, sources):
    """Calls `function` with what it takes of the sources, of which later ones win."""
    names = parameters(function)
    values = {}
    for source in sources:
        for lead in ("", prefix):
            values |= {n: source[lead + n] for n in names if lead + n in source}
    return function(**values)


_FACTORIES = {name: lambda family=family: family for name, family in FAMILIES.items()}
