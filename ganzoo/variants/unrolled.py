"""Unrolled GAN: the generator meets the discriminator as it will be."""

import keras
import tensorflow as tf

from ganzoo import distribute, networks
from ganzoo.gan import AUGMENT_FAKE, GAN, assemble
from ganzoo.networks import inputs
from ganzoo.registry import register


@keras.saving.register_keras_serializable("ganzoo")
class Unrolled(GAN):
    """G's loss is that of D after `unroll` further steps, seen through those steps.

    The surrogate f_K of section 2: G ascends D's loss at theta_D^K(theta_G, theta_D),
    the saddle point's objective whatever the loss is, and its gradient passes through
    the K look-ahead steps. These are Adam steps of D from its present slots, all on
    the step's batch, as in the authors' code. They happen in a `keras.StatelessScope`,
    so D itself is not touched; each inner gradient is the mean over all replicas.

    Args:
        unroll: K, look-ahead steps of D; 0 is the plain saddle-point GAN.
        **settings: see `GAN`.
    """

    refused = {"d_clip": "the look-ahead cannot follow it"}

    def __init__(self, *, unroll=5, **settings):
        super().__init__(**settings)
        self.unroll = unroll

    def compile(self, *args, **kwargs):
        """As `GAN.compile`; refuses a D whose steps the look-ahead cannot follow."""
        super().compile(*args, **kwargs)
        adam = self.d_optimizer
        plain = type(adam) is keras.optimizers.Adam and not (
            adam.amsgrad or adam.weight_decay or adam.use_ema
        )
        clips = adam.clipnorm or adam.global_clipnorm or adam.clipvalue
        if clips or not plain or any(v.constraint for v in self._own):
            raise ValueError(
                "Unrolled looks ahead by plain Adam steps of D: `d_optimizer` must be "
                "Adam without extras, `d_norm` another than spectral. Received: "
                f"{adam.name!r}."
            )

    @property
    def _own(self):
        return self.discriminator.trainable_variables

    def generator_loss(self, batch, fake, training):
        with keras.StatelessScope(self.look_ahead(batch, fake, training)):
            real_logits = self._judge_real(batch, training)
            logits = self.judge({**batch, **fake}, AUGMENT_FAKE, training)
        return {"g_adv": -self.loss_functions.discriminator(real_logits, logits)}, {}

    def look_ahead(self, batch, fake, training):
        """D's variables after `unroll` steps: [(variable, tensor), ...]."""
        mean, square = (
            [v.value for v in self.d_optimizer.variables if v.path.endswith(slot)]
            for slot in ("momentum", "velocity")
        )
        state = {id(v): (v, v.value) for v in self.discriminator.variables}
        for ahead in range(self.unroll):
            weights = [tf.identity(state[id(v)][1]) for v in self._own]
            state |= {id(v): (v, w) for v, w in _pairs(self._own, weights)}
            with keras.StatelessScope(list(state.values())) as scope:
                with tf.GradientTape() as tape:
                    tape.watch(weights)
                    terms, _ = self.discriminator_loss(batch, fake, training)
                    loss = tf.add_n(list(terms.values()))
                gradients = tape.gradient(loss, weights)
            # Statistics and seeds of noise move on, in the scope alone.
            state = {
                key: (variable, scope.get_current_value(variable))
                for key, (variable, _) in state.items()
            }
            gradients = [distribute.global_mean(g) for g in gradients]
            steps, mean, square = self._adam(gradients, mean, square, ahead)
            for variable, weight, step in zip(self._own, weights, steps, strict=True):
                state[id(variable)] = variable, weight - step
        return list(state.values())

    def _adam(self, gradients, mean, square, ahead):
        """D's next Adam step, differentiable: (what is subtracted, both slots)."""
        adam = self.d_optimizer
        count = tf.cast(adam.iterations + 1 + ahead, gradients[0].dtype)
        rate = tf.cast(adam.learning_rate, count.dtype)
        rate *= tf.sqrt(1 - adam.beta_2**count) / (1 - adam.beta_1**count)
        mean = [m + (1 - adam.beta_1) * (g - m) for g, m in _pairs(gradients, mean)]
        square = [
            v + (1 - adam.beta_2) * (g**2 - v) for g, v in _pairs(gradients, square)
        ]
        pairs = _pairs(mean, square)
        return [rate * m / (_root(v) + adam.epsilon) for m, v in pairs], mean, square


def _pairs(a, b):
    return zip(a, b, strict=True)


def _root(value):
    """The square root, with gradient 0 at 0, where units are dead."""
    positive = value > 0
    return tf.where(positive, tf.sqrt(tf.where(positive, value, 1)), 0)


@register(
    "unrolled",
    paper="Metz et al. 2017, Unrolled Generative Adversarial Networks, "
    "arXiv 1611.02163",
    tasks=("image", "points"),
)
def unrolled(
    image_shape=(28, 28, 1),
    latent_dim=256,
    unroll=5,
    network="mlp",
    d_norm=None,
    value_range="auto",
    d_learning_rate=1e-4,
    g_learning_rate=1e-3,
    **options,
):
    """Any pair of nets; by default perceptrons, with the rates of the paper's ring.

    Proven: the gradient through the look-ahead against finite differences, the
    look-ahead against real Adam steps, D untouched by it (tests/variants/
    test_unrolled.py); the ring of 8 in zoo_configs/results/unrolled_ring8.json.

    Args:
        image_shape: (H, W, C), (D, H, W, C), or (d,) for vectors.
        latent_dim: length of the latent.
        unroll: K, look-ahead steps of D, from 0; time and memory grow with it.
        network: the backbone of both players: `mlp`, `dcgan`, `resnet` or
            `volumetric`, or a table such as {name = "mlp", hidden = [128, 128]}.
        d_norm: D's normalisation: `none`, `batch`, `layer` or `instance`; by default
            the network's own, or one that fits a penalty.
        value_range: of the samples; by default (-1, 1), None (unbounded) for vectors.
        d_learning_rate: D's.
        g_learning_rate: G's.

    Raises:
        ValueError: a look-ahead below 0, another optimizer of D than Adam, or
            constraints on D's weights.
    """
    if unroll:
        inputs.check_positive(unroll=unroll)
    if value_range == "auto":
        value_range = None if len(image_shape) == 1 else (-1.0, 1.0)
    return assemble(
        Unrolled,
        **networks.make(
            network,
            image_shape,
            latent_dim=latent_dim,
            value_range=value_range,
            penalties=options.get("penalties"),
            own={"d_norm": d_norm},
            builder=unrolled,
        ),
        unroll=unroll,
        d_learning_rate=d_learning_rate,
        g_learning_rate=g_learning_rate,
        **options,
    )
