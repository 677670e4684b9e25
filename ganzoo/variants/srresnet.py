"""SRResNet: super-resolution by the mean squared error. It is not a GAN."""

from ganzoo.models.optimizers import LinearDecay, as_rate, compile_without_d
from ganzoo.models.super_resolution import SuperResolution, factor
from ganzoo.networks import subpixel
from ganzoo.variants._registry import register


@register(
    "srresnet",
    paper="the generator alone of Ledig et al. 2017, Photo-Realistic Single Image "
    "Super-Resolution Using a Generative Adversarial Network, arXiv 1609.04802",
    tasks=("translation", "baseline"),
    batch_keys=("real", "source"),
)
def srresnet(
    image_shape=(96, 96, 3),
    source_shape=None,
    scale=None,
    filters=64,
    blocks=16,
    norm="batch",
    distance="l2",
    value_range=(-1.0, 1.0),
    learning_rate=1e-4,
    beta_1=0.9,
    decay_steps=None,
    ema_decay=0.0,
    seed=0,
    jit_compile=False,
):
    """SRGAN's generator, trained on the squared error alone: the start of `srgan`.

    As in the paper: 16 residual blocks of 64 channels, patches of 96x96, Adam at 1e-4
    with beta_1 0.9, batches of 16 (give `batch_size=16`). The paper's sources are in
    [0, 1]; here they are in `value_range`, like the samples. A size for two cores:
    `filters=32, blocks=5`. `translate` takes sources of any size, large ones with
    `tile=128`.

    Tested: the network, its reach, tiles and the terms by hand
    (tests/variants/test_srresnet.py, tests/networks/test_subpixel.py,
    tests/models/test_super_resolution.py); on Set5, the result of srgan_x4.

    Args:
        image_shape: (H, W, C) of the samples.
        source_shape: shape of the sources; by default derived from `scale`.
        scale: size of a sample relative to its source, 2 or 4; by default derived from
            the shapes, or 4.
        filters: channels of the generator.
        blocks: residual blocks.
        norm: a name of `networks.norms`; "none" as in ESRGAN.
        distance: distance to minimise: "l2", or "l1", which blurs less.

    Raises:
        ValueError: another scale, or shapes that do not match it.
    """
    source_shape, scale = factor(image_shape, source_shape, scale, subpixel.SCALES)
    model = SuperResolution(
        generator=subpixel.generator(
            image_shape, scale=scale, filters=filters, blocks=blocks, norm=norm
        ),
        image_shape=image_shape,
        source_shape=source_shape,
        reach=subpixel.reach(scale, blocks, norm),
        reconstruction={distance: 1.0},
        value_range=value_range,
        ema_decay=ema_decay,
        seed=seed,
    )
    rate = as_rate(learning_rate)
    rate = LinearDecay(rate, decay_steps) if decay_steps else rate
    return compile_without_d(model, rate, jit_compile, beta_1=beta_1)
