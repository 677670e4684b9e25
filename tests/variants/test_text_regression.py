import numpy as np
import tensorflow as tf
from helpers import arrays_for, tiny


def test_both_networks_are_drawn_to_the_image():
    model = tiny("text2image-l1")
    batch = {k: tf.constant(v[:6]) for k, v in arrays_for(model).items()}
    batch = {**model.as_batch(batch), "seed": tf.constant([3, 4], tf.int32)}
    with tf.GradientTape() as tape:
        fake = model.generate(batch, training=True)
        terms, _ = model.generator_loss(batch, fake, training=True)
    expected = np.abs(batch["real"].numpy() - fake["sample"].numpy()).mean()
    np.testing.assert_allclose(terms["g_l1"], expected, rtol=1e-5)
    assert all(
        g is not None
        for g in tape.gradient(terms["g_l1"], model.encoder.trainable_variables)
    )
