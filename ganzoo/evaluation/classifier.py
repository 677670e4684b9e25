"""A small convolutional classifier, trained once per data set, always the same."""

from collections.abc import Mapping

import keras
import numpy as np
from keras import layers

from ganzoo.data.dataset import Data
from ganzoo.evaluation import small_networks
from ganzoo.utils import precision

RECIPE = 1  # raised with any change below, since it changes the features
FILTERS = (32, 64, 96)
FEATURES = 64
BATCH_SIZE = 128
STEPS = 2400  # five epochs of MNIST
LEARNING_RATE = 2e-3
SCALED_BY = 10_000  # training images that set the scale of features


@precision.policy("float32")
def network(image_shape, num_classes: int, seed: int = 0) -> keras.Model:
    """uint8 images (N, H, W, C) to `features` (N, 64) and `probabilities` (N, n).

    Three convolutions that halve the image, and one hidden layer, whose outputs are the
    features, with a mean square of 1. Every weight starts from its own seed, derived
    from `seed`.
    """
    first = 7 * seed  # seven seeds are used

    def init(own):
        return keras.initializers.HeNormal(seed=first + own)

    x = images = keras.Input(image_shape, dtype="uint8", name="images")
    x = layers.Rescaling(1 / 127.5, -1.0)(x)
    for i, filters in enumerate(FILTERS):
        x = layers.Conv2D(
            filters, 3, 2, "same", activation="relu", kernel_initializer=init(i)
        )(x)
    x = layers.Dropout(0.25, seed=first + 3)(layers.Flatten()(x))
    features = layers.Dense(
        FEATURES, activation="relu", kernel_initializer=init(4), name="hidden"
    )(x)
    x = layers.Dropout(0.25, seed=first + 5)(features)
    probabilities = layers.Dense(
        num_classes, activation="softmax", kernel_initializer=init(6), name="classes"
    )(x)
    outputs = {"features": features, "probabilities": probabilities}
    return keras.Model(images, outputs, name="classifier")


def trained(data: Data, keep: bool = True) -> keras.Model:
    """Trains the classifier on labelled images with fixed seeds.

    Args:
        data: labelled images; those with label -1 are left out.
        keep: keeps the weights in the user's cache, by the data's fingerprint; a
            damaged file is replaced.

    Raises:
        ValueError: no labels, or samples that are not uint8 images.
    """
    _check(data)
    model = network(data.sample_shape, data.num_classes)
    if keep:
        key = f"{data.fingerprint}_{data.num_classes}_recipe{RECIPE}_steps{STEPS}"
        small_networks.keep_weights(
            model, "classifiers", key, lambda: _train(model, data)
        )
    else:
        _train(model, data)
    return model


def accuracy(probabilities, labels) -> float:
    """Share of samples whose likeliest class is their label; -1 is ignored."""
    known = labels >= 0
    return float(np.mean(probabilities[known].argmax(axis=1) == labels[known]))


def recalls(probabilities, labels) -> np.ndarray:
    """Share (classes,) of each class's samples that are found; NaN without any."""
    right = probabilities.argmax(axis=1) == labels
    members = [right[labels == i] for i in range(probabilities.shape[1])]
    return np.array([own.mean() if own.size else np.nan for own in members])


def fit(model, arrays: Mapping, **settings) -> None:
    """Trains a `network` on `real` and `label`; settings as of `small_networks.fit`."""
    loss = keras.losses.SparseCategoricalCrossentropy()

    def error(batch):
        out = model(batch["real"], training=True)
        return loss(batch["label"], out["probabilities"])

    small_networks.fit(
        model,
        arrays,
        error,
        steps=STEPS,
        batch_size=BATCH_SIZE,
        learning_rate=LEARNING_RATE,
        **settings,
    )


def _train(model, data):
    known = data.arrays["label"] >= 0
    arrays = {key: data.arrays[key] for key in ("real", "label")}
    if not known.all():
        arrays = {key: array[known] for key, array in arrays.items()}
    fit(model, arrays)
    _normalize(model, arrays["real"][:SCALED_BY])


def _normalize(model, images):
    """Scales the features to a mean square of 1; the classes stay unchanged."""
    features = small_networks.batched(lambda x: model(x)["features"], images)
    scale = float(np.sqrt(np.mean(np.square(features))))
    hidden, last = model.get_layer("hidden"), model.get_layer("classes")
    for weight in hidden.weights:
        weight.assign(weight / scale)
    last.kernel.assign(last.kernel * scale)


def _check(data):
    real = data.arrays["real"]
    if real.ndim != 4 or real.dtype != np.uint8:
        raise ValueError(
            "The extractor 'classifier' needs uint8 images (N, H, W, C). Use "
            "'pixels', or a model of your own. "
            f"Received: {real.dtype} of shape {real.shape}."
        )
    if data.num_classes < 2 or (data.arrays["label"] < 0).all():
        raise ValueError(
            f"The extractor 'classifier' needs labels, and the data set {data.name!r} "
            "has none. Use 'pixels', 'inception', or a model of your own."
        )
