"""Auxiliary classifier GAN."""

import keras
import tensorflow as tf

from ganzoo.data.labels import Labels
from ganzoo.models.assemble import assemble
from ganzoo.models.gan import GAN
from ganzoo.models.seeds import Use
from ganzoo.utils.options import check_whole
from ganzoo.variants._registry import register

# Chosen in experiments/pilots.md: with 2e-4, for 10^5 steps, G learns too slowly.
RATES = {"d": 4e-4, "g": 1e-3}


@keras.saving.register_keras_serializable("ganzoo")
class ACGAN(GAN):
    """D tells real from fake and, in a second output, the class.

    Next to the adversarial losses, D minimises the class cross-entropy of real and
    generated samples, and G the class cross-entropy of its own samples (in the paper,
    both maximise L_C). The class of a generated sample is the label that G received. G
    receives the labels of the real batch, so classes are equally frequent in both.

    Args:
        **settings: see `acgan` and `GAN`; D answers {"logits": (N, 1), "classes":
            (N, n)}.
    """

    loss_terms = ("d_adv", "d_class", "g_adv", "g_class")

    @classmethod
    def d_arguments(cls, image_shape, condition, settings):
        if not isinstance(condition, Labels):
            raise ValueError(
                "D classifies here, so every sample has one class; for tags and "
                f"numbers use 'cgan'. Received: {condition and condition.spec}."
            )
        return {"image_shape": image_shape, "heads": {"classes": condition.count}}

    def __init__(self, *, class_weight=1.0, **settings):
        super().__init__(**settings)
        self.class_weight = class_weight

    @property
    def watched(self):
        return (*super().watched, "accuracy")

    def discriminator_loss(self, batch, fake, training):
        inputs = self.view(
            {**batch, "sample": batch["real"]}, Use.AUGMENT_REAL, training
        )
        real = self.outputs(inputs, training)
        fakes = self._outputs_of(batch, fake, training)
        terms, watched = self._d_terms(
            batch, fake, real["logits"], fakes["logits"], training
        )
        label = batch["label"]
        errors = _error(real, label) + _error(fakes, label)
        right = tf.argmax(real["classes"], 1, label.dtype) == label
        watched["accuracy"] = tf.reduce_mean(tf.cast(right, errors.dtype))
        return {**terms, "d_class": self.class_weight * errors}, watched

    def generator_loss(self, batch, fake, training):
        fakes = self._outputs_of(batch, fake, training)
        terms, watched = self._g_terms(batch, fakes["logits"], training)
        error = self.class_weight * _error(fakes, batch["label"])
        return {**terms, "g_class": error}, watched

    def _outputs_of(self, batch, fake, training):
        inputs = self.view({**batch, **fake}, Use.AUGMENT_FAKE, training)
        return self.outputs(inputs, training)


def _error(outputs, label):
    """Mean cross-entropy of D's class logits."""
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
    network="auto",
    num_classes=10,
    class_weight=1.0,
    learning_rate=RATES,
    ema_decay=0.99,
    **options,
):
    """A DCGAN whose D classifies; for vectors, perceptrons.

    The label joins the input of every layer of G; D does not see it. Adam with beta_1
    0.5, as in the paper, where the rate is 2e-4. Its deeper networks for 128x128 and
    32x32 are left out, and so are their noise on activations and D's dropout of 0.5:
    with it, a small D learns the class and accepts noise.

    Args:
        class_weight: factor of the class terms in the losses of both players.
    """
    check_whole(1, num_classes=num_classes)
    return assemble(
        ACGAN,
        network=network,
        num_classes=num_classes,
        class_weight=class_weight,
        learning_rate=learning_rate,
        ema_decay=ema_decay,
        **options,
    )
