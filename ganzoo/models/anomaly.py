"""Anomaly scores: how badly a GAN, trained on normal samples, makes a sample."""

import keras
import numpy as np
import tensorflow as tf

from ganzoo.models.adversarial import feed
from ganzoo.models.from_noise import CHUNK, check_latents


def anomaly_scores(model, x, latents, *, weight: float = 0.1) -> np.ndarray:
    """Scores (n,) that are high for samples unlike the training samples.

    (1 - weight) |x - G(z)|_1 + weight |f(x) - f(G(z))|_1, where f are the features
    before D's logit; D sees the latent if it judges pairs. With latents from an
    encoder, it is EGBAD's score (Zenati et al. 2018, arXiv 1802.06222, section 3,
    feature matching). With latents from a search, it is AnoGAN's (Schlegl et al. 2017,
    arXiv 1703.05921), whose search also includes D's term.

    Args:
        model: a `GAN`, trained on normal samples.
        x: samples (n, ...), uint8 or floats in `value_range`.
        latents: (n, latent_dim), `model.encode(x)` of bigan, or
            `model.project(x).latents` of any model.
        weight: share of D's features; 0.1 in both papers.

    Raises:
        ValueError: a model without latents or without a trained D, samples or latents
            of another shape, NaN, a weight outside [0, 1], a D without a layer before
            its logit, or one that judges by other inputs.
    """
    check_latents(model)
    if not model.discriminators:
        raise ValueError(
            "Anomaly scores compare the features of D: use a GAN, such as bigan or "
            f"dcgan. Received: {type(model).__name__}, which has none."
        )
    model.check_trained()
    if not 0 <= weight <= 1:
        raise ValueError(f"`weight` must be from 0 to 1. Received: {weight}.")
    x = model._checked(x)
    latents = np.asarray(latents, model.variable_dtype)
    if latents.shape != (len(x), model.latent_dim):
        raise ValueError(
            f"Latents must have shape {(len(x), model.latent_dim)}, one for each "
            f"sample. Received: {latents.shape}."
        )
    if not np.isfinite(latents).all():
        raise ValueError("Latents must be finite. Received: NaN or infinite values.")
    features = _features(model)
    noise = tf.constant([0, 1])
    scores = [np.empty(0)]
    for i in range(0, len(x), CHUNK):
        z = tf.convert_to_tensor(latents[i : i + CHUNK])
        real = model.as_batch({"real": x[i : i + CHUNK]})["real"]
        fakes = model.inferred({"latent": z}, None, noise)
        of_real, of_fakes = (
            feed(features, {"sample": sample, "latent": z}, training=False)
            for sample in (real, fakes)
        )
        pixels, features_apart = _distance(real, fakes), _distance(of_real, of_fakes)
        scores.append((1 - weight) * pixels + weight * features_apart)
    return np.concatenate(scores)


def _features(model):
    """D up to the layer before its logit."""
    discriminator = model.discriminator
    seen = tuple(discriminator.input["sample"].shape[1:])
    if seen != model.sample_shape:
        raise ValueError(
            "Scores need a D that judges samples one by one, of shape "
            f"{model.sample_shape}. Received: a D of {seen}."
        )
    last = discriminator.layers[-1]
    if not isinstance(last, keras.layers.Dense) or not isinstance(
        last.input, keras.KerasTensor
    ):
        raise ValueError(
            "The features of a score are those before D's logit, a dense layer. "
            f"Received: a D that ends in {last.name}, a {type(last).__name__}."
        )
    return keras.Model(discriminator.input, last.input, name="discriminator")


def _distance(a, b):
    """Sums (N,) of absolute differences."""
    difference = tf.cast(tf.abs(a - b), "float64")
    return tf.reduce_sum(tf.reshape(difference, (len(a), -1)), axis=1).numpy()
