"""Equality under replicas: `fit`, `evaluate`, loading, and a whole run."""

import gc
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import (
    arrays_for,
    batches_for,
    largest_difference,
    tiny,
    train,
    train_eagerly,
)

import ganzoo
from ganzoo import distribute
from ganzoo.layers import MinibatchDiscrimination
from ganzoo.runs import checkpoint
from ganzoo.runs.experiment import Experiment
from ganzoo.runs.log import read_rows
from ganzoo.training.callbacks.health import TrainingDiverged


def made(name="vanilla", **options):
    keras.utils.set_random_seed(5)
    return tiny(name, dtype="float64", ema_decay=0.9, **options)


def both(mirrored, function, make=made):
    """Answers of `function` of a model on one device and on two replicas."""
    one = make()
    with mirrored.scope():
        two = make()
    return one, two, function(one), function(two)


@pytest.mark.long
def test_the_steps_in_a_call_change_no_weight():
    """In float32, where two copies of this step were rounded differently: two models
    are traced, which takes its seconds."""

    def trained(steps_per_call):
        keras.utils.set_random_seed(5)
        model = tiny("ddpm")
        train(model, 4, steps_per_call=steps_per_call, halt=distribute.Halt())
        return model

    assert largest_difference(trained(4), trained(1)) == 0


# --- the user's own scope around `build`, `fit` outside of it ---------------------


def test_a_smaller_last_batch_is_that_of_one_device(mirrored):
    """19 samples in batches of 8: the last one, of 3, is filled."""
    images = arrays_for(made(), 19)["real"]
    data = tf.data.Dataset.from_tensor_slices(images).batch(8)

    def fit(model):
        model.fit(data, epochs=2, verbose=0)
        return model.step

    one, two, *steps = both(mirrored, fit)
    assert steps == [6, 6]
    assert largest_difference(one, two) <= 1e-10


def looking_at_the_batch():
    """A D with minibatch features, and a loss of means over the batch."""
    model = made(
        loss="relativistic_average", d_hidden=(4,), g_hidden=(4,), normalize=False
    )
    d = model.discriminator
    features = MinibatchDiscrimination(3, 2, dtype="float64")(d.layers[-2].output)
    logits = keras.layers.Dense(1, dtype="float64")(features)
    other = ganzoo.GAN(
        generator=model.generator,
        discriminator=keras.Model(d.input, logits),
        loss="relativistic_average",
    )
    other.compile(keras.optimizers.SGD(), keras.optimizers.SGD())
    return other


@pytest.mark.parametrize("make", [made, lambda: made("sgan"), looking_at_the_batch])
def test_evaluate_is_that_of_one_device_however_uneven(make, mirrored):
    """The last of the batches of 4 has 3 or 1 samples: uneven shares, or an empty."""

    def evaluate(model):
        settings = {"batch_size": 4, "return_dict": True, "verbose": 0}
        return [model.evaluate(arrays_for(model, n), **settings) for n in (11, 9, 1)]

    _, _, alone, shared = both(mirrored, evaluate, make)
    for one, two in zip(alone, shared, strict=True):
        assert np.isfinite(list(one.values())).all()
        assert two == pytest.approx(one, abs=1e-10)


@pytest.mark.long
def test_validation_within_fit(mirrored):
    def fit(model):
        return model.fit(
            arrays_for(model, 16),
            batch_size=8,
            epochs=2,
            validation_data=arrays_for(model, 7),
            verbose=0,
        ).history

    one, two, alone, shared = both(mirrored, fit)
    assert largest_difference(one, two) <= 1e-10
    assert alone.keys() == shared.keys() and "val_g_loss" in alone
    for name, values in alone.items():
        np.testing.assert_allclose(shared[name], values, atol=1e-10, err_msg=name)


@pytest.mark.parametrize("before,after", [(False, True), (True, False)])
def test_a_saved_model_goes_on_under_another_strategy(
    before, after, mirrored, tmp_path
):
    """Its batch statistics span the replicas that it is loaded under."""
    scopes = {False: tf.distribute.get_strategy(), True: mirrored}
    with scopes[before].scope():
        model = tiny("dcgan", dtype="float64")
    model.save(tmp_path / "model.keras")
    with scopes[after].scope():
        loaded = ganzoo.load(tmp_path / "model.keras")
    for one in (model, loaded):
        train_eagerly(one, batches_for(one, 1))
    pairs = [
        (a.numpy(), b.numpy())
        for a, b in zip(model.weights, loaded.weights, strict=True)
        if "moving_" in a.path
    ]
    assert pairs
    for a, b in pairs:
        np.testing.assert_allclose(a, b, atol=1e-10)


@pytest.mark.parametrize("name", ["began", "vanilla"])
def test_a_loaded_file_computes_in_its_own_precision(name, tmp_path):
    """State next to the networks has it too: averages, k, the log."""
    model = tiny(name, dtype="float64", ema_decay=0.9, penalties={"lecam": 1.0})
    model.save(tmp_path / "model.keras")
    loaded = ganzoo.load(tmp_path / "model.keras")
    assert loaded.dtype_policy == model.dtype_policy
    for a, b in zip(model.variables, loaded.variables, strict=True):
        assert a.dtype == b.dtype, a.path
    assert keras.config.dtype_policy().name == "float32"


@pytest.mark.long
def test_a_loaded_float64_file_trains_on_as_the_model(tmp_path):
    model = tiny("vanilla", dtype="float64", penalties={"lecam": 1.0})
    model.save(tmp_path / "model.keras")
    loaded = ganzoo.load(tmp_path / "model.keras")
    train(model, 2)
    train(loaded, 2)
    assert largest_difference(model, loaded) == 0


@pytest.mark.long
def test_the_users_own_networks_span_the_replicas(mirrored):
    """Keras' own batch normalisation, as a user would have it in a network."""

    def make():
        keras.utils.set_random_seed(5)
        nets = {}
        for name, sizes in {"latent": (3, 4, 2), "sample": (2, 4, 1)}.items():
            given = x = keras.Input((sizes[0],), name=name, dtype="float64")
            for size in sizes[1:]:
                x = keras.layers.BatchNormalization(dtype="float64")(x)
                x = keras.layers.Dense(size, "tanh", use_bias=False, dtype="float64")(x)
            nets[name] = keras.Model({name: given}, x)
        model = ganzoo.GAN(
            generator=nets["latent"], discriminator=nets["sample"], value_range=None
        )
        model.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1))
        return model

    points = np.random.default_rng(0).normal(3, 2, (32, 2)).astype("float32")

    def fit(model):
        model.fit(points, batch_size=8, epochs=2, verbose=0)

    one, two, *_ = both(mirrored, fit, make)
    assert largest_difference(one, two) <= 1e-6


def test_local_statistics_are_those_of_a_share(mirrored):
    """Without noise, a step of gradient descent on two replicas is then the mean of two
    steps, one on each share."""

    def build(**settings):
        keras.utils.set_random_seed(5)
        model = tiny("srresnet", dtype="float64", ema_decay=0.0)
        model.compile(g_optimizer=keras.optimizers.SGD(0.1), **settings)
        return model

    with mirrored.scope():
        both = build(local_batch_norm=True)
        spanning = build()
    (batch,) = batches_for(both, 1)
    shares = [{k: v[i : i + 4] for k, v in batch.items()} for i in (0, 4)]
    halves = [build() for _ in shares]
    for model, given in [
        (both, batch),
        (spanning, batch),
        *zip(halves, shares, strict=True),
    ]:
        train_eagerly(model, [given])
    trained = [
        [v.numpy() for v in model.trainable_variables]
        for model in (both, spanning, *halves)
    ]
    apart = []
    for local, spans, first, second in zip(*trained, strict=True):
        np.testing.assert_allclose(local, (first + second) / 2, atol=1e-12)
        apart.append(np.max(np.abs(local - spans)))
    assert max(apart) > 1e-4
    # The statistics of the first replica are kept.
    kept, first = (
        np.concatenate([np.ravel(v) for v in model.non_trainable_variables])
        for model in (both, halves[0])
    )
    np.testing.assert_allclose(kept, first, atol=1e-12)


def test_local_statistics_stay_through_compile_and_files(mirrored, tmp_path):
    with mirrored.scope():
        model = tiny("dcgan")
        model.compile(local_batch_norm=True)
        model.compile()
        assert model.local_batch_norm
        model.save(tmp_path / "model.keras")
        loaded = ganzoo.load(tmp_path / "model.keras")
    norms = [
        layer
        for layer in loaded._flatten_layers()
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    assert norms and not any(layer.synchronized for layer in norms)
    loaded.compile(local_batch_norm=False)
    assert not loaded.local_batch_norm
    assert all(layer.synchronized for layer in norms)


# --- a whole run ------------------------------------------------------------------

RUN = {
    "model": "vanilla",
    "options": {"g_hidden": [8], "d_hidden": [8], "dropout": 0.4, "ema_decay": 0.9},
    "dtype": "float64",
    "batch_size": 16,
    "log_every": 2,
    "sample_every": 4,
    "checkpoint_every": 4,
}


def run(workdir, steps, strategy, **changes):
    experiment = Experiment(**{**RUN, "steps": steps, "strategy": strategy, **changes})
    return ganzoo.train(experiment, workdir, progress=False)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run on one device, and its model."""
    path = tmp_path_factory.mktemp("runs") / "whole"
    return path, run(path, 8, "none")


@pytest.mark.long
@pytest.mark.parametrize("first,then", [("none", "mirrored"), ("mirrored", "none")])
def test_a_run_goes_on_under_another_strategy(first, then, whole, mirrored, tmp_path):
    path, whole = whole
    run(tmp_path / "run", 4, first)
    other = run(tmp_path / "run", 8, then)
    assert largest_difference(whole, other) <= 1e-10
    a, b = (read_rows(run / "metrics.jsonl") for run in (path, tmp_path / "run"))
    terms = whole.log.names
    np.testing.assert_allclose(
        [[row[t] for t in terms] for row in a],
        [[row[t] for t in terms] for row in b],
        atol=1e-10,
    )


def test_resume_under_replicas_is_bit_for_bit_with_dropout(mirrored, tmp_path):
    def build(seed):
        keras.utils.set_random_seed(seed)
        with mirrored.scope():
            return tiny("vanilla", dropout=0.4, ema_decay=0.9)

    model = build(5)
    batches = batches_for(model, 5)
    train_eagerly(model, batches[:2])
    checkpoint.save(model, tmp_path)
    train_eagerly(model, batches[2:])
    resumed = build(99)
    assert checkpoint.restore(resumed, tmp_path) == 2
    train_eagerly(resumed, batches[2:])
    assert model.step == resumed.step == 5
    assert largest_difference(model, resumed) == 0
    states = [v for v in model.variables if "seed_generator_state" in v.path]
    assert states


def test_the_monitor_stops_a_run_under_replicas(mirrored, tmp_path):
    sgd = {"name": "sgd", "learning_rate": 1e300}
    options = {**RUN["options"], "d_optimizer": sgd, "g_optimizer": sgd}
    with pytest.raises(TrainingDiverged, match="not finite"):
        run(tmp_path, 4, "mirrored", options=options)


@pytest.mark.long
def test_a_run_with_local_statistics(mirrored, tmp_path):
    settings = {"model": "vanilla", "options": {"g_hidden": [4, 4], "d_hidden": [4]}}
    model = run(tmp_path / "a", 2, "mirrored", **settings, local_batch_norm=True)
    other = run(tmp_path / "b", 2, "mirrored", **settings)
    assert model.local_batch_norm and not other.local_batch_norm
    assert largest_difference(model, other) > 1e-4
    with pytest.raises(ValueError, match="local_batch_norm"):
        run(tmp_path / "a", 4, "mirrored", **settings)


def test_local_statistics_need_replicas():
    with pytest.raises(ValueError, match="`local_batch_norm` needs replicas.*'none'"):
        Experiment(local_batch_norm=True)


def test_a_model_is_freed_after_its_training():
    """TensorFlow keeps a generator's function for good; 30 MiB a model stayed."""
    model = tiny("vanilla")
    train(model, 1)
    kept = weakref.ref(model)
    del model
    gc.collect()
    assert kept() is None
