"""Networks: plain functions from shapes to functional Keras models.

Each family is a module with `generator` and `discriminator`. A network names its
inputs: `latent` (and `label`) for the generator, `sample` (and `label`) for the
discriminator. `make` builds both players of a family by its name. A family is
imported when it is first used, so its options are known without TensorFlow.

Some arguments mean the same in all families: `latent_dim`, `condition` and
`value_range`, see `make`; `minibatch`, a layer of `inputs.MINIBATCH`; and `heads`, see
`inputs.outputs`.
"""

from collections.abc import Mapping
from importlib import import_module

from ganzoo.utils.options import check_known, parameters
from ganzoo.utils.source import source_of

FAMILIES = ("mlp", "dcgan", "resnet", "volumetric", "graph", "resnet1d")
AUTO = {1: "mlp", 2: "mlp", 3: "dcgan", 4: "volumetric"}  # by the rank of a sample
OF_CODEC = {"molecules": "graph", "text": "resnet1d"}  # by what samples mean
SYMBOLIC = ("graph", "resnet1d")  # families whose samples are one-hot symbols
# Replacements of a family's default for penalties on D's gradient at each sample alone:
# batch statistics mix the samples, and a bound on the gradient opposes its penalty.
PER_SAMPLE = {"batch": "layer", "spectral": "none"}
# Options that the variant decides, for any family.
FIXED = ("image_shape", "latent_dim", "condition", "value_range", "heads")


def __getattr__(name: str):
    if name in FAMILIES:
        return import_module(f"ganzoo.networks.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def make(
    network: str | Mapping,
    image_shape,
    *,
    latent_dim: int,
    condition=None,
    d_norm: str | None = None,
    value_range="auto",
    per_sample: bool = False,
    d_arguments: Mapping | None = None,
) -> dict:
    """Builds the two players of a family, with the settings that belong to them.

    An option of the family applies to each player that has it, or to one alone with
    the prefix `g_` or `d_`.

    Args:
        network: a family, or `{"name": family, option: value}`, see `table`; of two
            options for one player, the later one wins.
        image_shape: shape of a sample, as the family supports it.
        latent_dim: length of the latent.
        condition: labels of the samples, see `data.labels.get`; None for none.
        d_norm: D's normalisation; None for the network's own.
        value_range: (low, high) of the samples; `auto` is None for vectors and
            signals, (0, 1) for one-hot symbols, else (-1, 1).
        per_sample: if True, a penalty needs D's gradient at each sample alone. D's
            default normalisation is then `layer` instead of `batch`, and `none`
            instead of `spectral`.
        d_arguments: `image_shape`, `condition` and `heads` of D, if they differ from
            G's.

    Returns:
        {"generator", "discriminator", "value_range"}.

    Raises:
        ValueError: an unknown family or option, with the nearest one, or a value
            that the family does not support.
    """
    options = table(network, image_shape)
    name = options.pop("name")
    check_known(f"option of network {name!r}", options, defaults(name))
    family = import_module(f"ganzoo.networks.{name}")
    if value_range == "auto":
        value_range = usual_range(image_shape, symbols=name in SYMBOLIC)
    described = {
        "image_shape": image_shape,
        "latent_dim": latent_dim,
        "condition": condition,
        "value_range": value_range,
    }
    of_d = {"image_shape": image_shape, "condition": condition}
    of_d = dict(d_arguments) if d_arguments is not None else of_d
    if per_sample:
        usual = defaults(name)["d_norm"]
        of_d["d_norm"] = PER_SAMPLE.get(usual, usual)
    if d_norm is not None:
        options["d_norm"] = d_norm
    return {
        "generator": _player(family.generator, "g_", described, options),
        "discriminator": _player(family.discriminator, "d_", of_d, options),
        "value_range": value_range,
    }


def usual_range(image_shape, symbols: bool) -> tuple[float, float] | None:
    """The range of values that `auto` means for samples of a shape.

    Args:
        image_shape: shape of a sample.
        symbols: True if samples are one-hot symbols.
    """
    if symbols:
        return (0.0, 1.0)
    return None if len(image_shape) < 3 else (-1.0, 1.0)


def table(network: str | Mapping, image_shape, codec=None) -> dict:
    """Returns `{"name": family, option: value}`, with `auto` resolved.

    Args:
        network: a family, or a table with its name.
        image_shape: shape of a sample, whose rank decides `auto`.
        codec: what one-hot samples mean, see `data.codecs`, which decides it first.

    Raises:
        ValueError: an unknown family, with the nearest one, or no name at all.
    """
    options = dict(network) if isinstance(network, Mapping) else {"name": network}
    name = options.get("name")
    if name == "auto":
        kind = codec["name"] if isinstance(codec, Mapping) else codec
        by_rank = AUTO.get(len(image_shape), "dcgan")
        name = options["name"] = OF_CODEC.get(kind, by_rank)
    if not isinstance(name, str):
        raise ValueError(
            "A network is a name, or a table with a name and options, such as "
            f'"dcgan" or {{name = "dcgan"}}. Received: {network!r}.'
        )
    check_known("network", [name], [*FAMILIES, "auto"])
    return options


def defaults(name: str) -> dict:
    """Returns the options of a family with their defaults.

    Options that both players have are also listed with the prefixes `g_` and `d_`.
    """
    source = source_of(f"networks.{name}")
    of_g, of_d = (
        {p.name: p.default for p in source.signature(player).parameters.values()}
        for player in ("generator", "discriminator")
    )
    apart = {"g_" + option: of_g[option] for option in of_g if option in of_d}
    apart |= {"d_" + option: of_d[option] for option in of_d if option in of_g}
    options = {**of_d, **of_g, **apart}
    fixed = {prefix + option for prefix in ("", "g_", "d_") for option in FIXED}
    return {k: v for k, v in options.items() if k not in fixed}


def _player(function, prefix, described, options):
    """Calls `function` with the values and options that it takes; the last wins."""
    names = parameters(function)
    values = {name: value for name, value in described.items() if name in names}
    for option, value in options.items():
        for name in (option, option.removeprefix(prefix)):
            if name in names:
                values[name] = value
                break
    return function(**values)
