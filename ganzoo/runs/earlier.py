"""Defaults of ganzoo 0.1.0, for files that list only non-default options.

Version 0.2.0 changed networks, rates and averages. Runs and cards of format 1 are built
with the options below, so their weights fit and their samples stay the same.
"""

import math
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
RESNET = {"g_filters": 256, "d_filters": 128, "doubling": False, "bias": True}
NO_AVERAGE = {"ema_decay": 0.0}
OF_VARIANTS: dict[str, dict] = {
    **dict.fromkeys(["dcgan", "lsgan", "dragan", "pacgan", "wgan", "wgan-gp"], DCGAN),
    **dict.fromkeys(["sngan", "sagan"], RESNET),
    "r3gan": {**RESNET, "activation": "relu", "pool": "sum"},
    "bigan": {"filters": 0, "value_range": (0.0, 1.0)},
    "3dgan": {"prior": "unit_uniform"},
    "cgan": {"network": CGAN},
    "unrolled": {"network": "mlp"},
}
OF_ANY_DATA: dict[str, dict] = {
    "dcgan": {"penalties": {}},
    **dict.fromkeys(["sgan", "r3gan"], {"ema_decay": 0.999}),
    "bigan": {"d_norm": "batch", "prior": "uniform"},
    "unrolled": {"unroll": 5, "saddle": True},
    "text2image": {"text_norm": False, "projection": 0},
    "text2image-l1": {"text_norm": False},
    "began": {
        "normalize": False,
        "filters": 64,
        "code_dim": 64,
        "value_range": (-1.0, 1.0),
        "gamma": 0.5,
        "balance_rate": 1e-3,
    },
}


def options_of(version: int, name: str, options: Mapping) -> dict:
    """Returns the options that build a model as in the version of its file.

    Args:
        version: format of the file.
        name: name of the variant.
        options: options in the file.

    Raises:
        ValueError: an unknown variant, with the nearest name.
    """
    if version > 1:
        return dict(options)
    # They belong to the default networks of images; vectors have other networks.
    default = "network" not in options and len(options.get("image_shape", ())) > 1
    usual = dict(OF_VARIANTS.get(name, {})) if default else {}
    if "doubling" in usual:  # D halved its maps once less than G doubles them
        from ganzoo.networks.dcgan import level_count  # `ganzoo list` needs no Keras

        sides = options["image_shape"][:-1]
        usual["last"] = math.ceil(min(sides) / 2 ** (level_count(*sides) - 1))
    average = NO_AVERAGE if "ema_decay" in find(name).own_options else {}
    return {**average, **usual, **OF_ANY_DATA.get(name, {}), **options}
