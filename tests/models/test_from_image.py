"""From image to image: what `translate` does to sizes, noise and bad input."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import arrays_for, batches_for, of_kind, tiny, train_eagerly
from image_files import identical
from keras import layers

import ganzoo
from ganzoo.models import from_image

RNG = np.random.default_rng(0)


def images(n, *shape):
    return RNG.integers(0, 256, (n, *shape), dtype="uint8")


@pytest.mark.parametrize("sides", [(8, 8), (3, 11), (1, 9)])
@pytest.mark.parametrize("factor,multiple", [(1, 1), (1, 4), (2, 4)])
def test_any_size_comes_back_where_it_was(sides, factor, multiple):
    x = images(2, *sides, 1)
    answer = identical(factor, multiple=multiple).translate(x)
    assert answer.dtype == np.uint8
    np.testing.assert_array_equal(answer, x.repeat(factor, 1).repeat(factor, 2))


@pytest.mark.parametrize("n", [0, 1, 5])
def test_any_number_in_chunks(n, monkeypatch):
    """Chunks of two images give what one chunk gives."""
    x = images(n, 8, 8, 1)
    model = identical()
    whole = model.translate(x)
    assert whole.shape == x.shape
    monkeypatch.setattr(from_image, "PIXELS", 2 * 64)
    calls = []
    answer = model.answer
    model.answer = lambda *args: calls.append(len(args[1])) or answer(*args)
    np.testing.assert_array_equal(model.translate(x), whole)
    assert calls == {0: [1], 1: [1], 5: [2, 2, 1]}[n]


def test_floats_are_taken_too():
    x = images(2, 8, 8, 1)
    floats = (x / 127.5 - 1).astype("float32")
    np.testing.assert_array_equal(identical().translate(floats), x)


def test_samples_differ_by_the_seed_alone():
    model, x = tiny("pix2pix", filters=8), images(3, 8, 8, 1)
    answers = model.translate(x, samples=4, seed=1)
    assert answers.shape == (3, 4, 8, 8, 1)
    assert len({a.tobytes() for a in answers[0]}) == 4
    np.testing.assert_array_equal(answers[:, 0], model.translate(x, seed=1))
    np.testing.assert_array_equal(answers, model.translate(x, samples=4, seed=1))
    assert (model.translate(x, seed=2) != answers[:, 0]).any()


def test_use_leaves_the_state_of_training_as_it_was():
    model = tiny("pix2pix")
    before = [v.numpy() for v in model.variables]
    model.translate(images(1, 8, 8, 1), samples=2)
    model.evaluate(arrays_for(model, 8), verbose=0)
    for old, variable in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(old, variable.numpy())


def test_a_latent_is_noise_too():
    model = tiny("pix2pix", noise=False, latent_dim=3, dtype="float64")
    (dense,) = of_kind(model.generator, layers.Dense)
    dense.kernel.assign(RNG.normal(size=(3, 4)) * 9)
    one, two = (
        model.answer(model.generator, tf.zeros((1, 8, 8, 1), tf.float64), s, False)
        for s in (tf.constant([1, 1]), tf.constant([1, 2]))
    )
    assert np.abs(one - two).max() > 0
    train_eagerly(model, batches_for(model, 1))


@pytest.mark.parametrize(
    "make,message",
    [
        (lambda: identical().sample(3), r"model.translate\(images\)"),
        (lambda: identical().translate(images(1, 8, 8, 3)), r"\(n, H, W, 1\)"),
        (lambda: identical().translate(images(8, 8, 1)), r"\(n, H, W, 1\)"),
        (lambda: identical().translate(images(1, 8, 0, 1)), r"\(n, H, W, 1\)"),
        (lambda: identical().translate(np.full((1, 8, 8, 1), 3.0)), "value_range"),
        (lambda: identical().translate(images(1, 8, 8, 1), samples=2), "no noise"),
        (lambda: identical().translate(images(1, 8, 8, 1), samples=0), "from 1"),
        (lambda: identical().translate(images(1, 8, 8, 1), ema=True), "no running"),
        (lambda: identical().translate(images(1, 8, 8, 1), seed=-1), "`seed` must be"),
        (lambda: identical().translate(images(1, 8, 8, 1), seed=1.5), "`seed` must be"),
        (
            lambda: identical().evaluate({"real": images(8, 8, 8, 1)}),
            "need samples .source.",
        ),
        (
            lambda: identical(2).evaluate(
                {k: images(8, 8, 8, 1) for k in ("real", "source")}
            ),
            "'real' must have the model's shape",
        ),
        (lambda: tiny("pix2pix", source_shape=(4, 8, 1)), "whole number of times"),
        (lambda: tiny("pix2pix", augment="color"), "sample alone"),
        (
            lambda: tiny("pix2pix", adversarial=0, penalties={"r1": 1.0}),
            "need a discriminator",
        ),
        (
            lambda: tiny("pix2pix", adversarial=0, d_clip=0.1),
            "`d_clip` is for models with a D",
        ),
    ],
)
def test_refuses(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_terms_of_a_model_without_d_by_hand(tmp_path):
    """Answers 0 for targets 0.5 and -1: l1 0.75, l2 (0.25 + 1) / 2."""
    model = identical()
    model.generator.set_weights([np.zeros((1, 1, 1, 1))])
    real = np.full((2, 8, 8, 1), 0.5, "float32")
    real[1] = -1.0
    arrays = {"source": np.ones_like(real), "real": real}
    found = model.evaluate(arrays, return_dict=True, verbose=0)
    assert found == pytest.approx({"g_l1": 1.5, "g_l2": 1.875, "g_loss": 3.375})
    assert model.d_steps == 0 and model.d_optimizer is None
    model.fit(arrays, batch_size=2, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = ganzoo.load(tmp_path / "model.keras")
    x = images(1, 5, 8, 1)
    np.testing.assert_array_equal(loaded.translate(x), model.translate(x))


def test_gradient_difference_by_hand():
    """Steps of size 1 and 3 down, 2 and 2 along; a constant image has none."""
    real = tf.constant([[0.0, 2.0], [1.0, -1.0]])[None, ..., None]
    found = from_image.gradient_difference(real, tf.zeros_like(real))
    assert float(found) == (1 + 3) / 2 + (2 + 2) / 2
    # A shift and a sign of all steps change nothing.
    assert float(from_image.gradient_difference(real, 5 - real)) == 0
    for pair in ((real, real / 2), (real / 2, real)):
        half = from_image.gradient_difference(*pair)
        assert float(half) == float(found) / 2


def test_it_learns_pairs():
    """The negative of an image, by L1 alone: a 1x1 convolution must become -1."""
    model = identical()
    source = images(64, 8, 8, 1)
    model.g_optimizer.learning_rate = 0.1
    model.fit(
        {"source": source, "real": 255 - source}, batch_size=16, epochs=20, verbose=0
    )
    assert np.abs(model.translate(source) - (255.0 - source)).max() < 8


def test_gallery_shows_source_sample_and_target():
    model = identical(2)
    arrays = {"source": images(3, 8, 8, 1), "real": images(3, 16, 16, 1)}
    pictures, columns = model.gallery(arrays, 64)
    assert columns == 3 and pictures.shape == (24, 16, 16, 1)
    larger = arrays["source"][0].repeat(2, 0).repeat(2, 1)
    np.testing.assert_array_equal(pictures[0], larger)
    np.testing.assert_array_equal(pictures[1], larger)
    np.testing.assert_array_equal(pictures[2], arrays["real"][0])


def test_evaluate_is_that_of_one_device(mirrored):
    """Noise in inference is of the global batch, however uneven its shares."""
    keras.utils.set_random_seed(1)
    one = tiny("pix2pix", dtype="float64")
    with mirrored.scope():
        two = tiny("pix2pix", dtype="float64")
    two.set_weights(one.get_weights())
    alone, shared = (
        model.evaluate(arrays_for(one, 7), batch_size=4, return_dict=True, verbose=0)
        for model in (one, two)
    )
    assert shared == pytest.approx(alone, abs=1e-10)
