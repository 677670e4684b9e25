"""Adversarial losses: pure functions on logits, arguments always (real, fake).

Each returns a scalar mean over whatever shape the logits have: one number a
sample, or a map of them for a patch discriminator. A new loss is one function
that returns a `Loss`, and one line in `LOSSES`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import tensorflow as tf

from ganzoo import specs


@dataclass(frozen=True)
class Loss:
    """What D and G minimise.

    Attributes:
        discriminator: `(real_logits, fake_logits) -> scalar`.
        generator: the same arguments; `real_logits` is None unless `paired`.
        paired: whether G's loss needs D's logits of real samples.
        probability: maps logits to D(x), the probability that x is real, in
            [0, 1]; None where D's output is no probability.
    """

    discriminator: Callable
    generator: Callable
    paired: bool = False
    probability: Callable | None = tf.sigmoid


def minimax(real_target: float = 1.0) -> Loss:
    """The zero-sum game of Goodfellow et al. 2014 (arXiv 1406.2661), eq. 1.

    D maximises V = E log D(x) + E log(1 - D(G(z))); G minimises the same V, so its
    gradient vanishes where D rejects its samples with confidence.

    Args:
        real_target: 0.9 is the one-sided label smoothing of Salimans et al. 2016
            (arXiv 1606.03498), section 3.4; the target of fakes stays 0.
    """
    _check_target(real_target)
    return Loss(
        lambda real, fake: _cross_entropy(real, real_target) + _cross_entropy(fake, 0),
        lambda real, fake: -_cross_entropy(fake, 0),
    )


def non_saturating(real_target: float = 1.0) -> Loss:
    """D as in `minimax`; G minimises -E log D(G(z)) (Goodfellow et al. 2014, sec. 3).

    The fixed point is that of the minimax game, the gradient for G is strong where
    D rejects its samples.

    Args:
        real_target: see `minimax`.
    """
    _check_target(real_target)
    return Loss(
        minimax(real_target).discriminator,
        lambda real, fake: _cross_entropy(fake, 1),
    )


def least_squares() -> Loss:
    """LSGAN (Mao et al. 2017, arXiv 1611.04076), eq. 9: targets 0, 1, 1, factor 1/2.

    D's linear output estimates p_data / (p_data + p_model) itself, so it is shown,
    clipped to [0, 1], as a probability.
    """
    return Loss(
        lambda real, fake: _half_square(real - 1) + _half_square(fake),
        lambda real, fake: _half_square(fake - 1),
        probability=lambda logits: tf.clip_by_value(logits, 0.0, 1.0),
    )


def wasserstein() -> Loss:
    """WGAN (Arjovsky et al. 2017, arXiv 1701.07875), algorithm 1, signs as minimised.

    The critic must be kept Lipschitz by a penalty, clipping or normalisation.
    """
    return Loss(
        lambda real, fake: tf.reduce_mean(fake) - tf.reduce_mean(real),
        lambda real, fake: -tf.reduce_mean(fake),
        probability=None,
    )


def hinge() -> Loss:
    """Geometric GAN's hinge (Lim and Ye 2017, arXiv 1705.02894), as in SNGAN eq. 16."""
    return Loss(
        lambda real, fake: (
            tf.reduce_mean(tf.nn.relu(1 - real)) + tf.reduce_mean(tf.nn.relu(1 + fake))
        ),
        lambda real, fake: -tf.reduce_mean(fake),
        probability=None,
    )


LOSSES = {
    "minimax": minimax,
    "non_saturating": non_saturating,
    "least_squares": least_squares,
    "wasserstein": wasserstein,
    "hinge": hinge,
}


def get(spec: str | dict | Loss) -> Loss:
    """Returns a loss by name, by `{"name": ..., option: value}`, or as it is.

    Raises:
        ValueError: an unknown name or option; the nearest one is named.
    """
    return spec if isinstance(spec, Loss) else specs.make("loss", spec, LOSSES)


def _cross_entropy(logits, target):
    """Mean sigmoid cross-entropy of logits to one target, stable for any logit."""
    # -t log s(x) - (1 - t) log(1 - s(x)) = softplus(x) - t x
    return tf.reduce_mean(tf.math.softplus(logits) - target * logits)


def _half_square(value):
    return 0.5 * tf.reduce_mean(keras.ops.square(value))


def _check_target(real_target):
    if not 0.5 < real_target <= 1.0:
        raise ValueError(
            "`real_target` must be above 0.5 and at most 1 (0.9 is the usual "
            f"smoothing). Received: {real_target}."
        )
