"""GAN: the default answers, from noise to sample, and `assemble` for builders."""

import math
from collections.abc import Mapping

import keras
import numpy as np
import tensorflow as tf

from ganzoo import distribute, losses, specs
from ganzoo.augment import get as augmentation
from ganzoo.latent_model import CHUNK, LatentModel, feed
from ganzoo.layers import MinibatchDiscrimination, MinibatchStdDev
from ganzoo.penalties import lazy_ratio, terms_of

# What the seed of a step is folded with, beside LATENT.
PENALTY, AUGMENT_REAL, AUGMENT_FAKE, AUGMENT_PENALTY = 1, 2, 3, 4
# Layers of D that exchange values with the other replicas.
SPANNING = (
    keras.layers.BatchNormalization,
    MinibatchDiscrimination,
    MinibatchStdDev,
)


@keras.saving.register_keras_serializable("ganzoo")
class GAN(LatentModel):
    """A generator of samples from noise, and a discriminator of samples.

    The discriminator may name the inputs `sample` and `label`.

    Args:
        discriminator: samples to logits, (N, 1).
        objective: a loss by name, or `{"name": ..., option: value}`.
        augment: what D sees of real and fake samples in both steps of training, by
            names joined by commas, or a list of names and of tables with options.
        penalties: D's, `{name: weight}` or `{name: {"weight": ..., option: value}}`.
        d_clip: D's kernels are kept in [-d_clip, d_clip]; 0 leaves them free.
        **settings: see `LatentModel`.
    """

    loss_terms = ("d_adv", "g_adv")
    refused: Mapping[str, str] = {}  # options that a variant cannot serve, and why

    def __init__(
        self,
        *,
        discriminator,
        objective="non_saturating",
        augment=None,
        penalties=None,
        d_clip=0.0,
        **settings,
    ):
        super().__init__(**settings)
        self.discriminator = discriminator
        self.objective = objective
        self.loss_functions = losses.get(objective)
        self.augment = augment
        self.augmented = augmentation(augment, self.sample_shape, self.value_range)
        self.penalties = penalties
        self.penalty_terms = terms_of(penalties)
        self.penalty_state = [
            v for term in self.penalty_terms.values() for v in term.penalty.state
        ]
        self.loss_terms = (*self.loss_terms, *(f"d_{n}" for n in self.penalty_terms))
        self.d_clip = d_clip
        for option, reason in self.refused.items():
            if getattr(self, option):
                raise ValueError(
                    f"{type(self).__name__} takes no `{option}`: {reason}. "
                    f"Received: {getattr(self, option)!r}."
                )

    def compile(self, *args, **kwargs):
        """As `Trainer.compile`; refuses penalties that the networks cannot take."""
        super().compile(*args, **kwargs)
        _check_penalties(self.penalty_terms, self.discriminators)
        _clip(self.discriminators, self.d_clip)

    # --- answers ----------------------------------------------------------------

    @property
    def discriminators(self):
        return [self.discriminator]

    @property
    def watched(self):
        return ("d_real", "d_fake") if self.loss_functions.probability else ()

    def outputs(self, given, training):
        """All that D says of `given["sample"]`, by name, float32 or better.

        A D that answers logits alone says {"logits"}.
        """
        out = feed(self.discriminator, given, training)
        named = out if isinstance(out, Mapping) else {"logits": out}
        return {k: tf.cast(value, self.variable_dtype) for k, value in named.items()}

    def discriminate(self, given, training):
        """D's logits, float32 or better; `given["sample"]` is what it looks at."""
        return self.outputs(given, training)["logits"]

    def view(self, given, use, training):
        """`given` as D sees it: in training the augmentation changes the sample.

        Args:
            given: with the `sample` and the step's `seed`.
            use: what the seed is folded with: each use has a change of its own.
        """
        if not training:
            return given
        seed = distribute.fold(given["seed"], use)
        sample = self.augmented(given["sample"], seed, self.g_optimizer.iterations)
        return {**given, "sample": sample}

    def judge(self, given, use, training):
        """D's logits of a sample in its `view`."""
        return self.discriminate(self.view(given, use, training), training)

    def discriminator_loss(self, batch, fake, training):
        real_logits = self._judge_real(batch, training)
        logits = self.judge({**batch, **fake}, AUGMENT_FAKE, training)
        return self._d_terms(batch, fake, real_logits, logits, training)

    def _d_terms(self, batch, fake, real_logits, logits, training):
        """D's answer, given its logits of real and fake samples."""
        terms = {"d_adv": self.loss_functions.discriminator(real_logits, logits)}
        terms |= self._penalise(batch, fake["sample"], training)
        watched = self._watch(real_logits, logits)
        watched["real_logit"] = tf.reduce_mean(real_logits)
        watched["fake_logit"] = tf.reduce_mean(logits)
        return terms, watched

    def generator_loss(self, batch, fake, training):
        logits = self.judge({**batch, **fake}, AUGMENT_FAKE, training)
        return self._g_terms(batch, logits, training)

    def _g_terms(self, batch, logits, training):
        """G's answer, given D's logits of fake samples."""
        real_logits = None
        if self.loss_functions.paired:
            real_logits = self._judge_real(batch, training)
        return {"g_adv": self.loss_functions.generator(real_logits, logits)}, {}

    def _judge_real(self, batch, training):
        return self.judge({**batch, "sample": batch["real"]}, AUGMENT_REAL, training)

    def _penalise(self, batch, fake, training):
        """The weighted penalties, d_<name>."""
        critic = self._critic(batch, training)
        update = self.d_optimizer.iterations if training else None
        terms = {}
        for i, (name, term) in enumerate(self.penalty_terms.items()):
            seed = distribute.fold(distribute.fold(batch["seed"], PENALTY), i)
            terms[f"d_{name}"] = term(critic, batch["real"], fake, seed, update)
        return terms

    def _critic(self, batch, training):
        """D's logits as a function of samples, all else given."""

        def critic(samples):
            return self.judge({**batch, "sample": samples}, AUGMENT_PENALTY, training)

        return critic

    def _watch(self, real, fake):
        """Mean D(x) and D(G(z)), where D's output is a probability."""
        probability = self.loss_functions.probability
        if not probability:
            return {}
        return {
            "d_real": tf.reduce_mean(probability(real)),
            "d_fake": tf.reduce_mean(probability(fake)),
        }

    def after_step(self, values):
        super().after_step(values)
        for term in self.penalty_terms.values():
            term.penalty.follow(values)

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


def _check_penalties(terms, discriminators):
    if terms and not discriminators:
        raise ValueError(
            "Penalties need a discriminator, and this model has none. Remove "
            f"`penalties`. Received: {', '.join(terms)}."
        )
    layers = [x for network in discriminators for x in network._flatten_layers()]
    for name, term in terms.items():
        mixing = _names(layers, keras.layers.BatchNormalization)
        if term.penalty.per_sample and mixing:
            raise ValueError(
                f"The penalty {name!r} takes D's gradient at each sample, which batch "
                "normalisation makes depend on the others. Build D without it: "
                f'd_norm="layer", "none" or "instance". Received: {mixing}.'
            )
        spanning = _names(layers, SPANNING)
        if term.every > 1 and spanning and distribute.replica_count() > 1:
            raise ValueError(
                f"Under several replicas the penalty {name!r} needs every=1: layers "
                "that see the whole batch cannot be left out of a step. "
                f"Received: every={term.every} with {spanning}."
            )


def _names(layers, kinds):
    return ", ".join(layer.name for layer in layers if isinstance(layer, kinds))


def _clip(networks, limit):
    if not 0 <= limit < math.inf:
        raise ValueError(
            f"`d_clip` must be a number from 0; 0 does not clip. Received: {limit}."
        )
    variables = [v for network in networks for v in network.trainable_variables]
    for kernel in (v for v in variables if limit and len(v.shape) > 1):
        if not isinstance(kernel.constraint, Clip | None):
            raise ValueError(
                "`d_clip` needs kernels without another constraint, such as spectral "
                f"normalisation has. Received: d_clip={limit} and {kernel.constraint} "
                f"on {kernel.path}."
            )
        kernel.constraint = Clip(limit)


@keras.saving.register_keras_serializable("ganzoo")
class Clip(keras.constraints.Constraint):
    """Keeps every weight in [-limit, limit] (WGAN, arXiv 1701.07875, algorithm 1)."""

    def __init__(self, limit):
        self.limit = limit

    def __call__(self, weights):
        return keras.ops.clip(weights, -self.limit, self.limit)

    def get_config(self):
        return {"limit": self.limit}


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
        d_clip: limit of D's kernels, 0.01 in WGAN; 0 for none.
        d_steps: D updates for each G update.
        learning_rate: Adam's, for both players.
        d_learning_rate: D's own rate.
        g_learning_rate: G's own rate.
        beta_1: Adam's decay of the mean gradient.
        beta_2: Adam's decay of the squared gradient.
        epsilon: Adam's, added outside the square root.
        d_optimizer: in place of Adam: a `keras.optimizers.Optimizer`, or a name or
            `{"name": ..., option: value}`, with the rate above unless it has its own.
        g_optimizer: the same for G.
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
    d_rate = _first(d_learning_rate, learning_rate)
    g_rate = _first(g_learning_rate, learning_rate)
    d_adam = _lazy({**adam, "learning_rate": d_rate}, lazy_ratio(built.penalty_terms))
    built.compile(
        d_optimizer=_optimizer(d_optimizer or d_adam, d_rate),
        g_optimizer=_optimizer(g_optimizer or adam, g_rate),
        jit_compile=jit_compile,
    )
    return built


def _lazy(adam, ratio):
    """Adam's settings where one term comes at an interval, see `lazy_ratio`."""
    corrected = {"learning_rate": ratio * adam["learning_rate"]}
    corrected |= {beta: adam[beta] ** ratio for beta in ("beta_1", "beta_2")}
    return adam if ratio == 1 else {**adam, **corrected}


def _first(value, default):
    return default if value is None else value


OPTIMIZERS = {
    "adam": keras.optimizers.Adam,
    "rmsprop": keras.optimizers.RMSprop,
    "sgd": keras.optimizers.SGD,
}


def _optimizer(spec, rate):
    if isinstance(spec, keras.optimizers.Optimizer):
        return spec
    table = spec if isinstance(spec, Mapping) else {"name": spec}
    return specs.make("optimizer", {"learning_rate": rate, **table}, OPTIMIZERS)
