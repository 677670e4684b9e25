"""Penalties against closed forms, and as terms of a model that trains."""

import inspect

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import batches_for, largest_difference, tiny, train, train_eagerly
from keras import layers

import ganzoo
from ganzoo import distribute, penalties
from ganzoo.layers import MinibatchStdDev, SpectralNorm
from ganzoo.models.assemble import assemble
from ganzoo.models.discriminated import Clip
from ganzoo.networks import mlp

RNG = np.random.default_rng(0)
SEED = tf.constant([3, 4])
NOW = {"seed": SEED, "d_updates": 0}
W = tf.constant([[3.0], [4.0]], tf.float64)  # of norm 5
REAL = tf.constant(RNG.normal(size=(6, 2)))
FAKE = tf.constant(RNG.normal(size=(6, 2)))
GRADIENT = ("gradient_penalty", "dragan", "r1", "r2")


def penalty(name, **options):
    return penalties.terms_of({name: {"weight": 1.0, **options}})[name].penalty


def linear(x, w=W):
    return tf.linalg.matmul(x, tf.cast(w, x.dtype))


def half_square(x):
    """A critic (N,) whose gradient at x is x."""
    return tf.reduce_sum(x**2, axis=range(1, len(x.shape))) / 2


def norms(x):
    return np.sqrt(np.sum(np.square(x), axis=tuple(range(1, np.ndim(x)))))


# --- closed forms -----------------------------------------------------------------


@pytest.mark.parametrize(
    "name,options,value",
    [
        ("gradient_penalty", {}, 16.0),  # (|w| - 1)^2
        ("gradient_penalty", {"target": 0.0}, 25.0),
        ("dragan", {}, 16.0),
        ("dragan", {"target": 2.0}, 9.0),
        ("r1", {}, 12.5),  # |w|^2 / 2
        ("r2", {}, 12.5),
    ],
)
def test_of_a_linear_critic(name, options, value):
    found = penalty(name, **options)(linear, REAL, FAKE, SEED)
    assert found.shape == ()
    assert abs(float(found) - value) < 1e-10


def test_slope_of_the_gradient_penalty_of_a_linear_critic():
    """d (|w| - 1)^2 / dw = 2 (|w| - 1) w / |w|; eps weighs 1e-12."""
    with tf.GradientTape() as tape:
        tape.watch(W)
        value = penalty("gradient_penalty")(lambda x: linear(x, W), REAL, FAKE, SEED)
    np.testing.assert_allclose(tape.gradient(value, W), 8 * W / 5, atol=1e-10)


@pytest.mark.parametrize("shape", [(5, 2), (3, 4, 5, 2), (2, 3, 4, 5, 1)])
@pytest.mark.parametrize("name", GRADIENT)
def test_the_norm_is_of_each_sample_over_all_its_axes(name, shape):
    real, fake = (tf.constant(RNG.normal(size=shape)) for _ in range(2))
    own = penalty(name)
    points = own.points(real, fake, SEED)
    expected = {
        "gradient_penalty": np.mean((norms(points) - 1) ** 2),
        "dragan": np.mean((norms(points) - 1) ** 2),
        "r1": np.mean(norms(real) ** 2) / 2,
        "r2": np.mean(norms(fake) ** 2) / 2,
    }
    assert abs(float(own(half_square, real, fake, SEED)) - expected[name]) < 1e-9


def test_the_logits_of_a_map_are_summed():
    def patches(x):
        return tf.tile(linear(x)[:, None, None], (1, 2, 3, 1))

    assert abs(float(penalty("r1")(patches, REAL, FAKE, SEED)) - 36 * 12.5) < 1e-9


@pytest.mark.parametrize("shape", [(64, 3), (64, 2, 2, 3), (64, 2, 2, 2, 3)])
def test_points_between_real_and_fake(shape):
    """One number in [0, 1) a sample, drawn from the seed."""
    real, fake = tf.zeros(shape), tf.ones(shape)
    points = penalty("gradient_penalty").points
    part = points(real, fake, SEED).numpy().reshape(64, -1)
    np.testing.assert_array_equal(part, np.repeat(part[:, :1], part.shape[1], 1))
    part = part[:, 0]
    assert len(np.unique(part)) == 64
    assert 0 <= part.min() < 0.1 and 0.9 < part.max() < 1
    assert abs(part.mean() - 0.5) < 0.15  # 4 standard errors
    again, other = (points(real, fake, seed).numpy() for seed in (SEED, SEED + 1))
    np.testing.assert_array_equal(again.reshape(64, -1)[:, 0], part)
    assert (other != again).all()


@pytest.mark.parametrize("spread", [0.5, 2.0])
def test_dragan_by_hand(spread):
    real = tf.constant([[0.0, 4.0], [0.0, 0.0]], tf.float64)  # std: sqrt(3)
    seeds = [distribute.fold(SEED, i) for i in (0, 1)]
    part = distribute.global_uniform((2, 1), seeds[0], tf.float64).numpy()
    noise = distribute.global_uniform((2, 2), seeds[1], tf.float64).numpy()
    points = real.numpy() + part * spread * np.sqrt(3) * noise
    own = penalty("dragan", spread=spread)
    np.testing.assert_allclose(own.points(real, None, SEED), points, atol=1e-12)
    expected = np.mean((norms(points) - 1) ** 2)
    assert abs(float(own(half_square, real, None, SEED)) - expected) < 1e-10


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", GRADIENT)
def test_finite_at_a_gradient_of_zero(name, dtype):
    w = tf.zeros((2, 1), dtype)
    with tf.GradientTape() as tape:
        tape.watch(w)
        samples = tf.cast(REAL, dtype), tf.cast(FAKE, dtype)
        value = penalty(name)(lambda x: linear(x, w), *samples, SEED)
    assert abs(float(value) - (0 if name in ("r1", "r2") else 1)) < 1e-5
    np.testing.assert_array_equal(tape.gradient(value, w), np.zeros((2, 1)))


@pytest.mark.parametrize("name", GRADIENT)
def test_terms_are_float32_at_least(name):
    term = penalties.terms_of({name: 2.0})[name]
    half = tf.cast(REAL, tf.bfloat16)
    seen = []

    def critic(x):
        seen.append(x.dtype)
        return tf.cast(tf.cast(linear(x), tf.bfloat16), tf.float32)

    assert term(critic, half, half, SEED).dtype == tf.float32
    assert seen == [tf.float32]
    assert term(linear, REAL, FAKE, SEED).dtype == tf.float64


# --- LeCam ------------------------------------------------------------------------


def test_lecam_by_hand():
    own = penalty("lecam", decay=0.5)
    real, fake = tf.constant([[1.0], [3.0]]), tf.constant([[-2.0], [1.0]])
    # Both means are 0: real (1 + 9) / 2, fake: only -2 is below, 4 / 2.
    assert abs(float(own(None, real, fake, SEED)) - 7.0) < 1e-6
    values = {"real_logit": tf.constant(2.0), "fake_logit": tf.constant(-0.5)}
    own.follow(values)
    # Unbiased at once: 2 and -0.5. Real 1.5 and 3.5, fake 4 and 1.
    expected = (1.5**2 + 3.5**2) / 2 + (16 + 1) / 2
    assert abs(float(own(None, real, fake, SEED)) - expected) < 1e-5
    own.follow({"real_logit": tf.constant(5.0), "fake_logit": tf.constant(1.0)})
    # Weights 1/4 and 1/2 of 3/4: real 4, fake 0.5.
    expected = (0.5**2 + 2.5**2) / 2 + (36 + 9) / 2
    assert abs(float(own(None, real, fake, SEED)) - expected) < 1e-5


def test_lecam_takes_the_logits_of_the_loss():
    """The same dropout and augmentation, and no second pass of D."""
    model = tiny("vanilla", dropout=0.5, augment="noise", penalties={"lecam": 1.0})
    batch = model.as_batch(RNG.integers(0, 256, (8, 8, 8, 1), dtype="uint8"))
    d_part, _ = model.parts(batch, model.step_seed())
    fake = model.generate(d_part, True)
    judged = []
    discriminate = model.discriminate

    def spy(inputs, training):
        judged.append(discriminate(inputs, training))
        return judged[-1]

    model.discriminate = spy
    terms, _ = model.discriminator_loss(d_part, fake, training=True)
    real, made = judged
    expected = penalty("lecam")(None, real, made, SEED)
    np.testing.assert_allclose(terms["d_lecam"], expected, rtol=1e-6)


def test_lecam_follows_the_last_d_step_and_is_saved(tmp_path):
    model = tiny("vanilla", penalties={"lecam": {"weight": 0.3, "decay": 0.9}})
    batch = RNG.integers(0, 256, (8, 8, 8, 1), dtype="uint8")
    means = []
    loss = model.discriminator_loss

    def spy(batch, fake, training):
        terms, watched = loss(batch, fake, training)
        means.append([float(watched["real_logit"]), float(watched["fake_logit"])])
        return terms, watched

    model.discriminator_loss = spy
    (state,) = model.penalty_state
    for _ in range(2):
        model.train_step(batch)
    expected = 0.09 * np.array(means[0]) + 0.1 * np.array(means[1])
    np.testing.assert_allclose(state.numpy(), [*expected, 0.19], atol=1e-6)
    before = state.numpy()
    model.test_step(batch)
    np.testing.assert_array_equal(state.numpy(), before)
    del model.discriminator_loss
    model.save(tmp_path / "model.keras")
    loaded = ganzoo.load(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.penalty_state[0].numpy(), before)


# --- the interval -----------------------------------------------------------------


@pytest.mark.parametrize("wrap", [lambda f: f, tf.function], ids=["eager", "graph"])
def test_the_mean_over_an_interval_is_the_plain_gradient(wrap):
    w = tf.Variable(W)

    def gradient(every, update):
        term = penalties.terms_of({"r1": {"weight": 10.0, "every": every}})["r1"]
        with tf.GradientTape() as tape:
            value = term(lambda x: linear(x, w), REAL, FAKE, SEED, update)
        slope = tape.gradient(value, w, unconnected_gradients="zero")
        return value, slope

    gradient = wrap(gradient)
    lazy = [gradient(4, tf.constant(update)) for update in range(8)]
    values = [float(value) for value, _ in lazy]
    np.testing.assert_allclose(values, [500, 0, 0, 0] * 2, atol=1e-9)
    plain = gradient(1, tf.constant(0))[1]
    np.testing.assert_allclose(plain, 10 * W, atol=1e-9)
    for start in range(5):  # any interval, wherever it begins
        mean = sum(slope for _, slope in lazy[start : start + 4]) / 4
        np.testing.assert_allclose(mean, plain, atol=1e-9)


def test_the_interval_counts_d_updates_and_evaluation_does_not():
    model = tiny(
        "vanilla", dropout=0.0, d_steps=3, penalties={"r1": {"weight": 1, "every": 2}}
    )
    batch = RNG.integers(0, 256, (24, 8, 8, 1), dtype="uint8")
    terms = []
    loss = model.discriminator_loss

    def spy(*args, **kwargs):
        answer = loss(*args, **kwargs)
        terms.append(float(answer[0]["d_r1"]))
        return answer

    model.discriminator_loss = spy
    model.train_step(batch)
    model.train_step(batch)
    assert [term > 0 for term in terms] == [True, False] * 3
    values = []
    for update in (0, 1):
        model.updates.count.assign(update)
        values.append(float(model.test_step(batch)["d_r1"]))
    assert values[0] == values[1] > 0
    seeded = {**model.as_batch(batch), **NOW}
    fake = model.generate(seeded, training=False)
    due = loss(seeded, fake, training=True)[0]["d_r1"]
    plain = loss(seeded, fake, training=False)[0]["d_r1"]
    assert abs(float(due) / float(plain) - 2) < 1e-5


def test_adam_is_corrected_for_the_interval():
    lazy = {"r1": {"weight": 10.0, "every": 16}, "r2": 1.0}
    options = {"learning_rate": 2e-3, "beta_1": 0.5, "beta_2": 0.99}
    model = tiny("vanilla", penalties=lazy, **options)
    d, g = model.d_optimizer, model.g_optimizer
    c = 16 / 17
    assert float(d.learning_rate) == pytest.approx(c * 2e-3)
    assert (d.beta_1, d.beta_2) == (0.5**c, 0.99**c)
    assert float(g.learning_rate) == pytest.approx(2e-3)
    assert (g.beta_1, g.beta_2) == (0.5, 0.99)
    plain = tiny("vanilla", penalties={"r1": 10.0}, **options).d_optimizer
    assert float(plain.learning_rate) == pytest.approx(2e-3)
    assert (plain.beta_1, plain.beta_2) == (0.5, 0.99)
    own = tiny("vanilla", penalties=lazy, d_optimizer=keras.optimizers.Adam(1e-3, 0.3))
    assert float(own.d_optimizer.learning_rate) == pytest.approx(1e-3)
    assert own.d_optimizer.beta_1 == 0.3


def test_the_shortest_interval_decides():
    def ratio(*every):
        spec = {
            name: {"weight": 1.0, "every": k}
            for name, k in zip(("r1", "r2", "dragan"), every, strict=False)
        }
        return penalties.lazy_ratio(penalties.terms_of(spec))

    assert ratio() == ratio(1) == ratio(1, 1) == 1
    assert ratio(4) == ratio(1, 4) == ratio(16, 4, 1) == 0.8


# --- in a model -------------------------------------------------------------------


def test_the_terms_of_a_model_have_names_and_weights():
    weights = {"r1": 3.0, "gradient_penalty": 2.0}
    model = tiny("vanilla", penalties=weights, dropout=0.0)
    logs = train(model, 1)
    assert set(logs) == {
        *("d_loss", "d_adv", "d_r1", "d_gradient_penalty", "g_loss", "g_adv"),
        *("d_real", "d_fake"),
    }
    total = logs["d_adv"] + logs["d_r1"] + logs["d_gradient_penalty"]
    assert abs(logs["d_loss"] - total) < 1e-5
    batch = {"real": tf.constant(RNG.normal(size=(8, 8, 8, 1)), tf.float32)}
    batch |= NOW
    fake = model.generate(batch, training=True)
    terms = model.discriminator_loss(batch, fake, training=True)[0]
    r1 = penalty("r1")(
        lambda x: model.discriminator({"sample": x}), batch["real"], None, None
    )
    assert abs(float(terms["d_r1"]) - 3 * float(r1)) < 1e-5


def test_penalties_draw_from_the_seed_of_the_step():
    # A linear critic has one gradient; this one is curved.
    model = tiny("vanilla", penalties={"dragan": 1.0}, dropout=0.0)
    batch = {"real": tf.constant(RNG.normal(size=(8, 8, 8, 1)), tf.float32)}

    def term(seed):
        given = {**batch, **NOW, "seed": seed}
        fake = model.generate(given, training=True)
        return float(model.discriminator_loss(given, fake, True)[0]["d_dragan"])

    assert term(SEED) == term(SEED)
    assert term(SEED) != term(SEED + 1)


def test_each_penalty_draws_for_itself(monkeypatch):
    """Once a step: the seeds of two penalties, and of another step, differ."""
    seeds = []
    monkeypatch.setattr(
        penalties.Term,
        "__call__",
        lambda term, critic, real, fake, seed, *others: (
            seeds.append(tuple(seed.numpy())) or tf.zeros(())
        ),
    )
    model = tiny("vanilla", penalties={"dragan": 1.0, "gradient_penalty": 1.0})
    for step in (0, 1):
        batch = {"real": tf.zeros((4, 8, 8, 1)), "seed": tf.constant([0, step])}
        batch |= {"d_updates": tf.constant(step)}
        model.discriminator_loss(batch, {"sample": batch["real"]}, training=True)
    assert len(set(seeds)) == len(seeds) == 4


def test_the_critic_knows_the_labels():
    model = tiny("cgan", penalties={"r1": 1.0}, dropout=0.0)
    seen = []
    discriminate = model.discriminate

    def spy(given, training):
        seen.append((given["label"].numpy().tolist(), training))
        return discriminate(given, training)

    model.discriminate = spy
    label = tf.range(8)
    batch = {"real": tf.zeros((8, 8, 8, 1)), "label": label, **NOW}
    model.discriminator_loss(batch, model.generate(batch, True), training=True)
    assert seen == [(list(range(8)), True)] * 3


def test_a_paired_loss_sees_real_samples_in_the_g_step():
    model = tiny("vanilla", loss="relativistic", dropout=0.0)
    batch = {"real": tf.constant(RNG.normal(size=(8, 8, 8, 1)), tf.float32)}
    batch["seed"] = SEED
    fake = model.generate(batch, training=True)
    real, made = (
        model.discriminator({"sample": x}) for x in (batch["real"], fake["sample"])
    )
    expected = np.mean(np.log1p(np.exp(real - made)))
    found = model.generator_loss(batch, fake, training=True)[0]["g_adv"]
    assert abs(float(found) - expected) < 1e-6


def test_options_survive_saving(tmp_path):
    spec = {"r1": {"weight": 10.0, "every": 4}, "dragan": 1}
    model = tiny("vanilla", penalties=spec, d_clip=0.1)
    model.save(tmp_path / "model.keras")
    loaded = ganzoo.load(tmp_path / "model.keras")
    assert loaded.penalties == spec
    assert loaded.penalty_terms["r1"].every == 4
    assert loaded.log.names == model.log.names
    kernel = loaded.discriminator.trainable_variables[0]
    assert isinstance(kernel.constraint, Clip) and kernel.constraint.limit == 0.1


def test_d_sees_augmented_samples_alone_and_penalties_look_through():
    """Another change for each use; none in evaluation."""
    model = tiny(
        "vanilla",
        image_shape=(3,),
        dropout=0.0,
        loss="relativistic",
        penalties={"r1": 1.0},
    )
    calls = []

    def doubled(x, seed, step):
        calls.append((tuple(seed.numpy()), int(step), x.numpy()))
        return 2 * x

    model.augmented = doubled
    real = tf.constant(RNG.normal(size=(8, 3)), tf.float32)
    batch = {"real": real, **NOW}
    fake = model.generate(batch, training=True)
    seen, discriminate = [], model.discriminate

    def spy(given, training):
        seen.append(given["sample"].numpy())
        return discriminate(given, training)

    model.discriminate = spy
    d = model.discriminator_loss(batch, fake, training=True)[0]
    g_batch = {**batch, "seed": SEED + 1}
    g_fake = model.generate(g_batch, training=True)
    g = model.generator_loss(g_batch, g_fake, training=True)[0]
    expected = [real, fake["sample"], real, g_fake["sample"], real]
    for (_, step, x), y, original in zip(calls, seen, expected, strict=True):
        assert step == 0
        np.testing.assert_array_equal(x, original)
        np.testing.assert_array_equal(y, 2 * original)
    assert len({seed for seed, _, _ in calls}) == 5
    # By the chain rule the gradient doubles, its square is fourfold.
    r1 = penalty("r1")(
        lambda x: model.discriminator({"sample": x}), 2 * real, None, None
    )
    assert abs(float(d["d_r1"]) / (4 * float(r1)) - 1) < 1e-5
    assert float(d["d_adv"]) > 0 and float(g["g_adv"]) > 0
    model.discriminator_loss(batch, fake, training=False)
    model.generator_loss(batch, fake, training=False)
    assert len(calls) == 5
    assert (seen[5] == real.numpy()).all()


SGD = {"d_optimizer": {"name": "sgd", "learning_rate": 0.01}}
AUGMENT = ["color", "translation", {"name": "cutout", "ratio": 0.25}]


def test_augmentation_trains_and_is_saved(tmp_path):
    penalty = {"gradient_penalty": {"weight": 10.0, "every": 2}}
    model = tiny("vanilla", augment=AUGMENT, penalties=penalty)
    logs = train(model, 2)
    assert np.isfinite(list(logs.values())).all()
    model.save(tmp_path / "model.keras")
    loaded = ganzoo.load(tmp_path / "model.keras")
    assert loaded.augment == AUGMENT
    x = tf.constant(RNG.normal(size=(2, 8, 8, 1)), tf.float32)
    one, two = (own.augmented(x, SEED, 0).numpy() for own in (model, loaded))
    np.testing.assert_array_equal(one, two)
    assert (one != x.numpy()).any()


def test_refuses_an_augmentation():
    with pytest.raises(ValueError, match="'colour'. Did you mean 'color'?"):
        tiny("vanilla", augment="colour,cutout")
    with pytest.raises(ValueError, match="is for images and volumes"):
        tiny("vanilla", image_shape=(2,), augment="color")


# --- clipping ---------------------------------------------------------------------


def test_clipping_keeps_all_weights_of_d_within_the_limit():
    """Gains and biases too, as in algorithm 1 and the authors' code."""
    model = tiny("vanilla", d_clip=0.01, learning_rate=0.1, d_norm="batch")
    train(model, 3)
    judged = model.discriminator.trainable_variables
    assert {v.name for v in judged} == {"kernel", "bias", "gamma", "beta"}
    assert all(np.max(np.abs(v)) <= np.float32(0.01) for v in judged)
    assert all(np.max(np.abs(v)) > 0 for v in judged)
    free = [v.constraint for v in model.generator.trainable_variables]
    assert free == [None] * len(free)


def test_clip_keeps_what_is_within():
    values = tf.constant([-3.0, -0.5, 0.2, 9.0])
    np.testing.assert_array_equal(Clip(0.5)(values), np.float32([-0.5, -0.5, 0.2, 0.5]))
    again = Clip(**Clip(0.5).get_config())
    assert again.limit == 0.5


# --- what is refused, at build ----------------------------------------------------


@pytest.mark.parametrize(
    "spec,message",
    [
        ({"lecamm": 1.0}, "Unknown penalty 'lecamm'. Did you mean 'lecam'?"),
        ({"gradient_penaltie": 1.0}, "Did you mean 'gradient_penalty'?"),
        ({"r1": {"weigth": 1.0}}, "Did you mean 'weight'?"),
        ({"dragan": {"weight": 1.0, "spred": 1}}, "Did you mean 'spread'?"),
        ({"r1": {"weight": 1.0, "target": 1}}, "Unknown option of penalty 'r1'"),
        ({"r1": -1.0}, "must be a number from 0. Received: -1.0."),
        ({"r1": {"every": 4}}, "must be a number from 0. Received: None."),
        ({"r1": float("nan")}, "Received: nan."),
        ({"r1": float("inf")}, "Received: inf."),
        ({"r1": "10"}, "Received: '10'."),
        ({"r1": True}, "Received: True."),
        ({"r1": {"weight": 1.0, "every": 0}}, "whole number from 1"),
        ({"r1": {"weight": 1.0, "every": 1.5}}, "Received: 1.5."),
        ({"r1": {"weight": 1.0, "every": float("inf")}}, "Received: inf."),
        ({"r1": {"weight": 1.0, "every": "4"}}, "Received: '4'."),
        ({"lecam": {"weight": 1.0, "decay": 1.0}}, r"`decay` must be in [0, 1)"),
        ({"dragan": {"weight": 1.0, "target": -1.0}}, "`target` must be a number from"),
        (
            {"dragan": {"weight": 1.0, "spread": "a"}},
            "`spread` must be a number from 0",
        ),
        ("r1", "is a table of weights"),
        (["r1"], "Received: ['r1']."),
        (10.0, "Received: 10.0."),
    ],
)
def test_refuses_a_wrong_table(spec, message):
    with pytest.raises(ValueError) as error:
        tiny("vanilla", penalties=spec)
    assert message in str(error.value)


@pytest.mark.parametrize("limit", [-0.1, float("nan"), float("inf")])
def test_refuses_a_wrong_limit(limit):
    with pytest.raises(ValueError, match="`d_clip` must be a number from 0"):
        tiny("vanilla", d_clip=limit)


def _assemble(*hidden, **options):
    sample = {"sample": keras.Input((2,), name="sample")}
    x = sample["sample"]
    for layer in hidden:
        x = layer(x)
    return assemble(
        generator=mlp.generator((2,), latent_dim=3, hidden=(4,), value_range=None),
        discriminator=keras.Model(sample, layers.Dense(1)(x)),
        value_range=None,
        **options,
    )


@pytest.mark.parametrize("name", GRADIENT)
def test_refuses_batch_normalisation_under_a_gradient(name):
    inside = keras.Sequential([keras.Input((4,)), layers.BatchNormalization(name="bn")])
    with pytest.raises(ValueError, match=f"'{name}'.*depend on the others.*: bn"):
        _assemble(layers.Dense(4), inside, penalties={name: 1.0})
    # LeCam takes no gradient at samples, and without penalties all is well.
    _assemble(layers.Dense(4), layers.BatchNormalization(), penalties={"lecam": 1.0})
    _assemble(layers.Dense(4), layers.BatchNormalization())


def test_refuses_an_interval_over_layers_that_span_the_replicas(mirrored):
    lazy = {"r1": {"weight": 1.0, "every": 2}}
    with mirrored.scope():
        with pytest.raises(ValueError, match="needs every=1.*every=2 with spread"):
            _assemble(MinibatchStdDev(name="spread"), penalties=lazy)
        lecam = {"lecam": {"weight": 1.0, "every": 2}}  # asks D for nothing
        _assemble(layers.BatchNormalization(), penalties=lecam)
        _assemble(MinibatchStdDev(), penalties={"r1": 1.0})
        _assemble(layers.Dense(4), penalties=lazy)
    _assemble(MinibatchStdDev(), penalties=lazy)


def test_refuses_to_clip_what_is_constrained():
    for layer in (
        layers.Dense(4, kernel_constraint="unit_norm"),
        SpectralNorm(layers.Dense(4)),
    ):
        with pytest.raises(ValueError, match="without another constraint.*on .*kernel"):
            _assemble(layer, d_clip=0.01)
        _assemble(layer)


def test_refuses_penalties_without_a_discriminator():
    class Alone(ganzoo.GAN):
        discriminators = ()

    with pytest.raises(ValueError, match="this model has none.*Received: r1"):
        assemble(
            Alone,
            generator=mlp.generator((2,), latent_dim=3, hidden=(4,)),
            discriminator=None,
            value_range=None,
            d_steps=0,
            penalties={"r1": 1.0},
        )


# --- replicas ---------------------------------------------------------------------


REPLICAS = {
    "augmented": ("relativistic", {"gradient_penalty": 10.0}, {"augment": AUGMENT}),
    "dragan": ("relativistic", {"dragan": {"weight": 10.0, "every": 2}}, {}),
    "r1-r2": (
        "relativistic_average",
        {"r1": {"weight": 1.0, "every": 3}, "r2": 1.0},
        {},
    ),
    "lecam": ("relativistic_average", {"lecam": {"weight": 0.3, "every": 2}}, {}),
    # The critic's last bias has the gradient 0, of whose rounding Adam makes steps.
    "clip": ("wasserstein", {"lecam": 0.3, "dragan": 1.0}, {"d_clip": 0.05, **SGD}),
}


def check_replicas(mirrored, case, run, steps):
    loss, spec, options = REPLICAS[case]
    options = {"loss": loss, "penalties": spec, "d_steps": 2, **options}
    models = []
    for strategy in (tf.distribute.get_strategy(), mirrored):
        keras.utils.set_random_seed(5)
        with strategy.scope():
            models.append(tiny("vanilla", dtype="float64", **options))
            run(models[-1])
    assert [model.step for model in models] == [steps, steps]
    assert largest_difference(*models) <= 1e-10


@pytest.mark.parametrize("case", REPLICAS)
def test_one_device_equals_two_replicas(case, mirrored):
    """Six updates of D, due and not due; not compiled, which takes most of the time."""
    check_replicas(mirrored, case, lambda m: train_eagerly(m, batches_for(m, 3)), 3)


@pytest.mark.long
def test_a_compiled_interval_on_one_device_equals_two_replicas(mirrored):
    check_replicas(mirrored, "r1-r2", lambda m: train(m, 5, steps_per_call=1), 5)


def test_dragan_and_lecam_see_the_global_batch(mirrored):
    """One half of the batch has another spread and other logits than the other."""
    real = tf.constant(np.r_[np.zeros((4, 2)), RNG.normal(5, 3, (4, 2))])
    lecam = penalty("lecam")
    with mirrored.scope():
        shared = penalty("lecam")

    def run(own, x):
        mean = tf.cast(tf.reduce_mean(x), tf.float32)
        own.follow({"real_logit": mean, "fake_logit": -mean})
        return penalty("dragan").points(x, None, SEED)

    @tf.function
    def replicated():
        def step():
            start = 4 * tf.distribute.get_replica_context().replica_id_in_sync_group
            return run(shared, real[start : start + 4])

        return mirrored.run(step)

    parts = mirrored.experimental_local_results(replicated())
    whole = run(lecam, real)
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-12)
    np.testing.assert_allclose(shared.sums.numpy(), lecam.sums.numpy(), rtol=1e-6)


def test_every_penalty_is_tested():
    assert set(penalties.PENALTIES) == {*GRADIENT, "lecam"}
    for factory in penalties.PENALTIES.values():
        assert "arXiv" in inspect.getdoc(factory) or "Mescheder" in factory.__doc__
