"""The base's questions suffice for a user's own variants: two sketches on tiny nets.

The accuracy gate of 3D-GAN, and packed samples: each without a branch in the base,
each equal on 1 and 2 replicas.
"""

import ast
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import largest_difference

import ganzoo
from ganzoo import distribute
from ganzoo.models.assemble import assemble
from ganzoo.models.gan import GAN
from ganzoo.networks import mlp

RNG = np.random.default_rng(3)
POINTS = RNG.normal(size=(48, 2))


class Gated(GAN):
    """D keeps all that it was while its accuracy over all replicas is too high."""

    threshold = 0.8

    @property
    def watched(self):
        return (*super().watched, "accuracy")

    def _watch(self, real, fake):
        right = tf.concat([real > 0, fake < 0], axis=0)
        accuracy = tf.reduce_mean(tf.cast(right, self.variable_dtype))
        return {
            **super()._watch(real, fake),
            "accuracy": distribute.global_mean(accuracy),
        }

    def update_discriminators(self, part, fake):
        variables = [*self.discriminator.variables, *self.d_optimizer.variables]
        before = [tf.identity(v.value) for v in variables]
        values = super().update_discriminators(part, fake)
        opened = values["accuracy"] <= self.threshold
        for variable, old in zip(variables, before, strict=True):
            variable.assign(tf.where(opened, variable.value, old))
        return values


class Packed(GAN):
    pack = 2

    def discriminate(self, given, training):
        sample = tf.reshape(given["sample"], (-1, 2 * self.pack))
        return super().discriminate({**given, "sample": sample}, training)


def _gan(model, **options):
    pack = getattr(model, "pack", 1)
    return assemble(
        model,
        generator=mlp.generator((2,), latent_dim=3, hidden=(8, 8), value_range=None),
        discriminator=mlp.discriminator((2 * pack,), hidden=(8,)),
        value_range=None,
        ema_decay=0.9,
        **options,
    )


SKETCHES = {
    "gated": lambda: _gan(Gated, d_steps=2, learning_rate=1e-2),
    "packed": lambda: _gan(Packed),
}


def _train(model, steps=10):
    settings = {"steps_per_epoch": steps, "steps_per_call": 1, "verbose": 0}
    return model.fit({"real": POINTS}, batch_size=8, **settings).history


@pytest.mark.long
@pytest.mark.parametrize("name", SKETCHES)
def test_sketches_train_alike_on_two_replicas(name, mirrored, float64):
    keras.utils.set_random_seed(1)
    keras.config.set_floatx("float64")
    try:
        one = SKETCHES[name]()
        history = _train(one)
        with mirrored.scope():
            keras.utils.set_random_seed(1)
            two = SKETCHES[name]()
            _train(two)
    finally:
        keras.config.set_floatx("float32")
    assert np.isfinite([v[-1] for v in history.values()]).all()
    assert largest_difference(one, two) <= 1e-10


@pytest.mark.parametrize("threshold,moves", [(-1.0, False), (1.0, True)])
def test_a_closed_gate_leaves_d_as_it_was_bit_for_bit(threshold, moves):
    model = _gan(Gated, learning_rate=1e-2)
    model.threshold = threshold
    variables = [*model.discriminator.variables, *model.d_optimizer.variables]
    before = [v.numpy() for v in variables]
    _train(model, steps=3)
    same = [
        np.array_equal(v.numpy(), b) for v, b in zip(variables, before, strict=True)
    ]
    assert all(same) != moves
    assert model.step == 3


def test_there_is_one_train_step_in_the_package():
    root = Path(ganzoo.__file__).parent
    found = [
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name == "train_step"
    ]
    assert found == ["models/adversarial.py"]
