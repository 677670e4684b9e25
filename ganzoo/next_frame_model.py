"""NextFrameModel: a generator judged at several scales."""

import functools

import keras
import tensorflow as tf

from ganzoo.adversarial import feed
from ganzoo.translation_model import TranslationModel


@keras.saving.register_keras_serializable("ganzoo")
class NextFrameModel(TranslationModel):
    """A generator of several scales, and a discriminator for each of them.

    `discriminator` judges the samples themselves, `coarse_discriminators` what the
    generator answers at the coarser scales, the coarsest first; each sees the frames
    before at its size. Their losses are summed (eq. 1 and 2) and shown as d_coarse and
    g_coarse.

    Args:
        coarse_discriminators: of the scales below the finest; none where there is no
            discriminator.
        **settings: see `TranslationModel`.
    """

    refused = {"penalties": "it has several discriminators"}

    def __init__(self, *, coarse_discriminators=(), **settings):
        super().__init__(**settings)
        self.coarse_discriminators = list(coarse_discriminators)
        if coarse_discriminators:
            self.loss_terms = (*self.loss_terms, "d_coarse", "g_coarse")

    @property
    def discriminators(self):
        return [*super().discriminators, *self.coarse_discriminators]

    @functools.cached_property
    def _every_scale(self):
        """The generator with its answers at all scales; its weights are the same."""
        network, answers = self.generator, []
        while (name := f"answer_{len(answers)}") in {x.name for x in network.layers}:
            answers.append(network.get_layer(name).output)
        return keras.Model(network.input, answers)

    def generate(self, batch, training):
        answers = self._every_scale({"source": batch["source"]}, training=training)
        *coarse, sample = (tf.cast(x, self.variable_dtype) for x in answers)
        return {"sample": sample, "coarse": coarse}

    def discriminator_loss(self, batch, fake, training):
        terms, watched = super().discriminator_loss(batch, fake, training)
        loss = self.loss_functions.discriminator
        pairs = self._judge_coarse(batch, fake, True, training)
        coarse = [loss(real, made) for real, made in pairs]
        return {**terms, "d_coarse": self.d_weight * tf.add_n(coarse)}, watched

    def generator_loss(self, batch, fake, training):
        terms, watched = super().generator_loss(batch, fake, training)
        if self.coarse_discriminators:
            loss, paired = self.loss_functions.generator, self.loss_functions.paired
            pairs = self._judge_coarse(batch, fake, paired, training)
            coarse = [loss(real, made) for real, made in pairs]
            terms["g_coarse"] = self.adversarial * tf.add_n(coarse)
        return terms, watched

    def _judge_coarse(self, batch, fake, with_real, training):
        """Logits of real and fake samples at each coarser scale, the finest first."""
        real, source = batch["real"], batch["source"]
        scales = zip(self.coarse_discriminators, fake["coarse"], strict=True)
        for network, made in reversed(list(scales)):
            real, source = halved(real), halved(source)
            logits = [
                tf.cast(feed(network, given, training), self.variable_dtype)
                for given in (
                    {"sample": real, "source": source},
                    {"sample": made, "source": source},
                )[not with_real :]
            ]
            yield logits if with_real else (None, *logits)


def halved(images):
    """Images (N, H, W, C) at half the size, means of 2x2 pixels."""
    count, height, width, channels = images.shape
    count = count or tf.shape(images)[0]
    squares = tf.reshape(images, (count, height // 2, 2, width // 2, 2, channels))
    return tf.reduce_mean(squares, axis=(2, 4))
