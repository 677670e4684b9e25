"""Tests that need a GPU; `pytest -m gpu` on a machine that has one.

The other tests split the CPU into two before TensorFlow starts; so do these, which
leaves the GPUs as they are. Equality bars are of float32 on other kernels.
"""

import numpy as np
import pytest
import tensorflow as tf
from helpers import arrays_for, sampled, tiny, train, weights

import ganzoo
from ganzoo import distribute

GPUS = tf.config.list_physical_devices("GPU")
pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not GPUS, reason="TensorFlow finds no GPU on this machine"),
]
NAMES = ganzoo.list_models()


def _kinds(model):
    """The kinds of device that hold the weights."""
    return {v.value.device.split(":")[-2] for v in model.weights}


@pytest.mark.parametrize("name", NAMES)
def test_trains_on_the_gpu(name):
    model = tiny(name)
    assert _kinds(model) == {"GPU"}
    logs = train(model, 5)
    assert all(np.isfinite(value) for value in logs.values())
    drawn = sampled(model, arrays_for(model), 3, seed=0)
    assert drawn.shape == (3, *model.sample_shape)


def test_the_loss_of_a_step_is_that_of_the_cpu():
    def one(device):
        with tf.device(device):
            model = tiny("dcgan", seed=3)
            model.set_weights([np.full(w.shape, 0.02) for w in model.get_weights()])
            return model.evaluate(arrays_for(model), batch_size=96, return_dict=True)

    on_cpu, on_gpu = one("CPU:0"), one("GPU:0")
    for term, value in on_cpu.items():
        assert on_gpu[term] == pytest.approx(value, abs=1e-3), term


@pytest.mark.parametrize("name", NAMES)
def test_trains_in_bfloat16(name):
    model = tiny(name, dtype="mixed_bfloat16")
    logs = train(model, 20)
    assert all(np.isfinite(value) for value in logs.values())
    assert {v.dtype for v in model.trainable_variables} == {"float32"}


@pytest.mark.parametrize("penalties", [None, {"r1": 10.0}])
def test_trains_with_xla(penalties):
    model = tiny("dcgan", jit_compile=True, d_norm="layer", penalties=penalties)
    logs = train(model, 20)
    assert all(np.isfinite(value) for value in logs.values())


def test_a_checkpoint_of_the_gpu_loads_on_the_cpu(tmp_path):
    from ganzoo.runs import checkpoint

    model = tiny("dcgan")
    train(model, 3)
    checkpoint.save(model, tmp_path)
    with tf.device("CPU:0"):
        other = tiny("dcgan")
        assert checkpoint.restore(other, tmp_path) == 3
    for one, two in zip(weights(model).values(), weights(other).values(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_mirrored_takes_every_gpu_and_gives_what_one_gives():
    """With one GPU the strategy has one replica, and the test is of that."""
    one = tiny("dcgan", d_optimizer={"name": "sgd"}, g_optimizer={"name": "sgd"})
    start = one.get_weights()
    strategy = distribute.get_strategy("mirrored")
    assert strategy.num_replicas_in_sync == len(GPUS)
    with strategy.scope():
        many = tiny("dcgan", d_optimizer={"name": "sgd"}, g_optimizer={"name": "sgd"})
        many.set_weights(start)
    size = 8 * len(GPUS)
    train(one, 5, batch_size=size)
    train(many, 5, batch_size=size)
    for a, b in zip(weights(one).values(), weights(many).values(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-3)
