"""Defines the small runs of `effects`: (options of the builder, seed) -> figures.

Run by `GANZOO_RUNS=runs python experiments/effects.py`.
"""

import functools
import statistics

import keras
import numpy as np
import tensorflow as tf
from experiment import mnist

import ganzoo
from ganzoo import distribute
from ganzoo.data import load_data, pipeline
from ganzoo.data.toy import MIXTURES
from ganzoo.metrics import mode_coverage
from ganzoo.models.seeds import Use
from ganzoo.penalties import squared_norms

SEED = tf.constant([7, 7])  # for the samples that are measured
POINTS = {
    "image_shape": (2,),
    "latent_dim": 2,
    "g_hidden": (128, 128),
    "d_hidden": (128, 128),
    "dropout": 0.0,
    "normalize": False,
    "ema_decay": 0.0,
}
CENTRE = {"name": "mlp", "g_initializer": 0.1}  # G's first samples lie off the ring


@functools.cache
def images(split):
    return mnist(None, split).arrays["real"]


def train(model, real, steps, batch_size, every, record=None):
    """Trains, and calls `record(step)` after each `every` steps."""
    called = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: record and record((epoch + 1) * every)
    )
    model.fit(
        real,
        batch_size=batch_size,
        epochs=steps // every,
        steps_per_epoch=every,
        callbacks=[called],
        verbose=0,
    )


# --- spectral normalisation -------------------------------------------------------


def lipschitz(options, seed, steps=1500):
    size = {"image_shape": (8, 8, 1), "filters": 16, "penalties": {}}
    model = ganzoo.build("dcgan", **size, loss="wasserstein", seed=seed, **options)
    train(model, load_data("digits").arrays["real"], steps, 64, 250)
    held_out = load_data("digits", split="test").arrays["real"]
    real = model.as_batch(held_out)["real"]
    fake = model.generate({"real": real, "seed": SEED}, training=False)["sample"]
    part = tf.random.stateless_uniform((len(real), 1, 1, 1), SEED)
    figures = {}
    places = {"real": real, "fake": fake, "between": real + part * (fake - real)}
    for place, samples in places.items():
        slope = squared_norms(
            lambda x: model.discriminate({"sample": x}, training=False), samples
        )
        figures[f"largest, {place}"] = float(tf.sqrt(tf.reduce_max(slope)))
        figures[f"mean, {place}"] = float(tf.reduce_mean(tf.sqrt(slope)))
    largest = max(v for k, v in figures.items() if k.startswith("largest"))
    return {"largest": largest, **figures}


# --- R1 and minibatch layers ------------------------------------------------------


def ring(options, seed, steps=6000):
    """Measures how far samples of fixed latents travel, and the modes they meet."""
    model = ganzoo.build(
        "vanilla", **POINTS, learning_rate=1e-3, beta_1=0.9, seed=seed, **options
    )
    latents = model.latents(512, seed=0)
    samples, modes = [], []

    def record(step):
        if step > steps * 3 // 4:
            samples.append(model.decode(latents))
        if step > steps // 2 and step % 100 == 0:
            coverage = mode_coverage(model.sample(2500, seed=0), *MIXTURES["ring8"])
            modes.append(coverage["modes"])

    train(model, load_data("ring8").arrays["real"], steps, 256, 20, record)
    places = np.stack(samples)  # (times, latents, 2)
    spread = np.sqrt(places.var(axis=0).sum(axis=-1)).mean()
    last = mode_coverage(model.sample(2500, seed=0), *MIXTURES["ring8"])
    return {
        "amplitude": float(spread),
        "modes": statistics.mean(modes),
        "modes over time": modes,
        "at the end": last,
    }


# --- DiffAugment ------------------------------------------------------------------


def overfitting(options, seed, steps=6000, count=500):
    """D's accuracy on training and on other images, as D sees them in training."""
    nets = {"g_hidden": (256, 256), "d_hidden": (256, 256), "dropout": 0.0}
    model = ganzoo.build("vanilla", **nets, seed=seed, **options)
    shown, held_out = images("train")[:count], images("test")[:count]
    curve = []

    @tf.function
    def accuracy(real, number):
        part = {"sample": real, "seed": distribute.fold(SEED, number)}
        logits = model.judge(part, Use.AUGMENT_REAL, training=True)
        return tf.reduce_mean(tf.cast(logits > 0, tf.float32))

    def right(real):
        real = model.as_batch(real)["real"]
        return float(np.mean([accuracy(real, i) for i in tf.range(4)]))

    def record(step):
        curve.append({"step": step, "shown": right(shown), "held out": right(held_out)})

    train(model, shown, steps, 64, 500, record)
    late = curve[-4:]
    gap = statistics.mean(row["shown"] - row["held out"] for row in late)
    held = statistics.mean(row["held out"] for row in late)
    return {"gap": gap, "held out": held, "curve": curve}


# --- instance noise ---------------------------------------------------------------


def head_start(options, seed, marks=(0, 50, 100, 200, 400, 800)):
    """Norm of G's gradient after D alone has made so many steps."""
    settings = {"loss": "minimax", "network": CENTRE, "learning_rate": 1e-3}
    model = ganzoo.build("vanilla", **POINTS, **settings, seed=seed, **options)
    real = load_data("ring8").arrays["real"]
    data = iter(pipeline.batches({"real": real}, 256, seed=seed))
    weights = model.generator.trainable_variables

    def part(batch, number):
        return {**model.as_batch(batch), "seed": distribute.fold(SEED, number)}

    @tf.function
    def d_step(batch, number):
        inputs = part(batch, number)
        model.update_discriminators(inputs, model.generate(inputs, training=True))

    @tf.function
    def slope(batch, number):
        inputs = part(batch, number)
        with tf.GradientTape() as tape:
            fake = model.generate(inputs, training=True)
            terms, _ = model.generator_loss(inputs, fake, training=True)
        return tf.linalg.global_norm(tape.gradient(terms["g_adv"], weights))

    norms, done = {}, 0
    for mark in marks:
        while done < mark:
            d_step(next(data), tf.constant(done))
            done += 1
        norm = [float(slope(next(data), tf.constant(-1 - i))) for i in range(8)]
        norms[mark] = statistics.mean(norm)
    return {"gradient": norms[marks[-1]], "after D's steps": norms}
