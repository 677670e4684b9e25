"""Records the weights of every variant after 3 steps, and compares two records.

    PYTHONPATH=tests python experiments/golden.py record OUT.npz
    python experiments/golden.py compare BEFORE.npz AFTER.npz

Each variant is built small, in float64, and trained on one device and on two virtual
replicas; its default build is recorded as a hash of its first weights. A change that
should leave training alone leaves every difference at 0.
"""

import hashlib
import json
import sys

import keras
import numpy as np
import tensorflow as tf
from helpers import tiny, train

import ganzoo
from ganzoo import distribute

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(
    cpu, [tf.config.LogicalDeviceConfiguration()] * 2
)


def trained(name, strategy):
    """The weights of a small model of a variant after 3 steps."""
    keras.utils.set_random_seed(7)
    with strategy.scope():
        model = tiny(name, dtype="float64")
        train(model, steps=3)
    optimizers = [o for o in (model.g_optimizer, model.d_optimizer) if o is not None]
    state = [v for optimizer in optimizers for v in optimizer.variables]
    return [np.asarray(v.numpy()) for v in [*weights_of(model), *state]]


def weights_of(model):
    """The weights without the count of steps, which ganzoo 0.1.0 had not."""
    return [v for v in model.weights if v is not model.updates.count]


def default_hash(name):
    """A hash of the first weights and of the optimizers of a default build."""
    keras.utils.set_random_seed(7)
    model = ganzoo.build(name)
    digest = hashlib.sha256()
    for variable in weights_of(model):
        digest.update(variable.numpy().tobytes())
    for optimizer in (model.g_optimizer, model.d_optimizer):
        if optimizer is not None:
            settings = keras.saving.serialize_keras_object(optimizer)["config"]
            settings.pop("name", None)
            digest.update(json.dumps(settings, sort_keys=True, default=str).encode())
    return digest.hexdigest()


def record(path):
    strategies = {
        "one": tf.distribute.get_strategy(),
        "two": distribute.get_strategy("mirrored", 2),
    }
    arrays = {}
    for name in ganzoo.list_models():
        for label, strategy in strategies.items():
            for i, array in enumerate(trained(name, strategy)):
                arrays[f"{name}/{label}/{i:04}"] = array
        if "--defaults" in sys.argv:
            arrays[f"{name}/default"] = np.asarray(default_hash(name))
        print(name, flush=True)
    np.savez_compressed(path, **arrays)


def compare(before, after):
    """Prints the largest difference of each variant; exits with 1 where any is."""
    old, new = np.load(before), np.load(after)
    names = sorted({key.split("/")[0] for key in old.files})
    worst = 0.0
    for name in names:
        keys = [key for key in old.files if key.split("/")[0] == name]
        theirs = [key for key in new.files if key.split("/")[0] == name]
        if keys != theirs:
            print(f"{name}: {len(keys)} and {len(theirs)} arrays", flush=True)
            worst = np.inf
            continue
        weights = [key for key in keys if not key.endswith("/default")]
        difference = max(
            np.nan_to_num(
                np.max(np.abs(old[key].astype("float64") - new[key]), initial=0.0),
                nan=np.inf,  # which max would hide
            )
            if old[key].shape == new[key].shape
            else np.inf
            for key in weights
        )
        default = f"{name}/default"
        same = default not in keys or str(old[default]) == str(new[default])
        print(f"{name}: {difference:g}{'' if same else ', another default build'}")
        worst = max(worst, difference if same else np.inf)
    print(f"largest difference: {worst:g}")
    return int(worst > 0)


if __name__ == "__main__":
    if sys.argv[1:2] == ["record"]:
        record(sys.argv[2])
    else:
        sys.exit(compare(*sys.argv[2:4]))
