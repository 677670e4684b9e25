"""Tests that every variant must pass; a new one is tested by being registered.

Tracing a step is what costs time here, so each test traces as few as will do: one step
of D and two on replicas, the same model again for what resumes, none for equality.
The slow tests at the end have one and three steps of D in both precisions,
`tests/slow/test_equality.py` more replicas and workers.
"""

import inspect

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import (
    arrays_for,
    batches_for,
    largest_difference,
    sampled,
    tiny,
    train,
    train_eagerly,
)

import ganzoo
from ganzoo import distribute
from ganzoo.runs import checkpoint
from ganzoo.variants._registry import find

VARIANTS = ganzoo.list_models()
every_variant = pytest.mark.parametrize("name", VARIANTS)
# One of each kind is compiled on replicas, with so many steps of D, the others are not,
# which takes less time; `tests/slow/test_equality.py` compiles all.
COMPILED = {
    "vanilla": 2,
    "dcgan": 1,
    "infogan": 1,
    "pix2pix": 1,
    "cyclegan": 1,
    "text2image-l1": 1,
}
# Several seconds each: the others are long tests.
QUICK = ("cgan", "dcgan", "made", "vae", "wgan")


def long_unless_quick(name):
    return pytest.param(name, marks=[pytest.mark.long] * (name not in QUICK))


def built(name, d_steps=1, **options):
    """A small model with some steps of D, where it has a D, and a running average."""
    steps = {"d_steps": d_steps} if "d_steps" in find(name).options else {}
    return tiny(name, ema_decay=0.9, **steps, **options)


def values(model):
    """Every variable of training, copied."""
    return {key: v.numpy() for key, v in checkpoint.state(model).items()}


def differing(a, b):
    assert a.keys() == b.keys()
    return [key for key in a if not np.array_equal(a[key], b[key])]


@pytest.mark.parametrize("name", [long_unless_quick(name) for name in VARIANTS])
def test_trains_saves_and_resumes_bit_for_bit(name, tmp_path):
    check_training(name, tmp_path, steps_per_call=2 if name in COMPILED else 1)


def check_training(name, tmp_path, steps_per_call=2, **options):
    model = built(name, **options)
    logs = train(model, 4, steps_per_call=steps_per_call)
    assert set(logs) == set(model.log.names)
    assert np.isfinite(list(logs.values())).all(), logs

    checkpoint.save(model, tmp_path)
    _check_saved(model, tmp_path / "model.keras")
    fourth = values(model)
    keras.utils.set_random_seed(99)  # other weights, which the checkpoint replaces
    resumed = built(name, **options)
    assert checkpoint.restore(resumed, tmp_path) == 4
    assert not differing(values(resumed), fourth)

    train(model, 6, steps_per_call=steps_per_call)
    tenth = values(model)
    assert differing(tenth, fourth)
    # The same model goes back and on: what no checkpoint holds would stay behind.
    assert checkpoint.restore(model, tmp_path) == 4
    train(model, 6, steps_per_call=steps_per_call)
    assert not differing(values(model), tenth)


@pytest.fixture
def seeds(monkeypatch):
    """The seeds of all draws, whose steps are not compiled."""
    found = []

    def spied(function):
        def draw(*arguments, **named):
            if tf.executing_eagerly():
                seed = named["seed"] if "seed" in named else arguments[place[function]]
                found.append(tuple(seed.numpy().tolist()))
            return function(*arguments, **named)

        return draw

    of_replicas, plain = distribute._own_share, tf.random.stateless_uniform
    place = {of_replicas: 2, plain: 1}
    monkeypatch.setattr(distribute, "_own_share", spied(of_replicas))
    monkeypatch.setattr(tf.random, "stateless_uniform", spied(plain))
    return found


@pytest.mark.parametrize("name", [long_unless_quick(name) for name in VARIANTS])
def test_trains_and_saves_in_bfloat16_and_each_draw_has_its_seed(name, tmp_path, seeds):
    model = built(name, d_steps=2, dtype="mixed_bfloat16")
    batch = _batch(model)
    seeds.clear()
    logs = model.train_step(batch)
    assert len(set(seeds)) == len(seeds)
    assert set(logs) == set(model.log.names)
    assert np.isfinite([float(value) for value in logs.values()]).all(), logs
    assert {v.dtype for v in model.trainable_variables} == {"float32"}
    _check_saved(model, tmp_path / "model.keras")


def _batch(model):
    """16 samples for an eager step, after what comes before the first one."""
    (batch,) = batches_for(model, 1, size=16)
    model.adapt(model.as_batch(batch))
    return batch


def _check_saved(model, path):
    model.save(path)
    loaded = ganzoo.load(path)
    assert loaded.step == model.step > 0
    arrays = arrays_for(model)
    drawn = sampled(model, arrays, 5, seed=3)
    np.testing.assert_array_equal(sampled(loaded, arrays, 5, seed=3), drawn)
    assert drawn.shape == (5, *model.sample_shape)


@every_variant
def test_one_rate_is_the_rate_of_every_player(name):
    model = tiny(name, learning_rate=3e-3)
    optimizers = [model.g_optimizer, model.d_optimizer]
    rates = [float(o.learning_rate) for o in optimizers if o is not None]
    assert rates == pytest.approx([3e-3] * len(rates))


@every_variant
def test_each_player_changes_its_own_weights_alone(name):
    check_players(name)


def check_players(name, **options):
    model = built(name, **options)
    batch = model.as_batch(_batch(model))
    *d_parts, g_part = model.parts(batch, model.step_seed())
    assert len(d_parts) == model.d_steps

    def update_d():
        for part in d_parts[:1]:
            model.update_discriminators(part, model.generate(part, True))

    def update_g():
        model._update(
            lambda: model.generator_loss(g_part, model.generate(g_part, True), True),
            model.g_optimizer,
            model.generators,
        )

    by_d = _changed(update_d, model)
    by_g = _changed(update_g, model)
    assert bool(by_d["discriminators"][0]) == bool(model.d_steps)
    assert by_g["generators"][0]
    assert not by_d["generators"][0] and not by_g["discriminators"][0]
    # Statistics and dropout seeds are what a step of the other player may change.
    allowed = ("moving_mean", "moving_variance", "seed_generator_state")
    other = [*by_d["generators"][1], *by_g["discriminators"][1]]
    assert all(path.endswith(allowed) for path in other), other


def _changed(update, model):
    """By player, paths of the trainable and of the other variables that changed."""
    groups = {
        player: [
            [v for net in getattr(model, player) for v in net.trainable_variables],
            [v for net in getattr(model, player) for v in net.non_trainable_variables],
        ]
        for player in ("generators", "discriminators")
    }
    before = {id(v): v.numpy() for both in groups.values() for g in both for v in g}
    update()
    return {
        player: [
            [v.path for v in group if (v.numpy() != before[id(v)]).any()]
            for group in both
        ]
        for player, both in groups.items()
    }


@pytest.mark.parametrize(
    "name", [long_unless_quick(name) for name in sorted(set(VARIANTS) - set(COMPILED))]
)
def test_one_device_equals_two_replicas(name, mirrored):
    """With the variant's dropout and noise; the step is not compiled."""
    check_replicas(name, mirrored)


def check_replicas(name, mirrored, **options):
    """After one step of two updates of D and one of G all that it leaves is the same,
    with the state of the optimizers: so the next one begins alike."""
    models = []
    for strategy in (tf.distribute.get_strategy(), mirrored):
        keras.utils.set_random_seed(5)
        with strategy.scope():
            models.append(built(name, d_steps=2, dtype="float64", **options))
        train_eagerly(models[-1], batches_for(models[-1], 1))
    assert [model.step for model in models] == [1, 1]
    assert largest_difference(*models) <= 1e-10
    one, two = map(values, models)
    assert one.keys() == two.keys()
    for key, value in one.items():  # mean squares of gradients may be of any size
        np.testing.assert_allclose(two[key], value, rtol=1e-10, atol=1e-10)
    return models


@pytest.mark.parametrize("name", ["cgan", "unrolled"])
def test_classes_that_are_embedded(name, mirrored, tmp_path):
    """More of them than `inputs.LONGEST`: gradients of a table are sparse."""
    many = {"num_classes": 70}
    check_players(name, **many)
    one, two = check_replicas(name, mirrored, **many)
    tables = [v.path for v in one.trainable_variables if v.shape == (70, 64)]
    assert len(tables) == 2  # one of each player
    _check_saved(one, tmp_path / "model.keras")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name, marks=[pytest.mark.long, *[pytest.mark.slow] * (name not in COMPILED)]
        )
        for name in VARIANTS
    ],
)
def test_compiled_replicas_equal_one_device_and_resume(name, mirrored, tmp_path):
    """Two steps a call there, one here; and the replicas resume bit for bit."""

    def make():
        keras.utils.set_random_seed(5)
        return built(name, d_steps=COMPILED.get(name, 2), dtype="float64")

    one = make()
    for steps in (4, 6):
        train(one, steps, steps_per_call=2)
    with mirrored.scope():
        two = make()
    train(two, 4, steps_per_call=1)
    checkpoint.save(two, tmp_path)
    train(two, 6, steps_per_call=1)
    assert one.step == two.step == 10
    assert largest_difference(one, two) <= 1e-10
    tenth = values(two)
    assert checkpoint.restore(two, tmp_path) == 4
    train(two, 6, steps_per_call=1)
    assert not differing(values(two), tenth)


@every_variant
def test_is_described(name):
    variant = find(name)
    about = ganzoo.describe(name)
    assert "arXiv" in about["paper"]
    assert about["tasks"] and about["batch_keys"][0] == "real"
    notes = about["notes"] + inspect.getdoc(ganzoo.assemble)
    missing = [o for o in variant.own_options if f"{o}:" not in notes]
    assert not missing, f"options without a word in the docstring: {missing}"


GRID = [
    pytest.param(name, dtype, d_steps, id=f"{name}-{dtype}-{d_steps}")
    for name in VARIANTS
    for dtype in ("float32", "mixed_bfloat16")
    for d_steps in ((1, 3) if "d_steps" in find(name).options else (0,))
]


@pytest.mark.slow
@pytest.mark.parametrize("name,dtype,d_steps", GRID)
def test_trains_saves_and_resumes_in_both_precisions(name, dtype, d_steps, tmp_path):
    check_training(name, tmp_path, dtype=dtype, d_steps=d_steps)


@pytest.mark.slow
@pytest.mark.parametrize("name,dtype,d_steps", GRID)
def test_each_player_changes_its_own_weights_in_both_precisions(name, dtype, d_steps):
    check_players(name, dtype=dtype, d_steps=d_steps)
