"""ganzoo: the GAN model zoo for TensorFlow and Keras 3.

Importing it is quick: TensorFlow is loaded by the first name that needs it.
"""

import importlib
from typing import TYPE_CHECKING

from ganzoo.registry import build as build
from ganzoo.registry import describe as describe
from ganzoo.registry import list_models as list_models
from ganzoo.registry import register as register

if TYPE_CHECKING:
    from ganzoo.adversarial import AdversarialModel as AdversarialModel
    from ganzoo.comparing import compare as compare
    from ganzoo.evaluation import evaluate as evaluate
    from ganzoo.experiment import Experiment as Experiment
    from ganzoo.experiment import load_config as load_config
    from ganzoo.exporting import export as export
    from ganzoo.gan import GAN as GAN
    from ganzoo.gan import assemble as assemble
    from ganzoo.training import load as load
    from ganzoo.training import train as train

__version__ = "0.1.0"

_LAZY = {
    "AdversarialModel": "ganzoo.adversarial",
    "compare": "ganzoo.comparing",
    "evaluate": "ganzoo.evaluation",
    "Experiment": "ganzoo.experiment",
    "load_config": "ganzoo.experiment",
    "export": "ganzoo.exporting",
    "GAN": "ganzoo.gan",
    "assemble": "ganzoo.gan",
    "load": "ganzoo.training",
    "train": "ganzoo.training",
}


def __getattr__(name):
    if name == "metrics":
        return importlib.import_module("ganzoo.metrics")
    if name not in _LAZY:
        raise AttributeError(f"module 'ganzoo' has no attribute {name!r}")
    return getattr(importlib.import_module(_LAZY[name]), name)


def __dir__():
    return sorted({*globals(), *_LAZY, "metrics"})
