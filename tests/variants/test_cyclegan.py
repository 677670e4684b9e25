"""CycleGAN: its terms by hand, its pool, its schedule, both directions."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import arrays_for, batches_for, tiny, train_eagerly

from ganzoo.data.pipeline import batches, finite
from ganzoo.layers import Pool


def numbers(terms):
    return {name: float(value) for name, value in terms.items()}


def fixed(network, value):
    """A PatchGAN whose logits are all `value`."""
    last = network.layers[-1]
    last.set_weights([np.zeros_like(last.kernel), np.full_like(last.bias, value)])


@pytest.fixture
def model():
    """The generators add 0.1 there and take 0.3 back; D of B says 0.5, of A -1."""
    model = tiny("cyclegan", dtype="float64")
    fixed(model.discriminator, 0.5)
    fixed(model.reverse_discriminator, -1.0)
    model._forward = lambda images, seed, training: images + 0.1
    model._backward = lambda images, seed, training: images - 0.3
    return model


def batch_of(model):
    batch = model.as_batch(arrays_for(model, 4))
    return {**batch, "seed": tf.constant([0, 0])}


def test_terms_by_hand(model):
    batch = batch_of(model)
    fake = model.generate(batch, training=False)
    d, _ = model.discriminator_loss(batch, fake, training=False)
    # (0.5 - 1)^2 + 0.5^2 and (-1 - 1)^2 + (-1)^2, halved.
    assert numbers(d) == pytest.approx({"d_adv": 0.25, "d_reverse": 2.5})
    g, _ = model.generator_loss(batch, fake, training=False)
    # Both cycles end 0.2 off: 10 (0.2 + 0.2); identities 5 (0.1 + 0.3).
    expected = {"g_adv": 0.25, "g_reverse": 4.0, "g_cycle": 4.0, "g_identity": 2.0}
    assert numbers(g) == pytest.approx(expected)


def test_each_generator_serves_its_direction(model):
    batch = batch_of(model)
    fake = model.generate(batch, training=False)
    np.testing.assert_allclose(fake["sample"], batch["unpaired"] + 0.1)
    np.testing.assert_allclose(fake["reverse"], batch["real"] - 0.3)


def test_without_cycles_there_is_the_adversarial_game_alone():
    model = tiny("cyclegan", cycle=0.0)
    logs = train_eagerly(model, batches_for(model, 1))
    assert set(logs) >= {"g_adv", "g_reverse", "d_adv", "d_reverse"}
    assert not {"g_cycle", "g_identity"} & set(model.log.names)


def test_d_sees_the_pool_and_g_does_not(model):
    """Once it is full, about half of what D sees was made before."""
    seen = []
    weights = [v for d in model.discriminators for v in d.trainable_variables]
    model.discriminator_loss = lambda part, fake, training: (
        seen.append(fake["sample"].numpy())
        or ({"d_adv": sum(tf.reduce_sum(v) for v in weights)}, {})
    )
    model.d_optimizer = keras.optimizers.SGD()
    made = [np.full((4, 8, 8, 1), float(i)) for i in range(1, 9)]
    for i, images in enumerate(made):
        part = {"seed": tf.constant([i, i])}
        fake = {"sample": tf.constant(images), "reverse": tf.constant(images)}
        model.update_discriminators(part, fake)
    values = [images[:, 0, 0, 0] for images in seen]
    assert values[0].tolist() == [1.0] * 4  # the pool of 4 takes them in
    older = [np.sum(v < i) for i, v in enumerate(values[1:], start=2)]
    assert 4 < sum(older) < 24  # of 28, half in the mean
    kept = model.pools["sample"].kept.numpy()
    assert kept.shape == (4, 8, 8, 1) and (kept > 0).all()


def test_each_pool_draws_for_itself(model, monkeypatch):
    seeds = []
    monkeypatch.setattr(
        Pool, "exchange", lambda pool, x, seed: seeds.append(tuple(seed.numpy())) or x
    )
    for step in (0, 1):
        part = {**batch_of(model), "seed": tf.constant([0, step])}
        model.update_discriminators(part, model.generate(part, training=True))
    assert len(set(seeds)) == 4


def test_translates_both_ways():
    model = tiny("cyclegan", image_shape=(8, 8, 3), source_shape=(8, 8, 1), identity=0)
    train_eagerly(model, batches_for(model, 1))
    assert model.translate(np.zeros((2, 9, 5, 1), "uint8")).shape == (2, 9, 5, 3)
    back = model.translate(np.zeros((2, 9, 5, 3), "uint8"), reverse=True)
    assert back.shape == (2, 9, 5, 1)
    pictures, columns = model.gallery(arrays_for(model, 3), 64)
    assert columns == 6 and pictures.shape == (48, 8, 8, 3)


def test_rates_fall_in_the_second_half():
    model = tiny("cyclegan", decay_steps=8, d_steps=2)
    rates = []
    for step in range(9):
        model.g_optimizer.iterations.assign(step)
        model.d_optimizer.iterations.assign(2 * step)
        assert float(model.d_optimizer.learning_rate) == pytest.approx(
            float(model.g_optimizer.learning_rate)
        )
        rates.append(float(model.g_optimizer.learning_rate) / 2e-4)
    assert rates == pytest.approx([1, 1, 1, 1, 1, 0.75, 0.5, 0.25, 0])


def test_sets_of_other_lengths_have_orders_of_their_own():
    arrays = {"real": np.arange(6.0), "unpaired": np.arange(6.0)}
    first = next(iter(batches(arrays, 6, seed=0)))
    assert (first["real"] != first["unpaired"]).numpy().any()
    assert sorted(first["unpaired"].numpy()) == sorted(first["real"].numpy())
    arrays = {"real": np.arange(6.0), "unpaired": np.arange(4.0)}
    (whole,) = finite(arrays, 8)
    assert whole["unpaired"].numpy().tolist() == [0, 1, 2, 3, 0, 1]
    (cut,) = finite({"real": arrays["unpaired"], "unpaired": arrays["real"]}, 8)
    assert cut["unpaired"].numpy().tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "options,message",
    [
        ({"source_shape": (8, 8, 3)}, "same channels unless identity=0"),
        ({"source_shape": (4, 4, 1)}, "images of one size"),
        ({"penalties": {"r1": 1.0}}, "takes no `penalties`"),
        ({"decay_steps": 0.5}, "`decay_steps` must be a whole number"),
    ],
)
def test_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        tiny("cyclegan", **options)


def test_images_without_room_for_their_borders_are_refused():
    model = tiny("cyclegan")
    least = model.multiple + 1
    assert model.translate(np.zeros((1, least, 9, 1), "uint8")).shape == (
        1,
        least,
        9,
        1,
    )
    with pytest.raises(ValueError, match=f"sides of at least {least}. Received"):
        model.translate(np.zeros((1, least - 1, 9, 1), "uint8"))
