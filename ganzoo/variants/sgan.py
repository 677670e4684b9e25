"""Semi-supervised GAN: D tells the n classes from each other and from fakes."""

import functools
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from ganzoo import distribute
from ganzoo.data import labels
from ganzoo.data.batch_spec import Samples
from ganzoo.data.labels import Labels
from ganzoo.losses import feature_matching
from ganzoo.models.adversarial import feed
from ganzoo.models.assemble import assemble
from ganzoo.models.gan import GAN
from ganzoo.networks import improved
from ganzoo.variants._registry import register


@dataclass(frozen=True)
class EveryLabel(Labels):
    """Labels for `evaluate`, whose accuracy is a mean over samples."""

    def convert(self, key, array):
        places = super().convert(key, array)
        if unlabelled := int((places < 0).sum()):
            raise ValueError(
                "`evaluate` needs the label of every sample: its accuracy is a mean "
                f"over samples. Received {unlabelled} of -1 in {key!r}."
            )
        return places


@keras.saving.register_keras_serializable("ganzoo")
class SGAN(GAN):
    """D has n class logits; the fake class, n + 1, has the logit 0 or its own.

    log P(real) / P(fake) = logsumexp(class logits) - fake logit. It is the logit of
    the adversarial loss, to which every real sample contributes; a labelled one adds
    the cross-entropy of its class among the n. Their sum is the cross-entropy of n + 1
    classes, in which an unlabelled sample counts by the sum of the first n. As in the
    authors' code, the adversarial term counts half.

    Args:
        label_count: n; batches hold labels below n, -1 for unlabelled.
        class_names: names of the classes; None until a data set declares them.
        **settings: see `sgan` and `GAN`; D answers {"features": (N, f), "logits":
            (N, n)}, or n + 1 logits.
    """

    loss_terms = ("d_adv", "d_class", "g_adv")
    refused = {"augment": "its class term and matching look at samples as they are"}

    def __init__(self, *, label_count, class_names=None, matching=True, **settings):
        super().__init__(**settings)
        self.label_count = label_count
        self.class_names = class_names
        self.matching = matching

    @property
    def batch_spec(self):
        return self._spec_with(Labels)

    @property
    def evaluation_spec(self):
        return self._spec_with(EveryLabel)

    def _spec_with(self, kind):
        real = Samples(self.sample_shape, self.value_range, unless="label")
        names = tuple(self.class_names or ())
        partly = functools.partial(kind, self.label_count, lowest=-1, names=names)
        return super().batch_spec.plus(
            label=partly(unless="labeled_label"),
            labeled=real,
            labeled_label=partly(unless="label"),
        )

    def _learn_labels(self, spec):
        label, labeled = spec.entries["label"], spec.entries["labeled_label"]
        self.class_names = list((labeled if labeled.names else label).settled.names)

    @property
    def averaged(self):
        return [self.generator, self.discriminator]

    @property
    def watched(self):
        return (*super().watched, "accuracy")

    def answers(self, sample, training):
        """D's features, class logits and real-versus-fake logit, float32 or better.

        Outside training D is its running average.
        """
        d = self.discriminator if training else self.average_of(self.discriminator)
        out = feed(d, {"sample": sample}, training)
        logits = tf.cast(out["logits"], self.variable_dtype)
        classes = logits[:, : self.label_count]
        # Without a fake column, the sum is 0.
        fake = tf.reduce_sum(logits[:, self.label_count :], axis=1)
        features = tf.cast(out["features"], self.variable_dtype)
        return features, classes, tf.reduce_logsumexp(classes, axis=1) - fake

    def discriminate(self, inputs, training):
        return self.answers(inputs["sample"], training)[2]

    def discriminator_loss(self, batch, fake, training):
        # A half for each of real and fake, as in the paper's code.
        terms, watched = super().discriminator_loss(batch, fake, training)
        label = batch["labeled_label" if "labeled" in batch else "label"]
        _, classes, _ = self.answers(batch.get("labeled", batch["real"]), training)
        known = tf.cast(label >= 0, classes.dtype)
        error = tf.nn.sparse_softmax_cross_entropy_with_logits(
            tf.maximum(label, 0), classes
        )
        right = tf.cast(tf.argmax(classes, 1, label.dtype) == label, classes.dtype)
        terms["d_adv"] /= 2
        terms["d_class"] = _mean_of(error, known)
        return terms, {**watched, "accuracy": _mean_of(right, known)}

    def generator_loss(self, batch, fake, training):
        if not self.matching:
            return super().generator_loss(batch, fake, training)
        real = self.answers(batch["real"], training)[0]
        fake = self.answers(fake["sample"], training)[0]
        return {"g_adv": feature_matching(real, fake)}, {}

    def classify(self, x) -> np.ndarray:
        """Class probabilities (N, n) of samples (N, ...), uint8 or in `value_range`.

        Raises:
            ValueError: samples of another shape or range, or a D that is not trained.
        """
        self.check_trained()
        return self._by_chunks(
            lambda sample: tf.nn.softmax(self.answers(sample, training=False)[1]), x
        )


def _mean_of(values, labelled):
    """Mean over the labelled samples of the global batch, 0 if there are none."""
    count = distribute.global_mean(tf.reduce_sum(labelled))
    return tf.reduce_sum(values * labelled) / tf.maximum(
        count, 1 / distribute.replica_count()
    )


@register(
    "sgan",
    paper="Salimans et al. 2016, Improved Techniques for Training GANs, arXiv "
    "1606.03498; Odena 2016, Semi-Supervised Learning with GANs, arXiv 1606.01583",
    tasks=("image", "semi-supervised"),
    batch_keys=("real", "label"),
)
def sgan(
    image_shape=(28, 28, 1),
    num_classes=10,
    condition=None,
    latent_dim=100,
    matching=True,
    free_fake_logit=False,
    input_noise=0.3,
    hidden_noise=0.5,
    value_range="auto",
    prior="unit_uniform",
    learning_rate=3e-3,
    epsilon=1e-4,
    ema_decay=0.999,
    **options,
):
    """n + 1 classes from partly labelled data, networks of Salimans et al. 2016.

    Labels come as `label`, -1 for none, or as a separate stream, `labeled` and
    `labeled_label`, with one labelled sample for each real one. Adam's epsilon of 1e-4
    corresponds to 1e-8 inside the square root in the paper's code. The running average
    of D, which classifies, follows at 1e-3 (the code: 1e-4, for 300 epochs). The G step
    sees the real samples of the last D step; the code draws others.

    Args:
        image_shape: (H, W, C), or (d,) for vectors.
        num_classes: n.
        condition: names of the classes, instead of `num_classes`.
        matching: if True, G matches D's mean features; if False, it has the loss's own
            term.
        free_fake_logit: if True, the fake class has its own logit (Odena 2016) instead
            of the constant 0.
        input_noise: standard deviation of the noise on D's input in training.
        hidden_noise: the same on D's hidden layers.
        value_range: (low, high) of the samples; `auto` is (0, 1), or None (unbounded)
            for vectors.
        ema_decay: decay of the running averages of G and D.
    """
    classes = labels.get(condition or num_classes)
    if not isinstance(classes, Labels):
        raise ValueError(
            "D classifies here, so a sample has one class, or none; for tags and "
            f"numbers use 'cgan'. Received: {condition!r}."
        )
    if value_range == "auto":
        value_range = None if len(image_shape) == 1 else (0.0, 1.0)
    return assemble(
        SGAN,
        generator=improved.generator(
            image_shape, latent_dim=latent_dim, value_range=value_range
        ),
        discriminator=improved.discriminator(
            image_shape,
            outputs=classes.count + bool(free_fake_logit),
            input_noise=input_noise,
            hidden_noise=hidden_noise,
        ),
        label_count=classes.count,
        class_names=list(classes.names) or None,
        matching=matching,
        value_range=value_range,
        prior=prior,
        learning_rate=learning_rate,
        epsilon=epsilon,
        ema_decay=ema_decay,
        **options,
    )
