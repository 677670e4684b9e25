"""Auxiliary classifier GAN."""

import keras
import tensorflow as tf

from ganzoo.data import labels
from ganzoo.models.assemble import assemble
from ganzoo.models.gan import GAN
from ganzoo.models.seeds import Use
from ganzoo.utils.options import check_whole
from ganzoo.variants._registry import register

# Chosen in experiments/pilots.md: with 2e-4, for 10^5 steps, G learns too slowly.
RATES = {"d": 4e-4, "g": 1e-3}


@keras.saving.register_keras_serializable("ganzoo")
class ACGAN(GAN):
    """D tells real from fake and, in a second output, the class or the tags.

    Next to the adversarial losses, D minimises the class cross-entropy of real and
    generated samples, and G the class cross-entropy of its own samples (in the paper,
    both maximise L_C). The class of a generated sample is the label that G received. G
    receives the labels of the real batch, so classes are equally frequent in both.

    With tags, which the paper does not have, L_C is the log-likelihood of independent
    tags: the sum of their binary cross-entropies.

    Args:
        **settings: see `acgan` and `GAN`; D answers {"logits": (N, 1), "classes":
            (N, n)}, one logit for each class or tag.
    """

    loss_terms = ("d_adv", "d_class", "g_adv", "g_class")

    @classmethod
    def d_arguments(cls, image_shape, condition, settings):
        _reading(condition)
        return {"image_shape": image_shape, "heads": {"classes": condition.count}}

    def __init__(self, *, class_weight=1.0, fake_weight=1.0, **settings):
        super().__init__(**settings)
        self.class_weight = class_weight
        self.fake_weight = fake_weight
        self.reading = _reading(labels.get(self.condition))

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
        of_real, watched["accuracy"] = self._read(batch, real)
        of_fake, _ = self._read(batch, fakes)
        errors = of_real + self.fake_weight * of_fake
        return {**terms, "d_class": self.class_weight * errors}, watched

    def generator_loss(self, batch, fake, training):
        fakes = self._outputs_of(batch, fake, training)
        terms, watched = self._g_terms(batch, fakes["logits"], training)
        error, _ = self._read(batch, fakes)
        return {**terms, "g_class": self.class_weight * error}, watched

    def _outputs_of(self, batch, fake, training):
        inputs = self.view({**batch, **fake}, Use.AUGMENT_FAKE, training)
        return self.outputs(inputs, training)

    def _read(self, batch, outputs):
        """Mean cross-entropy of D's class logits, and the share that is right."""
        logits = outputs["classes"]
        errors, right = self.reading(logits, batch["label"])
        return tf.reduce_mean(errors), tf.reduce_mean(tf.cast(right, logits.dtype))


def _class(logits, label):
    errors = tf.nn.sparse_softmax_cross_entropy_with_logits(label, logits)
    return errors, tf.argmax(logits, 1, label.dtype) == label


def _tags(logits, label):
    label = tf.cast(label, logits.dtype)
    errors = tf.nn.sigmoid_cross_entropy_with_logits(label, logits)
    return tf.reduce_sum(errors, axis=1), (logits > 0) == (label > 0)


READINGS = {labels.Labels: _class, labels.Tags: _tags}
"""Condition -> D's errors (N,) from logits (N, n) and labels, and what is right."""


def _reading(condition):
    if type(condition) not in READINGS:
        raise ValueError(
            "D classifies here, so every sample has a class, or tags; for numbers use "
            f"'cgan'. Received: {condition and condition.spec}."
        )
    return READINGS[type(condition)]


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
    fake_weight=1.0,
    learning_rate=RATES,
    ema_decay=0.99,
    **options,
):
    """A DCGAN whose D classifies; for vectors, perceptrons.

    Labels are classes, or tags: several classes at once. The label joins the input of
    every layer of G; D does not see it. Adam with beta_1 0.5, as in the paper, where
    the rate is 2e-4. Its deeper networks for 128x128 and 32x32 are left out, and so are
    their noise on activations and D's dropout of 0.5: with that dropout, a small D
    learns the class and accepts noise.

    Args:
        class_weight: factor of the class terms in the losses of both players. The term
            of tags is a sum over them: for many, less than 1 keeps the balance with
            the adversarial terms (0.1 for 27 tags in zoo_configs/acgan_faces.toml).
        fake_weight: weight of generated samples in D's class term; 1 in the paper. At 0
            D learns classes from real samples alone, so that G cannot please it with
            samples that are not images, as it did with 27 tags.
    """
    check_whole(1, num_classes=num_classes)
    return assemble(
        ACGAN,
        network=network,
        num_classes=num_classes,
        class_weight=class_weight,
        fake_weight=fake_weight,
        learning_rate=learning_rate,
        ema_decay=ema_decay,
        **options,
    )
