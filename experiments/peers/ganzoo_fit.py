"""The networks of pytorch.py in ganzoo, trained by `fit`.

python experiments/peers/ganzoo_fit.py NET BATCH [--dtype=mixed_bfloat16]
"""

import argparse
import time

import keras
import numpy as np
from clock import serve
from keras import Input, Model, layers

import ganzoo
from ganzoo.layers import Dropout, batch_norm
from ganzoo.models.assemble import assemble
from ganzoo.models.players import parameter_count
from ganzoo.utils import precision


def tutorial_dcgan(**options):
    """The 28x28 DCGAN of TensorFlow's tutorial, for comparison with other programs.

    G: dense 7x7x256, transposed 5x5 convolutions of 128 (stride 1), 64 and 1 (stride
    2); D: 5x5 stride-2 convolutions of 64 and 128 with dropout 0.3.
    """
    latent = x = Input((100,), name="latent")
    x = layers.Dense(7 * 7 * 256, use_bias=False)(x)
    x = layers.LeakyReLU(0.3)(batch_norm()(x))
    x = layers.Reshape((7, 7, 256))(x)
    for filters, stride in ((128, 1), (64, 2)):
        x = layers.Conv2DTranspose(filters, 5, stride, "same", use_bias=False)(x)
        x = layers.LeakyReLU(0.3)(batch_norm()(x))
    x = layers.Conv2DTranspose(1, 5, 2, "same", use_bias=False, activation="tanh")(x)
    generator = Model({"latent": latent}, x, name="generator")
    sample = x = Input((28, 28, 1), name="sample")
    for filters in (64, 128):
        x = layers.Conv2D(filters, 5, 2, "same")(x)
        x = Dropout(0.3)(layers.LeakyReLU(0.3)(x))
    x = layers.Dense(1)(layers.Flatten()(x))
    discriminator = Model({"sample": sample}, x, name="discriminator")
    return assemble(
        generator=generator,
        discriminator=discriminator,
        **{"learning_rate": 1e-4, **options},
    )


WGAN_GP = {"loss": "wasserstein", "penalties": {"gradient_penalty": 10.0}}
MLP = {"g_hidden": (256, 256), "d_hidden": (256, 256), "dropout": 0.0}
NETS = {
    "dcgan": tutorial_dcgan,
    "wgan_gp": lambda: tutorial_dcgan(**WGAN_GP),
    "mlp": lambda: ganzoo.build("vanilla", normalize=False, ema_decay=0.0, **MLP),
    "resnet": lambda: ganzoo.build("sngan", image_shape=(32, 32, 3), ema_decay=0.0),
    "unet": lambda: ganzoo.build("pix2pix"),
}
LONGEST = 0.5  # seconds of a call of the compiled function, about


def stretches(model, arrays, batch):
    """The `stretch` of `serve`: the calls of one `fit`, without its start."""

    def fit(steps, call):
        ends = []
        watch = keras.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs: ends.append(time.perf_counter())
        )
        model.fit(
            arrays,
            batch_size=batch,
            steps_per_epoch=steps,
            steps_per_call=call,
            callbacks=[watch],
            verbose=0,
        )
        return [seconds / call for seconds in np.diff(ends)]

    pace = min(fit(4, 1))
    call = int(min(20, max(1, LONGEST / pace)))

    def stretch(seconds):
        nonlocal pace
        steps = fit(call * (2 + int(seconds / pace / call)), call)
        pace = min(steps)
        return steps

    return stretch


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("net", choices=NETS)
    parser.add_argument("batch", type=int)
    parser.add_argument("--dtype", default="float32")
    args = parser.parse_args()
    with precision.policy(args.dtype):
        model = NETS[args.net]()
    counts = [*map(parameter_count, (model.generators, model.discriminators))]
    arrays = model.batch_spec.random(8 * args.batch, np.random.default_rng(0))
    serve(f"ganzoo {ganzoo.__version__}", counts, stretches(model, arrays, args.batch))


if __name__ == "__main__":
    main()
