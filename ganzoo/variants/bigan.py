"""BiGAN: an encoder learns with the generator, and D judges pairs."""

import keras
import numpy as np

from ganzoo.models.adversarial import feed
from ganzoo.models.assemble import assemble
from ganzoo.models.gan import GAN
from ganzoo.models.seeds import Use
from ganzoo.networks import mlp
from ganzoo.networks.encoder import encoder, joint_discriminator
from ganzoo.variants._registry import register


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
        return feed(self.average_of(self.encoder), {"sample": sample}, False)

    def encode(self, x) -> np.ndarray:
        """Latents (n, latent_dim) of samples (n, ...), uint8 or in `value_range`."""
        return self._by_chunks(self._encoded, x)

    def reconstruct(self, x) -> np.ndarray:
        """G(E(x)), in the form of `sample`."""
        return self.decode(self.encode(x))

    def _probability_chunk(self, given):
        # D(x) is D's verdict on the pair (x, E(x)).
        sample = self._scale(given["sample"])
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
    hidden=(1024, 1024),
    normalize=True,
    value_range="auto",
    prior="uniform",
    ema_decay=0.99,
    **options,
):
    """The permutation-invariant MNIST nets of the paper: three perceptrons.

    Two hidden layers of 1024, batch normalisation in each but the first of E and D,
    LeakyReLU there and ReLU in G, a uniform prior of 50, Adam at 2e-4. The paper's
    weight decay and its convolutional nets are left out; its batch normalisation has
    no gain or bias. Here it has both, and layers without it have biases.
    `model.encode` and `model.reconstruct` use E. Tested: the pairs and G's exchanged
    loss by hand (tests/variants/test_bigan.py).

    Args:
        image_shape: (H, W, C), (D, H, W, C), or (d,) for vectors.
        latent_dim: length of the latent.
        hidden: units of each hidden layer of the three networks.
        normalize: if True, all three networks have batch normalisation.
        value_range: (low, high) of the samples; by default (0, 1), or None (unbounded)
            for vectors.
        prior: prior of the latent.
        ema_decay: decay of the running average of G; 0 keeps none.
    """
    if value_range == "auto":
        value_range = None if len(image_shape) == 1 else (0.0, 1.0)
    return assemble(
        BiGAN,
        generator=mlp.generator(
            image_shape,
            latent_dim=latent_dim,
            hidden=hidden,
            normalize=normalize,
            normalize_last=True,
            value_range=value_range,
        ),
        encoder=encoder(
            image_shape, outputs=latent_dim, hidden=hidden, normalize=normalize
        ),
        discriminator=joint_discriminator(
            image_shape, latent_dim=latent_dim, hidden=hidden, normalize=normalize
        ),
        value_range=value_range,
        prior=prior,
        ema_decay=ema_decay,
        **options,
    )
