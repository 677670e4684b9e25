"""Text to image without a discriminator: the baseline of `text2image`."""

import keras
import tensorflow as tf

from ganzoo.models.from_caption import TextModel
from ganzoo.models.optimizers import compile_without_d
from ganzoo.networks import captioned
from ganzoo.variants._registry import register


@keras.saving.register_keras_serializable("ganzoo")
class TextRegression(TextModel):
    """The generator of `text2image`, fitted to each caption's image without a D.

    Its loss is the mean absolute error. The optimum is a median over all images of a
    caption: blurred where there are many right answers.

    Args:
        **settings: see `TextModel`.
    """

    loss_terms = ("g_l1",)

    @property
    def generators(self):
        return [self.generator, self.encoder]

    def generator_loss(self, batch, fake, training):
        samples = tf.cast(fake["sample"], self.variable_dtype)
        return {"g_l1": tf.reduce_mean(tf.abs(batch["real"] - samples))}, {}


@register(
    "text2image-l1",
    paper="the non-adversarial ablation of Reed et al. 2016, Generative Adversarial "
    "Text to Image Synthesis, arXiv 1605.05396",
    tasks=("image", "text", "baseline"),
    batch_keys=("real", "caption"),
)
def text2image_l1(
    image_shape=(64, 64, 3),
    vocabulary=("red", "blue", "square", "circle"),
    caption_length=8,
    latent_dim=100,
    text_dim=128,
    text_units=128,
    word_dropout=0.1,
    text_norm=True,
    filters=64,
    value_range=(-1.0, 1.0),
    learning_rate=2e-4,
    beta_1=0.5,
    ema_decay=0.0,
    seed=0,
    jit_compile=False,
):
    """A baseline: G and encoder of `text2image`, with the L1 distance instead of D.

    Its gap to `text2image` shows the effect of an adversary. Here the encoder learns
    with G, from the only loss.

    Args:
        image_shape: (H, W, C), sides of at least 8.
        vocabulary: words of the captions; a run takes them from its data.
        caption_length: most words of a caption; a run takes it from its data.
        latent_dim: length of the latent, which G learns to ignore.
        text_dim: length of the caption's vector.
        text_units: units of G's layer for that vector.
        word_dropout: share of words that the encoder leaves out in training.
        text_norm: if True, a caption's vector has mean 0 and variance 1.
        filters: channels next to the image.
    """
    parts = captioned.make(
        image_shape,
        vocabulary,
        caption_length,
        word_dropout=word_dropout,
        text_norm=text_norm,
        value_range=value_range,
        latent_dim=latent_dim,
        text_dim=text_dim,
        text_units=text_units,
        filters=filters,
    )
    model = TextRegression(**parts, d_steps=0, ema_decay=ema_decay, seed=seed)
    return compile_without_d(model, learning_rate, jit_compile, beta_1=beta_1)
