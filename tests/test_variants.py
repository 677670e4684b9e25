"""What every variant must pass; a new one is tested by being registered."""

import keras
import numpy as np
import pytest
from helpers import arrays_for, largest_difference, tiny, train, without_noise

import ganzoo
from ganzoo import checkpoint
from ganzoo.registry import find

VARIANTS = ganzoo.list_models()
# By variant, the numbers of D steps that are tried: none where there is no D.
D_STEPS = {n: (1, 3) if "d_steps" in find(n).options else (0,) for n in VARIANTS}
COMBINATIONS = [
    pytest.param(name, dtype, d_steps, id=f"{name}-{dtype}-{d_steps}")
    for name in VARIANTS
    for dtype in ("float32", "mixed_bfloat16")
    for d_steps in D_STEPS[name]
]


def _options(d_steps, **options):
    return {**options, **({"d_steps": d_steps} if d_steps else {})}


@pytest.mark.parametrize("name,dtype,d_steps", COMBINATIONS)
def test_trains_saves_and_resumes_bit_for_bit(name, dtype, d_steps, tmp_path):
    options = _options(d_steps, dtype=dtype, ema_decay=0.9)
    model = tiny(name, **options)
    logs = train(model, 4, steps_per_call=2)
    assert set(logs) == set(model.log.names)
    assert np.isfinite(list(logs.values())).all(), logs

    checkpoint.save(model, tmp_path)
    model.save(tmp_path / "model.keras")
    loaded = ganzoo.load(tmp_path / "model.keras")
    assert loaded.step == model.step == 4
    np.testing.assert_array_equal(loaded.sample(5, seed=3), model.sample(5, seed=3))
    assert model.sample(5).shape == (5, *model.sample_shape)

    train(model, 6, steps_per_call=2)
    keras.utils.set_random_seed(99)  # other weights, which the checkpoint replaces
    resumed = tiny(name, **options)
    assert checkpoint.restore(resumed, tmp_path) == 4
    train(resumed, 6, steps_per_call=2)
    differing = [
        key
        for key, variable in checkpoint.state(model).items()
        if not np.array_equal(variable.numpy(), checkpoint.state(resumed)[key].numpy())
    ]
    assert not differing


@pytest.mark.parametrize("name,dtype,d_steps", COMBINATIONS)
def test_each_player_changes_its_own_weights_alone(name, dtype, d_steps):
    model = tiny(name, **_options(d_steps, dtype=dtype))
    batch = model.as_batch({k: v[:24] for k, v in arrays_for(model).items()})
    *d_parts, g_part = model.parts(batch, model.step_seed())
    assert len(d_parts) == d_steps

    def update_d():
        for part in d_parts[:1]:
            model.update_discriminators(part, model.generate(part, True))

    def update_g():
        model._update(
            lambda: model.generator_loss(g_part, model.generate(g_part, True), True),
            model.g_optimizer,
            model.generators,
        )

    assert bool(_changed(update_d, model.discriminators)[0]) == bool(d_steps)
    assert _changed(update_g, model.generators)[0]
    assert not _changed(update_d, model.generators)[0]
    assert not _changed(update_g, model.discriminators)[0]
    # Statistics and dropout seeds are what a step of the other player may change.
    allowed = ("moving_mean", "moving_variance", "seed_generator_state")
    other = [
        *_changed(update_d, model.generators)[1],
        *_changed(update_g, model.discriminators)[1],
    ]
    assert all(path.endswith(allowed) for path in other), other


def _changed(update, networks):
    """Paths of the trainable and of the other variables that `update` changes."""
    trainable = [v for network in networks for v in network.trainable_variables]
    other = [v for network in networks for v in network.non_trainable_variables]
    before = [[v.numpy() for v in group] for group in (trainable, other)]
    update()
    return [
        [v.path for v, old in zip(group, olds, strict=True) if (v.numpy() != old).any()]
        for group, olds in zip((trainable, other), before, strict=True)
    ]


@pytest.mark.parametrize("name,d_steps", [(n, d) for n in VARIANTS for d in D_STEPS[n]])
def test_one_device_equals_two_replicas(name, d_steps, mirrored):
    def make():
        keras.utils.set_random_seed(5)
        options = _options(d_steps, dtype="float64", ema_decay=0.9)
        return without_noise(tiny(name, **options))

    one = make()
    train(one, 10, steps_per_call=1)
    with mirrored.scope():
        two = make()
        train(two, 10, steps_per_call=1)
    assert one.step == two.step == 10
    assert largest_difference(one, two) <= 1e-10


@pytest.mark.parametrize("name", VARIANTS)
def test_is_described(name):
    variant = find(name)
    about = ganzoo.describe(name)
    assert "arXiv" in about["paper"]
    assert about["tasks"] and about["batch_keys"][0] == "real"
    missing = [o for o in variant.own_options if f"{o}:" not in about["notes"]]
    assert not missing, f"options without a word in the docstring: {missing}"
