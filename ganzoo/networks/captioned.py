"""Networks from captions to images (Reed et al. 2016, arXiv 1605.05396), any size.

DCGAN's networks, with the caption's vector next to the latent in G, and at every
position of D's last maps. The encoder is a small word encoder, instead of the paper's
character encoder.

Two things are not in the paper. The caption's vector has mean 0 and variance 1, so that
G hears it next to a latent of that size. And D's logit has a second part, the inner
product of a layer of its last maps and a layer of the caption's vector (projection:
Miyato and Koyama 2018, arXiv 1802.05637), which tells early if the two fit.
"""

import keras
from keras import layers

from ganzoo.layers import Dropout
from ganzoo.networks import dcgan, inputs, norms
from ganzoo.utils.options import check_whole
from ganzoo.utils.tokenizer import Tokenizer


def make(
    image_shape,
    vocabulary,
    caption_length,
    *,
    word_dropout,
    text_norm,
    value_range,
    latent_dim,
    text_dim,
    **sizes,
) -> dict:
    """Builds generator and encoder, with the settings of a `TextModel`.

    Raises:
        ValueError: an invalid vocabulary, see `tokenizer.Tokenizer`.
    """
    words = len(Tokenizer(vocabulary, caption_length).vocabulary)
    return {
        "generator": generator(
            image_shape,
            latent_dim=latent_dim,
            text_dim=text_dim,
            value_range=value_range,
            **sizes,
        ),
        "encoder": encoder(
            caption_length,
            words=words,
            text_dim=text_dim,
            word_dropout=word_dropout,
            text_norm=text_norm,
        ),
        "vocabulary": vocabulary,
        "value_range": value_range,
    }


def encoder(length, *, words, units=64, text_dim=128, word_dropout=0.1, text_norm=True):
    """Network from caption (N, length) int32 to text (N, text_dim).

    The words' vectors pass a convolution over three words. Its maximum over the
    caption, by channel, joins the sum of the words. Token 0, no word, is zeros.

    Args:
        length: number of tokens of a caption.
        words: number of words in the vocabulary, tokens 1 to `words`.
        units: length of a word's vector, and channels of the convolution.
        text_dim: length of the caption's vector.
        word_dropout: share of words that are left out in training, which prepares for
            captions with unknown words.
        text_norm: if True, each vector has mean 0 and variance 1.
    """
    check_whole(1, length=length, words=words, units=units, text_dim=text_dim)
    named = {"caption": keras.Input((length,), dtype="int32", name="caption")}
    known = keras.ops.cast(
        keras.ops.expand_dims(named["caption"] > 0, -1), keras.config.floatx()
    )
    known = Dropout(word_dropout)(known) if word_dropout else known
    x = layers.Embedding(words + 1, units)(named["caption"])
    x = layers.Multiply()([x, known])
    near = layers.Conv1D(units, 3, padding="same")(x)
    near = layers.GlobalMaxPooling1D()(inputs.activation("leaky_relu")(near))
    x = layers.Concatenate()([keras.ops.sum(x, axis=1), near])
    x = layers.Dense(text_dim)(x)
    x = layers.LayerNormalization(center=False, scale=False)(x) if text_norm else x
    return keras.Model(named, x, name="encoder")


def generator(
    image_shape,
    *,
    latent_dim,
    text_dim,
    text_units=128,
    filters=64,
    kernel=4,
    value_range=(-1.0, 1.0),
):
    """Network from latent and text (N, text_dim) to samples (N, H, W, C).

    Args:
        image_shape: (H, W, C), sides of at least 8.
        latent_dim: length of the latent.
        text_dim: length of the caption's vector.
        text_units: units of the first layer for the caption's vector.
        filters: channels before the output layer; doubled at each level below.
        kernel: size of the transposed convolutions, a multiple of their stride 2.
        value_range: (low, high) of the samples.
    """
    shape = inputs.check_image_shape(image_shape, (3,), smallest=8)
    check_whole(1, latent_dim=latent_dim, text_units=text_units)
    named = {
        "latent": keras.Input((latent_dim,), name="latent"),
        "text": keras.Input((text_dim,), name="text"),
    }
    x = layers.Concatenate()([named["latent"], _said(named["text"], text_units)])
    x = dcgan.grow(x, shape, filters, kernel, value_range)
    return keras.Model(named, x, name="generator")


def discriminator(
    image_shape,
    *,
    text_dim,
    text_units=128,
    filters=64,
    kernel=4,
    projection=256,
    dropout=0.0,
    d_norm="batch",
):
    """Network from sample (N, H, W, C) and text (N, text_dim) to logits (N, 1).

    Args:
        image_shape: (H, W, C), sides of at least 8.
        text_dim: length of the caption's vector.
        text_units: units of the first layer for the caption's vector.
        filters: channels of the first level; doubled at each level.
        kernel: size of the convolutions.
        projection: units of the two layers whose inner product, over its square root,
            joins the logit; 0 for none, as in the paper.
        dropout: dropout rate after each level.
        d_norm: a name of `norms.NORMS`.
    """
    shape = inputs.check_image_shape(image_shape, (3,), smallest=8)
    check_whole(1, text_units=text_units)
    check_whole(0, projection=projection)
    norm = norms.get(d_norm)
    named = {
        "sample": keras.Input(shape, name="sample"),
        "text": keras.Input((text_dim,), name="text"),
    }
    maps = dcgan.shrink(named["sample"], filters, kernel, dropout, norm)
    text = inputs.constant_maps(_said(named["text"], text_units), maps.shape[1:-1])
    x = layers.Concatenate()([maps, text])
    x = norm.apply(x, layers.Conv2D, maps.shape[-1], 1)
    x = layers.Flatten()(inputs.activation("leaky_relu")(x))
    logits = norm.wrap(layers.Dense(1))(x)
    if projection:
        match = inputs.match(layers.Flatten()(maps), named["text"], projection, norm)
        logits = layers.Add()([logits, match])
    return keras.Model(named, logits, name="discriminator")


def _said(text, units):
    return inputs.activation("leaky_relu")(layers.Dense(units)(text))
