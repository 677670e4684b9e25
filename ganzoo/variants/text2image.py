"""Text to image: D judges whether an image is real and fits its caption."""

from dataclasses import replace

import keras
import tensorflow as tf

from ganzoo import distribute
from ganzoo.models.assemble import assemble
from ganzoo.models.from_caption import TextModel
from ganzoo.models.gan import GAN
from ganzoo.models.seeds import Use
from ganzoo.networks import captioned
from ganzoo.variants._registry import register


@keras.saving.register_keras_serializable("ganzoo")
class TextGAN(TextModel, GAN):
    """GAN-INT-CLS: a matching-aware D, and captions half way between two for G.

    D refuses fakes, and real images with the caption of another; the two kinds count
    half each (algorithm 1). G is asked for samples of captions, and of points between
    two captions (eq. 5). The encoder is D's: G reads it as a constant.

    Args:
        mismatch: share of the mismatched real images in what D refuses; 0.5 in the
            paper, 0 for a D that only tells real from fake.
        between_weight: of G's term on captions between two; 0 leaves it out (GAN-CLS).
        beta: share of the first caption in one between two.
        **settings: see `TextModel` and `GAN`; D takes `sample` and `text`.
    """

    loss_terms = ("d_adv", "d_match", "g_adv", "g_between")
    has_probability = False  # D(x) is of an image and its caption

    def __init__(self, *, mismatch=0.5, between_weight=1.0, beta=0.5, **settings):
        super().__init__(**settings)
        if not (0 <= mismatch < 1 and 0 <= beta <= 1 and between_weight >= 0):
            raise ValueError(
                "`mismatch` must be in [0, 1), `beta` in [0, 1] and `between_weight` 0 "
                f"or more. Received: {mismatch}, {beta}, {between_weight}."
            )
        self.mismatch = mismatch
        self.between_weight = between_weight
        self.beta = beta

    @property
    def discriminators(self):
        return [self.discriminator, self.encoder]

    @property
    def watched(self):
        return (*super().watched, *(["d_wrong"] if super().watched else []))

    @property
    def batch_spec(self):
        spec = super().batch_spec
        other = replace(spec.entries["caption"], origin="caption")
        return spec.plus(mismatched=other)

    def generate_from(self, batch, told, training):
        return super().generate_from(batch, tf.stop_gradient(told), training)

    def discriminator_loss(self, batch, fake, training):
        told, other = (
            {**batch, "text": self.text(batch[key], training)}
            for key in ("caption", "mismatched")
        )
        real, wrong = (self._judge_real(given, training) for given in (told, other))
        made = self.judge(
            {**told, "sample": fake["sample"]}, Use.AUGMENT_FAKE, training
        )
        terms, watched = self._d_terms(told, fake, real, made, training)
        match = self.loss_functions.discriminator(real, wrong)
        terms["d_adv"] = (1 - self.mismatch) * terms["d_adv"]
        terms["d_match"] = self.mismatch * match
        if self.loss_functions.probability:
            probability = self.loss_functions.probability(wrong)
            watched["d_wrong"] = tf.reduce_mean(probability)
        return terms, watched

    def generator_loss(self, batch, fake, training):
        told = {**batch, "text": fake["text"]}
        terms, watched = super().generator_loss(told, fake, training)
        terms["g_between"] = self.between_weight * self._between(told, training)
        return terms, watched

    def _between(self, told, training):
        """G's loss on captions between those of the batch and the mismatched ones."""
        if not self.between_weight:
            return tf.zeros((), self.variable_dtype)
        other = self.text(told["mismatched"], training)
        between = self.beta * told["text"] + (1 - self.beta) * other
        seed = distribute.fold(told["seed"], Use.CONDITION)
        fake = self.generate_from({**told, "seed": seed}, between, training)
        logits = self.judge(fake, Use.AUGMENT_FAKE, training)
        return self._g_terms(told, logits, training)[0]["g_adv"]


@register(
    "text2image",
    paper="Reed et al. 2016, Generative Adversarial Text to Image Synthesis, "
    "arXiv 1605.05396",
    tasks=("image", "text"),
    batch_keys=("real", "caption", "mismatched"),
)
def text2image(
    image_shape=(64, 64, 3),
    vocabulary=("red", "blue", "square", "circle"),
    caption_length=8,
    latent_dim=100,
    text_dim=128,
    text_units=128,
    word_dropout=0.1,
    mismatch=0.5,
    between_weight=1.0,
    beta=0.5,
    filters=64,
    d_norm="batch",
    dropout=0.0,
    value_range=(-1.0, 1.0),
    **options,
):
    """An image from a caption: `sample(16, caption="a red apple")`.

    DCGAN's networks and rates, GAN-INT-CLS. In the paper an encoder of characters is
    trained beforehand; here a small one of words learns with D. `fit` takes {"real":
    images, "caption": model.tokens(captions)}. Proven: every term by hand
    (tests/variants/test_text2image.py).

    Args:
        image_shape: (H, W, C), sides of at least 8.
        vocabulary: the words of the captions; a run takes those of its data.
        caption_length: the most words of a caption; the same.
        latent_dim: length of the latent.
        text_dim: length of the caption's vector.
        text_units: of the layer through which each player takes it in.
        word_dropout: share of words that the encoder leaves out in training.
        mismatch: share of real images with another caption in what D refuses; 0 for
            a D that is not matching-aware.
        between_weight: of G's term on captions between two (INT); 0 leaves it out.
        beta: share of the first caption in one between two.
        filters: channels next to the image.
        d_norm: D's normalisation: `none`, `batch`, `layer`, `instance` or `spectral`.
        dropout: rate on D's levels.
        value_range: of the samples.
    """
    sizes = {"text_dim": text_dim, "text_units": text_units, "filters": filters}
    return assemble(
        TextGAN,
        **captioned.make(
            image_shape,
            vocabulary,
            caption_length,
            word_dropout=word_dropout,
            value_range=value_range,
            latent_dim=latent_dim,
            **sizes,
        ),
        discriminator=captioned.discriminator(
            image_shape, d_norm=d_norm, dropout=dropout, **sizes
        ),
        mismatch=mismatch,
        between_weight=between_weight,
        beta=beta,
        **options,
    )
