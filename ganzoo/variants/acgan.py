"""Auxiliary classifier GAN."""

import keras
import tensorflow as tf

from ganzoo import networks
from ganzoo.gan import GAN, RATES, assemble
from ganzoo.judged_model import AUGMENT_FAKE, AUGMENT_REAL
from ganzoo.networks.inputs import check_positive
from ganzoo.registry import register


@keras.saving.register_keras_serializable("ganzoo")
class ACGAN(GAN):
    """D tells real from fake and, in a second output, the class.

    D minimises the cross-entropy of the classes of real and of generated samples
    beside its adversarial loss, G that of its own samples beside its own (the paper's
    L_C, to be maximised by both). A generated sample's class is the label that G was
    given: that of the real sample in its place, so that both have the same shares.

    Args:
        class_weight: factor of the class terms in the losses of both.
        **settings: see `GAN`; D answers {"logits": (N, 1), "classes": (N, n)}.
    """

    loss_terms = ("d_adv", "d_class", "g_adv", "g_class")

    def __init__(self, *, class_weight=1.0, **settings):
        super().__init__(**settings)
        self.class_weight = class_weight

    @property
    def watched(self):
        return (*super().watched, "accuracy")

    def discriminator_loss(self, batch, fake, training):
        seen = self.view({**batch, "sample": batch["real"]}, AUGMENT_REAL, training)
        real = self.outputs(seen, training)
        made = self._outputs_of(batch, fake, training)
        terms, watched = self._d_terms(
            batch, fake, real["logits"], made["logits"], training
        )
        label = batch["label"]
        errors = _error(real, label) + _error(made, label)
        right = tf.argmax(real["classes"], 1, label.dtype) == label
        watched["accuracy"] = tf.reduce_mean(tf.cast(right, errors.dtype))
        return {**terms, "d_class": self.class_weight * errors}, watched

    def generator_loss(self, batch, fake, training):
        made = self._outputs_of(batch, fake, training)
        terms, watched = self._g_terms(batch, made["logits"], training)
        error = self.class_weight * _error(made, batch["label"])
        return {**terms, "g_class": error}, watched

    def _outputs_of(self, batch, fake, training):
        seen = self.view({**batch, **fake}, AUGMENT_FAKE, training)
        return self.outputs(seen, training)


def _error(outputs, label):
    """Mean cross-entropy of the classes that D names."""
    return tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(label, outputs["classes"])
    )


@register(
    "acgan",
    paper="Odena et al. 2017, Conditional Image Synthesis With Auxiliary Classifier "
    "GANs, arXiv 1610.09585",
    tasks=("image", "conditional"),
    batch_keys=("real", "label"),
)
def acgan(
    image_shape=(28, 28, 1),
    num_classes=10,
    latent_dim=100,
    class_weight=1.0,
    network="dcgan",
    d_norm=None,
    filters=None,
    dropout=0.0,
    value_range="auto",
    learning_rate=RATES,
    ema_decay=0.99,
    **options,
):
    """A DCGAN whose D classifies.

    The label joins what every layer of G sees; D does not see it. Adam with beta_1 0.5,
    as in the paper, whose rate is 2e-4. Its deeper networks for 128x128 and 32x32 are
    left out, and so are their noise on activations and D's dropout of 0.5: with that,
    a small D names the class and lets noise pass.

    Args:
        image_shape: (H, W, C), sides of at least 8; what the network can serve.
        num_classes: number of labels, 0 .. num_classes - 1.
        latent_dim: length of the latent.
        class_weight: factor of the class terms.
        network: the backbone of both players: `mlp`, `dcgan`, `resnet` or
            `volumetric`, or a table such as {name = "resnet", d_filters = 32}.
        d_norm: D's normalisation: `none`, `batch`, `layer`, `instance` or
            `spectral`; by default the network's own, or one that fits a penalty.
        filters: channels of the network; by default its own.
        dropout: rate on D's levels.
        value_range: of the samples; by default (-1, 1), None for vectors.
        learning_rate: of both players, or a table, see `assemble`.
        ema_decay: of the running average of G; 0 keeps none.
    """
    check_positive(num_classes=num_classes)
    parts = networks.make(
        network,
        image_shape,
        latent_dim=latent_dim,
        num_classes=num_classes,
        label_in_d=False,
        value_range=value_range,
        penalties=options.get("penalties"),
        own={"filters": filters, "dropout": dropout, "d_norm": d_norm},
        builder=acgan,
    )
    parts["discriminator"] = networks.open_features(
        parts["discriminator"], classes=num_classes
    )
    return assemble(
        ACGAN,
        class_weight=class_weight,
        **parts,
        learning_rate=learning_rate,
        ema_decay=ema_decay,
        **options,
    )
