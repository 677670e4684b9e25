"""Improved GAN: minibatch discrimination, feature matching, one-sided smoothing."""

import keras

from ganzoo import networks
from ganzoo.gan import GAN, RATES, assemble
from ganzoo.judged_model import AUGMENT_FAKE, AUGMENT_REAL
from ganzoo.losses import feature_matching
from ganzoo.registry import register

SMOOTHED = {"name": "non_saturating", "real_target": 0.9}


@keras.saving.register_keras_serializable("ganzoo")
class FeatureMatchingGAN(GAN):
    """G draws D's mean features of its samples to those of the real ones.

    Args:
        **settings: see `GAN`; D answers {"logits": (N, 1), "features": (N, f)}.
    """

    def generator_loss(self, batch, fake, training):
        real, made = (
            self.outputs(self.view({**batch, **shown}, use, training), training)
            for shown, use in (
                ({"sample": batch["real"]}, AUGMENT_REAL),
                (fake, AUGMENT_FAKE),
            )
        )
        return {"g_adv": feature_matching(real["features"], made["features"])}, {}


@register(
    "improved",
    paper="Salimans et al. 2016, Improved Techniques for Training GANs, arXiv "
    "1606.03498",
    tasks=("image",),
)
def improved(
    image_shape=(28, 28, 1),
    latent_dim=100,
    matching=False,
    network="dcgan",
    d_norm=None,
    filters=None,
    minibatch="discrimination",
    value_range="auto",
    loss=SMOOTHED,
    learning_rate=RATES,
    ema_decay=0.99,
    **options,
):
    """The unconditional techniques of section 3, on DCGAN's networks.

    Minibatch discrimination (3.2) lets D compare the samples of a batch before its
    last layer, by the authors' layer, which starts from the first batch; real samples
    have the target 0.9 (3.4). Feature matching (3.1) is the other goal of G, of which
    the paper says that it serves a classifier better than the eye. Historical
    averaging (3.3) and virtual batch normalisation (3.5) are left out. The paper's
    semi-supervised GAN is `sgan`.

    Args:
        image_shape: (H, W, C), sides of at least 8; what the network can serve.
        latent_dim: length of the latent.
        matching: G matches D's mean features in place of the loss's own term. The
            features are what D's last layer sees, those of the minibatch among them.
        network: the backbone of both players: `mlp`, `dcgan`, `resnet` or
            `volumetric`, or a table such as {name = "mlp", hidden = [128, 128]}.
        d_norm: D's normalisation: `none`, `batch`, `layer`, `instance` or
            `spectral`; by default the network's own, or one that fits a penalty.
        filters: channels of the network; by default its own.
        minibatch: `discrimination`, or a table such as {name = "discrimination",
            units = 100, dims = 5}; `stddev`, or `none`.
        value_range: of the samples; by default (-1, 1), None for vectors.
        loss: see `ganzoo.losses`.
        learning_rate: of both players, or a table, see `assemble`.
        ema_decay: of the running average of G; 0 keeps none.
    """
    parts = networks.make(
        network,
        image_shape,
        latent_dim=latent_dim,
        value_range=value_range,
        penalties=options.get("penalties"),
        own={"filters": filters, "minibatch": minibatch, "d_norm": d_norm},
        builder=improved,
    )
    parts["discriminator"] = networks.open_features(parts["discriminator"])
    model = FeatureMatchingGAN if matching else GAN
    return assemble(
        model,
        loss=loss,
        **parts,
        learning_rate=learning_rate,
        ema_decay=ema_decay,
        **options,
    )
