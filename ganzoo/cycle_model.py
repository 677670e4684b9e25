"""CycleGAN: two generators, there and back, and the model that trains them."""

import keras
import tensorflow as tf

from ganzoo import distribute
from ganzoo.adversarial import feed
from ganzoo.judged_model import AUGMENT_FAKE, AUGMENT_REAL
from ganzoo.layers import Pool
from ganzoo.translation_model import RECONSTRUCTIONS, TranslationModel

POOL = 7  # what the seed of a step is folded with, beside those of the base


@keras.saving.register_keras_serializable("ganzoo")
class CycleGAN(TranslationModel):
    """Two generators, there and back, and a discriminator for each of the two sets.

    Batches hold `real`, images of set B, and `unpaired`, images of set A in an order
    of their own. `generator` makes B of A, `reverse_generator` A of B. G minimises, in
    both directions, the adversarial term, the L1 distance of an image from what both
    generators in turn make of it (weight `cycle`), and that of an image from what the
    generator into its own set makes of it (`identity` times `cycle`). D sees fakes of
    this step and of those before, see `Pool`.

    Args:
        reverse_generator: B to A.
        reverse_discriminator: of A.
        cycle: lambda, the weight of the cycle's distances.
        identity: weight of the identity's, as a share of lambda.
        pool: past fakes of each set that are kept; 0 keeps none.
        **settings: see `TranslationModel`.
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
        self.pool = pool
        made = {"sample": self.image_shape, "reverse": self.source_shape}
        self.pools = {key: Pool(pool, made[key]) for key in made if pool}
        weights = {"g_cycle": cycle, "g_identity": cycle * identity}
        kept = (name for name, weight in weights.items() if weight)
        self.loss_terms = (*self.loss_terms, "d_reverse", "g_reverse", *kept)

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
        seed = distribute.fold(part["seed"], POOL)
        seen = {
            key: pool.exchange(fake[key], distribute.fold(seed, i))
            for i, (key, pool) in enumerate(self.pools.items())
        }
        return super().update_discriminators(part, {**fake, **seen})

    def discriminator_loss(self, batch, fake, training):
        terms, watched = super().discriminator_loss(batch, fake, training)
        real = self._judge_reverse(batch, batch["unpaired"], AUGMENT_REAL, training)
        made = self._judge_reverse(batch, fake["reverse"], AUGMENT_FAKE, training)
        reverse = self.loss_functions.discriminator(real, made)
        return {**terms, "d_reverse": self.d_weight * reverse}, watched

    def generator_loss(self, batch, fake, training):
        terms, watched = super().generator_loss(batch, fake, training)
        real = None
        if self.loss_functions.paired:
            real = self._judge_reverse(batch, batch["unpaired"], AUGMENT_REAL, training)
        made = self._judge_reverse(batch, fake["reverse"], AUGMENT_FAKE, training)
        terms["g_reverse"] = self.adversarial * self.loss_functions.generator(
            real, made
        )
        return terms | self._consistency(batch, fake, training), watched

    def _judge_reverse(self, batch, sample, use, training):
        given = self.view({**batch, "sample": sample}, use, training)
        logits = feed(self.reverse_discriminator, given, training)
        return tf.cast(logits, self.variable_dtype)

    def _consistency(self, batch, fake, training):
        """The weighted distances of the cycles and of the identities."""
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

    @property
    def brings(self):
        return ("given", "again")

    def beside(self, arrays, samples):
        """What was given, and what both generators in turn make of it."""
        given = self.as_samples(self.sources(arrays, len(samples)))
        return {"given": given, "again": self.translate(samples, reverse=True)}

    def gallery(self, arrays, count):
        """Rows of A | made B | A again, then of B | made A | B again."""
        columns = []
        for key, reverse in (("unpaired", False), ("real", True)):
            images = self._examples(arrays, key)
            made = self.translate(images, reverse=reverse)
            columns += [images, made, self.translate(made, reverse=not reverse)]
        return self._rows(columns)
