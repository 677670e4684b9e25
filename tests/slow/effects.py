"""Whether the pieces of the two axes do what their sources claim, in small runs.

    GANZOO_RUNS=runs python tests/slow/effects.py

Arms, budgets, measures, bars and seeds stand here and were fixed before the runs; the
settings were tried out on the seed 100, which does not count. A run leaves its figures
under $GANZOO_RUNS/effects, where they are found again: what was cut off goes on. All
together write zoo_configs/results/effects.json.
"""

import argparse
import functools
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from proof import RUNS, mnist, write_result

import ganzoo
from ganzoo import distribute
from ganzoo.data import load_data, pipeline
from ganzoo.data.toy import MIXTURES
from ganzoo.gan import AUGMENT_REAL
from ganzoo.metrics import mode_coverage

SEEDS = (1, 2, 3)
SEED = tf.constant([7, 7])  # of what is drawn to measure
POINTS = {
    "image_shape": (2,),
    "latent_dim": 2,
    "g_hidden": (128, 128, 128),
    "d_hidden": (128, 128, 128),
    "dropout": 0.0,
    "normalize": False,
}


@dataclass(frozen=True)
class Effect:
    """A claim, and how it is measured.

    Attributes:
        claim: with its source.
        setting: data, nets and budget.
        measure: what the number of an arm is.
        bar: what must be true of the numbers in every seed.
        arms: name to options of the builder; the plain one comes first.
        run: (options, seed) -> figures, of which `shown` is compared.
        shown: the figure's name.
        holds: (plain, with the piece) -> whether the bar is reached.
    """

    claim: str
    setting: str
    measure: str
    bar: str
    arms: dict
    run: Callable
    shown: str
    holds: Callable


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
    model = ganzoo.build("dcgan", filters=16, loss="hinge", seed=seed, **options)
    train(model, images("train"), steps, 64, 250)
    real = model.as_batch(images("test")[:512])["real"]
    fake = model.generate({"real": real, "seed": SEED}, training=False)["sample"]
    part = tf.random.stateless_uniform((512, 1, 1, 1), SEED)
    figures = {}
    places = {"real": real, "fake": fake, "between": real + part * (fake - real)}
    for place, samples in places.items():
        with tf.GradientTape() as tape:
            tape.watch(samples)
            total = tf.reduce_sum(model.discriminate({"sample": samples}, False))
        slope = tf.norm(tf.reshape(tape.gradient(total, samples), (512, -1)), axis=1)
        figures[f"largest, {place}"] = float(tf.reduce_max(slope))
        figures[f"mean, {place}"] = float(tf.reduce_mean(slope))
    largest = max(v for k, v in figures.items() if k.startswith("largest"))
    return {"largest": largest, **figures}


# --- R1 ---------------------------------------------------------------------------


def movement(options, seed, steps=6000):
    """How far samples of fixed latents still travel in the last quarter."""
    model = ganzoo.build("vanilla", **POINTS, learning_rate=1e-3, seed=seed, **options)
    latents = model.latents(512, seed=0)
    samples = []

    def record(step):
        if step > steps * 3 // 4:
            samples.append(model.decode(latents))

    train(model, load_data("ring8").arrays["real"], steps, 256, 20, record)
    samples = np.stack(samples)  # (times, latents, 2)
    spread = np.sqrt(samples.var(axis=0).sum(axis=-1)).mean()
    hop = np.linalg.norm(np.diff(samples, axis=0), axis=-1).mean()
    return {"amplitude": float(spread), "step": float(hop), **_modes("ring8", model)}


def _modes(name, model):
    return mode_coverage(model.sample(2500, seed=0), *MIXTURES[name])


# --- DiffAugment ------------------------------------------------------------------


def overfitting(options, seed, steps=4000, count=500):
    """D's accuracy on training and on other images, as D sees them in training."""
    model = ganzoo.build("dcgan", filters=16, d_norm="none", seed=seed, **options)
    shown, held_out = images("train")[:count], images("test")[:count]
    curve = []

    @tf.function
    def accuracy(real, number):
        given = {"sample": real, "seed": distribute.fold(SEED, number)}
        logits = model.judge(given, AUGMENT_REAL, training=True)
        return tf.reduce_mean(tf.cast(logits > 0, tf.float32))

    def right(real):
        real = model.as_batch(real)["real"]
        return float(np.mean([accuracy(real, i) for i in tf.range(4)]))

    def record(step):
        curve.append({"step": step, "shown": right(shown), "held out": right(held_out)})

    train(model, shown, steps, 64, 250, record)
    late = curve[-4:]
    gap = statistics.mean(row["shown"] - row["held out"] for row in late)
    held = statistics.mean(row["held out"] for row in late)
    return {"gap": gap, "held out": held, "curve": curve}


# --- minibatch layers -------------------------------------------------------------


def coverage(options, seed, steps=4000):
    model = ganzoo.build("vanilla", **POINTS, learning_rate=1e-3, seed=seed, **options)
    late = []

    def record(step):
        if step > steps // 2:
            late.append(_modes("grid25", model))

    train(model, load_data("grid25").arrays["real"], steps, 256, 200, record)
    modes = [row["modes"] for row in late]
    quality = [row["high_quality"] for row in late]
    return {
        "modes": statistics.mean(modes),
        "high quality": statistics.mean(quality),
        "modes over time": modes,
    }


# --- instance noise ---------------------------------------------------------------


def head_start(options, seed, marks=(0, 50, 100, 200, 400, 800, 1600)):
    """Norm of G's gradient after D alone has made so many steps."""
    model = ganzoo.build(
        "vanilla", **POINTS, loss="minimax", learning_rate=1e-3, seed=seed, **options
    )
    real = load_data("ring8").arrays["real"]
    data = iter(pipeline.batches({"real": real}, 256, seed=seed))
    weights = model.generator.trainable_variables

    def part(batch, number):
        return {**model.as_batch(batch), "seed": distribute.fold(SEED, number)}

    @tf.function
    def d_step(batch, number):
        given = part(batch, number)
        model.update_discriminators(given, model.generate(given, training=True))

    @tf.function
    def slope(batch, number):
        given = part(batch, number)
        with tf.GradientTape() as tape:
            fake = model.generate(given, training=True)
            terms, _ = model.generator_loss(given, fake, training=True)
        return tf.linalg.global_norm(tape.gradient(terms["g_adv"], weights))

    norms, done = {}, 0
    for mark in marks:
        while done < mark:
            d_step(next(data), tf.constant(done))
            done += 1
        found = [float(slope(next(data), tf.constant(-1 - i))) for i in range(8)]
        norms[mark] = statistics.mean(found)
    return {"gradient": norms[marks[-1]], "after D's steps": norms}


EFFECTS = {
    "spectral norm bounds D's slope": Effect(
        claim="spectral normalisation bounds D's Lipschitz constant (Miyato et al. "
        "2018, arXiv 1802.05957)",
        setting="dcgan on MNIST, 16 filters, hinge, 1,500 steps of 64",
        measure="the largest norm of D's gradient at 512 held-out real images, 512 "
        "fakes and 512 points between",
        bar="at most 4: each of two convolutions of kernel 4 and stride 2 takes a "
        "number four times and can stretch by 2; and below plain",
        arms={"plain": {"d_norm": "none"}, "spectral": {"d_norm": "spectral"}},
        run=lipschitz,
        shown="largest",
        holds=lambda plain, own: own <= 4 and own < plain,
    ),
    "R1 stops the oscillation": Effect(
        claim="R1 makes training converge where it would circle (Mescheder et al. "
        "2018, arXiv 1801.04406)",
        setting="vanilla on ring8 (radius 1), 3 x 128 units, 6,000 steps of 256, "
        "Adam 1e-3",
        measure="G's movement in the last quarter: the deviation over time of the "
        "sample of a latent, every 20 steps, mean of 512 latents",
        bar="at most half of plain",
        arms={"plain": {}, "r1": {"penalties": {"r1": 1.0}}},
        run=movement,
        shown="amplitude",
        holds=lambda plain, own: own <= plain / 2,
    ),
    "DiffAugment delays D's overfitting": Effect(
        claim="D memorises a small set later (Zhao et al. 2020, arXiv 2006.10738)",
        setting="dcgan on 500 MNIST images, 16 filters, no batch norm in D, 4,000 "
        "steps of 64",
        measure="D's accuracy on the 500 images less that on 500 held-out ones, as D "
        "sees them, mean of the last four of 16 measurements",
        bar="at most half of plain",
        arms={"plain": {}, "augmented": {"augment": "color,translation,cutout"}},
        run=overfitting,
        shown="gap",
        holds=lambda plain, own: own <= plain / 2,
    ),
    "minibatch layers cover modes": Effect(
        claim="a D that sees the batch keeps G from few modes (Salimans et al. 2016, "
        "arXiv 1606.03498; Karras et al. 2018, arXiv 1710.10196)",
        setting="vanilla on grid25, 3 x 128 units, 4,000 steps of 256, Adam 1e-3",
        measure="modes of 25 covered by 2,500 samples, mean of ten measurements in "
        "the second half",
        bar="more than plain",
        arms={
            "plain": {},
            "discrimination": {
                "network": {"name": "mlp", "minibatch": "discrimination"}
            },
            "stddev": {"network": {"name": "mlp", "minibatch": "stddev"}},
        },
        run=coverage,
        shown="modes",
        holds=lambda plain, own: own > plain,
    ),
    "instance noise keeps G's gradient": Effect(
        claim="noise on what D sees keeps G's gradient alive where D is ahead "
        "(Arjovsky and Bottou 2017, arXiv 1701.04862; Sonderby et al. 2017, 1610.04490)",
        setting="vanilla on ring8, minimax, 3 x 128 units, 1,600 steps of D alone",
        measure="norm of G's gradient after them, mean of 8 batches",
        bar="at least ten times plain",
        arms={"plain": {}, "noise": {"augment": [{"name": "noise", "stddev": 0.5}]}},
        run=head_start,
        shown="gradient",
        holds=lambda plain, own: own >= 10 * plain,
    ),
}


def measured(name, arm, seed):
    """The figures of a run, found or made."""
    path = RUNS / "effects" / f"{name} {arm} {seed}.json".replace(" ", "_")
    if not path.exists():
        effect, begin = EFFECTS[name], time.perf_counter()
        keras.utils.set_random_seed(seed)
        figures = effect.run(effect.arms[arm], seed)
        figures["seconds"] = round(time.perf_counter() - begin, 1)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(figures))
        part.rename(path)
        print(
            seed,
            name,
            arm,
            {k: v for k, v in figures.items() if np.isscalar(v)},
            flush=True,
        )
    return json.loads(path.read_text())


def verdict(name, seeds):
    """The numbers of all arms, and in how many seeds each reaches the bar."""
    effect = EFFECTS[name]
    runs = {arm: [measured(name, arm, seed) for seed in seeds] for arm in effect.arms}
    shown = {arm: [run[effect.shown] for run in found] for arm, found in runs.items()}
    plain, *others = effect.arms
    held = {arm: sum(map(effect.holds, shown[plain], shown[arm])) for arm in others}
    return {"shown": shown, "seeds that reach the bar": held, "runs": runs}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", nargs="*", default=list(EFFECTS))
    parser.add_argument("--seeds", nargs="*", type=int, default=SEEDS)
    args = parser.parse_args()
    found = {name: verdict(name, args.seeds) for name in args.only}
    if set(found) == set(EFFECTS) and tuple(args.seeds) == SEEDS:
        record(found)


if __name__ == "__main__":
    main()
