"""The DCGAN of TensorFlow's tutorial: its networks, and its loop.

    python experiments/peers/tensorflow_tutorial.py BATCH

https://www.tensorflow.org/tutorials/generative/dcgan. Both players learn from one batch
of fakes, which saves a pass through G that Algorithm 1 and the other programs make.
"""

import sys

import keras
import tensorflow as tf
from clock import serve, timed
from keras import layers

LATENT = 100


def generator():
    return keras.Sequential(
        [
            layers.Input((LATENT,)),
            layers.Dense(7 * 7 * 256, use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(0.3),
            layers.Reshape((7, 7, 256)),
            layers.Conv2DTranspose(128, 5, 1, "same", use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(0.3),
            layers.Conv2DTranspose(64, 5, 2, "same", use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(0.3),
            layers.Conv2DTranspose(1, 5, 2, "same", use_bias=False, activation="tanh"),
        ]
    )


def discriminator():
    return keras.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Conv2D(64, 5, 2, "same"),
            layers.LeakyReLU(0.3),
            layers.Dropout(0.3),
            layers.Conv2D(128, 5, 2, "same"),
            layers.LeakyReLU(0.3),
            layers.Dropout(0.3),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )


def counts(*networks):
    """The numbers of trained weights."""
    return [
        sum(w.shape.num_elements() for w in net.trainable_variables) for net in networks
    ]


def images(batch):
    """Batches of noise, shuffled, without an end."""
    real = tf.random.uniform((8 * batch, 28, 28, 1), -1, 1)
    data = tf.data.Dataset.from_tensor_slices(real).shuffle(8 * batch)
    return data.repeat().batch(batch, drop_remainder=True).prefetch(2)


def main(batch):
    g, d = generator(), discriminator()
    g_adam, d_adam = keras.optimizers.Adam(1e-4), keras.optimizers.Adam(1e-4)
    cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)

    @tf.function
    def train_step(real):
        noise = tf.random.normal([batch, LATENT])
        with tf.GradientTape() as g_tape, tf.GradientTape() as d_tape:
            fake = g(noise, training=True)
            real_logits, fake_logits = d(real, training=True), d(fake, training=True)
            g_loss = cross_entropy(tf.ones_like(fake_logits), fake_logits)
            d_loss = cross_entropy(tf.ones_like(real_logits), real_logits)
            d_loss += cross_entropy(tf.zeros_like(fake_logits), fake_logits)
        for loss, tape, net, adam in (
            (g_loss, g_tape, g, g_adam),
            (d_loss, d_tape, d, d_adam),
        ):
            weights = net.trainable_variables
            adam.apply(tape.gradient(loss, weights), weights)
        return d_loss

    batches = iter(images(batch))
    step = timed(lambda: train_step(next(batches)).numpy())
    serve(f"TensorFlow {tf.__version__}", counts(g, d), step)


if __name__ == "__main__":
    main(int(sys.argv[1]))
