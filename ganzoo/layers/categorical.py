"""One-hot choices that let a gradient through."""

import keras
import tensorflow as tf
from keras import ops

from ganzoo import distribute
from ganzoo.layers.noise import Noisy, next_seed
from ganzoo.utils.options import check_known

RELAXATIONS = ("softmax", "gumbel", "straight_through")


@keras.saving.register_keras_serializable("ganzoo")
class Categorical(Noisy):
    """Chooses one entry of the last axis, in a way that can be trained.

    A choice has no gradient, so a generator of discrete samples could not learn from
    its discriminator (Goodfellow 2017, arXiv 1701.00160). In training, the
    choice is relaxed:

    `softmax`: the probabilities themselves (Gulrajani et al. 2017, section 5).
    `gumbel`: a softmax with Gumbel noise on the logits, near to a random choice (Jang
    et al. 2017, arXiv 1611.01144).
    `straight_through`: the random choice itself, with the gradient of `gumbel`.

    In inference, the output is the choice itself, one-hot, with the gradient of the
    relaxation. With `softmax` it is that of the largest logit, otherwise a random one.

    Args:
        relaxation: `softmax`, `gumbel` or `straight_through`.
        temperature: divisor of the logits; a low one is nearer to a choice.
        choice_temperature: divisor of the logits whose softmax a random choice has in
            inference: below 1, fewer unlikely choices, and less variety.
    """

    def __init__(
        self,
        relaxation="softmax",
        temperature=1.0,
        choice_temperature=1.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        check_known("relaxation", [relaxation], RELAXATIONS)
        named = {"temperature": temperature, "choice_temperature": choice_temperature}
        for name, value in named.items():
            if not value > 0:
                raise ValueError(f"`{name}` must be above 0. Received: {value!r}.")
        self.relaxation = relaxation
        self.temperature = temperature
        self.choice_temperature = choice_temperature
        self.seed_generator = keras.random.SeedGenerator(0)

    def call(self, inputs, training=False):
        logits = tf.cast(inputs, self.variable_dtype)
        if self.acts_always:
            shape = ops.shape(logits)
            uniform = distribute.global_uniform(shape, next_seed(self), logits.dtype)
            tiny = tf.constant(1e-20, logits.dtype)
            spread = 1.0 if training else self.choice_temperature
            logits -= spread * tf.math.log(tiny - tf.math.log(uniform + tiny))
        soft = tf.nn.softmax(logits / self.temperature)
        if training and self.relaxation != "straight_through":
            return tf.cast(soft, inputs.dtype)
        hard = tf.one_hot(tf.argmax(logits, -1), logits.shape[-1], dtype=soft.dtype)
        return tf.cast(hard + (soft - tf.stop_gradient(soft)), inputs.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        own = ("relaxation", "temperature", "choice_temperature")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}

    @property
    def acts_always(self):
        return self.relaxation != "softmax"
