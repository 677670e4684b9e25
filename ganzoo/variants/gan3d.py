"""3D-GAN: volumes from a latent, and a discriminator that waits for its generator."""

import keras
import tensorflow as tf

from ganzoo import distribute
from ganzoo.models.assemble import assemble
from ganzoo.models.gan import GAN
from ganzoo.variants._registry import register

RATES = {"d": 1e-3, "g": 2e-3}
PENALTIES = {"lecam": 0.1}


@keras.saving.register_keras_serializable("ganzoo")
class GatedGAN(GAN):
    """D is updated only while its accuracy on the last batch is low enough.

    The accuracy counts D's verdicts on the step's real and fake samples, over all
    replicas. If it is above `gate`, D's update is undone, bit for bit: weights,
    statistics, optimizer slots and iterations. LeCam's running means follow D's logits
    in every step.

    Args:
        **settings: see `gan3d` and `GAN`.
    """

    def __init__(self, *, gate=0.8, **settings):
        super().__init__(**settings)
        if not 0 < gate <= 1:
            raise ValueError(f"`gate` must be in (0, 1]. Received: {gate}.")
        if self.loss_functions.probability is None:
            raise ValueError(
                "The gate counts D's verdicts, and under this loss D gives none. "
                "Allowed: losses whose D(x) is a probability, such as "
                f"'non_saturating'. Received: {self.loss!r}."
            )
        self.gate = gate

    @property
    def watched(self):
        return (*super().watched, "accuracy", "open")

    def _watch(self, real, fake):
        probability = self.loss_functions.probability
        right = tf.concat([probability(real) > 0.5, probability(fake) < 0.5], axis=0)
        accuracy = tf.reduce_mean(tf.cast(right, self.variable_dtype))
        accuracy = distribute.global_mean(accuracy)
        learns = tf.cast(accuracy <= self.gate, accuracy.dtype)
        return {**super()._watch(real, fake), "accuracy": accuracy, "open": learns}

    def update_discriminators(self, part, fake):
        variables = [*self.discriminator.variables, *self.d_optimizer.variables]
        before = [tf.identity(v.value) for v in variables]
        values = super().update_discriminators(part, fake)
        for variable, old in zip(variables, before, strict=True):
            variable.assign(tf.where(values["open"] > 0, variable.value, old))
        return values


@register(
    "3dgan",
    paper="Wu et al. 2016, Learning a Probabilistic Latent Space of Object Shapes via "
    "3D Generative-Adversarial Modeling, arXiv 1610.07584",
    tasks=("voxel",),
)
def gan3d(
    network="volumetric",
    image_shape=(64, 64, 64, 1),
    latent_dim=200,
    value_range=(0.0, 1.0),
    gate=0.9,
    prior="normal",
    penalties=PENALTIES,
    learning_rate=RATES,
    ema_decay=0.99,
    **options,
):
    """Volumetric convolutions; D learns while its accuracy is at most 90%.

    The defaults suit training of minutes to hours. Below 64^3, both players have a
    dense layer, as in `dcgan`, and LeCam (Tseng et al. 2021, arXiv 2104.03310) keeps D
    from winning; the paper has neither. Its rates, 0.0025 for G and 1e-5 for D, and its
    gate of 0.8 suit weeks: config 3dgan_paper. With the authors' prior `unit_uniform`,
    the paper's networks mapped all latents to one shape at 32^3, these do not
    (3dgan_shapes_prior.json, 3dgan_shapes_prior_defaults.json). G has the
    non-saturating loss; the paper has the minimax one. Tested: a gated step is no step,
    bit for bit (tests/variants/test_gan3d.py); chairs, and D's features, by configs.

    Args:
        gate: the highest accuracy at which D learns; at 1 it always does.
    """
    return assemble(
        GatedGAN,
        network=network,
        image_shape=image_shape,
        latent_dim=latent_dim,
        value_range=value_range,
        gate=gate,
        prior=prior,
        penalties=penalties,
        learning_rate=learning_rate,
        ema_decay=ema_decay,
        **options,
    )
