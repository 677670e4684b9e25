"""Boundary equilibrium GAN: D is an autoencoder."""

import keras
import tensorflow as tf

from ganzoo import distribute
from ganzoo.models.assemble import assemble
from ganzoo.models.gan import GAN
from ganzoo.networks import autoencoder, dcgan
from ganzoo.variants._registry import register

# Makers of G and D, with batch normalisation and without, as in the paper.
NETWORKS = {
    True: (dcgan.generator, autoencoder.normalized),
    False: (autoencoder.generator, autoencoder.discriminator),
}


@keras.saving.register_keras_serializable("ganzoo")
class BEGAN(GAN):
    """D reconstructs real samples better than generated ones, up to a balance.

    With L(v) the mean absolute error of D's reconstruction of v, D minimises
    L(x) - k L(G(z)) and G minimises L(G(z)). After each step k moves by
    balance_rate (gamma L(x) - L(G(z))) and stays in [0, 1] (the paper's equations in
    section 3.4), where both errors are means over the global batch. This is the
    Wasserstein loss of the critic -L, with a weight on its second term.

    Args:
        **settings: see `began` and `GAN`; D maps samples to their reconstructions.
    """

    def __init__(self, *, gamma=0.5, balance_rate=1e-3, **settings):
        super().__init__(**settings)
        if self.loss != "wasserstein":
            raise ValueError(
                "began has a loss of its own, the error of D's reconstruction: build "
                f"it without `loss`. Received: {self.loss!r}."
            )
        if not 0 < gamma <= 1:
            raise ValueError(f"`gamma` must be in (0, 1]. Received: {gamma}.")
        self.gamma = gamma
        self.balance_rate = balance_rate
        self.k = self.add_weight((), "zeros", trainable=False, name="k")

    @property
    def watched(self):
        return ("k", "convergence")

    def outputs(self, inputs, training):
        """{"logits": -L, (N, 1)}: D's reconstruction error of each sample."""
        (copy,) = super().outputs(inputs, training).values()
        error = tf.abs(tf.cast(inputs["sample"], copy.dtype) - copy)
        error = tf.reduce_mean(error, axis=range(1, len(error.shape)))
        return {"logits": -error[:, None]}

    def discriminator_loss(self, batch, fake, training):
        terms, watched = super().discriminator_loss(batch, fake, training)
        real, fakes = -watched["real_logit"], -watched["fake_logit"]
        k = tf.cast(self.k, real.dtype)
        # The paper's global measure M, lower as training converges.
        whole, made = tf.unstack(distribute.global_mean(tf.stack([real, fakes])))
        convergence = whole + tf.abs(self.gamma * whole - made)
        watched |= {"k": k, "convergence": convergence}
        return {**terms, "d_adv": real - k * fakes}, watched

    def after_step(self, values):
        super().after_step(values)
        balance = -self.gamma * values["real_logit"] - values["g_adv"]
        change = self.balance_rate * distribute.global_mean(balance)
        k = self.k + tf.cast(change, self.k.dtype)
        self.k.assign(tf.clip_by_value(k, 0.0, 1.0))


@register(
    "began",
    paper="Berthelot et al. 2017, BEGAN: Boundary Equilibrium Generative Adversarial "
    "Networks, arXiv 1703.10717",
    tasks=("image",),
)
def began(
    image_shape=(28, 28, 1),
    latent_dim=64,
    code_dim=32,
    filters=32,
    normalize=True,
    linear=False,
    gamma=1.0,
    balance_rate=0.1,
    value_range=(0.0, 1.0),
    prior="uniform",
    learning_rate=1e-3,
    beta_1=0.5,
    ema_decay=0.99,
    loss="wasserstein",
    **options,
):
    """DCGAN's generator, an autoencoder of DCGAN's levels as D, and a uniform prior.

    The paper's networks, filters and rates are in zoo_configs/began_paper.toml. Its
    balance holds only for the mean of D's errors. Its G, which no batch normalisation
    holds together, ends at the images that are easiest to copy: on MNIST, the ones.
    With values in (-1, 1) and the paper's balance rate, which moves k by at most 1e-4 a
    step, these are images of zeros. The players alternate, while the paper updates both
    at once; and the rate is constant, while the paper halves it when convergence
    stalls.

    Args:
        image_shape: (H, W, C), sides of at least 8.
        code_dim: length of the autoencoder's code.
        filters: channels of the convolutions next to the image, the paper's n.
        normalize: False for the paper's networks, without batch normalisation.
        linear: True if the paper's networks end linearly, as its code does.
        gamma: target ratio of the errors on generated and on real samples, the paper's
            diversity ratio; lower values give sharper and less diverse samples.
        balance_rate: step size of the weight k that holds the ratio, the paper's
            lambda_k.
        beta_1: Adam's decay of the mean gradient; the paper names none.
        loss: only "wasserstein", for the critic -L.
    """
    if linear and normalize:
        raise ValueError(
            "`linear` belongs to the paper's networks. Received: linear=True, "
            "normalize=True."
        )
    generator, discriminator = NETWORKS[bool(normalize)]
    common = {"filters": filters, "value_range": None if linear else value_range}
    return assemble(
        BEGAN,
        generator=generator(image_shape, latent_dim=latent_dim, **common),
        discriminator=discriminator(image_shape, code_dim=code_dim, **common),
        gamma=gamma,
        balance_rate=balance_rate,
        value_range=value_range,
        prior=prior,
        learning_rate=learning_rate,
        beta_1=beta_1,
        ema_decay=ema_decay,
        loss=loss,
        **options,
    )
