"""3D-GAN: a closed gate is no step at all, the accuracy is everybody's."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import arrays_for, batches_for, tiny, train, train_eagerly

CLOSED = 1e-9  # an accuracy that any batch with one right verdict is above


def kept(model):
    """All that D's step may change, by path."""
    variables = (*model.discriminator.variables, *model.d_optimizer.variables)
    return {v.path: v.numpy() for v in variables}


def changed(before, after):
    return [path for path, v in before.items() if (after[path] != v).any()]


@pytest.mark.parametrize(
    "d_steps,run",
    [
        (1, lambda model: train(model, 1)),
        (3, lambda model: train_eagerly(model, batches_for(model, 1))),
    ],
    ids=["compiled", "three"],
)
def test_a_gated_step_equals_no_step_bit_for_bit(d_steps, run):
    model = tiny("3dgan", gate=CLOSED, d_steps=d_steps, d_learning_rate=1e-2)
    before = kept(model)
    run(model)
    # The G step moves the statistics of D's batch normalisation, nothing else.
    moved = changed(before, kept(model))
    assert all("moving_" in path for path in moved), moved
    assert model.step == 1
    assert int(model.d_optimizer.iterations) == 0


def test_the_gate_decides_each_step_of_d():
    model = tiny("3dgan", d_learning_rate=1e-2, dtype="float64")
    batch = model.as_batch({k: v[:8] for k, v in arrays_for(model).items()})
    (part, _), states = model.parts(batch, model.step_seed()), {}
    start = kept(model)
    for gate in (CLOSED, 1.0):
        model.gate = gate
        values = model.update_discriminators(part, model.generate(part, True))
        states[gate] = changed(start, kept(model))
        assert float(values["open"]) == (float(values["accuracy"]) <= gate)
    assert not states[CLOSED] and states[1.0]
    assert int(model.d_optimizer.iterations) == 1


def test_training_after_a_gated_step_is_as_if_it_had_not_been():
    """Adam's next step, its bias correction too, equals the first of a fresh D."""
    gated, fresh = tiny("3dgan"), tiny("3dgan")
    fresh.set_weights(gated.get_weights())
    batch = gated.as_batch({k: v[:8] for k, v in arrays_for(gated).items()})
    part, _ = gated.parts(batch, gated.step_seed())
    fake = gated.generate(part, True)
    gated.gate = CLOSED
    gated.update_discriminators(part, fake)
    gated.gate = fresh.gate = 1.0
    for model in (gated, fresh):
        model.update_discriminators(part, fake)
    values = [[v.tolist() for v in kept(model).values()] for model in (gated, fresh)]
    assert values[0] == values[1]


def test_the_accuracy_is_over_real_and_fake():
    model = tiny("3dgan")
    real, fake = tf.constant([[3.0], [-1.0]]), tf.constant([[-2.0], [-0.1]])
    values = model._watch(real, fake)
    assert float(values["accuracy"]) == 0.75
    assert float(values["open"]) == 1.0
    assert float(model._watch(real[:1], fake)["open"]) == 0.0


def test_replicas_gate_alike(mirrored):
    """One replica's half is all right, the other's half wrong: together 50%."""
    with mirrored.scope():
        model = tiny("3dgan", gate=0.6)

    def watch():
        sign = 1.0 - 2.0 * tf.cast(
            tf.distribute.get_replica_context().replica_id_in_sync_group, tf.float32
        )
        return model._watch(sign * tf.ones((4, 1)), -sign * tf.ones((4, 1)))

    values = mirrored.run(tf.function(watch))
    for key, expected in (("accuracy", 0.5), ("open", 1.0)):
        assert [float(v) for v in mirrored.experimental_local_results(values[key])] == [
            expected
        ] * 2


@pytest.mark.parametrize(
    "options,message",
    [
        ({"loss": "wasserstein"}, "gate counts D's verdicts.*Received: 'wasserstein'"),
        ({"gate": 0.0}, r"`gate` must be in \(0, 1\]. Received: 0.0"),
        ({"image_shape": (8, 8, 1)}, "must be .D, H, W, C.*Received: .8, 8, 1."),
    ],
)
def test_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        tiny("3dgan", **options)


def test_samples_are_voxels():
    samples = tiny("3dgan").sample(3)
    assert samples.dtype == np.uint8 and samples.shape == (3, 8, 8, 8, 1)
