"""Restricted Boltzmann machine: samples from a Markov chain. It is not a GAN."""

import keras
import numpy as np
import tensorflow as tf

from ganzoo import distribute
from ganzoo.models.optimizers import compile_without_d
from ganzoo.models.seeds import Use
from ganzoo.models.stepwise import StepwiseModel, binary
from ganzoo.networks import boltzmann
from ganzoo.utils.options import check_seed, check_whole
from ganzoo.variants._registry import register

MOST_EXACT = 16  # hidden units whose states are summed one by one
ANNEALED = {"betas": 1000, "chains": 100}  # of the estimate of log Z otherwise


class Chains(keras.layers.Layer):
    """States of persistent chains: `values` (count, values) in {0, 1}, 0 at first."""

    def __init__(self, count, values, **kwargs):
        super().__init__(**kwargs)
        self.values = self.add_weight(
            (count, values), "zeros", trainable=False, name="values"
        )
        self.built = True


@keras.saving.register_keras_serializable("ganzoo")
class RBM(StepwiseModel):
    """Black or white values v and hidden units h with the energy -a v - b h - v W h.

    The term is F(data) - F(chain), whose gradient is contrastive divergence's:
    F(v) = -a v - sum softplus(b + v W) is the free energy. The chain takes `gibbs`
    steps: from the data (CD), or from where the step before left it (PCD). The term is
    no likelihood; it tends to 0. Grey values are drawn as black or white in each step.
    A latent is the uniform noise that a chain begins with, before `sample_gibbs` steps.

    Args:
        **settings: see `rbm` and `StepwiseModel`.
    """

    loss_terms = ("g_energy",)

    def __init__(self, *, gibbs=1, chains=100, sample_gibbs=1000, **settings):
        super().__init__(**settings)
        check_whole(1, gibbs=gibbs, sample_gibbs=sample_gibbs)
        check_whole(0, chains=chains)
        self.gibbs = gibbs
        self.chains = chains
        self.sample_gibbs = sample_gibbs
        self.memory = Chains(chains, self.latent_dim) if chains else None

    def adapt(self, batch):
        """Starts the visible biases from the mean of the samples."""
        if self.generator.name not in self.warm:
            boltzmann.of(self.generator).start(batch["real"])
        super().adapt(batch)

    def generate(self, batch, training):
        machine = boltzmann.of(self.generator)
        visible = binary(batch["real"], distribute.fold(batch["seed"], Use.CONDITION))
        visible = tf.reshape(visible, (-1, self.latent_dim))
        seed = distribute.fold(batch["seed"], Use.NOISE)
        if self.memory is None or not training:
            draw = distribute.global_uniform
            return {
                "visible": visible,
                "sample": machine.chain(visible, self.gibbs, seed, draw),
            }
        # Every replica moves all chains, by the same noise, to the same places.
        left = self.memory.values.value
        moved = machine.chain(left, self.gibbs, seed, tf.random.stateless_uniform)
        self.memory.values.assign(moved)
        return {"visible": visible, "sample": moved}

    def generator_loss(self, batch, fake, training):
        energy = boltzmann.of(self.generator).free_energy
        sample = tf.stop_gradient(fake["sample"])
        of_data = tf.reduce_mean(energy(fake["visible"]))
        return {"g_energy": of_data - tf.reduce_mean(energy(sample))}, {}

    # --- use --------------------------------------------------------------------

    def steps(self, network, latent, seed):
        start = tf.cast(latent < 0.5, latent.dtype)
        draw = tf.random.stateless_uniform
        sample = boltzmann.of(network).chain(start, self.sample_gibbs, seed, draw)
        return tf.reshape(sample, (-1, *self.sample_shape))

    def log_partition(self, seed: int = 0) -> float:
        """log Z: exact up to 16 hidden units, else estimated by annealing.

        Annealed importance sampling from the biases alone (Salakhutdinov and Murray
        2008), 1,000 temperatures and 100 chains. It underestimates log Z on average,
        and so overestimates likelihoods.
        """
        machine = boltzmann.of(self.average_of(self.generator))
        if machine.hidden_bias.shape[0] <= MOST_EXACT:
            return machine.log_partition()
        check_seed(seed)
        source = tf.constant([int(seed), 1])
        return machine.annealed_log_partition(**ANNEALED, seed=source)

    def log_likelihood(self, x, seed: int = 0) -> np.ndarray:
        """As `StepwiseModel.log_likelihood`, with the log Z of `log_partition`."""
        return super().log_likelihood(x, seed) - self.log_partition(seed)

    def log_densities(self, network, sample, seed):
        visible = tf.reshape(binary(sample, seed), (-1, self.latent_dim))
        return -boltzmann.of(network).free_energy(visible)


@register(
    "rbm",
    paper="Hinton 2002, contrastive divergence; Tieleman 2008, persistent chains; "
    "Salakhutdinov and Murray 2008, the likelihood; compared in arXiv 1502.03509",
    tasks=("likelihood", "baseline"),
)
def rbm(
    image_shape=(28, 28, 1),
    hidden=500,
    gibbs=1,
    chains=100,
    sample_gibbs=1000,
    learning_rate=1e-3,
    ema_decay=0.0,
    seed=0,
    jit_compile=False,
):
    """A baseline for GANs whose samples come from a Markov chain.

    500 hidden units and persistent chains, as in the literature on MNIST; Adam replaces
    its decreasing rate. Visible biases start from the first batch. Channels count as
    further values. `log_likelihood` is exact up to 16 hidden units, an estimate beyond.
    There is no loss, penalty or `d_steps` to choose. Tested: energy, gradient and log Z
    by enumeration of all states (tests/variants/test_rbm.py).

    Args:
        image_shape: (H, W, C), or (D, H, W, C).
        hidden: number of hidden units.
        gibbs: Gibbs steps for each update.
        chains: number of persistent chains; 0 starts them from the data (CD).
        sample_gibbs: Gibbs steps for a sample.
    """
    model = RBM(
        generator=boltzmann.network(image_shape, hidden=hidden),
        gibbs=gibbs,
        chains=chains,
        sample_gibbs=sample_gibbs,
        prior="unit_uniform",
        value_range=(0.0, 1.0),
        d_steps=0,
        ema_decay=ema_decay,
        seed=seed,
    )
    return compile_without_d(model, learning_rate, jit_compile)
