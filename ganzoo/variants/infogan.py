"""InfoGAN: part of the latent is a code that can be inferred from the sample."""

import keras
import numpy as np
import tensorflow as tf

from ganzoo import distribute
from ganzoo.models.assemble import assemble
from ganzoo.models.gan import GAN
from ganzoo.models.seeds import Use
from ganzoo.networks import infogan as nets
from ganzoo.utils.options import check_whole
from ganzoo.variants._registry import register

RATES = {"d": 4e-4, "g": 1e-3}


@keras.saving.register_keras_serializable("ganzoo")
class InfoGAN(GAN):
    """Q, a second head on D's trunk, infers the codes; both players help it.

    The codes are a category, drawn uniformly, which is G's `label`, and the last
    `codes` numbers of the latent. Both losses gain lambda times the negative bound on
    the mutual information (eq. 5), without constants: Q's cross-entropy of the
    category, and half its squared error of the continuous codes (a Gaussian of variance
    1). `d_optimizer` owns Q, as in the authors' code; eq. 6 has Q with G.

    In training, samples pass D with their own batch statistics. The statistics kept
    for inference come from real batches alone: `infer` is for real samples.

    Args:
        **settings: see `infogan` and `GAN`; D answers {"logits", "category", "code"}.
    """

    loss_terms = ("d_adv", "d_category", "d_code", "g_adv", "g_category", "g_code")
    refused = {"augment": "Q reads the codes from samples as they are"}

    def __init__(self, *, codes=2, info_weight=1.0, **settings):
        super().__init__(**settings)
        self.codes = codes
        self.info_weight = info_weight

    @property
    def batch_spec(self):
        return super().batch_spec.without("label")  # the category is drawn

    def generate(self, batch, training):
        count = distribute.local_count(batch["real"])
        seed = distribute.fold(batch["seed"], Use.CONDITION)
        label = distribute.global_uniform((count,), seed) * self.num_classes
        return super().generate({**batch, "label": tf.cast(label, tf.int32)}, training)

    def discriminator_loss(self, batch, fake, training):
        real = self._judge_real(batch, training)
        out = self._answers_to_fakes(fake, training)
        terms, watched = self._d_terms(batch, fake, real, out["logits"], training)
        return terms | self._q_terms("d", out, fake), watched

    def generator_loss(self, batch, fake, training):
        out = self._answers_to_fakes(fake, training)
        terms, watched = self._g_terms(batch, out["logits"], training)
        return terms | self._q_terms("g", out, fake), watched

    def _answers_to_fakes(self, fake, training):
        """`outputs` for fakes, without a change of D's kept statistics."""
        statistics = self.discriminator.non_trainable_variables
        with keras.StatelessScope([(v, v.value) for v in statistics]):
            return self.outputs(fake, training)

    def _q_terms(self, player, out, fake):
        """Q's weighted losses on samples whose codes are known."""
        code = fake["latent"][:, -self.codes :]
        entropy = tf.nn.sparse_softmax_cross_entropy_with_logits
        error = entropy(fake["label"], out["category"])
        square = tf.reduce_sum((code - out["code"]) ** 2, axis=1)
        return {
            f"{player}_category": self.info_weight * tf.reduce_mean(error),
            f"{player}_code": self.info_weight / 2 * tf.reduce_mean(square),
        }

    def sample(
        self, n, *, seed=0, label=None, code=None, ema=None, truncation=None, into=None
    ) -> np.ndarray:
        """As `GAN.sample`, with codes.

        Args:
            n: number of samples.
            seed: as in `GAN.sample`, as are `ema`, `truncation` and `into`.
            label: the category, or n of them; by default the categories in turn.
            code: the continuous codes, (codes,) or (n, codes), in training from -1 to
                1.

        Raises:
            ValueError: codes of another shape, and as `GAN.sample`.
        """
        latents = self.latents(n, seed, truncation)
        if code is not None:
            code = np.asarray(code, latents.dtype)
            allowed = (self.codes,), (n, self.codes)
            if code.shape not in allowed:
                raise ValueError(
                    f"`code` must be of shapes {allowed}. Received: {code}."
                )
            latents[:, -self.codes :] = code
        return self.decode(latents, label=label, ema=ema, seed=seed, into=into)

    def infer(self, x) -> dict[str, np.ndarray]:
        """Infers the codes of samples (n, ...), uint8 or in `value_range`.

        Returns:
            Arrays by name: `category`, probabilities (n, categories); `code`
            (n, codes); D's `logits` (n, 1).

        Raises:
            ValueError: samples of another shape or range, or a D that is not trained.
        """
        self.check_trained()
        out = self._by_chunks(lambda sample: self.outputs({"sample": sample}, False), x)
        return {**out, "category": tf.nn.softmax(out["category"]).numpy()}


@register(
    "infogan",
    paper="Chen et al. 2016, InfoGAN: Interpretable Representation Learning by "
    "Information Maximizing Generative Adversarial Nets, arXiv 1606.03657",
    tasks=("image", "encoding"),
)
def infogan(
    image_shape=(28, 28, 1),
    latent_dim=64,
    categories=10,
    codes=2,
    info_weight=1.0,
    filters=64,
    units=1024,
    value_range=(0.0, 1.0),
    prior="uniform",
    learning_rate=RATES,
    ema_decay=0.99,
    **options,
):
    """The MNIST nets and codes of the paper (appendix C.1), and its rate of G.

    D's rate is 2e-4 in the paper, which keeps no running average.

    Tested: Q's terms by hand, the codes of `sample` (tests/variants/test_infogan.py).

    Args:
        image_shape: (H, W, C), sides of at least 8.
        latent_dim: length of the noise and the continuous codes together.
        categories: values of the categorical code.
        codes: number of continuous codes, from 1.
        info_weight: lambda, the weight of Q's terms.
        filters: channels next to the image.
        units: units of the dense layer of each player.
        prior: prior of the noise and the continuous codes.
        learning_rate: rate of both players, or `{"d": ..., "g": ...}`; D's is Q's.
    """
    check_whole(1, categories=categories, codes=codes)
    if latent_dim <= codes:
        raise ValueError(
            "`latent_dim` counts the codes, and must leave some noise. "
            f"Received: {latent_dim} with codes={codes}."
        )
    sizes = {"num_classes": categories, "filters": filters, "units": units}
    return assemble(
        InfoGAN,
        generator=nets.generator(
            image_shape, latent_dim=latent_dim, value_range=value_range, **sizes
        ),
        discriminator=nets.discriminator(image_shape, codes=codes, **sizes),
        num_classes=categories,
        value_range=value_range,
        codes=codes,
        info_weight=info_weight,
        prior=prior,
        learning_rate=learning_rate,
        ema_decay=ema_decay,
        **options,
    )
