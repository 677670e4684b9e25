"""TranslationModel: a generator from image to image, and how it is used."""

from collections.abc import Mapping

import keras
import numpy as np
import tensorflow as tf

from ganzoo import distribute
from ganzoo.data.batch_spec import Samples
from ganzoo.layers import always_on
from ganzoo.models.adversarial import feed, layer_noise
from ganzoo.models.discriminated import JudgedModel
from ganzoo.models.image_arrays import check_sides, like, padded, spread
from ganzoo.models.priors import PRIORS
from ganzoo.models.seeds import Use
from ganzoo.models.user_networks import named
from ganzoo.utils.options import check_known, check_seed, check_whole

PIXELS = 2**20  # of the sources translated at once, so that memory is bounded
EXAMPLES = 8  # rows of the picture that training draws


def gradient_difference(real, fake):
    """Mean error of the absolute differences between neighbouring pixels.

    The loss of Mathieu et al. 2015 (arXiv 1511.05440, eq. 6) with alpha 1, in both
    directions, with means instead of sums; images (N, H, W, C).
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
"""Distances between a sample and its target, means over all values, by name."""


@keras.saving.register_keras_serializable("ganzoo")
class TranslationModel(JudgedModel):
    """A generator of images from `source` images, judged or not.

    Batches hold `source` and `real`, the target. G minimises the adversarial term and
    the distances between its answer and the target; a model without D minimises the
    distances alone. A discriminator that names `source` sees the source along with the
    sample.

    A variant with another term for G adds its name to `loss_terms` after
    `super().__init__`, and its value in `reconstruct`.

    Args:
        generator: `source` [and `latent`] to samples in `value_range`.
        image_shape: (H, W, C) of the training samples.
        source_shape: shape of the sources; by default the samples' shape.
        multiple: number that must divide the sides of the generator's input; other
            sources are padded by reflection, and the answer is cropped.
        reconstruction: `{name: weight}` of `RECONSTRUCTIONS`.
        adversarial: weight of G's adversarial term.
        d_weight: weight of D's adversarial term; 0.5 slows D down if its optimizer
            depends on the scale of the loss, which Adam does not.
        prior: prior of the latent, if the generator takes one.
        discriminator: None for a model without D; `d_steps` is then 0.
        **settings: see `JudgedModel`.
    """

    source_key = "source"  # batch key of the images to translate

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
        self.generator = named(generator, "source")
        self.image_shape = tuple(image_shape)
        self.source_shape = tuple(source_shape or image_shape)
        check_sides(self.image_shape, self.source_shape)
        self.multiple = multiple
        self.reconstruction = dict(reconstruction or {})
        check_known("reconstruction", self.reconstruction, RECONSTRUCTIONS)
        self.adversarial = adversarial
        self.d_weight = d_weight
        self.prior = prior
        adversarial_terms = ("d_adv", "g_adv") if discriminator else ()
        distances = (f"g_{name}" for name in self.reconstruction)
        self.loss_terms = (*adversarial_terms, *self.loss_terms, *distances)

    def compile(self, *args, **kwargs):
        """As `JudgedModel.compile`; refuses augmentation that would break up pairs.

        It also refuses a model without a loss.
        """
        if not self.loss_terms:
            raise ValueError(
                "Nothing trains this model. Give it a discriminator, or a weight "
                f"above 0 for one of {', '.join(RECONSTRUCTIONS)}. Received: no term."
            )
        if self.augment and any("source" in d.input for d in self.discriminators):
            raise ValueError(
                "D sees a sample with its source, and augmentation would change the "
                f"sample alone. Remove `augment`. Received: {self.augment!r}."
            )
        super().compile(*args, **kwargs)

    # --- answers ----------------------------------------------------------------

    @property
    def generators(self):
        return [self.generator]

    @property
    def scale(self) -> int:
        """Factor by which a sample is larger than its source."""
        return self.image_shape[0] // self.source_shape[0]

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape of one training sample."""
        return self.image_shape

    @property
    def batch_spec(self):
        source = Samples(self.source_shape, self.value_range, "source_shape")
        return super().batch_spec.plus(**{self.source_key: source})

    def generate(self, batch, training):
        source = batch[self.source_key]
        return {"sample": self.answer(self.generator, source, batch["seed"], training)}

    def answer(self, network, source, seed, training):
        """A generator's output for sources (N, H, W, C), float32 or better."""
        inputs = {"source": padded(source, self.multiple)}
        if "latent" in network.input:
            count = distribute.local_count(source)
            shape = count, network.input["latent"].shape[-1]
            own = distribute.fold(seed, Use.LATENT)
            inputs["latent"] = PRIORS[self.prior].draw(shape, own, self.variable_dtype)
        sample = self._feed(network, inputs, training)
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
        """The weighted distances between samples and targets, as g_<name>."""
        return {
            f"g_{name}": weight * RECONSTRUCTIONS[name](batch["real"], fake["sample"])
            for name, weight in self.reconstruction.items()
        }

    # --- use --------------------------------------------------------------------

    @property
    def noisy(self) -> bool:
        """True if one source has several answers."""
        return "latent" in self.generator.input or bool(always_on(self.generator))

    def sample(self, n, *, seed=0, label=None, ema=None, into=None):
        """Refuses: this model makes images from images.

        Raises:
            ValueError: always; use `translate` instead.
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
            samples: number of answers to each image, which differ if the model has
                noise; by default one.
            seed: seed of the noise.
            ema: if True, use the running average of the generator; by default, use it
                if there is one.
            reverse: translate in the other direction, if the model has both.

        Returns:
            uint8 (n, H, W, C), or (n, samples, H, W, C) if `samples` is set.

        Raises:
            ValueError: other images, `samples` above 1 of a model without noise,
                `ema=True` if no average is kept, or `reverse` of a model with one
                direction.
        """
        network, channels = self._direction(reverse)
        network = self._choose(network, ema)
        images = self._checked_images(images, channels)
        check_seed(seed)
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
        """Translates each image once, to uint8."""
        # Not every network takes an empty batch: a blank image provides the shape.
        inputs = images if len(images) else np.zeros((1, *images.shape[1:]), "uint8")
        count = max(1, PIXELS // inputs[0].size)
        chunks = []
        for i, start in enumerate(range(0, len(inputs), count)):
            source = self._scale(inputs[start : start + count])
            own = distribute.fold(seed, i)
            with layer_noise({"seed": own}):
                samples = self.answer(network, source, own, False)
            chunks.append(self.as_samples(samples.numpy()))
        return np.concatenate(chunks)[: len(images)]

    def _checked_images(self, images, channels):
        images = np.asarray(images)
        if images.ndim != 4 or images.shape[-1] != channels or 0 in images.shape[1:]:
            raise ValueError(
                f"Images must have the shape (n, H, W, {channels}). "
                f"Received: {images.shape}."
            )
        return Samples(None, self.value_range).checked_few("images", images)

    @property
    def interface(self) -> str:
        """The inputs and outputs of the exported generator, in words."""
        inputs = (
            f"source (n, H, W, {self.source_shape[-1]}) in {list(self.value_range)}"
        )
        if self.multiple > 1:
            inputs += f", sides a multiple of {self.multiple}"
        if "latent" in self.generator.input:
            size = self.generator.input["latent"].shape[-1]
            inputs += f", latent (n, {size}) from the prior {self.prior!r}"
        times = "" if self.scale == 1 else f"{self.scale} "
        shape = f"(n, {times}H, {times}W, {self.image_shape[-1]})"
        return f"{inputs}, to samples {shape}"

    @property
    def sample_keys(self):
        return (self.source_key,)

    def sample_for(self, data, n, seed):
        """Translates n images, preferably images whose targets are known."""
        known = "source" if "source" in data.arrays else self.source_key
        sources = spread(data.arrays[known], n)
        samples = self.translate(sources, seed=seed)
        return {"real": samples, "given": self.as_samples(sources)}

    def gallery(self, arrays, count):
        """Rows of source | sample | target."""
        source = self._examples(arrays, self.source_key)
        target = self._examples(arrays, "real")
        return self._rows([source, self.translate(source, seed=1), target])

    def _examples(self, arrays, key):
        """The images of a data set that are shown in pictures."""
        return spread(arrays[key], EXAMPLES)

    def _rows(self, columns):
        """Columns of images (n, ...) as one list of images of one shape, and n."""
        alike = [like(self.as_samples(images), self.image_shape) for images in columns]
        return np.concatenate(list(np.stack(alike, axis=1))), len(columns)

    @property
    def sampler(self):
        """The network that makes samples: the running average if one is kept."""
        return self.average_of(self.generator)

    def call(self, inputs, training=False):
        """Maps sources to samples with the generator, or its running average."""
        values = inputs if isinstance(inputs, Mapping) else {"source": inputs}
        return feed(self.sampler, values, training)
