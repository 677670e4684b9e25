"""Denoising diffusion: noise becomes a sample step by step. It is not a GAN."""

import keras
import numpy as np
import tensorflow as tf

from ganzoo import distribute
from ganzoo.models.optimizers import compile_without_d
from ganzoo.models.seeds import Use
from ganzoo.models.stepwise import StepwiseModel, sums
from ganzoo.networks import denoiser
from ganzoo.utils.options import check_whole
from ganzoo.variants._registry import register

BINS = 255  # intervals between the 256 values of a pixel


@keras.saving.register_keras_serializable("ganzoo")
class DDPM(StepwiseModel):
    """A network predicts the noise in sqrt(abar_t) x + sqrt(1 - abar_t) noise.

    The term is its mean squared error at a random time of each sample (eq. 14). The
    variances beta_t rise linearly and are also those of the steps back. A latent is the
    noise x_T that the `times` steps begin with.

    Args:
        **settings: see `ddpm` and `StepwiseModel`.
    """

    loss_terms = ("g_noise",)

    def __init__(self, *, times=1000, **settings):
        super().__init__(**settings)
        check_whole(2, times=times)
        self.times = times
        # The paper's 1e-4 to 0.02 for 1,000 steps; fewer steps take larger ones.
        beta = np.linspace(0.1, 20.0, times) / times
        beta = np.minimum(beta, 0.999)
        self.beta = np.insert(beta, 0, 0.0)  # by t; t = 0 is the sample itself
        self.signal = np.cumprod(1 - self.beta)  # abar_t

    def generate(self, batch, training):
        real = batch["real"]
        count = distribute.local_count(real)
        seed = distribute.fold(batch["seed"], Use.CONDITION)
        chance = distribute.global_uniform((count,), seed, self.variable_dtype)
        time = 1 + tf.cast(chance * self.times, tf.int32)
        seed = distribute.fold(batch["seed"], Use.NOISE)
        noise = distribute.global_normal((count, *real.shape[1:]), seed, real.dtype)
        noisy = self.noisy(real, time, noise)
        inputs = {"sample": noisy, "time": time}
        prediction = self._feed(self.generator, inputs, training)
        return {"sample": noisy, "noise": noise, "prediction": prediction}

    def generator_loss(self, batch, fake, training):
        return {
            "g_noise": tf.reduce_mean(tf.square(fake["noise"] - fake["prediction"]))
        }, {}

    def noisy(self, sample, time, noise):
        """x_t of samples (N, ...) at times (N,) from 0 to T."""
        signal = self._at(self.signal, time)
        return tf.sqrt(signal) * sample + tf.sqrt(1 - signal) * noise

    def _at(self, schedule, time):
        """Values of a schedule at times (N,), in the rank of samples."""
        values = tf.gather(tf.constant(schedule, self.variable_dtype), time)
        return tf.reshape(values, (-1, *(1 for _ in self.sample_shape)))

    def back(self, network, noisy, time):
        """Mean of the step from t to t - 1: `posterior`'s for the x_0 that it sees."""
        signal = self._at(self.signal, time)
        noise = self._feed(network, {"sample": noisy, "time": time})
        sample = (noisy - tf.sqrt(1 - signal) * noise) / tf.sqrt(signal)
        # Clipped as in the authors' code: it matters where nearly all is noise.
        return self.posterior(tf.clip_by_value(sample, *self.value_range), noisy, time)

    def posterior(self, sample, noisy, time):
        """Mean of q(x_{t-1} | x_t, x_0) (eq. 7)."""
        signal, before = self._at(self.signal, time), self._at(self.signal, time - 1)
        beta = self._at(self.beta, time)
        return (
            tf.sqrt(before) * beta * sample + tf.sqrt(1 - beta) * (1 - before) * noisy
        ) / (1 - signal)

    # --- use --------------------------------------------------------------------

    def steps(self, network, latent, seed):
        noisy = tf.reshape(latent, (-1, *self.sample_shape))

        def step(t, noisy):
            time = tf.fill(tf.shape(noisy)[:1], t)
            mean = self.back(network, noisy, time)
            fresh = tf.random.stateless_normal(
                tf.shape(noisy), distribute.fold(seed, t), dtype=noisy.dtype
            )
            deviation = tf.where(t > 1, tf.sqrt(self._at(self.beta, time)), 0)
            return t - 1, mean + deviation * fresh

        return tf.while_loop(lambda t, _: t > 0, step, (self.times, noisy))[1]

    def log_densities(self, network, sample, seed):
        """The bound of eq. 5 with one noise for each time, on 256 values a pixel."""

        def noise(t):
            own = distribute.fold(seed, t)
            return tf.random.stateless_normal(tf.shape(sample), own, dtype=sample.dtype)

        def times(t):
            return tf.fill(tf.shape(sample)[:1], t)

        def divergence(t, total):
            time = times(t)
            noisy = self.noisy(sample, time, noise(t))
            signal, before = (
                self._at(self.signal, time),
                self._at(self.signal, time - 1),
            )
            mean = self.posterior(sample, noisy, time)
            beta = self._at(self.beta, time)
            own = beta * (1 - before) / (1 - signal)
            away = tf.square(mean - self.back(network, noisy, time))
            nats = (tf.math.log(beta / own) + (own + away) / beta - 1) / 2
            return t + 1, total + sums(nats)

        last = self._at(self.signal, times(self.times))
        prior = sums((last * sample**2 - last - tf.math.log(1 - last)) / 2)
        first = self.noisy(sample, times(1), noise(1))
        mean = self.back(network, first, times(1))
        deviation = tf.sqrt(self._at(self.beta, times(1)))
        _, middle = tf.while_loop(
            lambda t, _: t <= self.times, divergence, (2, tf.zeros_like(prior))
        )
        return self._pixels(sample, mean, deviation) - middle - prior

    def _pixels(self, sample, mean, deviation):
        """Log-probability (N,) of the values of pixels under normals (eq. 13).

        No pixel counts less than log 1e-12, as in the authors' code: with a step that
        misses by more than seven deviations, the result is no bound.
        """
        low, high = self.value_range
        half = (high - low) / BINS / 2
        root = deviation * np.sqrt(2.0)
        above, below = (sample + half - mean) / root, (sample - half - mean) / root
        # The outermost values take all that lies beyond them.
        upper = tf.where(sample > high - half, tf.ones_like(above), tf.math.erf(above))
        lower = tf.where(sample < low + half, -tf.ones_like(below), tf.math.erf(below))
        return sums(tf.math.log(tf.maximum((upper - lower) / 2, 1e-12)))


@register(
    "ddpm",
    paper="Ho et al. 2020, Denoising Diffusion Probabilistic Models, arXiv 2006.11239",
    tasks=("likelihood", "baseline"),
)
def ddpm(
    image_shape=(28, 28, 1),
    filters=32,
    levels=2,
    times=1000,
    learning_rate=2e-4,
    ema_decay=0.999,
    seed=0,
    jit_compile=False,
):
    """A baseline for GANs that makes a sample from noise in many steps.

    The paper's schedule, loss and fixed variances with a small U-Net, without its
    attention and dropout, and with a faster average. `log_likelihood` is the
    variational bound in nats, of images with 256 values a pixel, from one noise for
    each time. There is no loss, penalty or `d_steps` to choose. Tested: the term, a
    step back and the bound against closed forms (tests/variants/test_ddpm.py).

    Args:
        image_shape: (H, W, C).
        filters: channels of the first level, a multiple of 4.
        levels: number of halvings of the sides.
        times: T, the number of steps; fewer have larger variances, with the same end.
    """
    model = DDPM(
        generator=denoiser.network(image_shape, filters=filters, levels=levels),
        times=times,
        d_steps=0,
        ema_decay=ema_decay,
        seed=seed,
    )
    return compile_without_d(model, learning_rate, jit_compile)
