"""Files written by ganzoo 0.1.0 load, and give the samples that they gave then."""

import shutil
from pathlib import Path

import keras
import numpy as np
import pytest

import ganzoo
from ganzoo.runs import pretrained
from ganzoo.runs.earlier import options_of

FILES = Path(__file__).parent / "fixtures/v0_1_0"
SAMPLES = np.load(FILES / "samples.npz")


def check(samples, expected):
    """Equal but for rounding: another CPU may move a pixel by one."""
    assert samples.dtype == expected.dtype
    np.testing.assert_allclose(samples.astype(float), expected, rtol=1e-5, atol=1)


@pytest.mark.parametrize("name", ["dcgan", "wgan-gp"])
def test_a_keras_file_samples_as_before(name):
    model = ganzoo.load(FILES / f"{name}.keras")
    check(model.sample(6, seed=5), SAMPLES[name])
    assert model.step == 2


@pytest.mark.parametrize("name", ["cyclegan", "next-frame"])
def test_a_keras_file_translates_as_before(name):
    model = ganzoo.load(FILES / f"{name}.keras")
    check(model.translate(SAMPLES[f"{name}_in"]), SAMPLES[name])


def test_a_run_directory_samples_as_before(tmp_path):
    shutil.copytree(FILES / "run", tmp_path / "run")
    model = ganzoo.load(tmp_path / "run")
    samples = model.sample(6, seed=5)
    np.testing.assert_allclose(samples, SAMPLES["run"], rtol=1e-4, atol=1e-5)
    assert model.step == 20


def test_networks_that_ended_in_tanh_still_do(tmp_path):
    shutil.copytree(FILES / "began_run", tmp_path / "run")
    model = ganzoo.load(tmp_path / "run")
    check(model.sample(6, seed=5), SAMPLES["began_run"])
    assert model.step == 2


def test_the_step_of_a_keras_file_is_that_of_g(tmp_path):
    """Keras itself loads it, and what is saved anew holds the step."""
    model = keras.saving.load_model(FILES / "dcgan.keras")
    assert model.step == int(model.g_optimizer.iterations) == 2
    model.g_optimizer.iterations.assign(7)
    model.save(tmp_path / "model.keras")
    assert keras.saving.load_model(tmp_path / "model.keras").step == 2


def test_a_pretrained_card_samples_as_before(monkeypatch):
    monkeypatch.setattr(pretrained, "FOLDER", FILES)
    check(ganzoo.load("dcgan_digits").sample(6, seed=5), SAMPLES["dcgan_digits"])


def test_the_default_networks_of_r3gan_compute_as_before():
    """Without a file, which would hold 13 MB: the weights are drawn, in their order."""
    options = options_of(1, "r3gan", {"image_shape": (8, 8, 1)})
    model = ganzoo.build("r3gan", **options)
    rng = np.random.default_rng(0)
    for weight in model.generator.weights + model.discriminator.weights:
        weight.assign(rng.normal(0, 0.05, weight.shape))
    latent = rng.normal(size=(4, 64)).astype("float32")
    sample = model.generator({"latent": latent})
    logit = model.discriminator({"sample": sample})
    np.testing.assert_allclose(logit[:2, 0], [3.4111547, 3.9002893], rtol=1e-4)
