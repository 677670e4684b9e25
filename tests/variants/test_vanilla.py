"""The founding GAN on points: what its generator can and cannot cover."""

import numpy as np
import pytest
from helpers import tiny


def spread(model, training=False):
    """Singular values, the largest first, of samples close to one latent."""
    z = model.latents(1) + 1e-5 * np.random.default_rng(0).normal(
        size=(40, model.latent_dim)
    )
    x = model.generator({"latent": z}, training=training).numpy()
    return np.linalg.svd(x - x.mean(axis=0), compute_uv=False)


@pytest.mark.parametrize("latent_dim,rank", [(1, 1), (2, 2), (3, 3), (5, 3)])
def test_samples_lie_on_a_set_of_the_dimension_of_the_latent(latent_dim, rank):
    model = tiny("vanilla", image_shape=(3,), latent_dim=latent_dim, dtype="float64")
    values = spread(model)
    assert np.sum(values > 1e-3 * values[0]) == rank


def test_noise_in_the_hidden_layers_gives_the_data_its_dimension():
    model = tiny(
        "vanilla",
        image_shape=(3,),
        latent_dim=1,
        hidden_noise=0.1,
        dtype="float64",
    )
    for training in (True, False):  # what is sampled is what was trained
        values = spread(model, training=training)
        assert np.sum(values > 1e-3 * values[0]) == 3


def test_the_range_of_the_samples_follows_their_kind():
    assert tiny("vanilla", image_shape=(2,)).value_range is None
    assert tiny("vanilla").value_range == (-1.0, 1.0)
    assert tiny("vanilla", image_shape=(2,), value_range=(0, 1)).value_range == (0, 1)


def test_voxels():
    voxels = tiny("vanilla", image_shape=(4, 4, 4, 1)).sample(2)
    assert voxels.shape == (2, 4, 4, 4, 1)
    assert voxels.dtype == np.uint8
