"""Weights that one model takes over from another, counts and refusals."""

import keras
import numpy as np
import pytest
from helpers import arrays_for, tiny

from ganzoo.models.warm_start import take_over


def trained(name, **options):
    """A model after two steps, its weights unlike those of any other."""
    model = tiny(name, **options)
    for _ in range(2):
        model.train_step(arrays_for(model, 4))
    return model


def equal(one, two):
    pairs = zip(one.get_weights(), two.get_weights(), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


def test_both_players_are_taken_over():
    start, model = trained("vanilla", ema_decay=0.5), tiny("vanilla", ema_decay=0.5)
    moments = [v.numpy() for v in model.g_optimizer.variables]
    lines = take_over(model, start)
    assert lines == [
        "generator: takes 4 of 4 layers",
        "discriminator: takes 3 of 3 layers",
    ]
    assert equal(model.generator, start.average_of(start.generator))
    assert equal(model.average_of(model.generator), model.generator)
    assert equal(model.discriminator, start.discriminator)
    assert model.step == 0
    for before, variable in zip(moments, model.g_optimizer.variables, strict=True):
        np.testing.assert_array_equal(before, variable.numpy())


def test_with_optimizers_each_takes_its_own():
    start = trained("vanilla", ema_decay=0.5, learning_rate=1e-2)
    model = tiny("vanilla", ema_decay=0.5, learning_rate=1e-3)
    take_over(model, start, optimizers=True)
    assert equal(model.generator, start.generator)
    mine, theirs = (m.average_of(m.generator) for m in (model, start))
    assert equal(mine, theirs) and not equal(mine, model.generator)
    for name in ("d_optimizer", "g_optimizer"):
        own, source = getattr(model, name), getattr(start, name)
        assert int(own.iterations) == 2
        for a, b in zip(own.variables, source.variables, strict=True):
            if a.path.endswith("learning_rate"):
                assert float(a.numpy()) == pytest.approx(1e-3)
            else:
                np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_fit_does_not_adapt_what_was_taken_over():
    """The output's bias, which `fit` sets from the data in a new model."""
    start = trained("vanilla", output_bias="mean")
    model = tiny("vanilla", output_bias="mean", learning_rate=0.0)
    take_over(model, start)
    model.fit(arrays_for(model, 8), batch_size=8, verbose=0)
    networks = model.generator, start.average_of(start.generator)
    mine, theirs = (n.get_layer(index=-2).get_weights()[0] for n in networks)
    np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize(
    "name,sides", [("dcgan", (16, 32)), ("dcgan", (32, 16)), ("sngan", (16, 32))]
)
def test_another_image_size_takes_the_layers_that_fit(name, sides):
    start, model = (tiny(name, image_shape=(s, s, 1), seed=s) for s in sides)
    before = model.generator.get_weights()
    g_line, d_line = take_over(model, start)
    taken, total = (int(g_line.split()[i]) for i in (2, 4))
    assert 0 < taken <= total
    assert ("new:" in g_line) == (taken < total)
    assert d_line.startswith("discriminator: takes ")
    source = {a.tobytes() for a in start.average_of(start.generator).get_weights()}
    after = model.generator.get_weights()
    own = {a.tobytes() for a in before}
    assert all(a.tobytes() in source | own for a in after)
    assert any(a.tobytes() not in own for a in after)
    assert model.sample(2).shape == (2, sides[1], sides[1], 1)


def test_the_layers_that_do_not_fit_are_named_and_keep_their_weights():
    start = tiny("vanilla", image_shape=(8, 8, 1))
    model = tiny("vanilla", image_shape=(9, 9, 1))
    last = model.generator.get_layer(index=-3).get_weights()
    lines = take_over(model, start)
    assert lines == [
        "generator: takes 3 of 4 layers; new: Dense (kernel (16, 81), bias (81,))",
        "discriminator: takes 2 of 3 layers; new: Dense (kernel (81, 16), bias (16,))",
    ]
    new = model.generator.get_layer(index=-3).get_weights()
    for a, b in zip(last, new, strict=True):
        np.testing.assert_array_equal(a, b)


def test_srgan_starts_from_srresnet_which_has_no_judge():
    start, model = trained("srresnet", ema_decay=0.5), tiny("srgan", ema_decay=0.5)
    d = model.discriminator.get_weights()
    x = np.random.default_rng(0).integers(0, 256, (2, 4, 4, 1), dtype="uint8")
    lines = take_over(model, start)
    assert lines[1] == "discriminator: new, the start has no trained one"
    for ema in (True, False):  # both are the average that `start` would use
        np.testing.assert_array_equal(model.translate(x, ema=ema), start.translate(x))
    for before, weight in zip(d, model.discriminator.get_weights(), strict=True):
        np.testing.assert_array_equal(before, weight)


def test_refuses_another_number_of_generators():
    with pytest.raises(ValueError, match="1 to fill, 2 to start from"):
        take_over(tiny("srgan"), tiny("cyclegan"))


def test_refuses_generators_without_a_layer_in_common():
    model = tiny("srgan")
    before = model.generator.get_weights()
    with pytest.raises(ValueError, match=r"No layer of the .*\(9, 9, 1, 3\)"):
        take_over(model, tiny("srresnet", filters=3))
    for old, weight in zip(before, model.generator.get_weights(), strict=True):
        np.testing.assert_array_equal(old, weight)


@pytest.mark.parametrize(
    "options,message",
    [
        ({"image_shape": (9, 9, 1)}, "takes 3 of 4 layers; new"),
        ({"g_optimizer": "rmsprop"}, "`g_optimizer`.*RMSprop with"),
        ({"d_optimizer": keras.optimizers.SGD()}, "`d_optimizer`.*SGD with"),
        ({"decay_steps": 10}, "follows a schedule.*without `decay_steps`"),
    ],
)
def test_refuses_optimizers_that_do_not_fit(options, message):
    model = tiny("vanilla", **options)
    before = model.generator.get_weights()
    with pytest.raises(ValueError, match=message):
        take_over(model, tiny("vanilla"), optimizers=True)
    for old, weight in zip(before, model.generator.get_weights(), strict=True):
        np.testing.assert_array_equal(old, weight)


def test_a_loaded_model_goes_on_with_both_optimizers_or_new_ones(tmp_path):
    """`fit` of a loaded model: as it was, or after `compile` with another rate."""
    model = trained("vanilla")
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert int(loaded.d_optimizer.iterations) == 2
    loaded.compile(keras.optimizers.Adam(1e-5), keras.optimizers.Adam(1e-5))
    loaded.fit(arrays_for(loaded, 8), batch_size=8, verbose=0)
    assert (loaded.step, int(loaded.d_optimizer.iterations)) == (3, 1)


def test_a_model_without_an_average_keeps_the_weights_that_its_moments_belong_to():
    start = trained("vanilla", ema_decay=0.5)
    model = tiny("vanilla")
    take_over(model, start, optimizers=True)
    assert equal(model.generator, start.generator)
