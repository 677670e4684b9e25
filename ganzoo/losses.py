"""Adversarial losses: pure functions on logits, arguments always (real, fake).

Each returns a scalar mean over logits of any shape: one number per sample, or a map of
them for a patch discriminator. A new loss is one function that returns a `Loss`, and
one line in `LOSSES`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import tensorflow as tf

from ganzoo import distribute
from ganzoo.utils.options import check_known, from_spec


@dataclass(frozen=True)
@keras.saving.register_keras_serializable("ganzoo")
class Loss:
    """The losses of D and G.

    A model with a loss of your own is saved if its functions are registered with
    `keras.saving.register_keras_serializable`.

    Attributes:
        discriminator: `(real_logits, fake_logits) -> scalar`.
        generator: the same arguments; `real_logits` is None unless `paired`.
        paired: True if G's loss needs D's logits of real samples.
        probability: maps logits to D(x), the probability that x is real, in
            [0, 1]; None where D's output is not a probability.
    """

    discriminator: Callable
    generator: Callable
    paired: bool = False
    probability: Callable | None = tf.sigmoid

    def get_config(self):
        """The functions as Keras saves them."""
        values = {k: getattr(self, k) for k in self.__dataclass_fields__}
        return {k: keras.saving.serialize_keras_object(v) for k, v in values.items()}

    @classmethod
    def from_config(cls, config):
        """The inverse of `get_config`."""
        return cls(
            **{k: keras.saving.deserialize_keras_object(v) for k, v in config.items()}
        )


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

    The fixed point is the same as in the minimax game, but the gradient for G is
    strong where D rejects its samples.

    Args:
        real_target: see `minimax`.
    """
    _check_target(real_target)
    return Loss(
        minimax(real_target).discriminator,
        lambda real, fake: _cross_entropy(fake, 1),
    )


def least_squares(factor: float = 0.5) -> Loss:
    """LSGAN (Mao et al. 2017, arXiv 1611.04076), eq. 9: targets 0, 1, 1.

    D's linear output estimates p_data / (p_data + p_model) itself, so it is
    reported, clipped to [0, 1], as a probability.

    Args:
        factor: multiplies each square: 1/2 in that paper, 1 in CycleGAN's.
    """
    if not factor > 0:
        raise ValueError(f"`factor` must be above 0. Received: {factor}.")

    def square(value):
        return factor * tf.reduce_mean(keras.ops.square(value))

    return Loss(
        lambda real, fake: square(real - 1) + square(fake),
        lambda real, fake: square(fake - 1),
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


def relativistic() -> Loss:
    """RpGAN (Jolicoeur-Martineau 2018, arXiv 1807.00734), as in R3GAN (2501.05441).

    D's logit of the i-th real sample is compared with its logit of the i-th fake sample
    in the same batch. There is no separate term for real or fake samples.
    """
    return Loss(
        lambda real, fake: tf.reduce_mean(tf.math.softplus(fake - real)),
        lambda real, fake: tf.reduce_mean(tf.math.softplus(real - fake)),
        paired=True,
        probability=None,
    )


def relativistic_average() -> Loss:
    """RaGAN (Jolicoeur-Martineau 2018), as in ESRGAN (Wang et al. 2018, 1809.00219).

    Real logits are compared with the mean fake logit, and fake logits with the mean
    real logit, over the global batch. The loss is the sum of both terms, as in ESRGAN's
    equations (some code halves it). G's targets are D's, swapped.
    """

    def discriminator(real, fake):
        return _cross_entropy(real - _mean(fake), 1) + _cross_entropy(
            fake - _mean(real), 0
        )

    return Loss(
        discriminator,
        lambda real, fake: discriminator(fake, real),
        paired=True,
        probability=None,
    )


@dataclass(frozen=True)
class _Divergence:
    """An f-divergence in terms of D's output v.

    Attributes:
        activation: v to T = g_f(v), increasing, onto the domain of f's conjugate.
        conjugate: v to f*(T), simplified, so that no exponential's logarithm is taken.
        probability: v to D(x), where it is defined.
    """

    activation: Callable
    conjugate: Callable
    probability: Callable | None = None


DIVERGENCES = {
    "kl": _Divergence(lambda v: v, lambda v: tf.exp(v - 1)),
    "reverse_kl": _Divergence(lambda v: -tf.exp(-v), lambda v: v - 1),
    "pearson": _Divergence(lambda v: v, lambda v: v * v / 4 + v),
    "squared_hellinger": _Divergence(
        lambda v: -tf.math.expm1(-v), lambda v: tf.math.expm1(v)
    ),
    "gan": _Divergence(lambda v: -tf.math.softplus(-v), tf.math.softplus, tf.sigmoid),
}


def f_divergence(divergence: str = "kl", saturating: bool = False) -> Loss:
    """f-GAN (Nowozin et al. 2016, arXiv 1606.00709), tables 2 and 6.

    D maximises E T(x) - E f*(T(G(z))), at most the divergence of data p from model q;
    the maximum is at T = f'(p / q):

    - kl: sum p log(p / q), at T = 1 + log(p / q);
    - reverse_kl: sum q log(q / p), at T = -q / p;
    - pearson: sum (p - q)^2 / q, at T = 2 (p / q - 1);
    - squared_hellinger: sum (sqrt p - sqrt q)^2, at T = 1 - sqrt(q / p);
    - gan: 2 JSD(p, q) - log 4, at T = log(p / (p + q)).

    All but `pearson` and `gan` take exponentials of D's output, which overflow beyond
    88 in float32: use small learning rates.

    Args:
        divergence: a name from the table.
        saturating: G minimises the bound itself, -E f*(T(G(z))) (algorithm 1); by
            default it maximises E T(G(z)), which has the same fixed point and
            a strong gradient where D rejects its samples (section 3.2).
    """
    check_known("divergence", [divergence], DIVERGENCES)
    f = DIVERGENCES[divergence]

    def bound(fake):
        return tf.reduce_mean(f.conjugate(fake))

    def score(logits):
        return tf.reduce_mean(f.activation(logits))

    return Loss(
        lambda real, fake: bound(fake) - score(real),
        lambda real, fake: -(bound if saturating else score)(fake),
        probability=f.probability,
    )


LOSSES = {
    "minimax": minimax,
    "non_saturating": non_saturating,
    "logistic": non_saturating,  # the name in the StyleGAN papers
    "least_squares": least_squares,
    "wasserstein": wasserstein,
    "hinge": hinge,
    "relativistic": relativistic,
    "relativistic_average": relativistic_average,
    "f_divergence": f_divergence,
}


def get(spec: str | dict | Loss | Callable) -> Loss:
    """Returns a loss by name, by `{"name": ..., option: value}`, or as it is.

    A function `(real_logits, fake_logits) -> (D's loss, G's loss)` is also a loss. D
    then judges the real samples in G's step as well; a `Loss` of two functions avoids
    that.

    Raises:
        ValueError: an unknown name or option, with the nearest one; or functions with
            another result.
    """
    if isinstance(spec, Loss):
        _check_scalars(spec)
        return spec
    return own(spec) if callable(spec) else from_spec("loss", spec, LOSSES)


def own(function: Callable) -> Loss:
    """The loss of a function `(real_logits, fake_logits) -> (D's loss, G's loss)`.

    Raises:
        ValueError: the function does not return two scalars.
    """
    answer = function(_logits(), _logits())
    pair = answer if isinstance(answer, tuple | list) else [answer]
    if (shapes := [*map(_shape, pair)]) != [(), ()]:
        raise ValueError(
            "A function as `loss` takes (real_logits, fake_logits) and returns two "
            "scalars, D's loss and G's loss, each a mean over the samples. "
            f"Received: {function!r}, which returns shapes {shapes}."
        )
    return Loss(
        lambda real, fake: function(real, fake)[0],
        lambda real, fake: function(real, fake)[1],
        paired=True,
        probability=None,
    )


def _check_scalars(loss):
    """Refuses a `Loss` whose functions do not answer a scalar."""
    seen = _logits() if loss.paired else None  # by the generator
    for player, real in {"discriminator": _logits(), "generator": seen}.items():
        function = getattr(loss, player)
        try:
            answer = f"shape {_shape(function(real, _logits()))}"
        except Exception as error:  # whatever a function of the user's does
            answer = f"{type(error).__name__}: {error}"
        if answer != "shape ()":
            raise ValueError(
                "The functions of a Loss take (real_logits, fake_logits) and return a "
                "scalar, a mean over the samples; the generator's real_logits are None "
                f"unless paired=True. Received: {function!r} as its {player}, which "
                f"answers {answer}."
            )


def _logits():
    """Logits of two samples, in the dtype in which a model has them."""
    return tf.zeros((2, 1), keras.config.dtype_policy().variable_dtype)


def _shape(value):
    return tuple(tf.convert_to_tensor(value).shape)


def feature_matching(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """Mean squared difference of D's mean features (Salimans et al. 2016, sec. 3.1).

    The means are over the global batch. Features are averaged, as in the paper's code;
    the paper sums over them.
    """
    real, fake = (
        distribute.global_mean(tf.reduce_mean(features, axis=0))
        for features in (real, fake)
    )
    return tf.reduce_mean(tf.math.squared_difference(real, fake))


def _cross_entropy(logits, target):
    """Mean sigmoid cross-entropy of logits to one target, stable for any logit."""
    # -t log s(x) - (1 - t) log(1 - s(x)) = softplus(x) - t x
    return tf.reduce_mean(tf.math.softplus(logits) - target * logits)


def _mean(logits):
    """Mean over the global batch."""
    return distribute.global_mean(tf.reduce_mean(logits))


def _check_target(real_target):
    if not 0.5 < real_target <= 1.0:
        raise ValueError(
            "`real_target` must be above 0.5 and at most 1 (0.9 is the usual "
            f"smoothing). Received: {real_target}."
        )
