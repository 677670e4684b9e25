"""Answers of a GAN: samples, paths, probabilities, and refusals."""

import tracemalloc

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import tiny

import ganzoo
from ganzoo.models.anomaly import anomaly_scores
from ganzoo.models.assemble import assemble
from ganzoo.models.from_noise import CHUNK, MANY
from ganzoo.models.priors import PRIORS
from ganzoo.networks import mlp


@pytest.fixture(scope="module")
def plain():
    return tiny("vanilla")


@pytest.fixture(scope="module")
def conditional():
    return tiny("cgan")


@pytest.fixture(scope="module")
def points():
    return tiny("vanilla", image_shape=(2,))


# --- samples ----------------------------------------------------------------------


@pytest.mark.parametrize("n", [0, 1, 300])
def test_samples_of_any_number(plain, points, n):
    assert CHUNK < 300 < 2 * CHUNK
    images = plain.sample(n)
    assert images.shape == (n, 8, 8, 1)
    assert images.dtype == np.uint8
    assert points.sample(n).shape == (n, 2)
    assert points.sample(n).dtype == np.float32
    assert plain.latents(n).shape == (n, 4)


def test_samples_are_handed_on_chunk_by_chunk(conditional):
    chunks = []
    rest = conditional.sample(300, seed=3, into=chunks.append)
    assert [len(chunk) for chunk in chunks] == [CHUNK, 300 - CHUNK]
    assert rest.shape == (0, 8, 8, 1)
    expected = conditional.sample(300, seed=3)
    np.testing.assert_array_equal(np.concatenate(chunks), expected)


def test_the_first_samples_do_not_depend_on_how_many_follow(plain):
    np.testing.assert_array_equal(plain.latents(5), plain.latents(300)[:5])
    few, many = plain.sample(5).astype(int), plain.sample(300)[:5].astype(int)
    assert np.max(np.abs(few - many)) <= 1  # the last bit of another batch size


def test_many_samples_come_from_a_compiled_function(conditional):
    n = MANY * CHUNK + 3
    many, seen = conditional.sample(n, seed=2), []
    alone = [conditional.latents(n, seed=2), np.arange(n) % conditional.num_classes]
    for i in range(0, n, CHUNK):  # each call too small for it
        latents, label = (values[i : i + CHUNK] for values in alone)
        seen.append(conditional.decode(latents, label=label, seed=2))
    assert np.max(np.abs(many.astype(int) - np.concatenate(seen))) <= 1
    before = conditional.get_weights()
    conditional.set_weights([np.zeros_like(w) for w in before])
    assert len(np.unique(conditional.sample(n))) == 1  # it reads the weights anew
    conditional.set_weights(before)


def test_calls_of_some_chunks_make_the_same_samples(plain, monkeypatch):
    n, parts = 5 * CHUNK + 3, []
    whole = plain.sample(n)
    np.testing.assert_array_equal(plain.latents(n)[:9], plain.latents(9))
    values = 2 * CHUNK * np.prod(plain.sample_shape)
    monkeypatch.setattr("ganzoo.models.from_noise.CALL_VALUES", values)
    plain.sample(n, into=parts.append)
    assert [len(part) for part in parts] == [2 * CHUNK, 2 * CHUNK, CHUNK, 3]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_seeds_differ_and_repeat(plain):
    one = plain.latents(300, seed=1)
    np.testing.assert_array_equal(plain.latents(300, seed=1), one)
    assert (plain.latents(300, seed=2) != one).all()
    assert len(np.unique(one)) == one.size  # no chunk repeats another
    assert (plain.sample(5, seed=1) != plain.sample(5, seed=2)).any()


@pytest.mark.parametrize("n", [-1, -300])
def test_refuses_a_negative_number(plain, n):
    with pytest.raises(ValueError, match=f"whole number from 0. Received: {n}"):
        plain.sample(n)


@pytest.mark.parametrize("shape", [(4,), (2, 5), (1, 2, 4)])
def test_refuses_other_latents(plain, shape):
    with pytest.raises(ValueError, match=r"must have shape \(n, 4\). Received: \("):
        plain.decode(np.zeros(shape))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_latents_that_are_not_finite_are_named(plain, value):
    z = plain.latents(3)
    z[1:, 2] = value
    message = "Latents must be finite. Received.* in 2 of 3 latents, the first at 1"
    with pytest.raises(ValueError, match=message):
        plain.decode(z)
    for a, b in ((z[0], z[1]), (z[1], z[0])):
        with pytest.raises(ValueError, match="Latents must be finite.*in 1 of 1"):
            plain.interpolate(a, b)


def test_decode_scales_what_the_generator_says(plain):
    z = plain.latents(3)
    raw = plain.generator({"latent": z}, training=False).numpy()
    expected = np.clip(np.rint((raw + 1) / 2 * 255), 0, 255)
    decoded = plain.decode(z)
    assert np.max(np.abs(decoded - expected)) <= 1
    np.testing.assert_array_equal(plain.sample(3), decoded)


@pytest.mark.parametrize("value_range", [(-1.0, 1.0), (0.0, 1.0)])
def test_scaling_and_its_inverse(value_range):
    model = tiny("vanilla", value_range=value_range)
    pixels = np.arange(256, dtype="uint8").reshape(4, 8, 8, 1)
    scaled = model.as_batch(pixels)["real"].numpy()
    assert (scaled.min(), scaled.max()) == value_range
    np.testing.assert_array_equal(model.as_samples(scaled), pixels)
    beyond = model.as_samples(np.array([-9.0, 9.0]))
    np.testing.assert_array_equal(beyond, [0, 255])


@pytest.mark.parametrize(
    "prior,mean,deviation,low,high",
    [
        ("normal", 0.0, 1.0, -9.0, 9.0),
        ("uniform", 0.0, 3**-0.5, -1.0, 1.0),
        ("unit_uniform", 0.5, 12**-0.5, 0.0, 1.0),
    ],
)
def test_priors(prior, mean, deviation, low, high):
    z = tiny("vanilla", prior=prior).latents(2000)
    error = 5 * deviation / np.sqrt(z.size)
    assert abs(z.mean() - mean) < error
    assert abs(z.std() - deviation) < error
    assert low <= z.min() and z.max() <= high
    assert set(PRIORS) == {"normal", "uniform", "unit_uniform"}


def test_refuses_a_prior():
    with pytest.raises(ValueError, match="Unknown prior 'norml'. Did you mean"):
        tiny("vanilla", prior="norml")


# --- labels -----------------------------------------------------------------------


def test_labels_choose_the_class(conditional):
    z = np.repeat(conditional.latents(1), 12, axis=0)
    in_turn = conditional.decode(z)
    same = conditional.decode(z, label=[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1])
    np.testing.assert_array_equal(in_turn, same)
    np.testing.assert_array_equal(in_turn[0], in_turn[10])
    assert len(np.unique(in_turn.reshape(12, -1), axis=0)) == 10
    third = conditional.decode(z, label=3)
    np.testing.assert_array_equal(third, np.repeat(in_turn[3:4], 12, axis=0))
    assert conditional.sample(300).shape == (300, 8, 8, 1)
    assert conditional.sample(0, label=3).shape == (0, 8, 8, 1)


@pytest.mark.parametrize("label", [10, -1, [0, 1, 10]])
def test_refuses_a_label_that_does_not_exist(conditional, label):
    with pytest.raises(ValueError, match="from 0 to 9. Received: "):
        conditional.sample(3, label=label)


def test_refuses_another_number_of_labels(conditional):
    with pytest.raises(ValueError):
        conditional.sample(3, label=[0, 1])


def test_refuses_a_label_where_there_is_none(plain):
    with pytest.raises(ValueError, match="This model takes no label. Received: 3"):
        plain.sample(3, label=3)


# --- the running average ----------------------------------------------------------


def test_refuses_an_average_that_is_not_kept():
    plain = tiny("vanilla", ema_decay=0.0)
    with pytest.raises(ValueError, match="keeps no running average.*ema_decay above 0"):
        plain.sample(1, ema=True)
    np.testing.assert_array_equal(plain.sample(3, ema=False), plain.sample(3))


def test_samples_come_from_the_average_by_default():
    model = tiny("vanilla", ema_decay=0.9)
    (average,) = model.averages
    average.set_weights([0 * w for w in average.get_weights()])
    z = model.latents(3)
    assert (model.sample(3) == 128).all()  # tanh(0), and 127.5 rounds to even
    np.testing.assert_array_equal(model.sample(3, ema=True), model.sample(3))
    assert (model.sample(3, ema=False) != 128).any()
    np.testing.assert_array_equal(model(z), np.zeros((3, 8, 8, 1)))


# --- paths ------------------------------------------------------------------------


@pytest.mark.parametrize("prior", ["normal", "uniform"])
def test_a_path_starts_and_ends_where_it_should(prior):
    model = tiny("vanilla", image_shape=(2,), prior=prior)
    a, b = model.latents(2, seed=5)
    path = model.interpolate(a, b, 5)
    assert path.shape == (5, 2)
    np.testing.assert_allclose(path[[0, -1]], model.decode([a, b]), atol=1e-6)
    straight = model.decode(np.linspace(a, b, 5))
    on_the_line = np.allclose(path, straight, atol=1e-6)
    assert on_the_line == (prior == "uniform")


def test_a_path_within_a_class(conditional):
    a, b = conditional.latents(2)
    path = conditional.interpolate(a, b, 3, label=7)
    np.testing.assert_array_equal(path[:1], conditional.decode([a], label=7))
    np.testing.assert_array_equal(path[-1:], conditional.decode([b], label=7))


@pytest.mark.parametrize("n", [0, -1, 2.5])
def test_a_path_without_a_point(n, conditional):
    with pytest.raises(ValueError, match="`n` must be a whole number from 1"):
        conditional.interpolate(*conditional.latents(2), n)


# --- D(x) -------------------------------------------------------------------------


@pytest.mark.parametrize("loss", ["minimax", "non_saturating", "least_squares"])
def test_probability_real(loss, images):
    model = tiny("vanilla", loss=loss)
    x = images[0]
    probability = model.probability_real(x)
    assert probability.shape == (24,)
    assert 0 <= probability.min() < probability.max() <= 1
    floats = (x / 127.5 - 1).astype("float32")
    np.testing.assert_allclose(model.probability_real(floats), probability, atol=1e-5)
    logits = model.discriminator({"sample": floats}, training=False).numpy()[:, 0]
    expected = {"least_squares": np.clip(logits, 0, 1)}.get(
        loss, 1 / (1 + np.exp(-logits))
    )
    np.testing.assert_allclose(probability, expected, atol=1e-5)


def test_probability_real_of_many_samples(points):
    x = np.random.default_rng(0).normal(size=(300, 2))
    probability = points.probability_real(x)
    np.testing.assert_allclose(
        points.probability_real(x[290:]), probability[290:], 1e-5
    )


def test_probability_real_given_a_label(conditional, images):
    x = np.repeat(images[0][:1], 2, axis=0)
    a, b = conditional.probability_real(x, label=[1, 2])
    assert a != b
    np.testing.assert_allclose(conditional.probability_real(x, label=2), b, atol=1e-6)


@pytest.mark.parametrize("loss", ["hinge", "wasserstein"])
def test_a_critic_has_no_probability(loss, images):
    model = tiny("vanilla", loss=loss)
    assert model.watched == ()
    with pytest.raises(ValueError, match=f"no probability.*loss '{loss}'"):
        model.probability_real(images[0])


# --- Keras' own ways --------------------------------------------------------------


def test_call_and_predict(plain):
    z = plain.latents(5)
    raw = plain.generator({"latent": z}, training=False)
    np.testing.assert_array_equal(plain(z), raw)
    np.testing.assert_array_equal(plain({"latent": z}), raw)
    np.testing.assert_allclose(plain.predict(z, verbose=0), raw, atol=1e-6)


def test_call_with_a_label(conditional):
    given = {"latent": conditional.latents(2), "label": np.array([3, 4])}
    raw = conditional(given).numpy()
    samples = conditional.as_samples(raw)
    np.testing.assert_array_equal(
        samples, conditional.decode(given["latent"], label=[3, 4])
    )


# --- assemble ---------------------------------------------------------------------


def _points(**options):
    return assemble(
        generator=mlp.generator((2,), latent_dim=3, hidden=(4,), value_range=None),
        discriminator=mlp.discriminator((2,), hidden=(4,)),
        value_range=None,
        **options,
    )


def test_optimizers_by_rate():
    model = _points(learning_rate=0.1, d_learning_rate=0.3, beta_1=0.2, epsilon=1e-3)
    for optimizer, rate in ((model.d_optimizer, 0.3), (model.g_optimizer, 0.1)):
        assert isinstance(optimizer, keras.optimizers.Adam)
        assert abs(float(optimizer.learning_rate) - rate) < 1e-7
        assert (optimizer.beta_1, optimizer.epsilon) == (0.2, 1e-3)
    assert (
        abs(float(_points(g_learning_rate=0.3).g_optimizer.learning_rate) - 0.3) < 1e-7
    )


def test_optimizers_by_name_and_as_they_are():
    own = keras.optimizers.RMSprop(0.5)
    model = _points(
        d_optimizer={"name": "sgd", "learning_rate": 0.25, "momentum": 0.5},
        g_optimizer=own,
    )
    assert isinstance(model.d_optimizer, keras.optimizers.SGD)
    assert (float(model.d_optimizer.learning_rate), model.d_optimizer.momentum) == (
        0.25,
        0.5,
    )
    assert model.g_optimizer is own


def test_an_optimizer_by_name_has_the_rate_of_its_player():
    rates = {"learning_rate": 0.25, "d_learning_rate": 0.5}
    model = _points(
        d_optimizer={"name": "rmsprop", "rho": 0.7}, g_optimizer="sgd", **rates
    )
    assert isinstance(model.g_optimizer, keras.optimizers.SGD)
    assert (model.d_optimizer.rho, float(model.d_optimizer.learning_rate)) == (0.7, 0.5)
    assert float(model.g_optimizer.learning_rate) == 0.25


@pytest.mark.parametrize(
    "option,message",
    [
        ({"d_optimizer": "adamm"}, "Unknown optimizer 'adamm'. Did you mean 'adam'?"),
        ({"g_optimizer": {"name": "sgd", "momentumm": 1}}, "Did you mean 'momentum'?"),
        ({"loss": "hinje"}, "Did you mean 'hinge'?"),
        ({"d_steps": -1}, "`d_steps` must be a whole number from 0. Received: -1"),
        ({"d_steps": 1.5}, "Received: 1.5"),
        ({"ema_decay": 1.0}, "`ema_decay` must be in [0, 1)"),
        ({"ema_decay": -0.1}, "Received: -0.1"),
    ],
)
def test_refuses_settings(option, message):
    with pytest.raises(ValueError) as error:
        _points(**option)
    assert message in str(error.value)


def test_misspelt_options_have_a_nearest_one():
    with pytest.raises(ValueError, match="Did you mean 'd_steps'?"):
        ganzoo.build("vanilla", d_step=3)
    with pytest.raises(ValueError, match="Did you mean 'dcgan'?"):
        ganzoo.build("dcgn")


def test_the_parts_of_a_mixed_model_that_stay_float32():
    model = tiny("vanilla", dtype="mixed_bfloat16")
    given = {"latent": model.latents(2)}
    assert model.generator(given, training=False).dtype == tf.bfloat16
    logits = model.discriminate({"sample": tf.zeros((2, 8, 8, 1))}, training=False)
    assert logits.dtype == tf.float32
    assert model.sample(2).dtype == np.uint8


# --- memory -----------------------------------------------------------------------


def test_memory_beside_the_samples_is_that_of_a_chunk():
    """Peak of NumPy's memory: the floats of 2,000 images alone are 94 MiB."""
    model = tiny("dcgan", image_shape=(64, 64, 3), filters=1)
    tracemalloc.start()
    try:
        samples = model.sample(2000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert samples.nbytes == 2000 * 64 * 64 * 3
    assert (peak - samples.nbytes) / 2**20 < 60


@pytest.mark.parametrize("seed", [-1, 2**31, 1.5])
def test_seeds_are_whole_numbers_that_a_compiled_function_holds(seed):
    model = tiny("vanilla")
    latents = model.latents(1)
    for use in (
        lambda: model.sample(1, seed=seed),
        lambda: model.decode(latents, seed=seed),
        lambda: model.project(model.sample(1), seed=seed),
        lambda: tiny("vanilla", seed=seed),
    ):
        with pytest.raises(ValueError, match="`seed` must be"):
            use()
    assert len(model.sample(1024, seed=2**31 - 1)) == 1024


@pytest.mark.parametrize(
    "name,ask",
    [
        ("vanilla", lambda model, x: model.probability_real(x)),
        ("infogan", lambda model, x: model.infer(x)),
        ("sgan", lambda model, x: model.classify(x)),
        ("vanilla", lambda m, x: anomaly_scores(m, x, m.latents(len(x)))),
    ],
)
def test_a_new_d_next_to_a_trained_g_gives_no_answers(name, ask):
    model, x = tiny(name), np.zeros((4, 8, 8, 1), "uint8")
    ask(model, x)
    model.warm = ("generator",)
    with pytest.raises(ValueError, match="its D is new.*Received: trained generator"):
        ask(model, x)
    model.warm = ("generator", "discriminator")
    ask(model, x)


def test_floats_that_seem_to_be_in_another_scale_are_told():
    model = tiny("vanilla")
    with pytest.warns(UserWarning, match=r"lie in \[0, 1\], half of the model's"):
        model.probability_real(np.linspace(0, 1, 64).reshape(1, 8, 8, 1))
    model.probability_real(np.linspace(-1, 1, 64).reshape(1, 8, 8, 1))
