"""Unrolled GAN: the generator looks ahead at future steps of the discriminator."""

import keras
import tensorflow as tf
from keras import ops

from ganzoo import distribute
from ganzoo.models.assemble import assemble
from ganzoo.models.gan import GAN
from ganzoo.models.optimizers import Schedule
from ganzoo.models.seeds import Use
from ganzoo.utils.options import check_whole
from ganzoo.variants._registry import register

# Chosen in experiments/pilots.md.
RATES = {"d": 4e-4, "g": 2e-3}
ADAM_EXTRAS = (
    "amsgrad clipnorm clipvalue global_clipnorm gradient_accumulation_steps use_ema "
    "weight_decay"
).split()


@keras.saving.register_keras_serializable("ganzoo")
class Unrolled(GAN):
    """G's loss uses D after `unroll` look-ahead steps, with gradients through them.

    G's loss is taken at theta_D^K(theta_G, theta_D) of section 2, and its gradient
    passes through the K look-ahead steps. These are Adam steps of D from its present
    slots, all on the step's batch, as in the authors' code. They happen in a
    `keras.StatelessScope`, so D itself is not touched; each inner gradient is the mean
    over all replicas.

    Args:
        **settings: see `unrolled` and `GAN`.
    """

    refused = {"d_clip": "the look-ahead cannot follow it"}

    def __init__(self, *, unroll=5, saddle=False, **settings):
        super().__init__(**settings)
        self.unroll = unroll
        self.saddle = saddle

    def compile(self, *args, **kwargs):
        """As `GAN.compile`; refuses a D that the look-ahead does not support."""
        super().compile(*args, **kwargs)
        adam = self.d_optimizer
        plain = type(adam) is keras.optimizers.Adam
        plain = plain and not any(getattr(adam, extra) for extra in ADAM_EXTRAS)
        if not plain or any(v.constraint for v in self.discriminator.variables):
            raise ValueError(
                "Unrolled looks ahead by plain Adam steps: D needs Adam without extras "
                f"and a `d_norm` other than spectral. Received: {adam.name!r}."
            )

    def generator_loss(self, batch, fake, training):
        with keras.StatelessScope(self.look_ahead(batch, fake, training)):
            if not self.saddle:
                return super().generator_loss(batch, fake, training)
            real_logits = self._judge_real(batch, training)
            logits = self.judge({**batch, **fake}, Use.AUGMENT_FAKE, training)
        return {"g_adv": -self.loss_functions.discriminator(real_logits, logits)}, {}

    def look_ahead(self, batch, fake, training):
        """D's variables after `unroll` steps: [(variable, tensor), ...]."""
        own = self.discriminator.trainable_variables
        slots = [
            [v.value for v in self.d_optimizer.variables if v.path.endswith(slot)]
            for slot in ("momentum", "velocity")
        ]
        state = {id(v): (v, v.value) for v in self.discriminator.variables}
        for ahead in range(self.unroll):
            weights = [tf.identity(state[id(v)][1]) for v in own]
            state |= {id(v): (v, w) for v, w in zip(own, weights, strict=True)}
            with keras.StatelessScope(list(state.values())) as scope:
                # Decides when a penalty is due; in an evaluation it always is.
                number = batch.get("d_updates", 0) + ahead
                with tf.GradientTape() as tape:
                    tape.watch(weights)
                    terms, _ = self.discriminator_loss(
                        {**batch, "d_updates": number}, fake, training
                    )
                    loss = tf.add_n(list(terms.values()))
                gradients = tape.gradient(loss, weights)
            # Statistics and noise seeds advance in the scope alone.
            state = {k: (v, scope.get_current_value(v)) for k, (v, _) in state.items()}
            gradients = [tf.convert_to_tensor(g) for g in gradients]  # of a lookup, too
            gradients = [distribute.global_mean(g) for g in gradients]
            weights, slots = self._adam(weights, gradients, slots, ahead)
            state |= {id(v): (v, w) for v, w in zip(own, weights, strict=True)}
        return list(state.values())

    def _adam(self, weights, gradients, slots, ahead):
        """Takes D's next Adam step, differentiably: returns weights and both slots."""
        adam, each = self.d_optimizer, tf.nest.map_structure
        count = tf.cast(adam.iterations + 1 + ahead, gradients[0].dtype)
        rate = adam._learning_rate  # the schedule, if there is one
        if isinstance(rate, Schedule):
            rate = rate(adam.iterations + ahead)
        rate = tf.cast(rate, count.dtype)
        # As in Keras: the betas are rounded to floatx before their power.
        betas = adam.beta_1, adam.beta_2
        left = [1 - ops.cast(beta, count.dtype) ** count for beta in betas]
        rate *= tf.sqrt(left[1]) / left[0]
        mean = each(lambda m, g: m + (1 - adam.beta_1) * (g - m), slots[0], gradients)
        second = each(lambda g: g**2, gradients)
        square = each(lambda v, g: v + (1 - adam.beta_2) * (g - v), slots[1], second)
        step = each(lambda m, v: rate * m / (_root(v) + adam.epsilon), mean, square)
        return each(tf.subtract, weights, step), [mean, square]


def _root(value):
    """Square root with gradient 0 at 0, where units are dead."""
    return tf.where(value > 0, tf.sqrt(tf.where(value > 0, value, 1)), 0)


@register(
    "unrolled",
    paper="Metz et al. 2017, Unrolled Generative Adversarial Networks, "
    "arXiv 1611.02163",
    tasks=("image", "points"),
)
def unrolled(
    network="auto",
    image_shape=(28, 28, 1),
    latent_dim=256,
    unroll="auto",
    saddle=False,
    learning_rate=RATES,
    ema_decay=0.99,
    **options,
):
    """Any pair of nets; by default DCGAN's for images, perceptrons for vectors.

    The rates are DCGAN's; unrolled_ring8 has the paper's. G minimises its own loss; the
    paper's G ascends the whole loss of D, and learns nothing where D is sure.

    Tested (tests/variants/test_unrolled.py): the gradient against finite differences,
    the look-ahead against real steps of D.

    Args:
        unroll: K, look-ahead steps of D, from 0; time and memory grow with it. By
            default 1 for images, and the paper's 5 for vectors.
        saddle: True for the paper's surrogate f_K: G ascends D's loss, whatever
            `loss` says of G.
    """
    if unroll == "auto":
        unroll = 5 if len(image_shape) == 1 else 1
    if unroll:
        check_whole(1, unroll=unroll)
    return assemble(
        Unrolled,
        network=network,
        image_shape=image_shape,
        latent_dim=latent_dim,
        unroll=unroll,
        saddle=saddle,
        learning_rate=learning_rate,
        ema_decay=ema_decay,
        **options,
    )
