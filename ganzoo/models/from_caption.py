"""TextModel: samples from noise and a caption, and the encoding of captions."""

import difflib
import warnings

import keras
import numpy as np

from ganzoo.data.batch_spec import Tokens
from ganzoo.models.adversarial import feed
from ganzoo.models.from_noise import LatentModel
from ganzoo.models.image_arrays import spread
from ganzoo.models.projection import Projection, project
from ganzoo.utils import tokenizer
from ganzoo.utils.options import evenly_spread

ROWS = 8  # captions per picture, and samples per caption


class TextModel(LatentModel):
    """A generator from noise and a caption, trained by any loss.

    The generator names `latent` and `text`, the encoder's vector for the caption's
    tokens. The vocabulary is part of the model's config: a saved model takes captions
    as words.

    Args:
        encoder: network from caption (N, T) int32 to text (N, d).
        vocabulary: the words of the captions, see `tokenizer.Tokenizer`.
        **settings: see `LatentModel`.

    Raises:
        ValueError: an invalid vocabulary.
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
    def sample_keys(self):
        return ("caption",)

    def text(self, caption, training):
        """Encodes tokens as vectors, float32 or better."""
        return self._feed(self.encoder, {"caption": caption}, training)

    def generate_from(self, batch, text, training):
        """As `generate`, from vectors of captions that are already encoded."""
        return super().generate({**batch, "text": text}, training)

    def generate(self, batch, training):
        text = self.text(batch["caption"], training)
        return self.generate_from(batch, text, training)

    # --- use --------------------------------------------------------------------

    @property
    def _inputs(self):
        caption = f"caption (n, {self.caption_length}) int32"
        return f"{super()._inputs}, {caption}: places in the vocabulary, from 1"

    def tokens(self, captions) -> np.ndarray:
        """Tokens (n, T) of n captions, as batches hold them under `caption`.

        Words that are not in the vocabulary count as no word, and words beyond T are
        left out, each with a warning.

        Raises:
            ValueError: one text instead of a list.
        """
        if isinstance(captions, str):
            raise ValueError(f"Captions are a list of texts. Received: {captions!r}.")
        tokens, unknown = self.tokenizer.encode(captions)
        remarks = [self._unknown(unknown)] if unknown else []
        if (tokens == 0).all(axis=1).any():
            remarks.append("No word is left of a caption.")
        longest = max((len(tokenizer.words(text)) for text in captions), default=0)
        if longest > self.caption_length:
            remarks.append(
                f"Captions are cut to {self.caption_length} words, the most in "
                f"training. Received: {longest} words."
            )
        if remarks:
            warnings.warn(" ".join(remarks), stacklevel=2)
        return tokens

    def sample(
        self, n, *, seed=0, caption=None, ema=None, truncation=None, into=None
    ) -> np.ndarray:
        """Generates n samples of captions.

        Args:
            n: number of samples, which are made a few hundred at a time.
            seed: seed of the latents.
            caption: one for all, or n of them, or their tokens (n, T); by default
                captions of one word, the vocabulary's words in turn. Unknown words
                count as no word, with a warning.
            ema: as in `LatentModel.sample`; so are `truncation` and `into`.

        Returns:
            uint8 images (n, H, W, C) in 0..255.

        Raises:
            ValueError: a negative n, another number of captions, or tokens outside the
                vocabulary.
        """
        latents = self.latents(n, seed, truncation)
        return self.decode(latents, caption=caption, ema=ema, seed=seed, into=into)

    def project(self, x, *, caption=None, **settings) -> Projection:
        """As `LatentModel.project`, for a caption, or n of them, as in `sample`."""
        return project(self, x, self._conditions(caption, len(x)), **settings)

    def decode(
        self, latents, *, caption=None, ema=None, seed=0, into=None
    ) -> np.ndarray:
        """Generates the samples of latents (n, latent_dim); see `sample`."""
        latents = self._checked_latents(latents)
        conditions = self._conditions(caption, len(latents))
        return self._decode(latents, conditions, ema, seed, into)

    def interpolate(self, a, b, n=10, *, caption=None, ema=None) -> np.ndarray:
        """Generates n samples on the path from latent a to latent b, for one caption.

        See `LatentModel.interpolate`; by default the caption has no word.
        """
        path = self.path(a, b, n)
        tokens = np.zeros((n, self.caption_length), "int32")
        return self.decode(
            path, caption=tokens if caption is None else caption, ema=ema
        )

    def sample_for(self, data, n, seed):
        """As in `AdversarialModel`, with the labels of the captions if known.

        Raises:
            ValueError: captions whose vocabulary differs from the model's.
        """
        if data.vocabulary != self.vocabulary:
            raise ValueError(
                f"The captions of {data.name!r} are not those that the model was "
                "trained on: it takes other words."
            )
        known = {"label": data.arrays["label"]} if "label" in data.arrays else {}
        labels = {key: spread(array, n) for key, array in known.items()}
        return {**super().sample_for(data, n, seed), **labels}

    def gallery(self, arrays, count):
        """Rows of samples for some captions of the data, and those captions."""
        rows = np.unique(evenly_spread(len(arrays["caption"]), ROWS))
        tokens = arrays["caption"][rows]
        samples = self.sample(
            len(rows) * ROWS, seed=1, caption=tokens.repeat(ROWS, axis=0)
        )
        return samples, ROWS, self.tokenizer.decode(tokens)

    @property
    def sampler(self):
        """The network from `latent` and `caption` to samples, for export."""
        inputs = {
            "latent": keras.Input((self.latent_dim,), name="latent"),
            "caption": keras.Input(
                (self.caption_length,), dtype="int32", name="caption"
            ),
        }
        return keras.Model(
            inputs, self._samples_of(inputs, None, False), name="generator"
        )

    def _samples_of(self, inputs, ema, training):
        text = feed(self._choose(self.encoder, ema), inputs, training)
        return super()._samples_of({**inputs, "text": text}, ema, training)

    def _conditions(self, caption, n):
        """The networks' input `caption` for n samples."""
        return {"caption": self._captions(caption, n)}

    def _captions(self, caption, n):
        if caption is None:
            words = len(self.vocabulary)
            tokens = np.zeros((n, self.caption_length), "int32")
            tokens[:, 0] = 1 + np.arange(n) % words
            return tokens
        if isinstance(caption, str):
            return self.tokens([caption]).repeat(n, axis=0)
        values = np.asarray(caption)
        if values.shape == (n,) and (n == 0 or values.dtype.kind == "U"):
            return self.tokens([str(line) for line in values])
        fits = values.dtype.kind in "iu" and values.shape == (n, self.caption_length)
        highest = len(self.vocabulary)
        if not fits or n and not 0 <= values.min() <= values.max() <= highest:
            raise ValueError(
                f"`caption` must be a text, {n} of them, or tokens from 0 to {highest} "
                f"of shape {(n, self.caption_length)}. "
                f"Received: {type(caption).__name__} of shape {values.shape}."
            )
        return values.astype("int32")

    def _unknown(self, unknown):
        hints = {
            word: difflib.get_close_matches(word, self.vocabulary, n=1)
            for word in unknown[:10]
        }
        named = [
            f"{word!r} (did you mean {near[0]!r}?)" if near else repr(word)
            for word, near in hints.items()
        ]
        return (
            f"Words that the model was not trained on count as no word: "
            f"{', '.join(named)}."
        )
