"""StepwiseModel: a network without D that makes a sample in many steps."""

import math

import numpy as np
import tensorflow as tf

from ganzoo import distribute
from ganzoo.models.from_noise import PLACE, SEED, LatentModel
from ganzoo.utils.options import check_seed

DRAWN = 16  # samples in a picture of training


class StepwiseModel(LatentModel):
    """A baseline for GANs whose network is called once for each of many steps.

    Its latent is the noise that `steps` begins with, one number for each value of a
    sample. A subclass defines `steps` and `log_densities`, and the terms of training.

    Args:
        **settings: see `LatentModel`; `generator` names the input `sample`.
    """

    # Each sample takes many steps: by the usual numbers, checks of `ddpm` would take as
    # long as its training.
    checked, checks = 64, 4

    @property
    def sample_shape(self):
        return tuple(self.generator.input["sample"].shape[1:])

    @property
    def latent_dim(self):
        return math.prod(self.sample_shape)

    def steps(self, network, latent, seed):
        """Makes samples (N, ...) in `value_range` from latents (N, latent_dim).

        Args:
            network: `generator`, or its running average.
            latent: draws from the prior.
            seed: seed of the noise that the steps add.
        """
        raise NotImplementedError

    def log_densities(self, network, sample, seed):
        """Log-likelihood (N,) of samples (N, ...) in `value_range`, in nats."""
        raise NotImplementedError

    def log_likelihood(self, x, seed: int = 0) -> np.ndarray:
        """Log-likelihood of samples (n, ...) in nats, (n,).

        Args:
            x: uint8, or floats in `value_range`.
            seed: seed of what is drawn: grey values that become black or white, the
                noise of a bound.

        Raises:
            ValueError: samples of another shape or range, or an invalid seed.
        """
        check_seed(seed)
        noise = tf.constant([int(seed), 1])
        network = self.average_of(self.generator)
        densities = self._traced(
            "log densities",
            lambda sample, seed: self.log_densities(network, sample, seed),
            tf.TensorSpec((None, *self.sample_shape), self.variable_dtype),
            SEED,
        )
        return self._by_chunks(lambda sample: densities(sample, noise).numpy(), x)

    def gallery(self, arrays, count):
        """As the model's, of fewer samples."""
        return super().gallery(arrays, min(count, DRAWN))

    def _samples_at(self, inputs, ema, seed, place):
        # Compiled: line by line, the calls of a thousand steps take longer than these.
        make = super()._samples_at
        made = self._traced(
            ("steps", ema),
            lambda latent, seed, place: make({"latent": latent}, ema, seed, place),
            tf.TensorSpec((None, self.latent_dim), self.variable_dtype),
            SEED,
            PLACE,
        )
        return made(inputs["latent"], seed, place)

    def _samples_of(self, inputs, ema, training):
        network = self._choose(self.generator, ema)
        return self.steps(network, inputs["latent"], self._base_seed())

    def inferred(self, inputs, ema, noise):
        network = self._choose(self.generator, ema)
        return self.steps(network, inputs["latent"], noise)

    def project(self, x, *, label=None, **settings):
        """Refuses: see the error."""
        raise ValueError(
            f"{type(self).__name__} makes a sample in many steps, with noise or "
            "thresholds, so no latent can be found by gradients. "
            "Use a GAN or a vae."
        )

    @property
    def sampler(self):
        """Refuses: see the error."""
        raise ValueError(
            f"{type(self).__name__} makes a sample in many steps. A GAN or a vae has a "
            "single network that can be exported."
        )


def binary(sample, seed):
    """Black or white samples: each value of [0, 1] is its probability of 1.

    0 and 1 stay as they are. Drawn for the global batch, so the number of replicas
    makes no difference.
    """
    count = distribute.local_count(sample)
    uniform = distribute.global_uniform((count, *sample.shape[1:]), seed, sample.dtype)
    return tf.cast(uniform < sample, sample.dtype)


def sums(values):
    """Sums (N,) over all but the first axis."""
    return tf.reduce_sum(tf.reshape(values, (tf.shape(values)[0], -1)), axis=1)
