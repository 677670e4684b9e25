"""Improved GAN: minibatch discrimination, feature matching, one-sided smoothing."""

import keras

from ganzoo.losses import feature_matching
from ganzoo.models.assemble import assemble
from ganzoo.models.gan import GAN
from ganzoo.models.seeds import Use
from ganzoo.variants._registry import register

NETWORK = {"name": "dcgan", "minibatch": "discrimination"}
SMOOTHED = {"name": "non_saturating", "real_target": 0.9}

# Chosen in experiments/pilots.md: with 2e-4, for 10^5 steps, G learns too slowly.
RATES = {"d": 4e-4, "g": 2e-3}


@keras.saving.register_keras_serializable("ganzoo")
class FeatureMatchingGAN(GAN):
    """G matches D's mean features of generated and real samples.

    Args:
        **settings: see `GAN`; D answers {"logits": (N, 1), "features": (N, f)}.
    """

    @classmethod
    def d_arguments(cls, image_shape, condition, settings):
        arguments = super().d_arguments(image_shape, condition, settings)
        return {**arguments, "heads": {}}

    def generator_loss(self, batch, fake, training):
        real, fakes = (
            self.outputs(self.view({**batch, **inputs}, use, training), training)
            for inputs, use in (
                ({"sample": batch["real"]}, Use.AUGMENT_REAL),
                (fake, Use.AUGMENT_FAKE),
            )
        )
        return {"g_adv": feature_matching(real["features"], fakes["features"])}, {}


@register(
    "improved",
    paper="Salimans et al. 2016, Improved Techniques for Training GANs, arXiv "
    "1606.03498",
    tasks=("image",),
)
def improved(
    network=NETWORK,
    loss=SMOOTHED,
    matching=False,
    learning_rate=RATES,
    ema_decay=0.99,
    **options,
):
    """The unconditional techniques of section 3, on DCGAN's networks.

    Minibatch discrimination (3.2) lets D compare the samples of a batch before its
    last layer. It is the authors' layer, initialised from the first batch. Real samples
    have the target 0.9 (3.4). Feature matching (3.1) is an alternative loss for G; the
    paper finds it better for classifiers than for looks. Historical averaging (3.3)
    and virtual batch normalisation (3.5) are left out. The paper's semi-supervised GAN
    is `sgan`.

    Args:
        matching: if True, G matches D's mean features instead of the loss's own term.
            The features are the input of D's last layer, including the minibatch's.
    """
    model = FeatureMatchingGAN if matching else GAN
    return assemble(
        model,
        network=network,
        loss=loss,
        learning_rate=learning_rate,
        ema_decay=ema_decay,
        **options,
    )
