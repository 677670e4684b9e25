"""The one train step against Algorithm 1, and everything that `fit` takes."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import arrays_for, batches_for, largest_difference, tiny, train_eagerly
from keras import layers

import ganzoo
from ganzoo import distribute
from ganzoo.data import pipeline
from ganzoo.data.door import Door
from ganzoo.layers import GaussianNoise
from ganzoo.layers.noise import next_seed
from ganzoo.models.assemble import assemble
from ganzoo.models.gan import GAN
from ganzoo.runs import checkpoint

RNG = np.random.default_rng(0)
POINTS = RNG.normal(size=(96, 2)).astype("float32")


def points(**options):
    return tiny("vanilla", image_shape=(2,), **options)


def fit(model, x=POINTS, y=None, **kwargs):
    """Four steps of eight samples, one a call, unless told otherwise."""
    if not isinstance(x, tf.data.Dataset):
        kwargs = {"batch_size": 8, "steps_per_epoch": 4, **kwargs}
    return model.fit(x, y, verbose=0, **{"steps_per_call": 1, **kwargs}).history


# --- Algorithm 1 ------------------------------------------------------------------


def test_parts_have_their_own_samples_and_seeds():
    model = points(d_steps=3)
    batch = {"real": tf.range(24.0)[:, None], "label": tf.range(24)}
    *d_parts, g_part = model.parts(batch, model.step_seed())
    assert [list(part["label"].numpy()) for part in d_parts] == [
        list(range(i, 24, 3)) for i in range(3)
    ]
    for part in (*d_parts, g_part):
        np.testing.assert_array_equal(part["real"][:, 0], part["label"])
    np.testing.assert_array_equal(g_part["real"], d_parts[-1]["real"])
    latents = [model.generate(part, True)["latent"] for part in (*d_parts, g_part)]
    assert len(np.unique(latents)) == 4 * 8 * 4  # every number is another one


def test_the_seed_follows_the_step_and_the_model():
    seeds = []
    for seed in (0, 1):
        model = points(seed=seed)
        for step in (0, 1, 2):
            model.updates.count.assign(step)
            seeds.append(tuple(model.step_seed().numpy()))
    assert len(set(seeds)) == 6
    model.updates.count.assign(1)
    assert tuple(model.step_seed().numpy()) == seeds[4]


@pytest.mark.parametrize("d_steps", [1, 3])
def test_a_step_is_algorithm_1(d_steps, monkeypatch):
    """k updates of D on noise of their own, then one of G on new noise."""
    seen = []
    for name in ("generate", "discriminator_loss", "generator_loss"):
        own = getattr(GAN, name)

        def spy(self, batch, *fake, training, own=own, name=name):
            assert training is True
            answer = own(self, batch, *fake, training=training)
            (made,) = fake or (answer,)
            seen.append((name, batch["real"].numpy(), made["latent"].numpy()))
            return answer

        monkeypatch.setattr(GAN, name, spy)

    model = points(d_steps=d_steps)
    model.train_step(tf.constant(POINTS[: 8 * d_steps]))
    assert int(model.d_optimizer.iterations) == d_steps
    assert int(model.g_optimizer.iterations) == model.step == 1
    names = [name for name, _, _ in seen]
    assert names == ["generate", "discriminator_loss"] * d_steps + [
        "generate",
        "generator_loss",
    ]
    made, used = seen[::2], seen[1::2]
    for (_, real, latent), (_, also_real, also_latent) in zip(made, used, strict=True):
        np.testing.assert_array_equal(real, also_real)
        np.testing.assert_array_equal(latent, also_latent)
    assert len(np.unique([latent for _, _, latent in made])) == (d_steps + 1) * 8 * 4
    fresh = np.concatenate([real for _, real, _ in made[:-1]])
    assert sorted(map(tuple, fresh)) == sorted(map(tuple, POINTS[: 8 * d_steps]))


def test_two_steps_differ_in_their_noise():
    model = points()
    batch = tf.constant(POINTS[:8])
    one = model.generate(model.parts({"real": batch}, model.step_seed())[0], True)
    model.train_step(batch)
    two = model.generate(model.parts({"real": batch}, model.step_seed())[0], True)
    assert (one["latent"].numpy() != two["latent"].numpy()).all()


def test_a_part_knows_how_many_updates_of_d_came_before():
    model = points(d_steps=3)
    model.updates.count.assign(4)
    parts = model.parts({"real": tf.zeros((6, 2))}, model.step_seed())
    assert [int(part["d_updates"]) for part in parts] == [12, 13, 14, 15]


# --- a step of its own ------------------------------------------------------------


def accumulating(**options):
    """A model whose optimizers apply the sum of two steps' gradients."""
    optimizers = {
        f"{player}_optimizer": keras.optimizers.SGD(0.1, gradient_accumulation_steps=2)
        for player in "dg"
    }
    keras.utils.set_random_seed(3)
    return points(dtype="float64", ema_decay=0.9, **optimizers, **options)


def noisy(**options):
    """A small model with dropout in D and noise in G."""
    network = {"name": "mlp", "hidden": (5, 5), "hidden_noise": 0.3, "dropout": 0.4}
    keras.utils.set_random_seed(3)
    return ganzoo.build(
        "vanilla",
        image_shape=(2,),
        latent_dim=3,
        network=network,
        dtype="float64",
        **options,
    )


def test_noise_of_layers_is_a_function_of_seed_and_step():
    """Not of what was computed before, nor of the layers' own seeds."""
    models = [noisy(), noisy(), noisy(seed=1)]
    states = [v for v in models[1].variables if "seed_generator" in v.path]
    assert len(states) == 6  # of G, D and the average of G
    for state in states:
        state.assign([99, 99])
    batches = batches_for(models[0], 2)
    for model in models:
        train_eagerly(model, batches[:1])
        if model is models[1]:
            model.evaluate(POINTS[:9], verbose=0)
            model.sample(3)
        train_eagerly(model, batches[1:])
    assert all((state.numpy() == 99).all() for state in states)
    one, two, other = ([v.numpy() for v in m.trainable_variables] for m in models)
    for i, value in enumerate(one):
        np.testing.assert_array_equal(value, two[i])
    assert max(np.abs(a - b).max() for a, b in zip(one, other, strict=True)) > 1e-5


def test_each_part_of_a_step_has_noise_of_its_own(monkeypatch):
    """G's noise layers in two steps of D and in the step of G."""
    model, draws = noisy(d_steps=2), []
    layer = next(x for x in model.generator.layers if isinstance(x, GaussianNoise))
    monkeypatch.setattr(
        layer,
        "call",
        lambda x, training: (
            draws.append(distribute.global_normal((2,), next_seed(layer)).numpy()) or x
        ),
    )
    train_eagerly(model, batches_for(model, 2))
    assert len(np.unique(draws)) == 2 * len(draws) == 2 * 6


def test_accumulated_gradients_are_those_of_different_noise(monkeypatch):
    model, latents = accumulating(), []
    generate = model.generate

    def spy(batch, training):
        fake = generate(batch, training)
        latents.append(fake["latent"].numpy())
        return fake

    monkeypatch.setattr(model, "generate", spy)
    for _ in range(4):
        model.train_step(tf.constant(POINTS[:8]))
    assert model.step == 4 and int(model.g_optimizer.iterations) == 2
    assert len(np.unique(latents)) == 4 * 2 * 8 * 4


def test_a_run_that_repeats_its_noise_ends_elsewhere():
    fresh, repeating = accumulating(), accumulating()
    for step in range(4):
        repeating.updates.count.assign(step // 2)
        for model in (fresh, repeating):
            model.train_step(tf.constant(POINTS[:8]))
    assert largest_difference(fresh, repeating) > 1e-6


def test_lazy_penalties_and_averages_go_by_the_step_under_accumulation():
    model = accumulating(penalties={"r1": {"weight": 1.0, "every": 2}})
    terms = [float(model.train_step(tf.constant(POINTS[:8]))["d_r1"]) for _ in "0123"]
    assert [term > 0 for term in terms] == [True, False, True, False]


@pytest.mark.parametrize("form", ["file", "checkpoint"])
def test_resuming_with_accumulated_gradients_is_bit_for_bit(form, tmp_path):
    """Saved between two updates of the weights: half a sum is kept, too."""
    model = accumulating()
    fit(model, steps_per_epoch=3)
    if form == "file":
        model.save(tmp_path / "model.keras")
        resumed = keras.saving.load_model(tmp_path / "model.keras")
    else:
        checkpoint.save(model, tmp_path)
        resumed = accumulating()
        assert checkpoint.restore(resumed, tmp_path) == 3
    assert resumed.step == 3
    for one in (model, resumed):
        fit(one, steps_per_epoch=3)
    assert model.step == resumed.step == 6
    assert largest_difference(model, resumed) == 0


def test_an_update_descends_by_hand():
    """SGD of rate 1 moves D's only weight by minus the gradient of the mean."""
    inputs = {"sample": keras.Input((1,), name="sample")}
    d = keras.Model(
        inputs,
        layers.Dense(1, use_bias=False, kernel_initializer="zeros")(inputs["sample"]),
    )
    latent = {"latent": keras.Input((1,), name="latent")}
    g = keras.Model(
        latent, layers.Dense(1, kernel_initializer="zeros")(latent["latent"])
    )
    sgd = {"name": "sgd", "learning_rate": 1.0}
    model = assemble(
        generator=g, discriminator=d, value_range=None, d_optimizer=sgd, g_optimizer=sgd
    )
    logs = model.train_step(tf.constant([[1.0], [5.0]]))
    # Fakes are 0; d/dw of mean softplus(-w x) at w = 0 is -mean(x) / 2 = -1.5.
    np.testing.assert_allclose(d.get_weights()[0], [[1.5]], atol=1e-6)
    # D was log 2 twice; G sees D(0) = 1/2 and d/db of softplus(-1.5 b) is -0.75.
    assert abs(float(logs["d_loss"]) - 2 * np.log(2)) < 1e-6
    assert abs(float(logs["g_loss"]) - np.log(2)) < 1e-6
    np.testing.assert_allclose(g.get_weights()[1], [0.75], atol=1e-6)
    assert abs(float(logs["d_real"]) - 0.5) < 1e-6
    assert set(logs) == {"d_loss", "g_loss", "d_adv", "g_adv", "d_real", "d_fake"}


def test_no_weight_is_written_before_the_loss_is_known():
    """The gradient of the critic's last kernel needs neither the kernel nor the loss.

    TensorFlow's graph optimizers may drop the order of its reads and its write, so the
    graph must not leave it to them: the write waits for the loss, a sum of terms.
    """
    options = {"loss": "wasserstein", "penalties": {"lecam": 0.3}}
    model = tiny("vanilla", d_optimizer={"name": "sgd"}, dropout=0.0, **options)
    real = tf.constant(arrays_for(model)["real"][:8])
    graph = tf.function(model.train_step).get_concrete_function(real).graph
    kernel = model.discriminator.trainable_variables[-2].value
    (place,) = [own for held, own in graph.captures if held is kernel.handle]
    writes = [x for x in place.consumers() if x.type.startswith("Assign")]
    assert len(writes) == model.d_steps
    for write in writes:
        known, ahead = set(), [write]
        while ahead:
            op = ahead.pop()
            before = [*(tensor.op for tensor in op.inputs), *op.control_inputs]
            ahead += [other for other in before if other not in known]
            known |= set(before)
        assert "AddN" in {op.name for op in known}  # the graph's first sum


# --- the running average ----------------------------------------------------------


@pytest.mark.parametrize("decay", [0.9, 0.2])
def test_the_average_is_ramped_up(decay):
    model = points(ema_decay=decay, dtype="float64", learning_rate=0.1)
    (average,) = model.averages
    expected = [w.copy() for w in model.generator.get_weights()]
    for step in (1, 2):
        model.train_step(tf.constant(POINTS[:8]))
        # Ramp: 2/11 = 0.1818 after the first step, 3/12 = 0.25 after the second.
        rate = min(decay, (1 + step) / (10 + step))
        assert abs(rate - {1: 2 / 11, 2: min(decay, 0.25)}[step]) < 1e-12
        expected = [
            rate * old + (1 - rate) * new
            for old, new in zip(expected, model.generator.get_weights(), strict=True)
        ]
        for own, hand in zip(average.get_weights(), expected, strict=True):
            np.testing.assert_allclose(own, hand, atol=1e-12)
    moved = [
        np.max(np.abs(a - b))
        for a, b in zip(
            average.get_weights(), model.generator.get_weights(), strict=True
        )
    ]
    assert min(moved) > 1e-4  # moving statistics are averaged too
    assert model.sample(3, ema=True).tolist() != model.sample(3, ema=False).tolist()
    assert not average.trainable_variables


# --- what `fit` takes -------------------------------------------------------------


@pytest.mark.parametrize("form", ["x", "xy", "dict"])
def test_a_data_set_of_ones_own(form):
    images = RNG.integers(0, 256, (20, 8, 8, 1), dtype="uint8")
    labels = np.arange(20) % 10
    name, elements = {
        "x": ("vanilla", images),
        "xy": ("cgan", (images, labels)),
        "dict": ("cgan", {"real": images, "label": labels}),
    }[form]
    model = tiny(name)
    data = tf.data.Dataset.from_tensor_slices(elements).batch(8)
    history = fit(model, data, epochs=2)
    assert model.step == 6  # 8 + 8 + 4 samples, twice
    assert len(history["g_loss"]) == 2
    assert np.isfinite(history["d_loss"]).all()


@pytest.mark.parametrize("name", ["cgan", "acgan", "sgan"])
def test_labels_of_any_whole_type_make_the_same_batches(name):
    """uint8 labels, as keras.datasets has them, are labels and no pixels."""
    images = RNG.integers(0, 256, (24, 8, 8, 1), dtype="uint8")
    labels = np.arange(24) % 10
    model = tiny(name)
    for dtype in ("int32", "uint8", "int64"):
        elements = (images, labels.astype(dtype))
        data = tf.data.Dataset.from_tensor_slices(elements).batch(8)
        with Door(model.batch_spec) as door:
            batches = list(door.full_batches(data)[1])
        assert {batch["label"].dtype for batch in batches} == {tf.int32}
        for key, whole in (("real", images), ("label", labels)):
            found = np.concatenate([batch[key] for batch in batches])
            np.testing.assert_array_equal(found, whole)


@pytest.mark.long
def test_a_data_set_of_the_batches_of_arrays_trains_as_they_do():
    images = RNG.integers(0, 256, (24, 8, 8, 1), dtype="uint8")
    labels = np.arange(24, dtype="uint8") % 10
    batches = pipeline.batches({"real": images, "label": labels}, 8, seed=0)
    forms = [(images, labels), ({"real": images, "label": labels},), (batches,)]
    models = []
    for form in forms:
        keras.utils.set_random_seed(3)
        models.append(tiny("cgan", dtype="float64"))
        fit(models[-1], *form, steps_per_epoch=3)
    assert [largest_difference(models[0], model) for model in models] == [0] * 3


def test_labels_of_another_integer_type():
    model = tiny("cgan", num_classes=8)
    images = RNG.integers(0, 256, (8, 8, 8, 1), dtype="uint8")
    fit(model, images, np.arange(8, dtype="int64")[:, None], steps_per_epoch=1)
    assert model.step == 1


def test_validation_and_keras_callbacks(tmp_path):
    model = points()
    batches = []
    history = fit(
        model,
        epochs=5,
        validation_data=POINTS[:10],
        callbacks=[
            # Nothing is an improvement by 1000: training stops after two epochs.
            keras.callbacks.EarlyStopping("g_loss", min_delta=1e3, mode="min"),
            keras.callbacks.EarlyStopping("val_g_loss", patience=9, mode="min"),
            keras.callbacks.LambdaCallback(
                on_train_batch_end=lambda batch, logs: batches.append((batch, *logs))
            ),
            keras.callbacks.CSVLogger(tmp_path / "log.csv"),
        ],
    )
    names = sorted(model.log.names)
    assert sorted(history) == sorted([*names, *(f"val_{name}" for name in names)])
    assert len(history["g_loss"]) == 2
    assert model.step == 8
    assert batches == [(i % 4, *names) for i in range(8)]
    lines = (tmp_path / "log.csv").read_text().splitlines()
    assert lines[0].split(",") == ["epoch", *sorted(history)]
    written = dict(zip(lines[0].split(","), lines[2].split(","), strict=True))
    assert abs(float(written["val_g_loss"]) - history["val_g_loss"][1]) < 1e-6
    assert all(len(values) == 2 for values in history.values())


def test_evaluate_is_the_mean_over_all_samples_and_changes_nothing():
    model = points()
    before = [v.numpy() for v in model.weights if "log/" not in v.path]
    logs = model.evaluate(POINTS[:10], batch_size=4, return_dict=True, verbose=0)
    # Batches of 4, 4 and 2 count by their size.
    mean = model.probability_real(POINTS[:10]).mean()
    assert abs(logs["d_real"] - mean) < 1e-6
    assert set(logs) == set(model.log.names)
    again = model.evaluate(POINTS[:10], batch_size=4, return_dict=True, verbose=0)
    assert again == logs
    for old, new in zip(
        before, (v for v in model.weights if "log/" not in v.path), strict=True
    ):
        np.testing.assert_array_equal(new, old)


def test_evaluate_draws_the_same_noise_at_any_step():
    model = noisy(ema_decay=0.0)
    first = model.evaluate(POINTS[:9], verbose=0, return_dict=True)
    model.updates.count.assign(7)
    assert model.evaluate(POINTS[:9], verbose=0, return_dict=True) == first


def test_several_steps_a_call_are_the_same_steps():
    models = []
    for steps in (1, 5):
        keras.utils.set_random_seed(3)
        models.append(points(dtype="float64"))
        fit(models[-1], steps_per_epoch=5, steps_per_call=steps)
    assert models[0].step == models[1].step == 5
    assert largest_difference(*models) < 1e-10
    keras.utils.set_random_seed(3)
    assert largest_difference(models[0], points(dtype="float64")) > 1e-4


def test_fit_goes_on_where_it_stopped():
    """Two calls of fit see what one sees: the order of the data is the step's."""
    models = []
    for calls in ([4], [2, 2]):
        keras.utils.set_random_seed(3)
        models.append(points(dtype="float64"))
        for steps in calls:
            fit(models[-1], steps_per_epoch=steps)
    assert largest_difference(*models) == 0


# --- what `fit` refuses -----------------------------------------------------------

IMAGES = RNG.integers(0, 256, (16, 8, 8, 1), dtype="uint8")
FLOATS = (IMAGES / 127.5 - 1).astype("float32")


def _with_nan():
    x = FLOATS.copy()
    x[3, 2, 1, 0] = np.nan
    return x


@pytest.mark.parametrize(
    "x,message",
    [
        (IMAGES.astype("int32") - 300, "outside 0..255"),
        (IMAGES.astype("float32"), "outside the model's value_range"),
        (FLOATS * 1.01, "scale them to [-1, 1] or pass uint8"),
        (_with_nan(), "Received: 1 of 1024, the first at index (3, 2, 1, 0)"),
        (IMAGES[:0], "Received: 0 samples, batch_size=8"),
        (IMAGES[:7], "Received: 7 samples, batch_size=8"),
        (IMAGES[:, :4], "build it with image_shape=(4, 8, 1)"),
        (IMAGES.reshape(16, 64), "must have the model's shape (8, 8, 1)"),
    ],
)
def test_refuses_samples(x, message):
    model = tiny("vanilla")
    with pytest.raises(ValueError) as error:
        fit(model, x)
    assert message in str(error.value)
    assert model.step == 0


@pytest.mark.parametrize(
    "labels,message",
    [
        (np.full(16, 10), "must be from 0 to 9. Received: 10;"),
        (np.full(16, -2), "Received: -2;"),
        (np.zeros(16), "allowed: whole numbers or strings of shape (N,) or (N, 1)"),
        (np.zeros(15, int), "Received: {'real': 16, 'label': 15}"),
        (np.zeros((16, 10), int), "of shape (16, 10)"),
    ],
)
def test_refuses_labels(labels, message):
    with pytest.raises(ValueError) as error:
        fit(tiny("cgan"), IMAGES, labels)
    assert message in str(error.value)


@pytest.mark.parametrize(
    "elements,message",
    [
        (IMAGES.astype("float32"), "outside the model's value_range"),
        (IMAGES.astype("int64") + 300, "outside 0..255"),
        ((IMAGES, IMAGES, IMAGES), "A batch is x, (x, label) or a dict."),
        ({"image": IMAGES}, "needs the key 'real'"),
        (IMAGES[:, :4], "must have the model's shape (8, 8, 1)"),
    ],
)
def test_refuses_a_data_set(elements, message):
    data = tf.data.Dataset.from_tensor_slices(elements).batch(8)
    with pytest.raises(ValueError) as error:
        fit(tiny("vanilla"), data)
    assert message in str(error.value)


BAD = np.r_[np.arange(8), np.full(8, 50)].astype("uint8")


@pytest.mark.parametrize("replicas", [1, 2])
def test_refuses_a_later_batch_of_a_data_set(replicas, mirrored):
    """In its own words, wherever it comes."""
    strategy = {1: tf.distribute.get_strategy(), 2: mirrored}[replicas]
    with strategy.scope():
        model = tiny("cgan")
    good = tf.data.Dataset.from_tensor_slices((IMAGES, BAD % 10)).batch(8)
    data = tf.data.Dataset.from_tensor_slices((IMAGES, BAD)).batch(8)
    for call in (
        lambda: fit(model, data),
        lambda: fit(model, good, validation_data=data),
        lambda: model.evaluate(data, verbose=0),
    ):
        with pytest.raises(ValueError, match="^Labels 'label' must be from 0 to 9"):
            call()
    assert np.isfinite(model.evaluate(good, verbose=0)).all()


@pytest.mark.parametrize(
    "data,message",
    [
        (IMAGES.astype("float32"), "outside the model's value_range"),
        (IMAGES[:, :4], "must have the model's shape"),
        (IMAGES.astype("complex64"), "Unfit dtype"),
        ({"real": IMAGES}, "need a label of each sample"),
    ],
)
def test_evaluation_and_validation_refuse_a_data_set(data, message):
    model = tiny("cgan", num_classes=8)
    elements = {"real": data, "label": BAD % 8} if len(data) > 1 else data
    batches = tf.data.Dataset.from_tensor_slices(elements).batch(8)
    with pytest.raises(ValueError, match=message):
        model.evaluate(batches, verbose=0)
    with pytest.raises(ValueError, match=message):
        fit(model, IMAGES, BAD % 8, validation_data=batches)


def test_refuses_a_batch_that_does_not_divide_by_the_steps_of_d():
    data = tf.data.Dataset.from_tensor_slices(IMAGES).batch(8)
    with pytest.raises(ValueError) as error:
        fit(tiny("vanilla", d_steps=3), data)
    assert "d_steps x replicas = 3" in str(error.value)
    assert "Received a batch of 8; 6 or 9 would do." in str(error.value)


def test_refuses_a_batch_that_does_not_divide_by_the_replicas(mirrored):
    with mirrored.scope():
        model = points(d_steps=3)
    data = tf.data.Dataset.from_tensor_slices(POINTS).batch(8)
    with pytest.raises(ValueError, match="replicas = 6.*batch of 8; 6 or 12 would do"):
        fit(model, data)


# --- what `compile` refuses -------------------------------------------------------


def test_refuses_a_weight_that_both_players_own():
    shared = layers.Dense(2, name="shared")
    latent = {"latent": keras.Input((2,), name="latent")}
    sample = {"sample": keras.Input((2,), name="sample")}
    g = keras.Model(latent, shared(latent["latent"]))
    d = keras.Model(sample, layers.Dense(1)(shared(sample["sample"])))
    with pytest.raises(ValueError, match="exactly one player.*shared/kernel"):
        assemble(generator=g, discriminator=d, value_range=None)


@pytest.mark.parametrize("clip", ["clipnorm", "global_clipnorm", "clipvalue"])
def test_refuses_clipping_under_several_replicas(clip, mirrored):
    sgd = {"name": "sgd", clip: 1.0}
    assert points(d_optimizer=sgd).d_optimizer is not None
    with mirrored.scope(), pytest.raises(ValueError, match=f"Remove .*{clip}"):
        points(d_optimizer=sgd)
