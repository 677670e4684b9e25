"""BiGAN: an encoder learns with the generator, and D judges pairs."""

import keras
import numpy as np

from ganzoo.models.adversarial import feed
from ganzoo.models.assemble import assemble
from ganzoo.models.gan import GAN
from ganzoo.models.seeds import Use
from ganzoo.networks import dcgan, mlp, usual_range
from ganzoo.networks.encoder import encoder, joint_discriminator
from ganzoo.variants._registry import register

RATES = {"d": 4e-4, "g": 2e-3}


@keras.saving.register_keras_serializable("ganzoo")
class BiGAN(GAN):
    """D tells pairs (x, E(x)) from pairs (G(z), z); G and E make them alike.

    At the optimum E inverts G (theorem 2 of the paper). G and E minimise D's loss with
    the two kinds of pairs exchanged, the paper's loss with a strong gradient. Minimax
    and non-saturating losses are therefore equal here.

    Args:
        encoder: network from samples to latents (N, latent_dim); `g_optimizer` owns it.
        **settings: see `GAN`; D takes `sample` and `latent`.
    """

    refused = dict.fromkeys(
        ("augment", "penalties"), "D judges a sample and its latent"
    )

    def __init__(self, *, encoder, **settings):
        super().__init__(**settings)
        self.encoder = encoder

    @property
    def generators(self):
        return [self.generator, self.encoder]

    def generate(self, batch, training):
        encoded = feed(self.encoder, {"sample": batch["real"]}, training)
        return {**super().generate(batch, training), "encoded": encoded}

    def discriminator_loss(self, batch, fake, training):
        # The batch's latent belongs to the real samples; fakes bring their own.
        paired = {**batch, "latent": fake["encoded"]}
        return super().discriminator_loss(paired, fake, training)

    def generator_loss(self, batch, fake, training):
        real = self._judge_real({**batch, "latent": fake["encoded"]}, training)
        fakes = self.judge({**batch, **fake}, Use.AUGMENT_FAKE, training)
        return {"g_adv": self.loss_functions.discriminator(fakes, real)}, {}

    # --- use --------------------------------------------------------------------

    def _encoded(self, sample):
        return self._feed(self.average_of(self.encoder), {"sample": sample})

    def encode(self, x) -> np.ndarray:
        """Latents (n, latent_dim) of samples (n, ...), uint8 or in `value_range`.

        Raises:
            ValueError: samples of another shape or range.
        """
        return self._by_chunks(self._encoded, x)

    def reconstruct(self, x) -> np.ndarray:
        """G(E(x)) of samples (n, ...), in the form of `sample`; errors as `encode`."""
        return self.decode(self.encode(x))

    def _probability_chunk(self, arrays):
        # D(x) is D's verdict on the pair (x, E(x)).
        sample = self._scale(arrays["sample"])
        inputs = {"sample": sample, "latent": self._encoded(sample)}
        logits = self.discriminate(inputs, training=False)
        return self.loss_functions.probability(logits)[:, 0].numpy()


@register(
    "bigan",
    paper="Donahue et al. 2017, Adversarial Feature Learning, arXiv 1605.09782; "
    "Dumoulin et al. 2017, Adversarially Learned Inference, arXiv 1606.00704",
    tasks=("image", "points", "encoding"),
)
def bigan(
    image_shape=(28, 28, 1),
    latent_dim=50,
    filters="auto",
    hidden="auto",
    normalize=True,
    d_norm="auto",
    value_range="auto",
    prior="normal",
    learning_rate=RATES,
    ema_decay=0.99,
    **options,
):
    """DCGAN's networks for images, with an encoder and a joint discriminator.

    The encoder is D's network with latents at its end. D sees the sample through
    DCGAN's normalised convolutions, the latent through a layer of its own, and the pair
    in a dense layer without normalisation, which over a batch would hide the scale of
    E(x): E then drowned the image, D could not tell the pairs apart, and G made noise.
    The paper's perceptrons for MNIST, which take its 400 epochs, are the config
    bigan_mnist: two hidden layers of 1024, batch normalisation in each but the first of
    E and D, a uniform prior of 50. Left out are its weight decay and its nets for
    ImageNet; its batch normalisation has no gain or bias, here it has both.
    `model.encode` and `model.reconstruct` use E. Tested: the pairs and G's exchanged
    loss by hand (tests/variants/test_bigan.py).

    Args:
        image_shape: (H, W, C), (D, H, W, C), or (d,) for vectors.
        latent_dim: length of the latent.
        filters: channels of the convolutions next to the image, doubled at each level;
            0 for perceptrons. By default 32 for images with sides of at least 8, else
            0.
        hidden: units of each hidden layer of E and D, and of G's perceptrons; by
            default (1024,), or (1024, 1024) for perceptrons.
        normalize: if True, E and perceptrons of G have batch normalisation; a
            convolutional G always has it.
        d_norm: normalisation of D's convolutions, or of its hidden layers without
            any, a name of `norms.NORMS`; by default `batch`, or `none` for perceptrons.
        value_range: (low, high) of the samples; by default (-1, 1), or None (unbounded)
            for vectors.
        prior: prior of the latent.
        learning_rate: rate of all, or `{"d": ..., "g": ...}` for D and for G and E.
        ema_decay: decay of the running average of G and E; 0 keeps none.
    """
    shape = tuple(image_shape)
    if filters == "auto":
        filters = 32 if len(shape) == 3 and min(shape[:-1]) >= 8 else 0
    if hidden == "auto":
        hidden = (1024,) if filters else (1024, 1024)
    if d_norm == "auto":
        d_norm = "batch" if filters else "none"
    if value_range == "auto":
        value_range = usual_range(shape, symbols=False)
    sizes = {"hidden": hidden, "filters": filters}
    return assemble(
        BiGAN,
        generator=_generator(
            shape, latent_dim, filters, hidden, normalize, value_range
        ),
        encoder=encoder(
            shape,
            outputs=latent_dim,
            norm="batch" if normalize else "none",
            **sizes,
        ),
        discriminator=joint_discriminator(
            shape, latent_dim=latent_dim, norm=d_norm, **sizes
        ),
        value_range=value_range,
        prior=prior,
        learning_rate=learning_rate,
        ema_decay=ema_decay,
        **options,
    )


def _generator(shape, latent_dim, filters, hidden, normalize, value_range):
    if filters:
        return dcgan.generator(
            shape, latent_dim=latent_dim, filters=filters, value_range=value_range
        )
    return mlp.generator(
        shape,
        latent_dim=latent_dim,
        hidden=hidden,
        normalize=normalize,
        normalize_last=True,
        value_range=value_range,
    )
