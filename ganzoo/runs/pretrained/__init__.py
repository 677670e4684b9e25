"""Pretrained models: small models that are installed with the package.

A model is NAME.npz, the weights of its generators (running averages if they were kept)
and, in most, of its discriminators; and NAME.json, its card: the options of its
build, the training command, its scores with their protocols, and the hash of the
weights. Arrays of two axes and more are 8-bit integers, see `utils.eight_bit`. The card
has the scores of the loaded model, not of the trained one.
"""

import hashlib
import io
import json
from pathlib import Path

import numpy as np

from ganzoo.runs.earlier import options_of
from ganzoo.utils import untrusted
from ganzoo.utils.eight_bit import pack, unpack
from ganzoo.utils.options import check_known
from ganzoo.variants._registry import build

FORMAT = 2  # 1 is 0.1.0, see `ganzoo.runs.earlier`
FOLDER = Path(__file__).parent
MAX_BYTES = 2 * 2**20
LEVELS = (127, 63)  # of weights: 8 bits, or 7 where these are too many bytes


def names() -> list[str]:
    """Names of the pretrained models."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def card(name: str) -> dict:
    """Reads a model's card.

    Raises:
        ValueError: no such model, with the nearest name.
    """
    check_known("pretrained model", [name], names())
    return untrusted.read_json(FOLDER / f"{name}.json")


def size(name: str) -> int:
    """Bytes of a model's weights."""
    return (FOLDER / f"{name}.npz").stat().st_size


def load(name: str):
    """Loads a model. `model.warm` names the networks that it holds trained.

    Raises:
        ValueError: no such model, with the nearest name; or a damaged file.
    """
    about = card(name)
    path = FOLDER / f"{name}.npz"
    data = untrusted.read_bytes(path, MAX_BYTES)
    if hashlib.sha256(data).hexdigest() != about["sha256"]:
        raise ValueError(f"{path} is damaged: it has another hash than on its card.")
    arrays = untrusted.read_arrays(io.BytesIO(data))
    name, options = about["build"]["name"], about["build"]["options"]
    options = options_of(about["format"], name, options)
    model = build(name, dtype="float32", **options)
    networks = _networks(model)
    held = {p: network for p, network in networks.items() if f"{p}00" in arrays}
    for prefix, network in held.items():
        keys = [f"{prefix}{i:02d}" for i in range(len(network.weights))]
        weights = [unpack(arrays[k], arrays.get(f"{k}_scale")) for k in keys]
        for own in (network, model.average_of(network)):
            own.set_weights(weights)
    model.warm = tuple(network.name for network in held.values())
    return model


def write(
    model, name: str, settings: dict, facts: dict, folder=FOLDER, judge: bool = False
) -> None:
    """Writes a model and its card.

    Args:
        model: model to write.
        name: name of the files.
        settings: name and options of `build`.
        facts: other entries of the card.
        folder: folder of the files.
        judge: if True, also write the discriminators, for fine-tuning.

    Raises:
        ValueError: weights of more than 2 MiB.
    """
    for levels in LEVELS:
        data = _file(model, judge, levels)
        if len(data) <= MAX_BYTES:
            break
    else:
        raise ValueError(f"{name} has {len(data)} bytes, more than {MAX_BYTES}.")
    (folder / f"{name}.npz").write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    about = {"format": FORMAT, "build": settings, "sha256": digest, **facts}
    (folder / f"{name}.json").write_text(json.dumps(about, indent=2) + "\n")


def _file(model, judge, levels):
    arrays = {}
    for prefix, network in _networks(model, judge).items():
        for i, weight in enumerate(model.average_of(network).get_weights()):
            key = f"{prefix}{i:02d}"
            arrays[key], scale = pack(weight, levels)
            if scale is not None:
                arrays[f"{key}_scale"] = scale
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def _networks(model, judge=True):
    """Networks of a model by the prefix of their keys: "", g1_, ..., d_, d1_, ..."""
    held = {f"g{i}_" if i else "": own for i, own in enumerate(model.generators)}
    if judge:
        judges = enumerate(model.discriminators)
        held |= {f"d{i}_" if i else "d_": own for i, own in judges}
    return held
