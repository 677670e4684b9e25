"""`project` on generators whose inverse is known; truncation; walks."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import tiny
from linear_models import linear

from ganzoo.models import walks
from ganzoo.models.anomaly import anomaly_scores


@pytest.fixture
def model():
    return linear((2.0, 0.0, 1.0), (0.0, 1.0, -1.0))


def test_a_sample_of_the_model_comes_back(model):
    latents = model.latents(3, seed=5)
    found = model.project(model.decode(latents), starts=2, steps=300)
    np.testing.assert_allclose(found.latents, latents, atol=1e-3)
    assert found.distances.max() < 1e-3
    assert found.random.min() > 0.3


def test_what_the_model_cannot_make_keeps_its_distance(model):
    # One third of the squared length lies outside the plane of the samples.
    normal = np.array([-0.5, 1.0, 1.0])
    x = model.decode(model.latents(1)) + normal
    found = model.project(x, starts=1, steps=300)
    assert found.distances[0] == pytest.approx(
        np.linalg.norm(normal) / 3**0.5, rel=1e-3
    )
    np.testing.assert_allclose(found.latents, model.latents(1), atol=1e-3)


def test_features_replace_pixels(model):
    x = model.decode(model.latents(2, seed=5))
    found = model.project(x, features=lambda s: s[:, :1], starts=1, steps=300)
    assert found.distances.max() < 1e-3
    assert np.abs(model.decode(found.latents) - x)[:, 1].max() > 0.1


def test_the_best_start_wins_and_images_are_taken_in_chunks(model, monkeypatch):
    monkeypatch.setattr("ganzoo.models.projection.CHUNK", 4)
    x = model.decode(model.latents(3, seed=5))
    many, one = (model.project(x, starts=s, steps=1, seed=1) for s in (4, 1))
    assert many.distances.shape == one.distances.shape == (3,)
    assert many.latents.shape == (3, 2)
    assert many.distances.mean() < one.distances.mean()


def test_a_uniform_prior_is_not_left():
    model = linear((1.0, 0.0), (0.0, 1.0), bias=0.0, prior="uniform")
    found = model.project(np.array([[5.0, -0.5]]), starts=1, steps=200)
    np.testing.assert_allclose(found.latents, [[1.0, -0.5]], atol=1e-3)


def test_images_with_labels_and_captions():
    model = tiny("cgan", num_classes=3)
    x = model.sample(2, label=1)
    found = model.project(x, label=1, starts=1, steps=2)
    assert found.latents.shape == (2, 4)
    with pytest.raises(ValueError, match="0 to 2"):
        model.project(x, label=3)


def test_project_refuses(model):
    with pytest.raises(ValueError, match="model's shape"):
        model.project(np.zeros((2, 4)))
    with pytest.raises(ValueError, match="`starts` must be a whole number from 1"):
        model.project(np.zeros((2, 3)), starts=0)
    assert model.project(np.zeros((0, 3))).latents.shape == (0, 2)
    for rate in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(
            ValueError, match="`learning_rate` must be finite and above"
        ):
            model.project(np.zeros((1, 3)), learning_rate=rate)
    for features in (np.asarray, tf.math.round):
        with pytest.raises(ValueError, match="`features` must have a gradient"):
            model.project(np.zeros((1, 3)), features=features, starts=1)


def test_the_starts_are_not_the_latents_of_a_seed(model):
    """Else the samples of a seed would be found before the search."""
    found = model.project(model.sample(2, seed=0), starts=1, steps=1, seed=0)
    assert found.random.min() > 0.1


# --- truncation --------------------------------------------------------------------


def test_truncation_shrinks_the_latents(model):
    whole = model.latents(5, seed=3)
    np.testing.assert_array_equal(model.latents(5, seed=3, truncation=1.0), whole)
    half = model.sample(5, seed=3, truncation=0.5)
    np.testing.assert_allclose(half, model.decode(whole / 2), atol=1e-6)
    np.testing.assert_allclose(model.sample(2, truncation=0.0), 0.3, atol=1e-6)


@pytest.mark.parametrize("psi", [-0.1, 1.5, float("nan")])
def test_truncation_outside_its_range(model, psi):
    with pytest.raises(ValueError, match="`truncation` must be from 0"):
        model.sample(1, truncation=psi)


@pytest.mark.parametrize("prior", ["uniform", "unit_uniform"])
def test_a_uniform_prior_has_no_centre(prior):
    model = tiny("vanilla", prior=prior)
    with pytest.raises(ValueError, match=f"no such centre.*{prior}"):
        model.sample(1, truncation=0.5)


# --- walks -------------------------------------------------------------------------


def test_walks_by_hand(model):
    path = walks.between(model, 2, 3, seed=1)
    ends = model.latents(3, seed=1)
    assert path.shape == (2, 3, 2)
    np.testing.assert_allclose(path[:, 0], ends[:2], atol=1e-6)
    np.testing.assert_allclose(path[:, -1], ends[1:], atol=1e-6)
    shrunk = walks.truncated(model, 2, 3)
    np.testing.assert_allclose(shrunk[:, 1], model.latents(2) / 2, atol=1e-6)
    moved = walks.along(model, np.array([0.0, 1.0]), 2, 3, reach=2.0)
    steps = moved - model.latents(2)[:, None]
    np.testing.assert_allclose(steps[0], [[0, -2], [0, 0], [0, 2]], atol=1e-6)
    with pytest.raises(ValueError, match="`frames` must be a whole number"):
        walks.between(model, 1, 0)
    with pytest.raises(ValueError, match="`reach` must be a finite number"):
        walks.along(model, np.ones(2), 1, 2, reach=float("inf"))


# --- anomaly scores ------------------------------------------------------------------


def test_the_pixels_of_a_score_by_hand():
    model = tiny("bigan", image_shape=(3,))
    x = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    z = model.encode(x)
    score = anomaly_scores(model, x, z, weight=0.0)
    np.testing.assert_allclose(
        score, np.abs(x - model.decode(z)).sum(axis=1), rtol=1e-5
    )


def test_the_features_of_a_score_are_those_before_the_logit():
    model = tiny("bigan", image_shape=(3,), normalize=False)
    x = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    z = model.encode(x)
    score = anomaly_scores(model, x, z, weight=1.0)
    last = model.discriminator.layers[-1]
    # A logit that sums the features: the score is never below its difference.
    last.set_weights([np.ones_like(last.kernel), np.zeros(1)])
    logits = [
        model.discriminator({"sample": s, "latent": z}).numpy()[:, 0]
        for s in (x, model.decode(z))
    ]
    assert (score >= np.abs(logits[0] - logits[1]) - 1e-5).all()
    assert score.min() > 0
    own = anomaly_scores(model, model.decode(z), z)
    np.testing.assert_allclose(own, 0, atol=1e-4)


def test_scores_of_a_search(model):
    found = model.project(np.ones((2, 3)), starts=1, steps=2)
    assert anomaly_scores(model, np.ones((2, 3)), found.latents).shape == (2,)


def test_scores_refuse(model):
    x, z = np.ones((2, 3)), np.ones((2, 2))
    with pytest.raises(ValueError, match="`weight` must be from 0 to 1"):
        anomaly_scores(model, x, z, weight=2)
    with pytest.raises(ValueError, match=r"Latents must have shape \(2, 2\)"):
        anomaly_scores(model, x, z[:1])
    with pytest.raises(ValueError, match="Latents must be finite"):
        anomaly_scores(model, x, z * np.nan)
    vae, pacgan = tiny("vae"), tiny("pacgan")
    with pytest.raises(ValueError, match="use a GAN.*Received: VAE, which has none"):
        anomaly_scores(vae, vae.sample(1), np.zeros((1, 4)))
    with pytest.raises(ValueError, match="judges samples one by one.*D of .8, 8, 2"):
        anomaly_scores(pacgan, pacgan.sample(1), np.zeros((1, 4)))
