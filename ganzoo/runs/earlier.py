"""Defaults of ganzoo 0.1.0, for files that state only the options that differed.

Version 0.2.0 changed networks, rates and averages. Runs and cards of format 1 are built
with the options below, so that their weights fit and their samples stay as they were.
"""

from collections.abc import Mapping

from ganzoo.variants._registry import find

DCGAN = {"units": 0, "filters": 64, "by_unit": False}
CGAN = {
    "name": "mlp",
    "g_hidden": (256, 512),
    "d_hidden": (512, 256),
    "label_units": 50,
    "dropout": 0.3,
}
RESNET = {"g_filters": 256, "d_filters": 128}
NO_AVERAGE = {"ema_decay": 0.0}
OF_VARIANTS: dict[str, dict] = {
    **dict.fromkeys(["dcgan", "lsgan", "dragan", "pacgan", "wgan", "wgan-gp"], DCGAN),
    **dict.fromkeys(["sngan", "sagan"], RESNET),
    "3dgan": {"prior": "unit_uniform"},
    "cgan": {"network": CGAN},
}


def options_of(version: int, name: str, options: Mapping) -> dict:
    """Returns the options that build a model as the version of its file did.

    Args:
        version: format of the file.
        name: of the variant.
        options: that the file states.

    Raises:
        ValueError: an unknown variant, with the nearest name.
    """
    if version > 1:
        return dict(options)
    # They go with the default networks, which for vectors are others.
    default = "network" not in options and len(options.get("image_shape", ())) > 1
    usual = OF_VARIANTS.get(name, {}) if default else {}
    keeps = "ema_decay" in find(name).own_options and name not in ("sgan", "r3gan")
    return {**usual, **(NO_AVERAGE if keeps else {}), **options}
