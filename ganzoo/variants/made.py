"""MADE: a fully visible network with an exact likelihood. It is not a GAN."""

import keras
import tensorflow as tf

from ganzoo import distribute
from ganzoo.models.optimizers import compile_without_d
from ganzoo.models.seeds import Use
from ganzoo.models.stepwise import StepwiseModel, binary, sums
from ganzoo.networks import autoregressive
from ganzoo.variants._registry import register


@keras.saving.register_keras_serializable("ganzoo")
class MADE(StepwiseModel):
    """A product of conditionals p(x_d | x_<d) of black or white values, by one network.

    The term is the negative log-likelihood in nats per sample (eq. 4), which is exact.
    Grey values are drawn as black or white anew in each step. A latent holds a uniform
    number for each value, which is 1 where it lies below the value's conditional: a
    sample is made in as many steps as it has values.

    Args:
        **settings: see `StepwiseModel`.
    """

    loss_terms = ("g_nats",)

    def generate(self, batch, training):
        seed = distribute.fold(batch["seed"], Use.CONDITION)
        pixels = binary(batch["real"], seed)
        logits = self._feed(self.generator, {"sample": pixels}, training)
        return {"sample": pixels, "logits": logits}

    def generator_loss(self, batch, fake, training):
        nats = _bernoulli(fake["sample"], fake["logits"])
        return {"g_nats": -tf.reduce_mean(nats)}, {}

    # --- use --------------------------------------------------------------------

    def log_densities(self, network, sample, seed):
        pixels = binary(sample, seed)
        return _bernoulli(pixels, self._feed(network, {"sample": pixels}))

    def steps(self, network, latent, seed):
        uniform = tf.reshape(latent, (-1, *self.sample_shape))
        place = tf.reshape(tf.range(self.latent_dim), self.sample_shape)

        def step(i, sample):
            chance = tf.sigmoid(self._feed(network, {"sample": sample}))
            value = tf.cast(uniform < chance, uniform.dtype)
            return i + 1, tf.where(place == i, value, sample)

        def unfinished(i, _):
            return i < self.latent_dim

        return tf.while_loop(unfinished, step, (0, tf.zeros_like(uniform)))[1]


def _bernoulli(sample, logits):
    """Log-likelihood (N,) of black or white samples."""
    nats = tf.nn.sigmoid_cross_entropy_with_logits(sample, logits)
    return -sums(nats)


@register(
    "made",
    paper="Germain et al. 2015, MADE: Masked Autoencoder for Distribution Estimation, "
    "arXiv 1502.03509",
    tasks=("likelihood", "baseline"),
)
def made(
    image_shape=(28, 28, 1),
    hidden=(500,),
    learning_rate=1e-3,
    ema_decay=0.0,
    seed=0,
    jit_compile=False,
):
    """A baseline for GANs with an exact likelihood, of black and white images.

    One hidden layer of 500 units, one mask and the order of rows. The paper orders
    values and draws masks at random, and averages up to 32 of them; its best network
    has two layers of 8,000 units, trained by Adagrad. Here masks are spread evenly and
    Adam trains. Channels count as further values. `evaluate` returns the negative
    log-likelihood in nats per sample as `g_loss`, `log_likelihood` each sample's.
    There is no loss, penalty or `d_steps` to choose. Tested: the probabilities of all
    images of few values add up to 1, no value sees a later one
    (tests/variants/test_made.py).

    Args:
        image_shape: (H, W, C), or (D, H, W, C).
        hidden: units of each hidden layer.
    """
    model = MADE(
        generator=autoregressive.network(image_shape, hidden=hidden),
        prior="unit_uniform",
        value_range=(0.0, 1.0),
        d_steps=0,
        ema_decay=ema_decay,
        seed=seed,
    )
    return compile_without_d(model, learning_rate, jit_compile)
