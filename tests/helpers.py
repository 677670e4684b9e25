"""Helpers that the tests of models share."""

import keras
import numpy as np
import tensorflow as tf

import ganzoo
from ganzoo import distribute
from ganzoo.data.dataset import Data
from ganzoo.data.mismatched_captions import fill

CONVOLUTIONS = {"filters": 2, "latent_dim": 4}
# Options that make a variant small, where the default is not small enough.
TINY = {
    "acgan": CONVOLUTIONS,
    "began": {**CONVOLUTIONS, "code_dim": 4},
    "dragan": CONVOLUTIONS,
    "improved": {**CONVOLUTIONS, "minibatch": {"name": "discrimination", "units": 3}},
    "lsgan": CONVOLUTIONS,
    "r3gan": CONVOLUTIONS,
    "sagan": CONVOLUTIONS,
    "sngan": CONVOLUTIONS,
    "wgan": CONVOLUTIONS,
    "wgan-gp": CONVOLUTIONS,
    "vanilla": {"g_hidden": (16, 16), "d_hidden": (16, 16), "latent_dim": 4},
    "cgan": {
        "network": {"name": "mlp", "hidden": (16, 16), "label_units": 4},
        "latent_dim": 4,
    },
    "dcgan": {"image_shape": (16, 16, 1), "filters": 4, "latent_dim": 4},
    "sgan": {"latent_dim": 4},
    "pacgan": {"network": {"name": "mlp", "hidden": (16, 16)}, "latent_dim": 4},
    "infogan": {"filters": 2, "units": 8, "latent_dim": 6},
    "3dgan": {"image_shape": (8, 8, 8, 1), "filters": 2, "units": 8, "latent_dim": 4},
    "molgan": {
        "image_shape": (6, 5),
        "latent_dim": 4,
        "g_hidden": (8,),
        "d_hidden": (8,),
        "convolutions": (6,),
        "aggregation": 8,
    },
    "bigan": {"hidden": (16, 16), "latent_dim": 4},
    "unrolled": {
        "network": {"name": "mlp", "hidden": (16, 16)},
        "latent_dim": 4,
        "unroll": 2,
    },
    "vae": {"hidden": (16,), "latent_dim": 4},
    "made": {"hidden": (16,)},
    "rbm": {"hidden": 6, "chains": 4, "sample_gibbs": 3},
    "ddpm": {"filters": 4, "levels": 1, "times": 4},
    "text2image": {**CONVOLUTIONS, "text_dim": 4, "text_units": 4},
    "text2image-l1": {**CONVOLUTIONS, "text_dim": 4, "text_units": 4},
    "pix2pix": {"filters": 2, "levels": 2, "d_levels": 1},
    "cyclegan": {
        "filters": 2,
        "blocks": 1,
        "d_levels": 1,
        "pool": 4,
        "norm": "none",  # pix2pix has it, and tracing it twice costs twice
        "d_norm": "none",
    },
    "srresnet": {"scale": 2, "filters": 2, "blocks": 1},
    "srgan": {
        "scale": 2,
        "filters": 2,
        "blocks": 1,
        "d_filters": 2,
        "d_units": 4,
        "d_norm": "none",  # dcgan has it, and seven of them cost a minute
    },
    "context-encoder": {"filters": 2, "levels": 2, "overlap": 1},
    "next-frame": {
        "scales": 2,
        "filters": 2,
        "d_filters": 2,
        "d_units": 4,
    },
}


def tiny(name, **options):
    """Builds a small model of a variant, on 8x8 images unless TINY says otherwise."""
    return ganzoo.build(
        name, **{"image_shape": (8, 8, 1), **TINY.get(name, {}), **options}
    )


def arrays_for(model, count=96):
    """Random training arrays for a model: samples, and labels and captions where it
    takes them."""
    rng = np.random.default_rng(1)
    entries = model.batch_spec.entries
    # Captions are drawn twice: golden weights were recorded so.
    arrays = {
        key: rng.integers(0, 256, (count, *entries[key].shape), dtype="uint8")
        for key in ("real", "source", "unpaired", "caption")
        if key in entries
    }
    if len(entries["real"].shape) == 2:  # one-hot symbols
        kinds = entries["real"].shape[1]
        codes = rng.integers(0, kinds, (count, entries["real"].shape[0]))
        arrays["real"] = np.eye(kinds, dtype="uint8")[codes] * np.uint8(255)
    if "label" in entries:
        arrays["label"] = rng.integers(0, entries["label"].count, count).astype("int32")
    if "caption" in entries:
        shape, words = arrays["caption"].shape, entries["caption"].words
        arrays["caption"] = rng.integers(0, words + 1, shape, "int32")
    return arrays


def sampled(model, arrays, n, seed):
    """n samples of a model, made for a data set of these arrays."""
    data = Data("a test", arrays, vocabulary=getattr(model, "vocabulary", ()))
    return model.sample_for(data, n, seed)["real"]


def train(model, steps, batch_size=8, steps_per_call=1, **kwargs):
    """Trains for a number of steps and returns the last logs.

    A loop of steps in a call takes a quarter longer to trace than one of them.
    """
    history = model.fit(
        arrays_for(model),
        batch_size=batch_size,
        epochs=1,
        steps_per_epoch=steps,
        steps_per_call=steps_per_call,
        verbose=0,
        **kwargs,
    )
    return {name: values[-1] for name, values in history.history.items()}


def train_eagerly(model, batches):
    """Trains on global batches on the replicas of the model, step by step.

    Nothing is traced, which takes most of the time of a test. Returns the last logs,
    those of each replica if there are several.
    """
    if model.step == 0:
        model.adapt(model.as_batch(batches[0]))
        model._reset_averages()
    for batch in batches:

        def step(batch=batch):
            count = distribute.replica_count()
            shares = {
                key: distribute.own_share(value, len(value) // count)
                for key, value in batch.items()
            }
            return model.train_step(shares)

        logs = model.distribute_strategy.run(step)
    return logs


def batches_for(model, count, size=8):
    """Some global batches of random arrays for a model."""
    arrays = fill(arrays_for(model))
    size *= max(1, model.d_steps)
    return [
        {k: tf.constant(np.roll(v, 5 * i, axis=0)[:size]) for k, v in arrays.items()}
        for i in range(count)
    ]


def weights(model):
    """Every weight by position and path, as arrays."""
    return {f"{i} {v.path}": v.numpy() for i, v in enumerate(model.weights)}


def largest_difference(a, b):
    """Over all weights of two models; NaN if one is NaN, which max would hide."""
    pairs = zip(weights(a).values(), weights(b).values(), strict=True)
    return float(np.max([np.max(np.abs(x - y), initial=0.0) for x, y in pairs]))


def copied(layer):
    """A layer like this one, made from its config."""
    return keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(layer)
    )


def of_kind(network, kind):
    """The layers of a network that are of a kind."""
    return [layer for layer in network.layers if isinstance(layer, kind)]
