"""Text to image: D judges realism, and the match of image and caption."""

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
    """GAN-INT-CLS: a matching-aware D, and interpolated captions for G.

    D rejects fakes, and real images with another image's caption; the two kinds count
    half each (algorithm 1). G learns from captions, and from points between two
    captions (eq. 5). The encoder belongs to D: G treats its output as a constant.

    Args:
        **settings: see `text2image`, `TextModel` and `GAN`; D takes `sample` and
            `text`.
    """

    loss_terms = ("d_adv", "d_match", "g_adv", "g_between")
    has_probability = False  # D judges an image with its caption

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

    def generate_from(self, batch, text, training):
        return super().generate_from(batch, tf.stop_gradient(text), training)

    def discriminator_loss(self, batch, fake, training):
        matching, mismatched = (
            {**batch, "text": self.text(batch[key], training)}
            for key in ("caption", "mismatched")
        )
        real, wrong = (
            self._judge_real(inputs, training) for inputs in (matching, mismatched)
        )
        fakes = self.judge(
            {**matching, "sample": fake["sample"]}, Use.AUGMENT_FAKE, training
        )
        terms, watched = self._d_terms(matching, fake, real, fakes, training)
        match = self.loss_functions.discriminator(real, wrong)
        terms["d_adv"] = (1 - self.mismatch) * terms["d_adv"]
        terms["d_match"] = self.mismatch * match
        if self.loss_functions.probability:
            probability = self.loss_functions.probability(wrong)
            watched["d_wrong"] = tf.reduce_mean(probability)
        return terms, watched

    def generator_loss(self, batch, fake, training):
        inputs = {**batch, "text": fake["text"]}
        terms, watched = super().generator_loss(inputs, fake, training)
        terms["g_between"] = self.between_weight * self._between(inputs, training)
        return terms, watched

    def _between(self, inputs, training):
        """G's loss on captions interpolated between matching and mismatched ones."""
        if not self.between_weight:
            return tf.zeros((), self.variable_dtype)
        other = self.text(inputs["mismatched"], training)
        between = self.beta * inputs["text"] + (1 - self.beta) * other
        seed = distribute.fold(inputs["seed"], Use.CONDITION)
        fake = self.generate_from({**inputs, "seed": seed}, between, training)
        logits = self.judge(fake, Use.AUGMENT_FAKE, training)
        return self._g_terms(inputs, logits, training)[0]["g_adv"]


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
    text_norm=True,
    projection=256,
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

    DCGAN's networks and rates, GAN-INT-CLS. In the paper, a character encoder is
    trained beforehand; here, a small word encoder learns with D. Captions' vectors are
    normalised, and D has a projection: with both, samples of drawn faces have 94% of
    their captions' attributes after 500 steps, else 46% (experiments/pilots.md). `fit`
    takes {"real": images, "caption": model.tokens(captions)}. Tested: every term by
    hand (tests/variants/test_text2image.py).

    Args:
        image_shape: (H, W, C), sides of at least 8.
        vocabulary: words of the captions; a run takes them from its data.
        caption_length: most words of a caption; a run takes it from its data.
        text_dim: length of the caption's vector.
        text_units: units of each player's layer for that vector.
        word_dropout: share of words that the encoder leaves out in training.
        text_norm: if True, a caption's vector has mean 0 and variance 1; in the paper
            it is as it is.
        projection: see `networks.captioned.discriminator`; 0 in the paper.
        mismatch: weight of real images with a wrong caption among the images that D
            rejects; 0 for a D that is not matching-aware.
        between_weight: weight of G's term on interpolated captions (INT); 0 leaves it
            out (GAN-CLS).
        beta: share of the first caption in an interpolated one.
        filters: channels next to the image.
        dropout: dropout rate on D's levels.
    """
    sizes = {"text_dim": text_dim, "text_units": text_units, "filters": filters}
    return assemble(
        TextGAN,
        **captioned.make(
            image_shape,
            vocabulary,
            caption_length,
            word_dropout=word_dropout,
            text_norm=text_norm,
            value_range=value_range,
            latent_dim=latent_dim,
            **sizes,
        ),
        discriminator=captioned.discriminator(
            image_shape,
            projection=projection,
            d_norm=d_norm,
            dropout=dropout,
            **sizes,
        ),
        mismatch=mismatch,
        between_weight=between_weight,
        beta=beta,
        **options,
    )
