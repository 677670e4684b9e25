"""ganzoo: the GAN model zoo for TensorFlow and Keras 3.

Importing it is quick: TensorFlow is loaded by the first name that needs it.
"""

import importlib
from typing import TYPE_CHECKING

from wrapt import register_post_import_hook

from ganzoo.utils.quiet import silence_tensorflow
from ganzoo.variants._registry import build as build
from ganzoo.variants._registry import describe as describe
from ganzoo.variants._registry import list_models as list_models
from ganzoo.variants._registry import register as register
from ganzoo.variants._saved import announce

if TYPE_CHECKING:
    from ganzoo import data as data
    from ganzoo import layers as layers
    from ganzoo import losses as losses
    from ganzoo import metrics as metrics
    from ganzoo import networks as networks
    from ganzoo import penalties as penalties
    from ganzoo.comparison.compare import compare as compare
    from ganzoo.evaluation.evaluate import evaluate as evaluate
    from ganzoo.models import latent as latent
    from ganzoo.models.adversarial import AdversarialModel as AdversarialModel
    from ganzoo.models.assemble import assemble as assemble
    from ganzoo.models.export import export as export
    from ganzoo.models.gan import GAN as GAN
    from ganzoo.runs.config_files import load_config as load_config
    from ganzoo.runs.experiment import Experiment as Experiment
    from ganzoo.runs.load import load as load
    from ganzoo.training import callbacks as callbacks
    from ganzoo.training.callbacks.log import curves as curves
    from ganzoo.training.train import train as train

__version__ = "0.2.0.dev0"

# Where each public name is; those without a colon are modules.
_LAZY = {
    "AdversarialModel": "ganzoo.models.adversarial:AdversarialModel",
    "Experiment": "ganzoo.runs.experiment:Experiment",
    "GAN": "ganzoo.models.gan:GAN",
    "assemble": "ganzoo.models.assemble:assemble",
    "callbacks": "ganzoo.training.callbacks",
    "compare": "ganzoo.comparison.compare:compare",
    "curves": "ganzoo.training.callbacks.log:curves",
    "data": "ganzoo.data",
    "evaluate": "ganzoo.evaluation.evaluate:evaluate",
    "export": "ganzoo.models.export:export",
    "latent": "ganzoo.models.latent",
    "layers": "ganzoo.layers",
    "load": "ganzoo.runs.load:load",
    "load_config": "ganzoo.runs.config_files:load_config",
    "losses": "ganzoo.losses",
    "metrics": "ganzoo.metrics",
    "networks": "ganzoo.networks",
    "penalties": "ganzoo.penalties",
    "train": "ganzoo.training.train:train",
}

# Files that ganzoo wrote name its classes: Keras finds them after `import ganzoo`.
register_post_import_hook(announce, "keras")
silence_tensorflow()


def __getattr__(name):
    if name not in _LAZY:
        raise AttributeError(f"module 'ganzoo' has no attribute {name!r}")
    module, _, attribute = _LAZY[name].partition(":")
    imported = importlib.import_module(module)
    return getattr(imported, attribute) if attribute else imported


def __dir__():
    return sorted({*globals(), *_LAZY})
