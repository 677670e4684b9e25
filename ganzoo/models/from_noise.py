"""LatentModel: a generator of samples from noise, and how it is used."""

from collections.abc import Callable, Mapping

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from ganzoo import distribute
from ganzoo.data.batch_spec import Labels
from ganzoo.layers import MeanBias, noise_states
from ganzoo.models import latent
from ganzoo.models.adversarial import AdversarialModel, feed
from ganzoo.models.image_arrays import spread
from ganzoo.models.seeds import Use
from ganzoo.utils.options import check_known

PRIORS = {
    "normal": distribute.global_normal,
    "uniform": lambda *args: 2 * distribute.global_uniform(*args) - 1,
    "unit_uniform": distribute.global_uniform,
}
CHUNK = 256  # samples generated at once, which bounds memory for any n
MOST_ROWS = 20  # classes of a conditional model's picture


class LatentModel(AdversarialModel):
    """A generator from noise to samples, trained by any loss.

    The networks declare their conditions: each takes a dict of named inputs, and
    receives the values that it names. The generator may name `latent` and `label`;
    labels are whole numbers from 0 to `num_classes` - 1.

    Args:
        generator: latent (N, latent_dim) to samples in `value_range`.
        prior: `normal` N(0, 1), `uniform` U(-1, 1) or `unit_uniform` U(0, 1).
        num_classes: number of labels if the networks take one, else 0.
        **settings: see `AdversarialModel`.
    """

    has_probability = False  # True if D(x) of a sample is a probability

    def __init__(self, *, generator, prior="normal", num_classes=0, **settings):
        super().__init__(**settings)
        check_known("prior", [prior], PRIORS)
        self.generator = generator
        self.prior = prior
        self.num_classes = num_classes

    @property
    def generators(self):
        return [self.generator]

    @property
    def batch_spec(self):
        spec = super().batch_spec
        return spec.plus(label=Labels(self.num_classes)) if self.num_classes else spec

    def adapt(self, batch):
        """Starts G's bias from the mean of the samples, if G asks for that."""
        for layer in self.generator.layers:
            if isinstance(layer, MeanBias):
                layer.initialize(batch["real"])
        super().adapt(batch)

    def generate(self, batch, training):
        seed = distribute.fold(batch["seed"], Use.LATENT)
        count = batch["real"].shape[0] or tf.shape(batch["real"])[0]
        inputs = {**batch, "latent": self._draw(count, seed)}
        sample = feed(self.generator, inputs, training)
        return {**inputs, "sample": sample}

    # --- use --------------------------------------------------------------------

    @property
    def conditional(self) -> bool:
        """True if samples are conditioned on labels from the data."""
        return bool(self.num_classes and "label" in self.batch_spec.entries)

    @property
    def sample_keys(self):
        return ("label",) if self.conditional else ()

    @property
    def latent_dim(self) -> int:
        """Length of a latent."""
        return self.generator.input["latent"].shape[-1]

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape of one sample."""
        return tuple(self.generator.output.shape[1:])

    def latents(self, n: int, seed: int = 0) -> np.ndarray:
        """Draws n latents (n, latent_dim) from the prior.

        A larger n starts with the same latents as a smaller one.
        """
        chunks = [
            self._draw(CHUNK, distribute.fold(tf.constant([seed, 1]), i)).numpy()
            for i in range(-(-n // CHUNK))
        ]
        return np.concatenate(chunks)[:n] if n else np.empty((0, self.latent_dim))

    def sample(
        self,
        n: int,
        *,
        seed: int = 0,
        label: ArrayLike | None = None,
        ema: bool | None = None,
        into: Callable[[np.ndarray], object] | None = None,
    ) -> np.ndarray:
        """Generates n samples.

        Args:
            n: number of samples; memory stays bounded for any number.
            seed: seed of the latents, and of G's noise if it has any. The same n, seed
                and weights give the same samples.
            label: a label, or n of them, for conditional models; by default the
                classes in turn.
            ema: if True, use the running average of the generator; by default, use it
                if there is one.
            into: a function that takes the samples chunk by chunk, for more of them
                than memory holds; then none are returned.

        Returns:
            uint8 images (n, H, W, C) in 0..255; floats (n, d) if samples have no
            `value_range`.

        Raises:
            ValueError: a negative n, a label that the model does not know, or
                `ema=True` if no average is kept.
        """
        if n < 0:
            raise ValueError(f"`n` must be 0 or more. Received: {n}.")
        latents = self.latents(n, seed)
        return self.decode(latents, label=label, ema=ema, seed=seed, into=into)

    @property
    def _inputs(self) -> str:
        """The inputs of the exported generator, in words."""
        inputs = f"latent (n, {self.latent_dim}) from the prior {self.prior!r}"
        if self.num_classes:
            inputs += f", label (n,) int32 below {self.num_classes}"
        return inputs

    @property
    def interface(self) -> str:
        """The inputs and outputs of the exported generator, in words."""
        return (
            f"{self._inputs}, to samples (n, {', '.join(map(str, self.sample_shape))})"
        )

    def sample_for(self, data, n, seed):
        conditions = {key: spread(data.arrays[key], n) for key in self.sample_keys}
        return {"real": self.sample(n, seed=seed, **conditions), **conditions}

    def gallery(self, arrays, count):
        """Samples of fixed latents; a row for each class of a conditional model."""
        if not self.num_classes:
            return self.sample(count, seed=1), None
        columns = 8
        labels = np.repeat(np.arange(min(self.num_classes, MOST_ROWS)), columns)
        return self.sample(len(labels), seed=1, label=labels), columns

    def decode(
        self,
        latents: ArrayLike,
        *,
        label: ArrayLike | None = None,
        ema: bool | None = None,
        seed: int = 0,
        into: Callable[[np.ndarray], object] | None = None,
    ) -> np.ndarray:
        """Generates the samples of latents (n, latent_dim); see `sample`."""
        checked = self._checked_latents(latents)
        labels = self._labels(label, len(checked))
        return self._decode(checked, {"label": labels}, ema, seed, into)

    def _checked_latents(self, latents):
        latents = np.asarray(latents)
        if latents.ndim != 2 or latents.shape[1] != self.latent_dim:
            raise ValueError(
                f"Latents must have shape (n, {self.latent_dim}). "
                f"Received: {latents.shape}."
            )
        return latents

    def _decode(self, latents, conditions, ema, seed, into=None):
        """Decodes latents with their conditions, in chunks."""
        inputs = {"latent": latents.astype(self.variable_dtype), **conditions}
        empty = np.empty((0, *self.sample_shape), self.variable_dtype)
        samples = [self.as_samples(empty)]
        take = into or samples.append
        for i in range(0, len(latents), CHUNK):
            chunk = {k: v[i : i + CHUNK] for k, v in inputs.items()}
            noise = distribute.fold(tf.constant([seed, 1]), i)
            take(self.as_samples(self._generated(chunk, ema, noise)))
        return np.concatenate(samples)

    def interpolate(
        self,
        a: ArrayLike,
        b: ArrayLike,
        n: int = 10,
        *,
        label: ArrayLike | None = None,
        ema: bool | None = None,
    ) -> np.ndarray:
        """Generates n samples on the path from latent a to latent b, ends included.

        The path is the great circle for a normal prior, a straight line otherwise
        (White 2016, arXiv 1609.04468). The label is the same all along it,
        0 by default.
        """
        if label is None and self.num_classes:
            label = 0
        return self.decode(self.path(a, b, n), label=label, ema=ema)

    def path(self, a, b, n):
        """The n latents of `interpolate`."""
        return (latent.slerp if self.prior == "normal" else latent.lerp)(a, b, n)

    @property
    def sampler(self):
        """The network behind `sample`, for export."""
        return self.average_of(self.generator)

    def _checked(self, x):
        """Checks samples (n, ...), n from 0, as input for D."""
        return self.batch_spec.entries["real"].checked("real", np.asarray(x))

    def _by_chunks(self, function, x):
        """Applies `function` to samples (n, ...), checked and scaled, in chunks."""
        x = self._checked(x)
        chunks = [
            function(self._scale(x[i : i + CHUNK]))
            for i in range(0, len(x) or 1, CHUNK)
        ]
        return tf.nest.map_structure(lambda *parts: np.concatenate(parts), *chunks)

    def call(self, inputs, training=False):
        """Maps latents to samples with the generator, or its running average."""
        values = inputs if isinstance(inputs, Mapping) else {"latent": inputs}
        return self._made_of(values, None, training)

    def _made_of(self, inputs, ema, training):
        """Samples from inputs, by the generator or, as `ema` says, its average."""
        return feed(self._choose(self.generator, ema), inputs, training)

    def _generated(self, inputs, ema, noise):
        """Samples in inference; `noise` is the seed of the generator's own noise."""
        tensors = {key: tf.convert_to_tensor(value) for key, value in inputs.items()}
        states = noise_states(self._choose(self.generator, ema), noise)
        with keras.StatelessScope(states):
            samples = self._made_of(tensors, ema, False)
        return tf.cast(samples, self.variable_dtype).numpy()

    def _draw(self, count, seed):
        shape = (count, self.latent_dim)
        return PRIORS[self.prior](shape, seed, self.variable_dtype)

    def _labels(self, label, n):
        if label is None:
            return np.arange(n, dtype="int32") % max(1, self.num_classes)
        labels = np.asarray(label)
        if labels.dtype.kind not in "iu" or labels.shape not in ((), (n,)):
            raise ValueError(
                f"`label` must be a whole number, or {n} of them. Received: {label!r}."
            )
        labels = np.broadcast_to(labels, (n,)).astype("int32")
        if (
            not self.num_classes
            or n
            and not 0 <= labels.min() <= labels.max() < (self.num_classes)
        ):
            allowed = f"0 to {self.num_classes - 1}" if self.num_classes else "no label"
            raise ValueError(f"This model takes {allowed}. Received: {label!r}.")
        return labels
