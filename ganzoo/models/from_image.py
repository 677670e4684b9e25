"""TranslationModel: a generator from image to image, and how it is used."""

from collections.abc import Mapping

import keras
import numpy as np
import tensorflow as tf

from ganzoo import distribute
from ganzoo.data.batch_spec import Samples
from ganzoo.layers import always_on, noise_states
from ganzoo.models.adversarial import feed
from ganzoo.models.discriminated import JudgedModel
from ganzoo.models.from_noise import PRIORS
from ganzoo.models.image_arrays import check_sides, like, padded, spread
from ganzoo.models.seeds import Use
from ganzoo.utils.options import check_known, check_whole

PIXELS = 2**20  # of the sources translated at once, so that memory is bounded
EXAMPLES = 8  # rows of the picture that training draws


def gradient_difference(real, fake):
    """How far the steps from pixel to pixel are off, down and along, in size.

    The loss of Mathieu et al. 2015 (arXiv 1511.05440, eq. 6) with alpha 1, means in
    the place of sums; images (N, H, W, C).
    """
    sizes = [
        [tf.abs(x[:, 1:] - x[:, :-1]), tf.abs(x[:, :, 1:] - x[:, :, :-1])]
        for x in (real, fake)
    ]
    pairs = zip(*sizes, strict=True)
    return tf.add_n([tf.reduce_mean(tf.abs(a - b)) for a, b in pairs])


RECONSTRUCTIONS = {
    "l1": lambda real, fake: tf.reduce_mean(tf.abs(real - fake)),
    "l2": lambda real, fake: tf.reduce_mean(tf.square(real - fake)),
    "gradient_difference": gradient_difference,
}
"""Distances of a sample from its target, means over all values, by name."""


@keras.saving.register_keras_serializable("ganzoo")
class TranslationModel(JudgedModel):
    """A generator of images from `source` images, judged or not.

    Batches hold `source` and `real`, the answer wanted. G minimises the adversarial
    term and the distances of its answer from the wanted one; a model without D the
    distances alone. A discriminator that names `source` sees what the sample should be
    a translation of.

    A variant with a further term of G adds its name to `loss_terms` after
    `super().__init__` and its value in `reconstruct`.

    Args:
        generator: `source` [and `latent`] to samples in `value_range`.
        image_shape: (H, W, C) of the samples that are trained on.
        source_shape: of the sources; by default as the samples'.
        multiple: what the generator needs sides of a source to be a multiple of;
            others are padded by reflection, and the answer is cropped.
        reconstruction: `{name: weight}` of `RECONSTRUCTIONS`.
        adversarial: weight of G's adversarial term.
        d_weight: weight of D's; 0.5 slows D down where its optimizer heeds the scale
            of a loss, which Adam does not.
        prior: of the latent, where the generator takes one.
        discriminator: None where there is none; `d_steps` is then 0.
        **settings: see `JudgedModel`.
    """

    source_key = "source"  # of the batch: what the generator translates

    def __init__(
        self,
        *,
        generator,
        image_shape,
        source_shape=None,
        multiple=1,
        reconstruction=None,
        adversarial=1.0,
        d_weight=1.0,
        prior="normal",
        discriminator=None,
        d_steps=1,
        **settings,
    ):
        super().__init__(
            discriminator=discriminator,
            d_steps=d_steps if discriminator else 0,
            **settings,
        )
        check_known("prior", [prior], PRIORS)
        self.generator = generator
        self.image_shape = tuple(image_shape)
        self.source_shape = tuple(source_shape or image_shape)
        check_sides(self.image_shape, self.source_shape)
        self.multiple = multiple
        self.reconstruction = dict(reconstruction or {})
        check_known("reconstruction", self.reconstruction, RECONSTRUCTIONS)
        self.adversarial = adversarial
        self.d_weight = d_weight
        self.prior = prior
        judged = ("d_adv", "g_adv") if discriminator else ()
        distances = (f"g_{name}" for name in self.reconstruction)
        self.loss_terms = (*judged, *self.loss_terms, *distances)

    def compile(self, *args, **kwargs):
        """As `JudgedModel.compile`; refuses an augmentation that would part a pair."""
        if self.augment and any("source" in d.input for d in self.discriminators):
            raise ValueError(
                "D sees a sample beside its source, and augmentation would change the "
                f"sample alone. Remove `augment`. Received: {self.augment!r}."
            )
        super().compile(*args, **kwargs)

    # --- answers ----------------------------------------------------------------

    @property
    def generators(self):
        return [self.generator]

    @property
    def scale(self) -> int:
        """How many times larger than its source a sample is."""
        return self.image_shape[0] // self.source_shape[0]

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape of one sample, as it is trained on."""
        return self.image_shape

    @property
    def batch_spec(self):
        source = Samples(self.source_shape, self.value_range, "source_shape")
        return super().batch_spec.plus(**{self.source_key: source})

    def generate(self, batch, training):
        source = batch[self.source_key]
        return {"sample": self.answer(self.generator, source, batch["seed"], training)}

    def answer(self, network, source, seed, training):
        """What a generator makes of sources (N, H, W, C), float32 or better.

        In inference the noise that is always on depends on the seed alone.
        """
        given = {"source": padded(source, self.multiple)}
        if "latent" in network.input:
            count = source.shape[0] or tf.shape(source)[0]
            shape = count, network.input["latent"].shape[-1]
            own = distribute.fold(seed, Use.LATENT)
            given["latent"] = PRIORS[self.prior](shape, own, self.variable_dtype)
        if training:
            sample = feed(network, given, training=True)
        else:
            noise = distribute.fold(seed, Use.NOISE)
            with keras.StatelessScope(noise_states(network, noise)):
                sample = feed(network, given, training=False)
        sample = tf.cast(sample, self.variable_dtype)
        height, width = (side * self.scale for side in source.shape[1:3])
        return tf.ensure_shape(
            sample[:, :height, :width], (*source.shape[:1], height, width, None)
        )

    def discriminator_loss(self, batch, fake, training):
        terms, watched = super().discriminator_loss(batch, fake, training)
        return {**terms, "d_adv": self.d_weight * terms["d_adv"]}, watched

    def generator_loss(self, batch, fake, training):
        terms = {}
        if self.discriminator:
            logits = self.judge({**batch, **fake}, Use.AUGMENT_FAKE, training)
            terms, _ = self._g_terms(batch, logits, training)
            terms = {"g_adv": self.adversarial * terms["g_adv"]}
        return terms | self.reconstruct(batch, fake, training), {}

    def reconstruct(self, batch, fake, training):
        """The weighted distances of a sample from its target, g_<name>."""
        return {
            f"g_{name}": weight * RECONSTRUCTIONS[name](batch["real"], fake["sample"])
            for name, weight in self.reconstruction.items()
        }

    # --- use --------------------------------------------------------------------

    @property
    def noisy(self) -> bool:
        """Whether one source has several answers."""
        return "latent" in self.generator.input or bool(always_on(self.generator))

    def sample(self, n, *, seed=0, label=None, ema=None):
        """Refuses: this model makes images from images.

        Raises:
            ValueError: always; `translate` is what to use.
        """
        raise ValueError(
            f"{type(self).__name__} makes images from images: use "
            "model.translate(images), or `ganzoo translate RUN IN_FOLDER OUT_FOLDER`. "
            f"Received: sample({n!r})."
        )

    def translate(
        self, images, *, samples=None, seed=0, ema=None, reverse=False
    ) -> np.ndarray:
        """Translates images, in bounded memory for any number of them.

        Args:
            images: (n, H, W, C), uint8 or floats in `value_range`, of any size.
            samples: how many answers to each, which differ where the model has noise;
                by default one.
            seed: of the noise.
            ema: whether to use the running average of the generator; by default
                where there is one.
            reverse: from the answers' side to the sources', where the model can.

        Returns:
            uint8 (n, H, W, C), or (n, samples, H, W, C) where `samples` is given.

        Raises:
            ValueError: other images, `samples` above 1 of a model without noise,
                `ema=True` where no average is kept, or `reverse` of a model with one
                direction.
        """
        network, channels = self._direction(reverse)
        network = self._choose(network, ema)
        images = self._checked_images(images, channels)
        if samples is not None:
            check_whole(1, samples=samples)
        if (samples or 1) > 1 and not self.noisy:
            raise ValueError(
                "This model has no noise: it has one answer to an image, so `samples` "
                f"must be 1. Received: {samples}."
            )
        answers = [
            self._answers(network, images, distribute.fold(tf.constant([seed, 1]), i))
            for i in range(samples or 1)
        ]
        return answers[0] if samples is None else np.stack(answers, axis=1)

    def _direction(self, reverse):
        """The generator of a direction, and the channels that it takes."""
        if reverse:
            raise ValueError(
                f"{type(self).__name__} has one direction; cyclegan has both. "
                "Received: reverse=True."
            )
        return self.generator, self.source_shape[-1]

    def _answers(self, network, images, seed):
        """One answer to each image, uint8."""
        # Not every network takes a batch of none: a blank one tells the shape.
        given = images if len(images) else np.zeros((1, *images.shape[1:]), "uint8")
        count = max(1, PIXELS // given[0].size)
        chunks = []
        for i, start in enumerate(range(0, len(given), count)):
            source = self._scale(given[start : start + count])
            made = self.answer(network, source, distribute.fold(seed, i), False)
            chunks.append(self.as_samples(made.numpy()))
        return np.concatenate(chunks)[: len(images)]

    def _checked_images(self, images, channels):
        images = np.asarray(images)
        if images.ndim != 4 or images.shape[-1] != channels or 0 in images.shape[1:]:
            raise ValueError(
                f"Images must have the shape (n, H, W, {channels}). "
                f"Received: {images.shape}."
            )
        return Samples(None, self.value_range).checked("images", images)

    @property
    def interface(self) -> str:
        """What the exported generator is given, and what it makes of it."""
        given = f"source (n, H, W, {self.source_shape[-1]}) in {list(self.value_range)}"
        if self.multiple > 1:
            given += f", sides a multiple of {self.multiple}"
        if "latent" in self.generator.input:
            size = self.generator.input["latent"].shape[-1]
            given += f", latent (n, {size}) from the prior {self.prior!r}"
        times = "" if self.scale == 1 else f"{self.scale} "
        made = f"(n, {times}H, {times}W, {self.image_shape[-1]})"
        return f"{given}, to samples {made}"

    def sources(self, arrays, n):
        """n images to translate: those whose answers are known, where some are."""
        known = "source" if "source" in arrays else self.source_key
        return spread(arrays[known], n)

    def draw(self, arrays, n, seed):
        """Translations of n sources of a data set."""
        return self.translate(self.sources(arrays, n), seed=seed)

    def gallery(self, arrays, count):
        """Rows of source | sample | target."""
        source = self._examples(arrays, self.source_key)
        target = self._examples(arrays, "real")
        return self._rows([source, self.translate(source, seed=1), target])

    def _examples(self, arrays, key):
        """The images of a set that pictures show."""
        return spread(arrays[key], EXAMPLES)

    def _rows(self, shown):
        """Columns of images (n, ...) as one list of images of one shape, and n."""
        alike = [like(self.as_samples(images), self.image_shape) for images in shown]
        return np.concatenate(list(np.stack(alike, axis=1))), len(shown)

    @property
    def sampler(self):
        """The network that makes samples: the running average where one is kept."""
        return self.average_of(self.generator)

    def call(self, inputs, training=False):
        """The generator, running average if there is one: sources to samples."""
        given = inputs if isinstance(inputs, Mapping) else {"source": inputs}
        return feed(self.sampler, given, training)
