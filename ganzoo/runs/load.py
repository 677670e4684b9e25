"""`load`: loads a model from a run directory, a file or a pretrained name."""

from pathlib import Path

import keras

from ganzoo.models.adversarial import AdversarialModel
from ganzoo.runs import checkpoint, hub, pretrained
from ganzoo.runs.directory import CHECKPOINTS, read_card, read_config
from ganzoo.runs.earlier import options_of
from ganzoo.utils import untrusted
from ganzoo.utils.options import check_known
from ganzoo.variants._registry import build, import_variants


def load(source: str | Path, best: bool = False) -> AdversarialModel:
    """Loads a model from a run directory, a `.keras` file, a pretrained name or a hub.

    It needs no data, and a connection only for a hub.

    Args:
        source: a path, a name of `ganzoo.runs.pretrained`, or `hf://owner/name`, see
            `ganzoo.runs.hub`; an existing path wins.
        best: if True, load the checkpoint with the best score instead of the last one.

    Raises:
        ValueError: no such file or checkpoint, not a model of ganzoo, or `best` of
            something that is not a run directory.
    """
    import_variants()
    if str(source).startswith(hub.PREFIX):
        source = hub.fetch(str(source))
    path = Path(source)
    is_pretrained = str(source) in pretrained.names() and not path.exists()
    if best and (is_pretrained or path.is_file()):
        raise ValueError(
            "best=True is for run directories, which keep a best checkpoint; a file "
            f"holds one model. Received: {str(source)!r}."
        )
    if is_pretrained:
        return pretrained.load(str(source))
    if path.is_file():
        untrusted.check_keras(path)
        return _load_keras(path)
    config = read_config(path)
    if config is None:
        raise ValueError(
            f"{path} is neither a run directory nor a .keras file. A run directory "
            "holds config.json and checkpoints/; a model on the hub is "
            f"{hub.PREFIX}owner/name. {_pretrained(str(source))}"
        )
    settings = config["build"]
    options = options_of(config["format"], settings["name"], settings["options"])
    model = build(settings["name"], dtype=settings["dtype"], **options)
    kind = "best" if best else "step"
    if not checkpoint.restore(model, path / CHECKPOINTS, kind):
        which = "best checkpoint: train with evaluate_every" if best else "checkpoint"
        raise ValueError(f"The run in {path} has no {which} yet.")
    if table := read_card(path).get("table"):
        model.table = table
    return model


def _pretrained(name):
    """Names the pretrained models, and the nearest one to an unknown name."""
    try:
        check_known("pretrained model", [name], pretrained.names())
    except ValueError as error:
        return str(error)
    return ""


def _load_keras(path):
    try:
        model = keras.saving.load_model(path, safe_mode=True)
    except Exception as error:  # Keras raises any error on an invalid config
        raise ValueError(f"{path} holds no model of ganzoo: {error}") from error
    if not isinstance(model, AdversarialModel):
        raise ValueError(
            f"{path} holds no model of ganzoo, but a {type(model).__name__}."
        )
    return model
