"""keras-io's DCGAN in plain `fit`, with the networks of TensorFlow's tutorial.

    python experiments/peers/keras_io.py BATCH

https://keras.io/examples/generative/dcgan_overriding_train_step. D sees real and fake
images in one batch, so its one pass mixes both; labels have noise.
"""

import sys
import time

import keras
import numpy as np
import tensorflow as tf
from clock import serve
from tensorflow_tutorial import LATENT, counts, discriminator, generator, images


class GAN(keras.Model):
    def __init__(self, discriminator, generator):
        super().__init__()
        self.discriminator, self.generator = discriminator, generator
        self.seeds = keras.random.SeedGenerator(0)
        self.built = True

    def compile(self, d_optimizer, g_optimizer, loss_fn):
        super().compile()
        self.d_optimizer, self.g_optimizer = d_optimizer, g_optimizer
        self.loss_fn = loss_fn
        self.d_loss_metric = keras.metrics.Mean(name="d_loss")
        self.g_loss_metric = keras.metrics.Mean(name="g_loss")

    @property
    def metrics(self):
        return [self.d_loss_metric, self.g_loss_metric]

    def train_step(self, real):
        count = tf.shape(real)[0]
        latent = keras.random.normal((count, LATENT), seed=self.seeds)
        both = tf.concat([self.generator(latent, training=True), real], axis=0)
        labels = tf.concat([tf.ones((count, 1)), tf.zeros((count, 1))], axis=0)
        labels += 0.05 * tf.random.uniform(tf.shape(labels))
        with tf.GradientTape() as tape:
            d_loss = self.loss_fn(labels, self.discriminator(both, training=True))
        weights = self.discriminator.trainable_weights
        self.d_optimizer.apply(tape.gradient(d_loss, weights), weights)
        latent = keras.random.normal((count, LATENT), seed=self.seeds)
        with tf.GradientTape() as tape:
            fake = self.generator(latent, training=True)
            answers = self.discriminator(fake, training=True)
            g_loss = self.loss_fn(tf.zeros((count, 1)), answers)
        weights = self.generator.trainable_weights
        self.g_optimizer.apply(tape.gradient(g_loss, weights), weights)
        self.d_loss_metric.update_state(d_loss)
        self.g_loss_metric.update_state(g_loss)
        return {"d_loss": self.d_loss_metric.result()}


def main(batch):
    g, d = generator(), discriminator()
    model = GAN(d, g)
    model.compile(
        d_optimizer=keras.optimizers.Adam(1e-4),
        g_optimizer=keras.optimizers.Adam(1e-4),
        loss_fn=keras.losses.BinaryCrossentropy(from_logits=True),
    )
    data = images(batch)
    pace = 1.0

    def stretch(seconds):
        nonlocal pace
        ends = []
        watch = keras.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs: ends.append(time.perf_counter())
        )
        steps = 3 + int(seconds / pace)
        model.fit(
            data,
            steps_per_epoch=steps,
            callbacks=[watch],
            shuffle=False,
            verbose=0,
        )
        pace = min(np.diff(ends))
        return np.diff(ends)

    serve(f"Keras {keras.__version__}", counts(g, d), stretch)


if __name__ == "__main__":
    main(int(sys.argv[1]))
