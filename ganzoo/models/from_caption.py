"""TextModel: samples from noise and a caption, and how captions are given."""

import difflib
import warnings

import keras
import numpy as np
import tensorflow as tf

from ganzoo.data.batch_spec import Tokens
from ganzoo.models.adversarial import feed
from ganzoo.models.from_noise import LatentModel
from ganzoo.utils import tokenizer
from ganzoo.utils.options import evenly_spread

ROWS = 8  # captions of a picture, and samples of each


class TextModel(LatentModel):
    """A generator from noise and a caption, whatever trains it.

    The generator names `latent` and `text`, the vector that the encoder makes of the
    caption's tokens. The vocabulary is a part of the model's config: a saved model
    takes captions as words.

    Args:
        encoder: caption (N, T) int32 to text (N, d).
        vocabulary: the words of the captions, see `tokenizer.Tokenizer`.
        **settings: see `LatentModel`.

    Raises:
        ValueError: what is no vocabulary.
    """

    def __init__(self, *, encoder, vocabulary, **settings):
        super().__init__(**settings)
        self.encoder = encoder
        self.caption_length = encoder.input["caption"].shape[-1]
        self.tokenizer = tokenizer.Tokenizer(vocabulary, self.caption_length)
        self.vocabulary = self.tokenizer.vocabulary

    @property
    def averaged(self):
        return [self.generator, self.encoder]

    @property
    def batch_spec(self):
        caption = Tokens(self.caption_length, len(self.vocabulary))
        return super().batch_spec.plus(caption=caption)

    @property
    def told(self):
        return ("caption",)

    def text(self, caption, training):
        """The encoder's vectors of tokens, float32 or better."""
        encoded = feed(self.encoder, {"caption": caption}, training)
        return tf.cast(encoded, self.variable_dtype)

    def generate_from(self, batch, told, training):
        """As `generate`, from vectors of captions that are known already."""
        return super().generate({**batch, "text": told}, training)

    def generate(self, batch, training):
        told = self.text(batch["caption"], training)
        return self.generate_from(batch, told, training)

    # --- use --------------------------------------------------------------------

    @property
    def takes(self):
        length = self.caption_length
        return (
            f"{super().takes}, caption (n, {length}) int32: places in the vocabulary, "
            "from 1"
        )

    def tokens(self, captions) -> np.ndarray:
        """Tokens (n, T) of n captions, what batches hold as `caption`.

        Words that are not in the vocabulary count as no word, which a warning says.
        """
        tokens, unknown = self.tokenizer.encode(captions)
        if unknown:
            warnings.warn(self._unknown(unknown, tokens), stacklevel=2)
        return tokens

    def sample(self, n, *, seed=0, caption=None, ema=None) -> np.ndarray:
        """Generates n samples of captions.

        Args:
            n: how many; memory stays bounded for any number.
            seed: of the latents.
            caption: one for all, or n of them, or their tokens (n, T); by default
                captions of one word, the vocabulary's in turn. Unknown words count as
                no word, with a warning.
            ema: as of `LatentModel.sample`.

        Returns:
            uint8 images (n, H, W, C) in 0..255.

        Raises:
            ValueError: a negative n, another number of captions, tokens that are none
                of the vocabulary's.
        """
        if n < 0:
            raise ValueError(f"`n` must be 0 or more. Received: {n}.")
        return self.decode(self.latents(n, seed), caption=caption, ema=ema, seed=seed)

    def decode(self, latents, *, caption=None, ema=None, seed=0) -> np.ndarray:
        """Generates the samples of latents (n, latent_dim); see `sample`."""
        latents = self._checked_latents(latents)
        caption = self._captions(caption, len(latents))
        return self._decode(latents, {"caption": caption}, ema, seed)

    def interpolate(self, a, b, n=10, *, caption=None, ema=None) -> np.ndarray:
        """Generates n samples on the path from latent a to latent b, of one caption.

        See `LatentModel.interpolate`; by default the caption has no word.
        """
        told = np.zeros((n, self.caption_length), "int32")
        path = self.path(a, b, n)
        return self.decode(path, caption=told if caption is None else caption, ema=ema)

    def draw(self, arrays, n, seed):
        rows = evenly_spread(len(arrays["caption"]), n)
        return self.sample(n, seed=seed, caption=arrays["caption"][rows])

    def gallery(self, arrays, count):
        """A row of samples for each of some captions of the data, and the captions."""
        rows = np.unique(evenly_spread(len(arrays["caption"]), ROWS))
        tokens = arrays["caption"][rows]
        samples = self.sample(
            len(rows) * ROWS, seed=1, caption=tokens.repeat(ROWS, axis=0)
        )
        return samples, ROWS, self.tokenizer.decode(tokens)

    @property
    def sampler(self):
        """One network from `latent` and `caption` to samples, for export."""
        given = {
            "latent": keras.Input((self.latent_dim,), name="latent"),
            "caption": keras.Input(
                (self.caption_length,), dtype="int32", name="caption"
            ),
        }
        return keras.Model(given, self._made_of(given, None, False), name="generator")

    def _made_of(self, given, ema, training):
        told = feed(self._choose(self.encoder, ema), given, training)
        return super()._made_of({**given, "text": told}, ema, training)

    def _captions(self, caption, n):
        if caption is None:
            words = len(self.vocabulary)
            tokens = np.zeros((n, self.caption_length), "int32")
            tokens[:, 0] = 1 + np.arange(n) % words
            return tokens
        if isinstance(caption, str):
            return self.tokens([caption]).repeat(n, axis=0)
        given = np.asarray(caption)
        if given.shape == (n,) and (n == 0 or given.dtype.kind == "U"):
            return self.tokens([str(line) for line in given])
        fits = given.dtype.kind in "iu" and given.shape == (n, self.caption_length)
        highest = len(self.vocabulary)
        if not fits or n and not 0 <= given.min() <= given.max() <= highest:
            raise ValueError(
                f"`caption` must be a text, {n} of them, or tokens from 0 to {highest} "
                f"of shape {(n, self.caption_length)}. "
                f"Received: {type(caption).__name__} of shape {given.shape}."
            )
        return given.astype("int32")

    def _unknown(self, unknown, tokens):
        hints = {
            word: difflib.get_close_matches(word, self.vocabulary, n=1)
            for word in unknown[:10]
        }
        named = [
            f"{word!r} (did you mean {near[0]!r}?)" if near else repr(word)
            for word, near in hints.items()
        ]
        none = " No word is left of a caption." if (tokens == 0).all(1).any() else ""
        return (
            f"Words that the model was not trained on count as no word: "
            f"{', '.join(named)}.{none}"
        )
