"""Unrolled GAN: the look-ahead is D's own steps, and the gradient passes through."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import batches_for, largest_difference, tiny, train_eagerly

import ganzoo
from ganzoo.variants.unrolled import _root

RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def float64_inputs():
    """Inputs of networks are of floatx, whatever the policy: float32 would round."""
    keras.config.set_floatx("float64")
    yield
    keras.config.set_floatx("float32")


def points(unroll, **options):
    net = {"name": "mlp", "hidden": [6], "normalize": False}
    given = {"image_shape": (2,), "network": net, "latent_dim": 3, "dtype": "float64"}
    model = tiny(
        "unrolled", unroll=unroll, d_learning_rate=0.05, **{**given, **options}
    )
    real = tf.constant(RNG.normal(size=(8, 2)) + 1)
    return model, {"real": real, "seed": tf.constant([0, 1]), "d_updates": 0}


def loss_of(model, batch):
    fake = model.generate(batch, training=True)
    return model.generator_loss(batch, fake, training=True)[0]["g_adv"]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"saddle": True},
        {"penalties": {"r1": 0.5}},
        {"loss": "least_squares"},
        {"loss": "relativistic"},
        {"network": {"name": "mlp", "hidden": [6], "d_norm": "batch"}},
        {"network": {"name": "mlp", "hidden": [6], "d_norm": "layer"}},
    ],
    ids=["plain", "saddle", "r1", "least_squares", "relativistic", "batch", "layer"],
)
def test_the_gradient_through_the_look_ahead_is_that_of_finite_differences(options):
    model, batch = points(3, **options)
    train_steps(model, batch, 3)  # slots that are not zero
    kernels = model.generator.trainable_variables
    with tf.GradientTape() as tape:
        loss = loss_of(model, batch)
    gradients = tape.gradient(loss, kernels)
    for variable, gradient in zip(kernels, gradients, strict=True):
        step = 1e-6 * RNG.normal(size=variable.shape)
        start = variable.numpy()
        values = []
        for sign in (1, -1):
            variable.assign(start + sign * step)
            values.append(float(loss_of(model, batch)))
        variable.assign(start)
        expected = (values[0] - values[1]) / 2
        found = float(tf.reduce_sum(gradient * step))
        assert abs(found - expected) < 1e-6 * abs(expected) + 1e-13, variable.path


def test_the_gradient_differs_from_that_without_look_ahead():
    """Else the check above could pass with a stopped gradient that is nearly right."""
    model, batch = points(3)
    grads = []
    for stopped in (False, True):
        with tf.GradientTape() as tape:
            fake = model.generate(batch, training=True)
            ahead = model.look_ahead(batch, fake, True)
            if stopped:
                ahead = [(v, tf.stop_gradient(t)) for v, t in ahead]
            model.look_ahead = lambda *_, ahead=ahead: ahead
            loss = model.generator_loss(batch, fake, True)[0]["g_adv"]
            del model.look_ahead
        grads.append(tape.gradient(loss, model.generator.trainable_variables)[0])
    difference = np.abs(grads[0] - grads[1]).max() / np.abs(grads[1]).max()
    assert difference > 0.05


def train_steps(model, batch, steps):
    fake = model.generate(batch, training=True)
    for _ in range(steps):
        model.update_discriminators(batch, fake)


@pytest.mark.parametrize("before", [0, 4])
@pytest.mark.parametrize("options", [{}, {"decay": "linear", "decay_steps": 8}])
def test_the_look_ahead_is_what_d_would_do(before, options):
    model, batch = points(3, penalties={"r1": 0.5}, **options)
    train_steps(model, batch, before)
    fake = model.generate(batch, training=True)
    ahead = {v.path: value.numpy() for v, value in model.look_ahead(batch, fake, True)}
    train_steps(model, batch, 3)
    for variable in model.discriminator.variables:
        np.testing.assert_allclose(
            ahead[variable.path], variable.numpy(), rtol=1e-9, atol=1e-12
        )


def test_a_lazy_penalty_is_due_as_in_real_steps():
    lazy = {"r1": {"weight": 0.5, "every": 2}}
    model, batch = points(3, penalties=lazy)
    fake = model.generate(batch, training=True)
    ahead = {v.path: value.numpy() for v, value in model.look_ahead(batch, fake, True)}
    for number in range(3):
        model.update_discriminators({**batch, "d_updates": number}, fake)
    for variable in model.discriminator.variables:
        np.testing.assert_allclose(
            ahead[variable.path], variable.numpy(), rtol=1e-9, atol=1e-12
        )


@pytest.mark.long
@pytest.mark.parametrize(
    "options",
    [
        {"network": {"name": "mlp", "hidden": [6], "d_norm": "batch"}},
        {
            "network": {"name": "mlp", "hidden": [6], "minibatch": "discrimination"},
            "penalties": {"r1": 0.5},
        },
    ],
    ids=["batch", "discrimination"],
)
def test_the_look_ahead_spans_the_replicas(options, mirrored):
    """Through exchanges of which second derivatives are taken."""
    models = []
    for strategy in (tf.distribute.get_strategy(), mirrored):
        keras.utils.set_random_seed(5)
        with strategy.scope():
            models.append(points(2, normalize=False, **options)[0])
            train_eagerly(models[-1], batches_for(models[-1], 2))
    assert largest_difference(*models) <= 1e-10


def test_d_is_not_touched_by_the_look_ahead():
    model, batch = points(4, d_norm="batch")
    watched = [*model.discriminator.variables, *model.d_optimizer.variables]
    before = [v.numpy() for v in watched]
    loss_of(model, batch)
    assert all((v.numpy() == b).all() for v, b in zip(watched, before, strict=True))


def test_the_saddle_without_look_ahead_is_the_negative_loss_of_d():
    model, batch = points(0, saddle=True)
    fake = model.generate(batch, training=True)
    d, _ = model.discriminator_loss(batch, fake, training=True)
    assert abs(float(loss_of(model, batch)) + float(d["d_adv"])) < 1e-12


def test_no_look_ahead_is_the_plain_game():
    model, batch = points(0)
    fake = model.generate(batch, training=True)
    logits = model.discriminate(fake, training=True)
    expected = np.mean(np.logaddexp(0, -logits))
    assert abs(float(loss_of(model, batch)) - expected) < 1e-12


def test_g_learns_where_d_is_sure():
    """With the saddle's objective, its gradient vanishes there."""
    sizes = []
    for saddle in (False, True):
        model, batch = points(1, saddle=saddle)
        bias = model.discriminator.trainable_variables[-1]
        bias.assign(np.full(bias.shape, -30.0))
        batch["real"] = batch["real"] + 1e3  # and D finds these real
        with tf.GradientTape() as tape:
            loss = loss_of(model, batch)
        gradients = tape.gradient(loss, model.generator.trainable_variables)
        sizes.append(max(float(tf.reduce_max(tf.abs(g))) for g in gradients))
    assert sizes[0] > 1e-3 and sizes[1] < 1e-9


def test_dead_units_leave_the_gradient_finite():
    """A unit of D that no sample reaches has slots of zero."""
    net = {"name": "mlp", "hidden": [6], "d_activation": "relu", "normalize": False}
    model, batch = points(2, network=net)
    kernel, bias = model.discriminator.trainable_variables[:2]
    bias.assign(np.full(bias.shape, -100.0))
    with tf.GradientTape() as tape:
        loss = loss_of(model, batch)
    gradients = tape.gradient(loss, model.generator.trainable_variables)
    assert all(np.isfinite(g).all() for g in gradients)


def test_the_root_is_flat_at_zero_where_xla_compiles_it():
    @tf.function(jit_compile=True)
    def slope(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = _root(x**2)
        return tape.gradient(y, x)

    assert slope(tf.constant([0.0, 2.0])).numpy().tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    "options,message",
    [
        ({"unroll": -1}, "`unroll` must be a whole number from 1"),
        ({"d_optimizer": "sgd"}, "plain Adam steps"),
        ({"d_optimizer": {"name": "adam", "clipnorm": 1.0}}, "plain Adam steps"),
        (
            {"d_optimizer": {"name": "adam", "gradient_accumulation_steps": 2}},
            "plain Adam steps",
        ),
        ({"d_norm": "spectral"}, "other than spectral"),
        ({"d_clip": 0.1}, "Unrolled takes no `d_clip`"),
    ],
)
def test_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        tiny("unrolled", **options)


def test_defaults_fit_the_data():
    images, points = (
        ganzoo.build("unrolled", image_shape=s) for s in ((8, 8, 1), (2,))
    )
    assert (images.unroll, points.unroll) == (1, 5)
    kinds = [
        {type(x).__name__ for x in m.discriminator.layers} for m in (images, points)
    ]
    assert "Conv2D" in kinds[0] and "Conv2D" not in kinds[1]
