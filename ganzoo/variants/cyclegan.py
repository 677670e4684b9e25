"""CycleGAN: image translation, learned without pairs."""

import keras

from ganzoo import distribute
from ganzoo.layers import Pool
from ganzoo.models.assemble import assemble
from ganzoo.models.from_image import RECONSTRUCTIONS, TranslationModel
from ganzoo.models.seeds import Use
from ganzoo.networks import patchgan, resnet_generator
from ganzoo.utils.options import check_whole
from ganzoo.variants._registry import register


@keras.saving.register_keras_serializable("ganzoo")
class CycleGAN(TranslationModel):
    """Two generators, there and back, and a discriminator for each of the two sets.

    Batches hold `real`, images of set B, and `unpaired`, images of set A in an order
    of their own. `generator` maps A to B, `reverse_generator` B to A. G minimises, in
    both directions, the adversarial term; the L1 distance between an image and its
    round trip through both generators (weight `cycle`); and the L1 distance between an
    image and its translation into its own set (`identity` times `cycle`). D sees fakes
    of this step and of earlier ones, see `Pool`.

    Args:
        reverse_generator: network from B to A.
        reverse_discriminator: discriminator of A.
        **settings: see `cyclegan` and `TranslationModel`.
    """

    source_key = "unpaired"
    refused = {"penalties": "it has two discriminators"}

    def __init__(
        self,
        *,
        reverse_generator,
        reverse_discriminator,
        cycle=10.0,
        identity=0.5,
        pool=50,
        **settings,
    ):
        super().__init__(**settings)
        self.reverse_generator = reverse_generator
        self.reverse_discriminator = reverse_discriminator
        self.cycle = cycle
        self.identity = identity
        check_whole(0, pool=pool)
        self.pool = pool
        shapes = {"sample": self.image_shape, "reverse": self.source_shape}
        self.pools = {key: Pool(pool, shapes[key]) for key in shapes if pool}
        weights = {"g_cycle": cycle, "g_identity": cycle * identity}
        terms = (name for name, weight in weights.items() if weight)
        self.loss_terms = (*self.loss_terms, "d_reverse", "g_reverse", *terms)

    @property
    def generators(self):
        return [self.generator, self.reverse_generator]

    @property
    def discriminators(self):
        return [self.discriminator, self.reverse_discriminator]

    def _forward(self, images, seed, training):
        return self.answer(self.generator, images, seed, training)

    def _backward(self, images, seed, training):
        return self.answer(self.reverse_generator, images, seed, training)

    def generate(self, batch, training):
        seed = batch["seed"]
        return {
            "sample": self._forward(batch["unpaired"], seed, training),
            "reverse": self._backward(batch["real"], seed, training),
        }

    def update_discriminators(self, part, fake):
        seed = distribute.fold(part["seed"], Use.POOL)
        pooled = {
            key: pool.exchange(fake[key], distribute.fold(seed, i))
            for i, (key, pool) in enumerate(self.pools.items())
        }
        return super().update_discriminators(part, {**fake, **pooled})

    def discriminator_loss(self, batch, fake, training):
        terms, watched = super().discriminator_loss(batch, fake, training)
        real = self._judge_reverse(batch, batch["unpaired"], Use.AUGMENT_REAL, training)
        fakes = self._judge_reverse(batch, fake["reverse"], Use.AUGMENT_FAKE, training)
        reverse = self.loss_functions.discriminator(real, fakes)
        return {**terms, "d_reverse": self.d_weight * reverse}, watched

    def generator_loss(self, batch, fake, training):
        terms, watched = super().generator_loss(batch, fake, training)
        real = None
        if self.loss_functions.paired:
            real = self._judge_reverse(
                batch, batch["unpaired"], Use.AUGMENT_REAL, training
            )
        fakes = self._judge_reverse(batch, fake["reverse"], Use.AUGMENT_FAKE, training)
        terms["g_reverse"] = self.adversarial * self.loss_functions.generator(
            real, fakes
        )
        return terms | self._consistency(batch, fake, training), watched

    def _judge_reverse(self, batch, sample, use, training):
        inputs = self.view({**batch, "sample": sample}, use, training)
        return self._feed(self.reverse_discriminator, inputs, training)

    def _consistency(self, batch, fake, training):
        """The weighted distances of cycles and identities."""
        seed, there, back = batch["seed"], self._forward, self._backward
        a, b, l1 = batch["unpaired"], batch["real"], RECONSTRUCTIONS["l1"]
        terms = {}
        if self.cycle:
            distance = l1(a, back(fake["sample"], seed, training))
            distance += l1(b, there(fake["reverse"], seed, training))
            terms["g_cycle"] = self.cycle * distance
        if self.cycle * self.identity:
            distance = l1(b, there(b, seed, training)) + l1(a, back(a, seed, training))
            terms["g_identity"] = self.cycle * self.identity * distance
        return terms

    # --- use --------------------------------------------------------------------

    def _direction(self, reverse):
        if reverse:
            return self.reverse_generator, self.image_shape[-1]
        return super()._direction(reverse)

    def _checked_images(self, images, channels):
        images = super()._checked_images(images, channels)
        least = max(4, self.multiple + 1)  # reflected borders need room inside
        if min(images.shape[1:3]) < least:
            raise ValueError(
                f"CycleGAN translates images with sides of at least {least}. "
                f"Received: {images.shape}."
            )
        return images

    def sample_for(self, data, n, seed):
        """As in `TranslationModel`, with `again`: the samples translated back."""
        samples = super().sample_for(data, n, seed)
        return {**samples, "again": self.translate(samples["real"], reverse=True)}

    def gallery(self, arrays, count):
        """Rows of A | fake B | A again, then of B | fake A | B again."""
        columns = []
        for key, reverse in (("unpaired", False), ("real", True)):
            images = self._examples(arrays, key)
            answers = self.translate(images, reverse=reverse)
            columns += [images, answers, self.translate(answers, reverse=not reverse)]
        return self._rows(columns)


SQUARES = {"name": "least_squares", "factor": 1.0}


@register(
    "cyclegan",
    paper="Zhu et al. 2017, Unpaired Image-to-Image Translation using "
    "Cycle-Consistent Adversarial Networks, arXiv 1703.10593",
    tasks=("translation",),
    batch_keys=("real", "unpaired"),
    by_steps=("decay_steps",),
)
def cyclegan(
    image_shape=(64, 64, 3),
    source_shape=None,
    filters=32,
    blocks=6,
    halvings=2,
    norm="instance",
    d_filters=None,
    d_levels=None,
    d_norm="instance",
    loss=SQUARES,
    cycle=10.0,
    identity=0.5,
    pool=50,
    d_weight=0.5,
    decay_steps=None,
    value_range=(-1.0, 1.0),
    **options,
):
    """Two residual generators and two 70x70 PatchGANs, least squares, no pairs.

    As in the paper: squares without LSGAN's factor 1/2, D's loss halved, cycle weight
    10, a pool of 50 past fakes, instance normalisation, reflected borders, Adam at 2e-4
    with beta_1 0.5, kernels from N(0, 0.02). The identity term has half the cycle's
    weight, as in the authors' code; the paper uses it for paintings and flowers. The
    paper's nets have 64 filters, and 9 blocks from 256x256 on; its batch size is 1.
    `ganzoo train` sets `decay_steps` to its steps: the rates fall in the second half.
    In the authors' code, D sees the fakes of G's own step; here, as in all variants,
    each step makes its own. `cycle=0` is the ablation without cycles and identities.

    Tested: every term, the pool and the schedule by hand
    (tests/variants/test_cyclegan.py, tests/layers/test_pool.py).

    Args:
        image_shape: (H, W, C) of set B, sides of at least 8.
        source_shape: shape of set A, with the same sides; by default the same.
        filters: channels of the first convolution of the generators.
        blocks: residual blocks of the generators.
        halvings: halvings of the sides before the blocks, 2 in the paper; 1 keeps the
            details of images of 32 pixels and less.
        norm: the generators' normalisation, a name of `networks.norms`.
        d_filters: filters of the PatchGANs; by default as `filters`.
        d_levels: levels of the PatchGANs: 1 sees 16x16, 3 70x70, 5 286x286 pixels; by
            default 3, or fewer for images of 8 pixels.
        cycle: lambda, the weight of the cycles; 0 leaves out cycles and identities.
        identity: weight of the identities, as a share of `cycle`.
        pool: number of past fakes kept for each set; 0 keeps none.
        d_weight: weight of D's losses.

    Raises:
        ValueError: shapes that differ in more than the channels, or an identity
            term between sets with different channels.
    """
    shapes = tuple(image_shape), tuple(source_shape or image_shape)
    _check_shapes(*shapes, identity=cycle * identity)
    b, a = shapes
    common = {"filters": filters, "blocks": blocks, "halvings": halvings, "norm": norm}
    judge = {"filters": d_filters or filters, "levels": d_levels, "d_norm": d_norm}
    there, back = (
        resnet_generator.generator(
            shape, source_channels=source[-1], value_range=value_range, **common
        )
        for shape, source in ((b, a), (a, b))
    )
    return assemble(
        CycleGAN,
        generator=there,
        reverse_generator=back,
        discriminator=patchgan.discriminator(b, **judge),
        reverse_discriminator=patchgan.discriminator(a, **judge),
        image_shape=b,
        source_shape=a,
        multiple=2**halvings,
        loss=loss,
        cycle=cycle,
        identity=identity,
        pool=pool,
        d_weight=d_weight,
        decay_steps=decay_steps,
        value_range=value_range,
        **options,
    )


def _check_shapes(image_shape, source_shape, identity):
    if image_shape[:2] != source_shape[:2] or (
        identity and image_shape != source_shape
    ):
        raise ValueError(
            "Both sets need images of one size, and of the same channels unless "
            f"identity=0. Received: {image_shape} and {source_shape}."
        )
