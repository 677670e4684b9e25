"""Variational autoencoder: the likelihood-based baseline. It is not a GAN."""

import keras
import numpy as np
import tensorflow as tf

from ganzoo import distribute
from ganzoo.models.adversarial import feed
from ganzoo.models.from_noise import LatentModel
from ganzoo.models.optimizers import compile_without_d
from ganzoo.models.seeds import Use
from ganzoo.networks import mlp
from ganzoo.networks.encoder import encoder
from ganzoo.utils.options import check_seed, check_whole
from ganzoo.variants._registry import register


@keras.saving.register_keras_serializable("ganzoo")
class VAE(LatentModel):
    """A decoder and an encoder that maximise a bound on the likelihood; no D.

    The terms of -ELBO in nats per sample (eq. 10, one noise sample): the negative
    log-likelihood of the sample under the decoder's output, and the divergence of the
    encoder's Gaussian from the prior N(0, 1). The likelihood is Bernoulli in [0, 1],
    and Gaussian with a fixed deviation for vectors.

    Args:
        encoder: network from samples to mean and log variance, (N, 2 latent_dim).
        **settings: see `vae` and `LatentModel`.
    """

    loss_terms = ("g_reconstruction", "g_divergence")

    def __init__(self, *, encoder, deviation=0.1, **settings):
        super().__init__(**settings)
        self.encoder = encoder
        self.deviation = deviation

    @property
    def generators(self):
        return [self.generator, self.encoder]

    def posterior(self, sample, training):
        """Mean and log variance of the latents of samples, float32 or better."""
        network = self.encoder if training else self.average_of(self.encoder)
        out = tf.cast(feed(network, {"sample": sample}, training), self.variable_dtype)
        return tf.split(out, 2, axis=1)

    def generate(self, batch, training):
        mean, log_variance = self.posterior(batch["real"], training)
        seed = distribute.fold(batch["seed"], Use.LATENT)
        count = distribute.local_count(batch["real"])
        latent = mean + tf.exp(log_variance / 2) * self._draw(count, seed)
        network = self.generator if training else self.average_of(self.generator)
        sample = feed(network, {"latent": latent}, training)
        return {"sample": sample, "mean": mean, "log_variance": log_variance}

    def generator_loss(self, batch, fake, training):
        mean, log_variance = fake["mean"], fake["log_variance"]
        divergence = tf.exp(log_variance) + mean**2 - 1 - log_variance
        answer = tf.cast(fake["sample"], self.variable_dtype)
        axes = list(range(1, len(answer.shape)))
        likelihood = self._log_likelihood(batch["real"], answer)
        return {
            "g_reconstruction": -tf.reduce_mean(tf.reduce_sum(likelihood, axes)),
            "g_divergence": tf.reduce_mean(tf.reduce_sum(divergence, 1)) / 2,
        }, {}

    def _log_likelihood(self, real, answer):
        if self.value_range is None:
            error = (real - answer) / self.deviation
            return -(error**2 + np.log(2 * np.pi * self.deviation**2)) / 2
        return -keras.losses.binary_crossentropy(
            real[..., tf.newaxis], answer[..., tf.newaxis]
        )

    # --- use --------------------------------------------------------------------

    def log_likelihood(self, x, seed: int = 0, samples: int = 100) -> np.ndarray:
        """A lower bound on log p(x) of samples (n, ...), (n,), in nats.

        The importance-weighted bound, which grows tight with `samples` of the posterior
        (Burda et al. 2016, arXiv 1509.00519, eq. 8).

        Args:
            x: uint8, or floats in `value_range`.
            seed: seed of the posterior's samples.
            samples: number of these for each x, from 1.

        Raises:
            ValueError: samples of another shape or range, an invalid seed or number.
        """
        check_seed(seed)
        check_whole(1, samples=samples)
        source = tf.constant([int(seed), 1])

        def bound(sample):
            mean, log_variance = self.posterior(sample, False)
            nats = []
            for i in range(samples):
                noise = self._draw(len(mean), distribute.fold(source, i))
                latent = mean + tf.exp(log_variance / 2) * noise
                answer = self.inferred({"latent": latent}, None, source)
                likelihood = self._log_likelihood(sample, answer)
                axes = list(range(1, len(likelihood.shape)))
                ratio = (noise**2 + log_variance - latent**2) / 2
                of_data = tf.reduce_sum(likelihood, axes)
                nats.append(of_data + tf.reduce_sum(ratio, 1))
            return tf.reduce_logsumexp(nats, axis=0).numpy() - np.log(samples)

        return self._by_chunks(bound, x)

    def encode(self, x) -> np.ndarray:
        """Mean latents (n, latent_dim) of samples (n, ...), uint8 or in `value_range`.

        Raises:
            ValueError: samples of another shape or range.
        """
        return self._by_chunks(lambda sample: self.posterior(sample, False)[0], x)

    def reconstruct(self, x) -> np.ndarray:
        """Decodes `encode(x)`, in the form of `sample`; errors as `encode`."""
        return self.decode(self.encode(x))


@register(
    "vae",
    paper="Kingma and Welling 2014, Auto-Encoding Variational Bayes, arXiv 1312.6114",
    tasks=("image", "points", "baseline"),
)
def vae(
    image_shape=(28, 28, 1),
    latent_dim=20,
    hidden=(500,),
    deviation=0.1,
    learning_rate=1e-3,
    ema_decay=0.0,
    seed=0,
    jit_compile=False,
):
    """A baseline for GANs, with a likelihood and no D.

    One hidden layer of 500 units per network and 20 latents, as in the paper's figures.
    LeakyReLU and ReLU replace its tanh, and Adam its Adagrad: they train faster. There
    is no loss, penalty or `d_steps` to choose: the model minimises -ELBO, and
    `evaluate` returns that bound as `g_loss`, in nats per sample; grey values count as
    probabilities. `sample` returns the mean of the likelihood, without its noise.
    Tested: both terms against closed forms, the bound below the exact likelihood of a
    linear model (tests/variants/test_vae.py).

    Args:
        image_shape: (H, W, C), (D, H, W, C), or (d,) for vectors.
        hidden: units of each hidden layer of the encoder; the decoder's in reverse.
        deviation: standard deviation of the Gaussian likelihood of vectors; images in
            [0, 1] have a Bernoulli likelihood.

    Raises:
        ValueError: a deviation that is not above 0.
    """
    if not deviation > 0:
        raise ValueError(f"`deviation` must be above 0. Received: {deviation}.")
    value_range = None if len(image_shape) == 1 else (0.0, 1.0)
    decoder = mlp.generator(
        image_shape,
        latent_dim=latent_dim,
        hidden=tuple(reversed(hidden)),
        normalize=False,
        value_range=None,
    )
    if value_range:
        # In bfloat16 a probability near 1 is 1, and its logarithm has no gradient.
        dtype = keras.config.dtype_policy().variable_dtype
        image = keras.layers.Activation("sigmoid", dtype=dtype)(decoder.output)
        decoder = keras.Model(decoder.input, image, name="generator")
    model = VAE(
        generator=decoder,
        encoder=encoder(
            image_shape, outputs=2 * latent_dim, hidden=hidden, norm="none"
        ),
        deviation=deviation,
        value_range=value_range,
        d_steps=0,
        ema_decay=ema_decay,
        seed=seed,
    )
    return compile_without_d(model, learning_rate, jit_compile)
