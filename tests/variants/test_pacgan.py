"""PacGAN: what a pack is, what D and a penalty make of it, and what is refused."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import tiny

RNG = np.random.default_rng(0)


def points(**options):
    net = {"name": "mlp", "hidden": [8]}
    given = {"image_shape": (2,), "network": net, "latent_dim": 3, **options}
    return tiny("pacgan", **given)


def parts(model, count=12):
    shape = (count, *model.sample_shape)
    real = tf.constant(RNG.normal(size=shape), model.variable_dtype)
    batch = {"real": real, "seed": tf.constant([0, 1]), "d_updates": 0}
    return batch, model.generate(batch, training=True)


@pytest.mark.parametrize("pack", [2, 3, 4])
def test_a_pack_is_neighbours_joined_along_the_last_axis(pack):
    images = RNG.normal(size=(12, 4, 5, 3)).astype("float32")
    model = tiny("pacgan", pack=pack)
    packs = model.packed(tf.constant(images)).numpy()
    assert packs.shape == (12 // pack, 4, 5, 3 * pack)
    for i in range(pack):
        np.testing.assert_array_equal(
            packs[..., 3 * i : 3 * i + 3], images[i::pack], err_msg=f"place {i}"
        )
    np.testing.assert_array_equal(model.unpacked(tf.constant(packs)), images)


def test_an_incomplete_pack_is_filled_from_the_first_samples():
    packs = points(pack=4).packed(tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
    np.testing.assert_array_equal(packs, [[1, 2, 3, 4, 5, 6, 1, 2]])


def test_d_gives_one_logit_a_pack():
    model = points(pack=3)
    x = tf.constant(RNG.normal(size=(12, 2)).astype("float32"))
    logits = model.discriminate({"sample": x}, training=False).numpy()
    direct = model.discriminator({"sample": x.numpy().reshape(4, 6)}).numpy()
    np.testing.assert_allclose(logits, direct, rtol=1e-6)


def test_a_penalty_takes_the_gradient_at_a_pack():
    """R1's norm is that of D's gradient at all coordinates of a pack together."""
    model = points(pack=3, penalties={"r1": 2.0}, dtype="float64")
    batch, fake = parts(model)
    found = float(model.discriminator_loss(batch, fake, training=True)[0]["d_r1"])
    x = tf.reshape(batch["real"], (4, 6))
    with tf.GradientTape() as tape:
        tape.watch(x)
        logits = model.discriminator({"sample": x})
    norms = tf.reduce_sum(tape.gradient(logits, x) ** 2, axis=1)
    assert abs(found - 2.0 * float(tf.reduce_mean(norms)) / 2) < 1e-10


@pytest.mark.long
def test_d_can_see_a_collapse_that_single_samples_hide():
    """Fakes that are one real sample each batch: alone like data, in packs not."""
    model = points(pack=2, d_learning_rate=1e-2)
    for step in range(200):
        real = RNG.choice([-1.0, 1.0], size=(64, 1)) * np.ones((1, 2))
        fake = np.repeat(RNG.choice([-1.0, 1.0], size=(32, 1)), 2, axis=0)
        batch = {"real": tf.constant(real, tf.float32), "seed": tf.constant([0, step])}
        fakes = {"sample": tf.constant(fake * np.ones((1, 2)), tf.float32)}
        values = model.update_discriminators(batch, fakes)
    # The best D is sure of mixed packs and at 2/3 on equal ones: D(x) = 2/3 on average.
    assert float(values["d_real"]) - float(values["d_fake"]) > 0.2


def test_sizes_that_do_not_divide_are_refused():
    model = points(pack=3, d_steps=2)
    x = RNG.normal(size=(32, 2))
    with pytest.raises(ValueError, match="d_steps x replicas x pack = 6. Received"):
        model.fit(x, batch_size=8, verbose=0)


def test_evaluates_any_number_of_samples():
    model = points(pack=3)
    logs = model.evaluate(RNG.normal(size=(13, 2)), batch_size=4, return_dict=True)
    assert np.isfinite(list(logs.values())).all()


def test_d_of_a_single_sample_is_refused():
    assert points(pack=1).probability_real(np.zeros((3, 2))).shape == (3,)
    with pytest.raises(ValueError, match="judges samples one by one"):
        points(pack=2).probability_real(np.zeros((3, 2)))


@pytest.mark.parametrize("pack", [0, 1.5, -2])
def test_a_pack_is_a_whole_number(pack):
    with pytest.raises(ValueError, match="`pack` must be a whole number from 1"):
        points(pack=pack)


@pytest.mark.parametrize(
    "options,received",
    [
        ({"image_shape": (2,), "num_classes": 3}, r"\(2,\), labels"),
        (
            {"image_shape": (6, 5), "network": "graph", "value_range": (0, 1)},
            r"\(6, 5\)",
        ),
    ],
)
def test_what_cannot_be_packed_is_refused(options, received):
    with pytest.raises(ValueError, match=f"packs images, volumes.*{received}"):
        points(**{"network": "mlp"} | options)
