"""AdversarialModel: the one train step that every variant shares."""

from collections.abc import Mapping

import keras
import numpy as np
import tensorflow as tf

from ganzoo import distribute
from ganzoo.data import codecs
from ganzoo.data.dataset import Data
from ganzoo.layers import noise_from
from ganzoo.models.players import trained_weights
from ganzoo.models.seeds import Use
from ganzoo.models.state import total_of
from ganzoo.models.trainer import Trainer

Batch = Mapping[str, tf.Tensor]
"""Tensors by key: `real`, `label`, ...; from a generator, `sample` and its inputs."""
Terms = tuple[dict[str, tf.Tensor], dict[str, tf.Tensor]]
"""Named scalars to minimise, and scalars that are only logged."""


@keras.saving.register_keras_serializable("ganzoo")
class AdversarialModel(Trainer):
    """Two players, two optimizers, Algorithm 1 of Goodfellow et al. 2014.

    A subclass names its networks and defines three methods: `generate`,
    `discriminator_loss` and `generator_loss`. A loss returns two dicts: the named
    scalar terms whose sum is minimised, and scalars that are only logged. Terms are
    plain means over this replica's samples; the scaling for replicas happens once, in
    `_update`.

    A baseline without D, such as `vae` or `srresnet`, is not adversarial. It shares
    this base with `d_steps` 0, so noise, averages, resuming and replicas work as they
    do for the others.

    Args:
        **settings: see `Trainer`.
    """

    # --- defined by each variant ------------------------------------------------

    def generate(self, batch: Batch, training: bool) -> Batch:
        """Returns {"sample": fake, ...}, with the other values that the losses need."""
        raise NotImplementedError

    def discriminator_loss(self, batch: Batch, fake: Batch, training: bool) -> Terms:
        """Returns (terms to minimise, scalars to watch)."""
        raise NotImplementedError

    def generator_loss(self, batch: Batch, fake: Batch, training: bool) -> Terms:
        """Returns (terms to minimise, scalars to watch)."""
        raise NotImplementedError

    # --- hooks with defaults ----------------------------------------------------

    checked = 256  # samples that the health monitor looks at each time
    checks = 30  # times in a run that it looks

    def update_discriminators(self, part, fake):
        """Updates D once; `fake` was generated outside the tape, so it is constant."""
        return self._update(
            lambda: self.discriminator_loss(part, fake, training=True),
            self.d_optimizer,
            self.discriminators,
        )

    def after_step(self, values):
        """Updates state after a step; `values` holds its terms and logged scalars."""
        self._update_averages()

    @property
    def sample_keys(self) -> tuple[str, ...]:
        """Keys of a data set from which `sample_for` makes its samples."""
        return ()

    def sample_for(self, data: Data, n: int, seed: int) -> dict[str, np.ndarray]:
        """Makes n samples for scores and monitors, conditioned on `data` if needed.

        Args:
            data: the data set; its rows are spread evenly over the samples.
            n: number of samples.
            seed: seed of their noise.

        Returns:
            `real`: the samples (n, ...) as users see them; and, by key, the label,
            caption or source of each, where known.
        """
        raise NotImplementedError

    def gallery(self, arrays, count):
        """Samples for a picture of training progress.

        Returns:
            (samples, columns), where None leaves the number of columns open. A third
            value, if any, holds a caption for each row.
        """
        raise NotImplementedError

    # --- the step ---------------------------------------------------------------

    def train_step(self, data):
        """Algorithm 1: `d_steps` updates of D, then one of G, all on fresh noise."""
        *d_parts, g_part = self.parts(self.as_batch(data), self.step_seed())
        values = {}
        for part in d_parts:
            with layer_noise(part):
                fake = self.generate(part, training=True)
                values = self.update_discriminators(part, fake)
        with layer_noise(g_part):
            values = values | self._update(
                lambda: self.generator_loss(
                    g_part, self.generate(g_part, training=True), training=True
                ),
                self.g_optimizer,
                self.generators,
            )
        self.updates.add_one(after=list(values.values()))
        self.after_step(values)
        return self._log(values, tf.shape(g_part["real"])[0])

    def test_step(self, data):
        """Computes the terms without an update, on the same noise for every batch.

        Every replica sees the global batch, since a last batch may be split unevenly,
        or leave a replica without samples.
        """
        shares = self.as_batch(data)
        batch = {key: distribute.global_batch(share) for key, share in shares.items()}
        batch["seed"] = self._base_seed()
        with distribute.whole_batch(), layer_noise(batch):
            fake = self.generate(batch, training=False)
            values = {}
            if self.d_steps:
                values = self._merged(self.discriminator_loss(batch, fake, False))
            values |= self._merged(self.generator_loss(batch, fake, False))
        return self._log(values, tf.shape(batch["real"])[0])

    def parts(self, batch, seed):
        """Splits a batch for the D steps and the G step, each with its own seed.

        Slices are strided, so that a step sees the same samples for any number of
        replicas. The G step reuses the last slice, with new noise. Each part also has
        `d_updates`, the number of D updates before it.
        """
        count = max(1, self.d_steps)
        slices = [
            {key: value[i::count] for key, value in batch.items()} for i in range(count)
        ]
        before = self.updates.count * self.d_steps
        d_parts = [
            {**part, "seed": distribute.fold(seed, i), "d_updates": before + i}
            for i, part in enumerate(slices[: self.d_steps])
        ]
        own = {
            "seed": distribute.fold(seed, Use.G_STEP),
            "d_updates": before + self.d_steps,
        }
        return [*d_parts, {**slices[-1], **own}]

    def step_seed(self):
        """The seed of this step: a function of the model's seed and the step."""
        step = tf.cast(self.updates.count, tf.int32)
        return distribute.fold(self._base_seed(), step)

    def _base_seed(self):
        return tf.constant([self.seed, 0], tf.int32)

    def as_samples(self, values) -> np.ndarray:
        """Converts floats in `value_range` to uint8; keeps uint8 and vectors."""
        if self.value_range is None or values.dtype == np.uint8:
            return np.asarray(values)
        return self._checked_pixels(*self._as_pixels(tf.convert_to_tensor(values)))

    def _as_pixels(self, values):
        """uint8 of floats in `value_range`, and whether all of them are finite."""
        low, high = self.value_range
        pixels = tf.round((values - low) * (255 / (high - low)))
        finite = tf.reduce_all(tf.math.is_finite(values))
        return tf.cast(tf.clip_by_value(pixels, 0, 255), "uint8"), finite

    def _checked_pixels(self, pixels, finite) -> np.ndarray:
        """Returns the array of `pixels`; raises ValueError if one was not finite."""
        if not finite:
            raise ValueError(
                "Samples are NaN or infinite: the model has diverged. Load an earlier "
                "checkpoint, or train it anew."
            )
        return pixels.numpy()

    def strings(self, samples: np.ndarray) -> list[str]:
        """Returns what one-hot samples (n, L, V) say; "" for an invalid one.

        Raises:
            ValueError: the model has no codec.
        """
        codec = codecs.get(self.codec)
        if codec is None:
            raise ValueError(
                "Samples of this model are no symbols that could be written as text. "
                f"Allowed: models built with codec=, such as molgan. Received: "
                f"{type(self).__name__} with codec=None."
            )
        return codec.strings(samples)

    def _feed(self, network, values, training=False):
        """As `feed`, with an output in float32 or better."""
        return tf.cast(feed(network, values, training), self.variable_dtype)

    def _choose(self, network, ema):
        """Returns `network` if `ema` is False, else its running average if kept."""
        if ema and not self.averages:
            raise ValueError(
                "This model keeps no running average. Build it with ema_decay above 0, "
                f"or leave ema out. Received: ema={ema}."
            )
        return network if ema is False else self.average_of(network)

    def _update(self, loss_fn, optimizer, networks):
        variables = trained_weights(networks)
        with tf.GradientTape() as tape:
            values = self._merged(loss_fn())
            # Optimizers sum gradients over replicas. Dividing inside the tape turns
            # that sum into the gradient of the mean over the global batch.
            loss = next(iter(values.values())) / distribute.replica_count()
        gradients = tape.gradient(loss, variables)
        # TensorFlow's graph optimizers (2.20, 2.21) let a write to a weight overtake a
        # read of it if the gradient does not need the value that is read.
        with tf.control_dependencies([loss]):
            optimizer.apply(gradients, variables)
        return values

    def _merged(self, answer: Terms) -> dict[str, tf.Tensor]:
        """The total of a loss's terms, the terms and the logged scalars.

        Raises:
            ValueError: an answer of another form, or terms that the log does not have.
        """
        pair = isinstance(answer, tuple) and len(answer) == 2
        if not pair or not all(isinstance(part, Mapping) for part in answer):
            raise ValueError(
                "A loss of a model returns two dicts of scalars: the terms to "
                f"minimise, and those that are only logged. Received: {answer!r}."
            )
        terms, watched = answer
        shapes = {name: tf.convert_to_tensor(v).shape for name, v in terms.items()}
        if uneven := {name: tuple(s) for name, s in shapes.items() if s.rank}:
            raise ValueError(
                "The terms of a loss are scalars, each a mean over the samples. "
                f"Received: shapes {uneven}."
            )
        unnamed = [name for name in terms if name not in self.loss_terms]
        if unnamed or not terms:
            raise ValueError(
                f"A loss returns the terms that `loss_terms` of {type(self).__name__} "
                f"names: {', '.join(self.loss_terms)}. Received: {', '.join(terms)}."
            )
        total = total_of(next(iter(terms)))
        return {total: tf.add_n(list(terms.values())), **terms, **watched}

    def _update_averages(self):
        if not self.averages:
            return
        step = tf.cast(self.updates.count, self.variable_dtype)
        ramp = (1 + step) / (10 + step)
        rate = 1 - tf.minimum(tf.cast(self.ema_decay, step.dtype), ramp)
        for network, average in zip(self.averaged, self.averages, strict=True):
            for new, old in zip(network.weights, average.weights, strict=True):
                old.assign(old + tf.cast(rate, old.dtype) * (new - old))

    def _log(self, values, count):
        missing = [name for name in self.log.names if name not in values]
        if missing:
            raise ValueError(
                f"The losses of {type(self).__name__} return every value that its "
                "`loss_terms` and `watched` name; a subclass that returns others sets "
                f"these. Missing: {', '.join(missing)}."
            )
        logs = {name: values[name] for name in self.log.names}
        self.log.update_state(list(logs.values()), count)
        return logs


def layer_noise(batch):
    """Context in which dropout and noise layers draw from the batch's seed."""
    return noise_from(distribute.fold(batch["seed"], Use.NOISE))


def feed(network, values, training):
    """Calls `network` on the values that it names as inputs."""
    missing = [name for name in network.input if name not in values]
    if missing:
        raise ValueError(
            f"The {network.name} needs the inputs {', '.join(network.input)}. "
            f"Missing: {', '.join(missing)}."
        )
    inputs = {name: values[name] for name in network.input}
    return network(inputs, training=training)
