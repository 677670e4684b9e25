"""GAN: the default answers, from noise to sample, and `assemble` for builders."""

from collections.abc import Mapping

import keras
import numpy as np
import tensorflow as tf

from ganzoo import optimizers
from ganzoo.judged_model import JudgedModel
from ganzoo.latent_model import CHUNK, LatentModel
from ganzoo.penalties import lazy_ratio

# Adam's, of networks such as DCGAN's on images up to 32x32: with DCGAN's 2e-4 for both,
# which is for 10^5 steps, G crawls. Chosen by experiments/pilots.md.
RATES = {"d": 4e-4, "g": 1e-3}


@keras.saving.register_keras_serializable("ganzoo")
class GAN(JudgedModel, LatentModel):
    """A generator of samples from noise, and a discriminator of samples.

    The discriminator may name the inputs `sample` and `label`.

    Args:
        **settings: see `JudgedModel` and `LatentModel`.
    """

    loss_terms = ("d_adv", "g_adv")

    # --- use --------------------------------------------------------------------

    @property
    def has_probability(self) -> bool:
        """Whether D(x) of a sample is a probability."""
        return self.loss_functions.probability is not None

    def probability_real(self, x, label=None) -> np.ndarray:
        """D(x) in [0, 1] of samples (n, ...), uint8 or in `value_range`.

        Raises:
            ValueError: D(x) of a sample is no probability.
        """
        if not self.has_probability:
            raise ValueError(
                "D(x) of a sample is no probability here; probability_real needs a "
                "loss such as 'non_saturating' and a D that judges samples one by "
                f"one. Received: {type(self).__name__}, loss {self.objective!r}."
            )
        if label is None and "label" in self.discriminator.input:
            raise ValueError("D(x) of this model depends on the label: give `label`.")
        x = self._checked(x)
        labels = self._labels(label, len(x))
        values = [np.empty(0, self.variable_dtype)] + [
            self._probability_chunk(x[i : i + CHUNK], labels[i : i + CHUNK])
            for i in range(0, len(x), CHUNK)
        ]
        return np.concatenate(values)

    def _probability_chunk(self, x, labels):
        given = {
            "sample": self._scale(x),
            "label": tf.convert_to_tensor(labels, tf.int32),
        }
        logits = self.discriminate(given, training=False)
        probability = self.loss_functions.probability(logits)
        return tf.reshape(probability, (len(x), -1)).numpy().mean(axis=1)


def assemble(
    model=GAN,
    *,
    loss="non_saturating",
    augment=None,
    penalties=None,
    d_clip=0.0,
    d_steps=1,
    learning_rate=2e-4,
    d_learning_rate=None,
    g_learning_rate=None,
    beta_1=0.5,
    beta_2=0.999,
    epsilon=1e-7,
    d_optimizer=None,
    g_optimizer=None,
    decay_steps=None,
    decay="half",
    prior="normal",
    ema_decay=0.0,
    seed=0,
    jit_compile=False,
    **parts,
):
    """Makes and compiles the model; its keywords are the options of every builder.

    Args:
        model: the class.
        loss: a loss by name, or `{"name": ..., option: value}`.
        augment: of what D sees in training, real and fake alike: names joined by
            commas ("color,translation,cutout" is DiffAugment), or a list of names and
            of tables with options.
        penalties: on D, a table of weights `{"r1": 10.0}`, or of tables with a weight,
            an interval in D updates and options of the penalty,
            `{"r1": {"weight": 10.0, "every": 16}}`. Adam's rate and betas of D are
            corrected for the interval as in StyleGAN2, unless D has its own optimizer.
        d_clip: limit of all of D's weights, 0.01 in WGAN; 0 for none.
        d_steps: D updates for each G update.
        learning_rate: Adam's, for both players, or `{"d": ..., "g": ...}`.
        d_learning_rate: D's own rate.
        g_learning_rate: G's own rate.
        beta_1: Adam's decay of the mean gradient.
        beta_2: Adam's decay of the squared gradient.
        epsilon: Adam's, added outside the square root.
        d_optimizer: in place of Adam: a `keras.optimizers.Optimizer`, or `rmsprop`,
            `sgd`, `ramped_sgd` or `{"name": ..., option: value}`, with the rate above
            unless it has its own.
        g_optimizer: the same for G.
        decay_steps: G updates of the whole training, at whose end the rates are 0;
            None keeps them.
        decay: how the rates fall: `half`, linearly over the second half of
            `decay_steps`; `linear`, from the first step on; or, without them,
            `{"name": "exponential", "factor": 0.999996, "lowest": 1e-6}`.
        prior: `normal`, `uniform` (-1 to 1) or `unit_uniform` (0 to 1).
        ema_decay: of the running average of G; 0 keeps none.
        seed: of all the noise of training.
        jit_compile: compile the step with XLA (one device only).
        **parts: what the builder made: networks and settings of `model`.
    """
    built = model(
        objective=loss,
        augment=augment,
        penalties=penalties,
        d_clip=d_clip,
        d_steps=d_steps,
        prior=prior,
        ema_decay=ema_decay,
        seed=seed,
        **parts,
    )
    adam = {"name": "adam", "beta_1": beta_1, "beta_2": beta_2, "epsilon": epsilon}
    d_rate, g_rate = _rates(learning_rate, d_learning_rate, g_learning_rate)
    d_adam = _lazy({**adam, "learning_rate": d_rate}, lazy_ratio(built.penalty_terms))
    d_player = d_optimizer or d_adam
    g_updates, d_updates = (
        decay_steps and decay_steps * updates for updates in (1, built.d_steps)
    )
    judged = built.discriminators
    built.compile(
        d_optimizer=optimizers.make(d_player, d_rate, decay, d_updates)
        if judged
        else None,
        g_optimizer=optimizers.make(g_optimizer or adam, g_rate, decay, g_updates),
        jit_compile=jit_compile,
    )
    return built


def _lazy(adam, ratio):
    """Adam's settings where one term comes at an interval, see `lazy_ratio`."""
    corrected = {"learning_rate": ratio * adam["learning_rate"]}
    corrected |= {beta: adam[beta] ** ratio for beta in ("beta_1", "beta_2")}
    return adam if ratio == 1 else {**adam, **corrected}


def _rates(rate, d_rate, g_rate):
    """Of D and G: their own rates, where they have one, before what both have."""
    table = rate if isinstance(rate, Mapping) else {"d": rate, "g": rate}
    if set(table) != {"d", "g"}:
        raise ValueError(
            "`learning_rate` must be a number, or a table with the rates of both "
            f'players, {{"d": ..., "g": ...}}. Received: {rate!r}.'
        )
    return (
        table[player] if own is None else own
        for player, own in (("d", d_rate), ("g", g_rate))
    )
